//! Guessing passwords: what slows it down, and whom it must not keep out.

use reqwest::{Client, redirect::Policy};
use websocket_monitor::server::commands::{self, AdminCommand, Command};

use crate::support::{
    monitor::{Monitor, PASSWORD, Visitor},
    upstream::{base_at, vacant},
};

/// A monitor that takes our word for where a request comes from.
async fn monitor() -> Monitor {
    Monitor::start_with(base_at(vacant().await), |config| {
        config.settings.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a net")];
    })
    .await
}

/// The status that a login from an address gets.
async fn log_in(monitor: &Monitor, from: &str, name: &str, password: &str) -> u16 {
    let client = Client::builder().redirect(Policy::none()).build().expect("a client");
    let login = client.post(format!("{}/login", monitor.url)).header("x-forwarded-for", from);
    let form = [("username", name), ("password", password)];
    login.form(&form).send().await.expect("an answer").status().as_u16()
}

/// Guesses from an address until it is made to wait; how many passwords were checked.
async fn guess(monitor: &Monitor, from: &str, name: &str) -> usize {
    for checked in 0..6 {
        match log_in(monitor, from, name, "wrong").await {
            401 => {}
            429 => return checked,
            other => panic!("{other}"),
        }
    }
    panic!("six wrong passwords from {from}");
}

/// Guesses from ever more addresses until a new one is made to wait at once.
async fn spend_the_budget(monitor: &Monitor, name: &str) {
    for n in 0..50 {
        if guess(monitor, &format!("198.51.100.{n}"), name).await == 0 {
            return;
        }
    }
    panic!("250 wrong passwords within five minutes");
}

#[tokio::test]
async fn whoever_guesses_keeps_nobody_out_but_himself() {
    let monitor = monitor().await;
    for stranger in ["198.51.100.1", "198.51.100.2", "2001:db8::1"] {
        assert_eq!(guess(&monitor, stranger, "admin").await, 5);
    }
    assert_eq!(log_in(&monitor, "198.51.100.1", "admin", PASSWORD).await, 429);
    assert_eq!(log_in(&monitor, "2001:db8::ffff", "admin", PASSWORD).await, 429, "the same /64");
    assert_eq!(log_in(&monitor, "2001:db8:0:1::1", "admin", PASSWORD).await, 303);
    assert_eq!(log_in(&monitor, "203.0.113.1", "admin", PASSWORD).await, 303);
}

#[tokio::test]
async fn many_strangers_are_slowed_down_and_keep_out_no_address_that_signed_in_lately() {
    let monitor = monitor().await;
    assert_eq!(log_in(&monitor, "203.0.113.1", "admin", PASSWORD).await, 303);
    let monitor = monitor.restart(|config| {
        config.settings.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a net")];
    });
    let monitor = monitor.await;
    spend_the_budget(&monitor, "admin").await;
    assert_eq!(log_in(&monitor, "203.0.113.2", "admin", PASSWORD).await, 429, "a stranger, for all we know");
    assert_eq!(log_in(&monitor, "203.0.113.1", "admin", PASSWORD).await, 303);
    assert_eq!(guess(&monitor, "203.0.113.1", "admin").await, 5, "and has a limit like any other address");
}

#[tokio::test]
async fn a_live_session_changes_its_password_whatever_strangers_try() {
    let monitor = monitor().await;
    // Both come from the proxy's own address, from which every guess is used up.
    let admin = Visitor::admin(&monitor).await;
    let other = Visitor::admin(&monitor).await;
    assert_eq!(guess(&monitor, "127.0.0.1", "admin").await, 5);
    spend_the_budget(&monitor, "admin").await;

    let change = async |visitor: &Visitor, current: &str| visitor.change_password(current, "another long one").await.1;
    for _ in 0..5 {
        let page = change(&other, "wrong").await;
        assert!(page.contains("The current password is wrong."), "{page}");
    }
    let page = change(&other, PASSWORD).await;
    assert!(page.contains("Too many wrong passwords."), "a session has a limit of its own: {page}");
    let page = change(&admin, PASSWORD).await;
    assert!(page.contains("The password is changed"), "{page}");
}

#[tokio::test]
async fn another_password_set_on_the_command_line_lifts_it() {
    let monitor = monitor().await;
    assert_eq!(guess(&monitor, "203.0.113.1", "admin").await, 5);
    spend_the_budget(&monitor, "admin").await;
    let hash = monitor.state.store.password_hash("admin").await.expect("readable");
    let reset = AdminCommand::ResetPassword { name: "admin".to_owned(), password_stdin: false };
    commands::run(monitor.data_dir.path(), Command::Admin(reset)).await.expect("reset");
    assert_ne!(monitor.state.store.password_hash("admin").await.expect("readable"), hash);
    // The command prints the new password where a test cannot read it: being asked for one is enough.
    assert_eq!(log_in(&monitor, "203.0.113.1", "admin", PASSWORD).await, 401);
    assert_eq!(log_in(&monitor, "203.0.113.2", "admin", PASSWORD).await, 401);
}

#[tokio::test]
async fn names_that_nobody_has_keep_nobody_out() {
    let monitor = monitor().await;
    for n in 0..10 {
        let stranger = format!("198.51.100.{n}");
        for name in ["root", "administrator", "guest", "a\nb", "x"] {
            assert_eq!(log_in(&monitor, &stranger, name, PASSWORD).await, 401);
        }
    }
    assert_eq!(log_in(&monitor, "203.0.113.1", "admin", PASSWORD).await, 303);
}
