//! Options as fields of a form, and back.

use super::*;

fn full() -> ConnectionOptions {
    ConnectionOptions {
        profile: Some(Profile::Mqtt),
        headers: vec![
            Header { name: "X-Key".to_owned(), value: Secret::new("a: b") },
            Header { name: "Origin".to_owned(), value: Secret::new("https://example.org") },
        ],
        bearer_token: Some(Secret::new("t0ken")),
        basic_auth: Some(Secret::new("ann:s3cret")),
        subprotocols: vec!["mqtt".to_owned(), "mqttv3.1".to_owned()],
        query: Some(Secret::new("EIO=4&transport=websocket")),
        ca_file: Some("/etc/ssl/own.pem".to_owned()),
        ping_interval_ms: Some(5_000),
        pong_timeout_ms: Some(2_000),
        max_silence_ms: Some(60_000),
        recycle_when_silent: true,
        never_retry: vec![4001, 403],
        always_retry: vec![401],
        stay_closed: true,
        rotate_after_ms: Some(82_800_000),
        rotate_window: Some("03:00-05:00".parse().expect("a window")),
        opening: Some("> hello \n< welcome".to_owned()),
        heartbeat: Some("ping ${now_ms}".to_owned()),
        heartbeat_every_ms: Some(20_000),
        heartbeat_expect: Some("^pong".to_owned()),
        not_data: Some("^(pong|hb)".to_owned()),
        text_ping: Some(TextPing { ping: "2".to_owned(), pong: "3".to_owned() }),
        limits: Limits { read_buffer: Some(8_192), write_buffer: Some(9), frame: Some(7), message: Some(8) },
    }
}

#[test]
fn options_survive_the_form() {
    for options in [full(), ConnectionOptions::default(), full().masked()] {
        assert_eq!(ConnectionOptions::from_fields(|name| options.field(name)), Ok(options));
    }
}

#[test]
fn every_field_says_something_of_full_options() {
    for field in OPTION_FIELDS {
        assert!(!full().field(field.name).is_empty(), "{}", field.name);
    }
}

#[test]
fn what_is_not_understood_is_said() {
    let read = |name: &'static str, text: &'static str| {
        ConnectionOptions::from_fields(|field| if field == name { text.to_owned() } else { String::new() })
    };
    assert_eq!(
        read("ping_interval_ms", "soon"),
        Err(FieldProblem::new("ping_interval_ms", "“soon” is not a number that Ping every (ms) can have."))
    );
    let field = |name, text| read(name, text).expect_err("not understood").field;
    assert_eq!(field("never_retry", "4001, x"), "never_retry");
    assert_eq!(field("always_retry", "-1"), "always_retry");
    assert_eq!(field("rotate_window", "at night"), "rotate_window");
    assert_eq!((field("headers", "no colon"), field("profile", "gopher")), ("headers".into(), "profile".into()));
    assert_eq!((field("text_ping", "2"), field("text_pong", "3")), ("text_pong".into(), "text_ping".into()));
}
