//! Sessions and passwords: what gets nobody in, and what gets somebody out.

use std::{fs, time::Instant};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use websocket_monitor::{
    auth::SessionId,
    server::commands::{self, AdminCommand, Command},
};
use wsmon_store::{Store, StoreError};

use crate::support::{
    monitor::{Monitor, PASSWORD, Visitor, cookie, location},
    upstream::{base_at, vacant},
};

async fn monitor() -> Monitor {
    Monitor::start(base_at(vacant().await)).await
}

async fn is_let_in(monitor: &Monitor, cookie: &str) -> bool {
    Visitor::get_with_cookie(monitor, "/admin", cookie).await.status() == 200
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_for_scripts_and_other_sites() {
    let monitor = monitor().await;
    let response = Visitor::new(&monitor).log_in("admin", PASSWORD, "").await;
    let header = response.headers()["set-cookie"].to_str().expect("text");
    let (pair, attributes) = header.split_once("; ").expect("attributes");
    assert_eq!(attributes, "Path=/; Max-Age=604800; HttpOnly; SameSite=Lax");
    assert_eq!(pair.strip_prefix("wsmon_session=").expect("the name").len(), 43, "256 bits");

    let public = monitor.restart(|config| config.settings.public_url = "https://monitor.example/".parse().ok()).await;
    let response = Visitor::new(&public).log_in("admin", PASSWORD, "").await;
    let header = response.headers()["set-cookie"].to_str().expect("text");
    assert!(header.starts_with("__Host-wsmon_session="), "{header}");
    assert!(header.ends_with("Path=/; Max-Age=604800; HttpOnly; SameSite=Lax; Secure"), "{header}");
}

#[tokio::test]
async fn a_planted_cookie_is_not_adopted() {
    let monitor = monitor().await;
    let planted = format!("wsmon_session={}", SessionId::generate().to_cookie());
    assert!(!is_let_in(&monitor, &planted).await);
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let form = [("username", "admin"), ("password", PASSWORD)];
    let login = client.post(format!("{}/login", monitor.url)).header("cookie", &planted).form(&form);
    let response = login.send().await.expect("an answer");
    assert_eq!(location(&response), "/admin");
    assert_ne!(cookie(&response), planted);
    assert!(is_let_in(&monitor, &cookie(&response)).await);
    assert!(!is_let_in(&monitor, &planted).await);
}

#[tokio::test]
async fn an_old_id_is_dead_after_logout_and_after_the_next_login() {
    let monitor = monitor().await;
    let visitor = Visitor::new(&monitor);
    let first = cookie(&visitor.log_in("admin", PASSWORD, "").await);
    assert!(is_let_in(&monitor, &first).await);
    let second = cookie(&visitor.log_in("admin", PASSWORD, "").await);
    assert!(!is_let_in(&monitor, &first).await, "the login took its place");
    assert!(is_let_in(&monitor, &second).await);
    visitor.post_form("/logout", &[]).await;
    assert!(!is_let_in(&monitor, &second).await);
}

#[tokio::test]
async fn the_store_holds_no_id_and_no_password() {
    let monitor = monitor().await;
    let id = cookie(&Visitor::new(&monitor).log_in("admin", PASSWORD, "").await);
    let id = id.strip_prefix("wsmon_session=").expect("the name");
    let raw = BASE64_URL_SAFE_NO_PAD.decode(id).expect("base64");
    let mut hashes = 0;
    for entry in fs::read_dir(monitor.data_dir.path()).expect("a directory") {
        let bytes = fs::read(entry.expect("an entry").path()).expect("a file");
        let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        assert!(!holds(id.as_bytes()) && !holds(&raw) && !holds(PASSWORD.as_bytes()));
        hashes += usize::from(holds(b"$argon2id$v=19$m=19456,t=2,p=1$"));
    }
    assert!(hashes > 0, "the search finds what is there");
}

#[tokio::test]
async fn a_restart_keeps_sessions_and_the_first_password() {
    let monitor = monitor().await;
    let id = cookie(&Visitor::new(&monitor).log_in("admin", PASSWORD, "").await);
    let monitor = monitor.restart(|config| config.admin_password = Some("another".into())).await;
    assert!(is_let_in(&monitor, &id).await);
    assert_eq!(Visitor::new(&monitor).log_in("admin", "another", "").await.status(), 401);
}

#[tokio::test]
async fn the_sixth_wrong_password_waits_and_so_does_the_right_one() {
    let monitor = monitor().await;
    let visitor = Visitor::new(&monitor);
    for _ in 0..5 {
        assert_eq!(visitor.log_in("admin", "wrong", "").await.status(), 401);
    }
    for password in ["wrong", PASSWORD] {
        let began = Instant::now();
        let response = visitor.log_in("admin", password, "").await;
        assert_eq!(response.status(), 429);
        let wait: u64 = response.headers()["retry-after"].to_str().expect("text").parse().expect("seconds");
        assert!((290..=300).contains(&wait), "{wait}");
        assert!(response.text().await.expect("a page").contains("Too many logins failed."));
        assert!(began.elapsed().as_millis() < 1_000, "no password was checked");
    }
}

#[tokio::test]
async fn forwarded_addresses_are_believed_from_trusted_proxies_alone() {
    let attempt = async |monitor: &Monitor, n: u8| {
        let login = reqwest::Client::new().post(format!("{}/login", monitor.url));
        let login = login.header("x-forwarded-for", format!("203.0.113.{n}"));
        let form = [("username", format!("user-{n}")), ("password", "wrong".to_owned())];
        login.form(&form).send().await.expect("an answer").status().as_u16()
    };
    let monitor = monitor().await;
    for n in 0..5 {
        assert_eq!(attempt(&monitor, n).await, 401);
    }
    assert_eq!(attempt(&monitor, 5).await, 429, "all came from one address, whatever they say");

    let monitor =
        monitor.restart(|config| config.settings.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a net")]).await;
    for n in 0..7 {
        assert_eq!(attempt(&monitor, n).await, 401, "each came from an address of its own");
    }
}

#[tokio::test]
async fn the_command_line_adds_resets_and_removes_beside_a_running_server() {
    let monitor = monitor().await;
    let directory = monitor.data_dir.path();
    let admin = async |command| commands::run(directory, Command::Admin(command)).await;
    let add = |name: &str| AdminCommand::Add { name: name.to_owned(), password_stdin: false };
    let remove = |name: &str| AdminCommand::Remove { name: name.to_owned() };

    assert_eq!(
        admin(remove("admin")).await.expect_err("the last").to_string(),
        "\"admin\" is the only administrator; add another first"
    );
    admin(add("second")).await.expect("added");
    assert!(admin(add("second")).await.is_err(), "taken");
    assert!(admin(add("a b")).await.is_err(), "no name");

    let id = cookie(&Visitor::new(&monitor).log_in("admin", PASSWORD, "").await);
    assert!(is_let_in(&monitor, &id).await);
    let reset = AdminCommand::ResetPassword { name: "admin".to_owned(), password_stdin: false };
    admin(reset).await.expect("reset");
    assert!(!is_let_in(&monitor, &id).await, "another password ends the sessions");
    assert_eq!(Visitor::new(&monitor).log_in("admin", PASSWORD, "").await.status(), 401);
    admin(remove("admin")).await.expect("removed");
    assert!(admin(remove("admin")).await.is_err(), "unknown");
}

#[tokio::test]
async fn a_file_that_is_no_store_is_left_as_it_is() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("monitor.sqlite");
    let garbage = b"this is no database, but somebody may want it back".repeat(100);
    fs::write(&path, &garbage).expect("written");
    let error = Store::open(directory.path()).await.expect_err("refused");
    assert!(matches!(error, StoreError::Unusable { .. }));
    let text = error.to_string();
    assert!(text.contains(&path.display().to_string()) && !text.contains('\n'), "{text}");
    assert_eq!(fs::read(&path).expect("still there"), garbage);
}
