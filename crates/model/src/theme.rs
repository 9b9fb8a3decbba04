//! The page's colours.

use std::str::FromStr;

/// Which colours the page has. Kept in a cookie, so that the server renders the right ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    /// Every theme.
    pub const ALL: [Self; 3] = [Self::System, Self::Dark, Self::Light];

    /// The name of the cookie.
    pub const COOKIE: &str = "wsmon_theme";

    /// The word for machines.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }

    /// The word for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Dark => "Dark",
            Self::Light => "Light",
        }
    }

    /// The cookie that keeps the theme for a year.
    pub fn to_cookie(self) -> String {
        format!("{}={}; Path=/; Max-Age=31536000; SameSite=Lax", Self::COOKIE, self.as_str())
    }
}

impl FromStr for Theme {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == text).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_round_trip() {
        for theme in Theme::ALL {
            assert_eq!(theme.as_str().parse(), Ok(theme));
        }
        assert!("purple".parse::<Theme>().is_err());
        assert!(Theme::Light.to_cookie().starts_with("wsmon_theme=light;"));
    }
}
