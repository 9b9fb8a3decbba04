//! The words of enumerations are read by others: the store, URLs, metrics, JSON. None may change.

use std::{fmt::Debug, str::FromStr};

use serde::Serialize;
use serde_json::json;
use strum::{ParseError, VariantArray};
use wsmon_model::{AuditAction, AuditOutcome, Cause, EventKind, Layer, SortKey, Status, Theme, TokenRenewal};

/// Every word, each read back as what it was written from.
fn words<T>() -> Vec<&'static str>
where
    T: VariantArray + FromStr<Err = ParseError> + Copy + Debug + PartialEq,
    &'static str: From<T>,
{
    let word = |variant: &T| {
        let word = <&str>::from(*variant);
        assert_eq!(word.parse(), Ok(*variant));
        assert!(word.to_uppercase().parse::<T>().is_err(), "{word}");
        word
    };
    T::VARIANTS.iter().map(word).collect()
}

fn in_json<T: VariantArray + Serialize>() -> serde_json::Value {
    json!(T::VARIANTS)
}

#[test]
fn of_the_status() {
    let expected = ["disconnected", "connecting", "connected"];
    assert_eq!(words::<Status>(), expected);
    assert_eq!(in_json::<Status>(), json!(expected));
}

#[test]
fn of_causes() {
    let expected = [
        "dns_failure",
        "connection_refused",
        "unreachable",
        "proxy_unreachable",
        "proxy_auth",
        "proxy_refused",
        "handshake_timeout",
        "tls_failure",
        "http_status",
        "token_refused",
        "token_unavailable",
        "invalid_handshake",
        "subprotocol_mismatch",
        "opening_failed",
        "connection_lost",
        "closed_by_peer",
        "pong_timeout",
        "heartbeat_unanswered",
        "protocol_error",
        "silent",
        "local_resources",
        "unusable_certificate",
        "invalid_options",
        "service_not_configured",
        "internal_error",
    ];
    assert_eq!(words::<Cause>(), expected);
    assert_eq!(in_json::<Cause>(), json!(expected));
}

#[test]
fn of_layers() {
    let expected = ["local", "dns", "tcp", "tls", "http", "websocket", "opening", "heartbeat", "data"];
    assert_eq!(words::<Layer>(), expected);
    assert_eq!(in_json::<Layer>(), json!(expected));
}

#[test]
fn of_who_renews_a_token() {
    let expected = ["automatic", "manual"];
    assert_eq!(words::<TokenRenewal>(), expected);
    assert_eq!(in_json::<TokenRenewal>(), json!(expected));
}

#[test]
fn of_events() {
    let expected = [
        "connected",
        "disconnected",
        "attempt_failed",
        "blocked",
        "rotated",
        "rotation_failed",
        "closed_to_rotate",
        "asked_to_connect",
        "asked_to_disconnect",
        "asked_to_pause",
        "asked_to_resume",
        "auto_reconnect_on",
        "auto_reconnect_off",
        "options_changed",
    ];
    assert_eq!(words::<EventKind>(), expected);
    assert_eq!(in_json::<EventKind>(), json!(expected));
}

#[test]
fn of_the_audit_log() {
    let actions = [
        "log-in",
        "log-out",
        "change-password",
        "end-session",
        "add-administrator",
        "remove-administrator",
        "connect",
        "disconnect",
        "remove",
        "add-back",
        "auto-reconnect-on",
        "auto-reconnect-off",
        "pause",
        "resume",
        "set-options",
        "test",
        "back-up",
        "restore",
    ];
    assert_eq!(words::<AuditAction>(), actions);
    assert_eq!(in_json::<AuditAction>(), json!(actions));
    let outcomes = ["under-way", "done", "refused", "failed"];
    assert_eq!(words::<AuditOutcome>(), outcomes);
    assert_eq!(in_json::<AuditOutcome>(), json!(outcomes));
}

#[test]
fn of_the_page() {
    assert_eq!(words::<SortKey>(), ["endpoint", "status", "auto-reconnect", "messages", "last-message"]);
    assert_eq!(words::<Theme>(), ["system", "dark", "light"]);
}
