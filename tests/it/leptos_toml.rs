//! `Leptos.toml`, which the server reads, says what `Cargo.toml`, which cargo-leptos reads, says.

use toml::Table;

fn section(text: &str) -> Table {
    let document: Table = text.parse().expect("TOML");
    document["workspace"]["metadata"]["leptos"][0].as_table().expect("the section").clone()
}

#[test]
fn both_files_agree() {
    let cargo = section(include_str!("../../Cargo.toml"));
    let leptos = section(websocket_monitor::server::LEPTOS_TOML);
    assert_eq!(leptos, cargo);
}
