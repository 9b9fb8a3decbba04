//! What a token service answered (RFC 6749 sections 5.1 and 5.2). Pure.

use std::time::{Duration, SystemTime};

use axum::http::{
    HeaderMap, HeaderName, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use hyper::body::Bytes;
use serde_json::Value;

use super::request::Credentials;
use wsmon_manager::{IssuedToken, retry_after_s};
use wsmon_model::{PeerText, Secret, TokenFault, TokenProblem};

/// Errors that say of a request only that it came at the wrong time.
const PASSING: [&str; 3] = ["temporarily_unavailable", "server_error", "slow_down"];

/// An answer.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// `None` if it was longer than is read.
    pub(super) body: Option<Bytes>,
}

impl Answer {
    /// The token in it; else what it says instead, without the client's secret.
    pub(super) fn token(&self, credentials: &Credentials, now: SystemTime) -> Result<IssuedToken, TokenFault> {
        let json = self.json();
        let said = json.as_ref().is_ok_and(|answer| answer["error"].is_string());
        if self.status == StatusCode::OK && !said {
            return json.and_then(|answer| issued(&answer)).map_err(|detail| TokenFault {
                status: Some(self.status.as_u16()),
                detail: credentials.masked(&detail),
                ..TokenFault::of(TokenProblem::NoToken)
            });
        }
        let word = |key: &str| {
            let word = json.as_ref().ok().and_then(|answer| answer[key].as_str());
            credentials.masked(word.unwrap_or_default())
        };
        let error = word("error");
        let retry_after = self.text(RETRY_AFTER);
        Err(TokenFault {
            status: Some(self.status.as_u16()),
            retry_after_s: retry_after_s(retry_after.as_str(), now).map(|wait| u32::try_from(wait).unwrap_or(u32::MAX)),
            description: word("error_description"),
            ..TokenFault { error: error.clone(), ..TokenFault::of(self.problem(error.as_str())) }
        })
    }

    fn problem(&self, error: &str) -> TokenProblem {
        match self.status.as_u16() {
            408 | 425 | 429 | 500..=599 => TokenProblem::Unavailable,
            _ if PASSING.contains(&error) => TokenProblem::Unavailable,
            _ => TokenProblem::Refused,
        }
    }

    fn text(&self, name: HeaderName) -> PeerText {
        let value = self.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
        PeerText::new(&value.unwrap_or_default())
    }

    /// The JSON that it is; else what it is, as a clause.
    fn json(&self) -> Result<Value, String> {
        let Some(body) = &self.body else { return Err("it is longer than 64 KiB".to_owned()) };
        serde_json::from_slice(body).map_err(|_| match self.text(CONTENT_TYPE) {
            kind if kind.is_empty() => "it is not JSON".to_owned(),
            kind if kind.as_str().starts_with("application/json") => "its JSON is broken".to_owned(),
            kind => format!("it is {kind}, not JSON"),
        })
    }
}

fn issued(answer: &Value) -> Result<IssuedToken, String> {
    let token = answer["access_token"].as_str().unwrap_or_default();
    if token.is_empty() {
        return Err("there is no access_token in it".to_owned());
    }
    // What cannot be sent in a header would be a failure of each attempt.
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("its access_token has characters that cannot be sent".to_owned());
    }
    match answer["token_type"].as_str() {
        Some(kind) if !kind.eq_ignore_ascii_case("bearer") => {
            return Err(format!("its token is of the type {}, not Bearer", PeerText::new(kind)));
        }
        _ => {}
    }
    Ok(IssuedToken { token: Secret::new(token), lifetime: lifetime(&answer["expires_in"]) })
}

