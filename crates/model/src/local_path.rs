//! Where to go after a login.

use std::fmt;

/// The longest path, in bytes: the login's form has to carry it.
const MAX_BYTES: usize = 1_024;

/// A path of this site, fit for a redirect after a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalPath(String);

impl LocalPath {
    /// Takes a path with an optional query if it can only lead to this site.
    ///
    /// Browsers read `//host`, `/\host` and paths with a tab or a line feed in them as another
    /// site's address (WHATWG URL, "relative slash state"), so it must begin with a single `/` and
    /// consist of visible ASCII without backslashes, 1,024 bytes at most.
    pub fn new(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('/')?;
        let visible = text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
        (visible && !rest.starts_with('/') && text.len() <= MAX_BYTES).then(|| Self(text.to_owned()))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LocalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_site() {
        for good in ["/admin", "/admin/websocket-monitor?status=connected&q=a%20b", "/"] {
            assert!(LocalPath::new(good).is_some(), "{good}");
        }
        for bad in ["", "admin", "//evil", "/\\evil", "/\t/evil", "https://evil", "/\n", "\\\\evil", "/a b"] {
            assert!(LocalPath::new(bad).is_none(), "{bad}");
        }
        let fits = format!("/{}", "x".repeat(MAX_BYTES - 1));
        assert!(LocalPath::new(&fits).is_some() && LocalPath::new(&format!("{fits}x")).is_none());
    }
}
