//! What a service itself says of a refusal, in the body of its answer.

use http::StatusCode;
use wsmon_model::{Evidence, HttpAnswer};

/// Where JSON has words for people, the best first.
const KEYS: [&str; 6] = ["error_description", "message", "detail", "reason", "msg", "error"];

/// The most characters of words; what is longer is no sentence.
const MOST: usize = 160;

/// The service's own words for why, as a sentence of ours; none if it has none, or they only repeat the status.
pub(super) fn own_words(evidence: &Evidence) -> Option<String> {
    let answer = evidence.http.as_ref().filter(|_| evidence.tunnel.is_none())?;
    let body = answer.body.as_str();
    let words = match body.chars().next()? {
        '{' | '[' => KEYS.iter().find_map(|key| json_text(body, key))?,
        // A page, of which there is only the beginning.
        '<' => return None,
        _ if answer.content_type.as_str().starts_with("text/plain") => body.to_owned(),
        _ => return None,
    };
    let is_news = !words.is_empty() && words.chars().count() <= MOST && !repeats_status(&words, answer);
    is_news.then(|| format!("The service says: “{words}”."))
}

/// The text that stands behind a key. The body may have been cut anywhere, so it is not parsed as a whole.
fn json_text(body: &str, key: &str) -> Option<String> {
    let quoted = format!("\"{key}\"");
    let behind = body.split(quoted.as_str()).nth(1)?.trim_start().strip_prefix(':')?.trim_start();
    let mut text = String::new();
    let mut chars = behind.strip_prefix('"')?.chars();
    loop {
        match chars.next()? {
            '"' => return Some(text.trim().to_owned()),
            '\\' => match chars.next()? {
                'n' | 'r' | 't' => text.push(' '),
                // Not worth the room; a service that writes like this is shown as it writes.
                'u' => text.push_str("\\u"),
                c => text.push(c),
            },
            c => text.push(c),
        }
    }
}

/// Whether the words are those of the status, such as `Not Found` or `404 not found`.
fn repeats_status(words: &str, answer: &HttpAnswer) -> bool {
    let letters =
        |text: &str| text.chars().filter(|c| c.is_alphabetic()).map(|c| c.to_ascii_lowercase()).collect::<String>();
    let reason = StatusCode::from_u16(answer.status).ok().and_then(|status| status.canonical_reason());
    letters(words) == letters(reason.unwrap_or_default()) || letters(words).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wsmon_model::PeerText;

    fn said(content_type: &str, body: &str) -> Option<String> {
        let content_type = PeerText::new(content_type);
        let answer = HttpAnswer { status: 404, content_type, body: PeerText::new(body), ..HttpAnswer::default() };
        own_words(&Evidence { http: Some(answer), ..Evidence::default() })
    }

    #[test]
    fn words_for_people_are_found_in_json_and_in_plain_text() {
        let json = |body| said("application/json", body);
        let of = |words: &str| Some(format!("The service says: “{words}”."));
        assert_eq!(json(r#"{"error":"no such feed"}"#), of("no such feed"));
        assert_eq!(json(r#"{"code": 17, "error": {"message" : "no \"feed\"\nhere"}}"#), of("no \"feed\" here"));
        assert_eq!(json(r#"{"error":"invalid_token","error_description":"it has expired"}"#), of("it has expired"));
        assert_eq!(json(r#"{"message":"no such feed","trace":"cut in the midd"#), of("no such feed"));
        assert_eq!(said("text/plain; charset=utf-8", "no more than 9 clients"), of("no more than 9 clients"));
    }

    #[test]
    fn what_says_nothing_is_left_out() {
        assert_eq!(said("application/json", r#"{"detail":"Not Found"}"#), None, "the status again");
        assert_eq!(said("application/json", r#"{"message":"cut in the midd"#), None);
        assert_eq!(said("application/json", r#"{"error":null,"code":7}"#), None);
        assert_eq!(said("text/plain", "404: Not Found"), None);
        assert_eq!(said("text/html", "<html><title>no such feed"), None);
        assert_eq!(said("", "no such feed"), None);
        assert_eq!(said("text/plain", ""), None);
        assert_eq!(said("text/plain", &"x".repeat(161)), None);
    }
}
