//! The page's colours.

use strum::{EnumString, IntoStaticStr, VariantArray};

/// Which colours the page has. Kept in a cookie, so that the server renders the right ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Theme {
    /// Light if the system asks for it, else dark.
    #[default]
    System,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

impl Theme {
    /// The name of the cookie.
    pub const COOKIE: &str = "wsmon_theme";

    /// The word for machines.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The word for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Dark => "Dark",
            Self::Light => "Light",
        }
    }

    /// The cookie that keeps a theme, by its word for machines, for a year.
    pub fn cookie(word: &str) -> String {
        format!("{}={word}; Path=/; Max-Age=31536000; SameSite=Lax", Self::COOKIE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_holds_the_word() {
        assert!(Theme::cookie(Theme::Light.as_str()).starts_with("wsmon_theme=light;"));
    }
}