/// Seconds, which some token services write as a text.
fn lifetime(expires_in: &Value) -> Option<Duration> {
    let seconds = expires_in.as_f64().or_else(|| expires_in.as_str()?.trim().parse().ok())?;
    // Beyond what a duration can hold, nobody knows.
    Duration::try_from_secs_f64(seconds.max(0.0)).ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn answered(status: u16, kind: &'static str, body: &str) -> Result<IssuedToken, TokenFault> {
        let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
        headers.insert(RETRY_AFTER, HeaderValue::from_static("7"));
        let status = StatusCode::from_u16(status).expect("a status");
        let answer = Answer { status, headers, body: Some(Bytes::from(body.to_owned())) };
        let credentials = Credentials::new(&Secret::new("client"), Secret::new("s3cret-of-mine"));
        answer.token(&credentials, SystemTime::UNIX_EPOCH)
    }

    fn json(status: u16, body: &str) -> Result<IssuedToken, TokenFault> {
        answered(status, "application/json; charset=utf-8", body)
    }

    #[test]
    fn a_token_is_read_with_its_lifetime() {
        let lifetime = |expires_in: &str| {
            let body = format!(r#"{{"access_token":"t0ken","token_type":"bearer"{expires_in}}}"#);
            let issued = json(200, &body).expect("a token");
            assert_eq!(issued.token.expose(), "t0ken");
            issued.lifetime
        };
        assert_eq!(lifetime(r#","expires_in":5"#), Some(Duration::from_secs(5)));
        assert_eq!(lifetime(r#","expires_in":"3600""#), Some(Duration::from_secs(3600)));
        assert_eq!(lifetime(r#","expires_in":-1"#), Some(Duration::ZERO));
        for unknown in ["", r#","expires_in":null"#, r#","expires_in":"soon""#, r#","expires_in":1e300"#] {
            assert_eq!(lifetime(unknown), None, "{unknown}");
        }
        assert!(json(200, r#"{"access_token":"t0ken"}"#).is_ok(), "some leave out its type");
    }

    #[test]
    fn what_is_no_token_is_told_as_what_it_is() {
        let detail = |kind: &'static str, body: &str| {
            let fault = answered(200, kind, body).expect_err(body);
            assert_eq!((fault.problem, fault.status), (Some(TokenProblem::NoToken), Some(200)), "{body}");
            fault.detail.as_str().to_owned()
        };
        assert_eq!(detail("text/html", "<html>s3cret-of-mine"), "it is text/html, not JSON");
        assert_eq!(detail("application/json", "{"), "its JSON is broken");
        for body in ["{}", "[]", "7", r#"{"access_token":""}"#, r#"{"access_token":7}"#] {
            assert_eq!(detail("application/json", body), "there is no access_token in it", "{body}");
        }
        let mac = r#"{"access_token":"t0ken","token_type":"mac"}"#;
        assert_eq!(detail("application/json", mac), "its token is of the type mac, not Bearer");
        let broken = r#"{"access_token":"t0\r\nken","token_type":"Bearer"}"#;
        assert_eq!(detail("application/json", broken), "its access_token has characters that cannot be sent");
    }

    #[test]
    fn its_words_are_kept_without_the_clients_secret() {
        let body = r#"{"error":"invalid_client","error_description":"no s3cret-of-mine\r\nhere"}"#;
        for status in [200, 400, 401] {
            let fault = json(status, body).expect_err("refused");
            assert_eq!(fault.problem, Some(TokenProblem::Refused), "{status}");
            let words = (fault.error.as_str(), fault.description.as_str());
            assert_eq!(words, ("invalid_client", "no ••••••\u{fffd}\u{fffd}here"));
        }
    }

    #[test]
    fn what_passes_is_told_from_what_has_to_be_changed() {
        let problem = |status, body| json(status, body).expect_err("no token").problem;
        for status in [408, 425, 429, 500, 502, 503, 599] {
            assert_eq!(problem(status, "oops"), Some(TokenProblem::Unavailable), "{status}");
        }
        assert_eq!(json(503, "").expect_err("no token").retry_after_s, Some(7));
        assert_eq!(problem(400, r#"{"error":"temporarily_unavailable"}"#), Some(TokenProblem::Unavailable));
        for status in [204, 301, 302, 307, 400, 401, 403, 404, 405] {
            assert_eq!(problem(status, "oops"), Some(TokenProblem::Refused), "{status}");
        }
        let long = Answer { status: StatusCode::OK, headers: HeaderMap::new(), body: None };
        let credentials = Credentials::new(&Secret::new("client"), Secret::new("s3cret-of-mine"));
        let fault = long.token(&credentials, SystemTime::UNIX_EPOCH).expect_err("no token");
        assert_eq!(fault.detail.as_str(), "it is longer than 64 KiB");
    }
}
