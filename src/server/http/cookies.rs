//! Reading cookies.

use axum::http::{HeaderMap, header::COOKIE};

/// The value of a cookie.
pub(super) fn get<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find_map(|(found, value)| (found == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn finds_one_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; theme=light;b=2"));
        headers.append(COOKIE, HeaderValue::from_static("session=x=y"));
        assert_eq!(get(&headers, "theme"), Some("light"));
        assert_eq!(get(&headers, "session"), Some("x=y"));
        assert_eq!(get(&headers, "heme"), None);
    }
}
