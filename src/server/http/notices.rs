//! What came of a form, on its way to the page that the browser is led back to: in a cookie, which that page takes away.

use axum::http::{HeaderMap, HeaderValue};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::cookies;
use crate::changes::Notice;

/// The cookie's name.
const COOKIE: &str = "wsmon_notice";

/// How long it waits for the page, in seconds.
const LIFE_S: u32 = 60;

/// The most characters of a notice that are kept: a browser drops a cookie of more than 4 KiB.
const MAX_CHARS: usize = 600;

/// The header that hands a notice to the next page.
pub(super) fn set_cookie(notice: &Notice, secure: bool) -> HeaderValue {
    let text = notice.text.chars().take(MAX_CHARS).collect();
    let endpoint = notice.endpoint.chars().take(MAX_CHARS).collect();
    let bytes = postcard::to_allocvec(&Notice { endpoint, text, is_failure: notice.is_failure });
    header(&BASE64_URL_SAFE_NO_PAD.encode(bytes.expect("texts can be written")), LIFE_S, secure)
}

/// The header that takes it away.
pub(super) fn clear_cookie(secure: bool) -> HeaderValue {
    header("", 0, secure)
}

/// The notice that a request brings.
pub(super) fn get(headers: &HeaderMap) -> Option<Notice> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cookies::get(headers, COOKIE)?).ok()?;
    postcard::from_bytes(&bytes).ok()
}

fn header(value: &str, age_s: u32, secure: bool) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    let text = format!("{COOKIE}={value}; Path=/admin; Max-Age={age_s}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::try_from(text).expect("base64 is fit for a header")
}

#[cfg(test)]
mod tests {
    use axum::http::header::COOKIE as COOKIE_HEADER;

    use super::*;

    #[test]
    fn a_notice_survives_the_cookie_however_long_it_is() {
        let text = "Zürich 保守 ".repeat(500);
        let notice = Notice { endpoint: "kraken:book".to_owned(), text, is_failure: true };
        let set = set_cookie(&notice, true);
        assert!(set.len() < 4_096, "{}", set.len());
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE_HEADER, set);
        let read = get(&headers).expect("a notice");
        assert_eq!((&*read.endpoint, read.is_failure), ("kraken:book", true));
        assert!(notice.text.starts_with(&read.text) && read.text.chars().count() == MAX_CHARS);
    }
}
