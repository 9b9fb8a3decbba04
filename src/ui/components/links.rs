//! Where a list's search, filter, sort and page live: in the URL.

use wsmon_model::{AuditQuery, GAPS_FILE, ListQuery};

/// The dashboard's path.
pub const MONITOR: &str = "/admin/websocket-monitor";

/// The audit log's path.
pub const AUDIT: &str = "/admin/audit";

/// The monitoring guide's path.
pub const GUIDE: &str = "/docs/monitoring/overview";

/// The path of an administrator's own account.
pub const ACCOUNT: &str = "/admin/account";

/// The path of one connection. A name's characters need no escaping.
pub fn endpoint(name: &str) -> String {
    format!("{MONITOR}/{name}")
}

/// The path of all gaps of a connection, for programs.
pub fn gaps(name: &str) -> String {
    format!("{MONITOR}/{name}/{GAPS_FILE}")
}

/// The dashboard's path with a query.
pub fn monitor(query: &ListQuery) -> String {
    with_params(MONITOR, &query.to_params())
}

/// The audit log's path with a query.
pub fn audit(query: &AuditQuery) -> String {
    with_params(AUDIT, &query.to_params())
}

fn with_params(path: &str, params: &[(&'static str, String)]) -> String {
    let mut href = path.to_owned();
    for (index, (name, value)) in params.iter().enumerate() {
        href.push(if index == 0 { '?' } else { '&' });
        href.push_str(name);
        href.push('=');
        escape(value, &mut href);
    }
    href
}

/// Writes the bytes of what is no unreserved character as `%` and two digits (RFC 3986 section 2.1).
fn escape(text: &str, to: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            to.push(char::from(byte));
        } else {
            to.push('%');
            for half in [byte >> 4, byte & 15] {
                to.push(char::from(b"0123456789ABCDEF"[usize::from(half)]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_search_for_is_escaped() {
        let query = ListQuery { search: "a b&c=ü/~".to_owned(), page: 1, ..ListQuery::default() };
        assert_eq!(monitor(&query), "/admin/websocket-monitor?q=a%20b%26c%3D%C3%BC%2F~&page=2");
        assert_eq!(monitor(&ListQuery::default()), MONITOR);
    }
}
