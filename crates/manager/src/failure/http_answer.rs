//! What is kept of an answer that refuses the upgrade.

use std::time::{Duration, SystemTime};

use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{AGE, CONTENT_TYPE, DATE, LOCATION, PROXY_AUTHENTICATE, RETRY_AFTER, SERVER, WWW_AUTHENTICATE},
};
use wsmon_model::{HttpAnswer, PeerText};

use super::Failure;

/// Parameters of a challenge that are no secret and hold nothing of the request (RFC 9110 section 11.5, RFC 6750
/// section 3). Others can be: a nonce, a token, a description that repeats what was sent.
const CHALLENGE_PARAMETERS: [&str; 3] = ["realm", "error", "scope"];

/// How far two clocks may differ, in seconds, before it is kept.
const CLOCKS_AGREE_S: u64 = 60;

impl Failure {
    /// The upgrade, or the request for a tunnel, was answered with this; `told` is what may be told of a header, and `now` is
    /// what a date in the answer is held against.
    pub(crate) fn from_answer(
        status: StatusCode,
        headers: &HeaderMap,
        body: PeerText,
        told: impl Fn(&str) -> String,
        now: SystemTime,
    ) -> Self {
        let words = |value: &HeaderValue| told(&String::from_utf8_lossy(value.as_bytes()));
        let text = |name: HeaderName| PeerText::new(&headers.get(name).map(words).unwrap_or_default());
        let retry_after = text(RETRY_AFTER);
        // The date of an answer that was kept somewhere is that of another time.
        let date = headers.get(DATE).filter(|_| !headers.contains_key(AGE));
        let date = date.and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
        let challenges = [WWW_AUTHENTICATE, PROXY_AUTHENTICATE];
        let challenges = challenges.iter().flat_map(|name| headers.get_all(name).iter());
        let challenges: Vec<_> = challenges.map(|value| public(&words(value))).collect();
        Self::Http(Box::new(HttpAnswer {
            status: status.as_u16(),
            server: text(SERVER),
            content_type: text(CONTENT_TYPE),
            location: PeerText::new(&without_secrets(text(LOCATION).as_str())),
            clock_ahead_s: date.map(|date| ahead_s(date, now)).filter(|ahead| ahead.unsigned_abs() > CLOCKS_AGREE_S),
            retry_after_s: retry_after_s(retry_after.as_str(), now),
            retry_after,
            www_authenticate: PeerText::new(&challenges.join(", ")),
            body,
        }))
    }
}

/// The wait that a server asks for by `Retry-After`, in seconds: a number, or a date, which is held against `now` (RFC 9110
/// section 10.2.3).
pub fn retry_after_s(text: &str, now: SystemTime) -> Option<u64> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // Only a number that is too large cannot be parsed.
        return Some(text.parse().unwrap_or(u64::MAX));
    }
    let at = httpdate::parse_http_date(text).ok()?;
    Some(at.duration_since(now).unwrap_or_default().as_secs())
}

/// By how many seconds a time is ahead of another.
fn ahead_s(of: SystemTime, than: SystemTime) -> i64 {
    let seconds = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
    of.duration_since(than).map_or_else(|behind| -seconds(behind.duration()), seconds)
}

/// A `Location` without user, query and fragment.
fn without_secrets(location: &str) -> String {
    let path = location.split(['?', '#']).next().unwrap_or_default();
    match path.split_once("//") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}//{host}{path}")
        }
        None => path.to_owned(),
    }
}

/// What may be kept of a `WWW-Authenticate` or `Proxy-Authenticate` field: the schemes, and [`CHALLENGE_PARAMETERS`].
fn public(challenges: &str) -> String {
    let mut kept: Vec<String> = Vec::new();
    for part in elements(challenges) {
        let (first, rest) = part.split_once([' ', '\t']).unwrap_or((part, ""));
        // A scheme stands alone or before a space; a further parameter has its `=` at once, or after one.
        let (scheme, parameter) = match (first.contains('='), rest.trim_start().starts_with('=')) {
            (true, _) | (_, true) => (None, part),
            _ => (Some(first), rest.trim()),
        };
        let name = parameter.split('=').next().unwrap_or_default().trim().to_ascii_lowercase();
        let parameter = Some(parameter).filter(|_| CHALLENGE_PARAMETERS.contains(&name.as_str()));
        match (scheme, parameter) {
            (Some(scheme), Some(parameter)) => kept.push(format!("{scheme} {parameter}")),
            (Some(part), None) | (None, Some(part)) => kept.push(part.to_owned()),
            (None, None) => {}
        }
    }
    kept.join(", ")
}

