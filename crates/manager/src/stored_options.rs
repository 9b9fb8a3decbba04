//! Options on their way from and to whatever keeps them.
//!
//! A newer version may have kept options that this one does not know, and what was valid once may not
//! be any more. Such options block their connection and no other, and what was kept stays as it is
//! until an administrator saves others.

use serde_json::{Map, Value};

use super::{
    invalid_options::InvalidOptions,
    options::{CheckedOptions, Unusable},
};
use wsmon_model::ConnectionOptions;

impl CheckedOptions {
    /// Reads options that were kept. Those that cannot be used say so in each attempt.
    pub fn from_kept(kept: &str) -> Self {
        let read = serde_json::from_str::<ConnectionOptions>(kept).map_err(|_| ());
        match read.map(|given| (given.clone(), Self::new(given))) {
            Ok((_, Ok(options))) => options,
            Ok((given, Err(error))) => Self::unusable(given, kept, clause(&error)),
            Err(()) => {
                let (given, why) = salvage(kept);
                Self::unusable(given, kept, why)
            }
        }
    }

    /// What is to be kept.
    ///
    /// # Errors
    ///
    /// When it cannot be written as JSON.
    pub fn to_kept(&self) -> Result<String, serde_json::Error> {
        match &self.unusable {
            Some(unusable) => Ok(unusable.kept.clone()),
            None => serde_json::to_string(self.given()),
        }
    }

    /// Why no attempt can be made with these options, as a clause.
    pub(super) fn problem(&self) -> Option<&str> {
        self.unusable.as_ref().map(|unusable| unusable.why.as_str())
    }

    /// The same, with what holds where they say nothing. Those that do not fit that say so in each attempt.
    pub(super) fn over_or_unusable(self, defaults: &Self) -> Self {
        let (given, kept) = (self.given().clone(), self.to_kept().unwrap_or_default());
        self.over(defaults).unwrap_or_else(|why| Self::unusable(given, &kept, clause(&why)))
    }

    fn unusable(given: ConnectionOptions, kept: &str, why: String) -> Self {
        let mut options = Self::unchecked(given);
        options.unusable = Some(Unusable { kept: kept.to_owned(), why });
        options
    }
}

fn clause(why: &InvalidOptions) -> String {
    why.to_string().trim_end_matches('.').to_owned()
}

/// What can be read of options, for the form in which they are changed, and why not all can.
fn salvage(kept: &str) -> (ConnectionOptions, String) {
    let Ok(Value::Object(fields)) = serde_json::from_str(kept) else {
        return (ConnectionOptions::default(), "What is stored of its options is not JSON".to_owned());
    };
    let read = |fields: &Map<String, Value>| {
        serde_json::from_value::<ConnectionOptions>(Value::Object(fields.clone())).unwrap_or_default()
    };
    let is_usable = |(name, value): (&String, &Value)| {
        let alone = Map::from_iter([(name.clone(), value.clone())]);
        serde_json::from_value::<ConnectionOptions>(Value::Object(alone)).is_ok()
    };
    let (usable, others): (Vec<_>, Vec<_>) = fields.iter().partition(|&field| is_usable(field));
    let names: Vec<_> = others.iter().map(|(name, _)| format!("“{name}”")).collect();
    let usable = usable.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    (read(&usable), format!("This version does not know or cannot use {} in its stored options", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wsmon_model::Secret;

    #[test]
    fn what_can_be_used_comes_back_as_it_was() {
        let given = ConnectionOptions { bearer_token: Some(Secret::new("t0ken")), ..ConnectionOptions::default() };
        let options = CheckedOptions::new(given).expect("valid");
        assert_eq!(CheckedOptions::from_kept(&options.to_kept().expect("JSON")), options);
        assert_eq!(options.problem(), None);
    }

    #[test]
    fn what_cannot_be_used_is_named_and_kept_as_it_is() {
        let salvaged =
            r#"{"compression":1,"bearer_token":"t0ken","limits":{"frame":2048,"burst":1},"stay_closed":true}"#;
        for (kept, words) in [
            (salvaged, "“compression”, “limits”"),
            (r#"{"ping_interval_ms":1}"#, "at least 100 ms"),
            (r#"{"headers":[{"name":"Host","value":"x"}]}"#, "“Host”"),
            ("7", "not JSON"),
            ("", "not JSON"),
        ] {
            let options = CheckedOptions::from_kept(kept);
            assert!(options.problem().is_some_and(|why| why.contains(words)), "{kept}: {:?}", options.problem());
            assert_eq!(options.to_kept().expect("as it is"), kept);
            assert_ne!(options, CheckedOptions::default(), "plain options are others");
            assert!(!format!("{options:?}").contains("t0ken"));
        }
        let given = CheckedOptions::from_kept(salvaged).given().clone();
        let expected =
            ConnectionOptions { bearer_token: Some(Secret::new("t0ken")), stay_closed: true, ..given.clone() };
        assert_eq!(given, expected, "what can be read stays for the form");
        assert_eq!((given.bearer_token, given.limits), (Some(Secret::new("t0ken")), Default::default()));
    }
}