/// The elements of a comma-separated list whose elements may hold quoted strings (RFC 9110 sections 5.6.1 and 5.6.4).
fn elements(list: &str) -> Vec<&str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let elements = list.split(|c| {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ => {}
        }
        c == ',' && !is_quoted
    });
    elements.map(str::trim).filter(|element| !element.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_redirect_it_is_kept_where_to_and_no_secret() {
        for (location, kept) in [
            ("https://ann:s3cret@host/login?token=t0ken#x", "https://host/login"),
            ("//host?token=t0ken", "//host"),
            ("/login?next=/ws/feed", "/login"),
            ("", ""),
        ] {
            assert_eq!(without_secrets(location), kept);
        }
    }

    #[test]
    fn a_clock_that_differs_is_kept_unless_the_answer_was() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let ahead_s = |fields: &[(HeaderName, &str)]| {
            let headers = fields.iter().map(|(name, value)| (name.clone(), value.parse().expect("a value")));
            match Failure::from_answer(
                StatusCode::FORBIDDEN,
                &headers.collect(),
                PeerText::default(),
                str::to_owned,
                now,
            ) {
                Failure::Http(answer) => answer.clock_ahead_s,
                other => panic!("{other}"),
            }
        };
        assert_eq!(ahead_s(&[(DATE, "Sun, 06 Nov 1994 09:49:37 GMT")]), Some(3_600));
        assert_eq!(ahead_s(&[(DATE, "Sun, 06 Nov 1994 08:39:37 GMT")]), Some(-600));
        assert_eq!(ahead_s(&[(DATE, "Sun, 06 Nov 1994 08:50:37 GMT")]), None, "a minute is no difference");
        assert_eq!(ahead_s(&[(DATE, "Sun, 06 Nov 1994 08:39:37 GMT"), (AGE, "600")]), None, "it was kept in a cache");
        assert_eq!(ahead_s(&[(DATE, "today")]), None);
        assert_eq!(ahead_s(&[]), None);
    }

    #[test]
    fn a_wait_is_asked_for_in_seconds_or_by_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let read = |text: &str| retry_after_s(text, now);
        assert_eq!(read("120"), Some(120));
        // The three forms of RFC 9110 section 5.6.7, and one that has passed.
        assert_eq!(read("Sun, 06 Nov 1994 08:50:37 GMT"), Some(60));
        assert_eq!(read("Sunday, 06-Nov-94 08:50:37 GMT"), Some(60));
        assert_eq!(read("Sun Nov  6 08:50:37 1994"), Some(60));
        assert_eq!(read("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        // However far away, it is a wait.
        assert_eq!(read("99999999999999999999"), Some(u64::MAX));
        assert_eq!(read("Fri, 31 Dec 9999 23:59:59 GMT"), Some(253_402_300_799 - 784_111_777));
        for nonsense in ["soon", "-1", "+1", "1.5", ""] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn of_challenges_nothing_is_kept_that_may_be_secret() {
        let cases = [
            ("Basic realm=\"feeds, EU\"", "Basic realm=\"feeds, EU\""),
            (
                "Bearer realm=\"feeds\", error=\"invalid_token\", error_description=\"t0ken, not known\"",
                "Bearer realm=\"feeds\", error=\"invalid_token\"",
            ),
            (
                "Digest nonce=\"5ecret\", opaque=\"5ecret\", realm = \"a \\\" b\", qop=\"auth\", Basic",
                "Digest, realm = \"a \\\" b\", Basic",
            ),
            ("Negotiate 5ecret==, Bearer", "Negotiate, Bearer"),
            ("NTLM 5ecret", "NTLM"),
            ("error_description=\"5ecret", ""),
            (", ,", ""),
        ];
        for (field, kept) in cases {
            assert_eq!(public(field), kept);
        }
    }
}
