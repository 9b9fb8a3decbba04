//! Layers of settings: each key has the value of the topmost layer that has it.

use std::path::Path;

use figment::{Figment, providers::Serialized};

use super::{arguments::Given, error::ConfigError, file, settings::Settings};

/// The settings in force: what was given as options, else as variables, else in the file, else the defaults.
pub(super) fn merge(path: Option<&Path>, given: Given) -> Result<Settings, ConfigError> {
    let file = path.map(file::read).transpose()?.unwrap_or_default();
    let layers = Figment::from(Serialized::defaults(Settings::default()))
        .merge(Serialized::defaults(file))
        .merge(Serialized::defaults(given.environment))
        .merge(Serialized::defaults(given.options));
    Ok(layers.extract()?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::server::config::{arguments::Arguments, services};

    /// The settings that come of these options and of a file with this text.
    fn merged(options: &[&str], file: &str) -> Result<Settings, ConfigError> {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("monitor.toml");
        fs::write(&path, file).expect("written");
        let (_, given) = Arguments::parse(["websocket-monitor"].iter().chain(options))?;
        merge(Some(&path), given)
    }

    #[test]
    fn an_option_wins_over_the_file_and_the_file_over_the_default() {
        let file = "base-url = 'ws://file/'\ndemo = true\ndata-dir = '/file'\nsecrets-dir = '/file'";
        let settings = merged(&["--base-url", "ws://option/"], file).expect("valid");
        assert_eq!(settings.base_url.expose(), "ws://option/");
        assert_eq!((settings.demo, settings.data_dir.to_str()), (true, Some("/file")));
        assert_eq!(settings.secrets_dir, Some("/file".into()));
        assert_eq!(settings.listen, None);

        let settings = merged(&["--demo=false"], "demo = true").expect("valid");
        assert!(!settings.demo);
        assert_eq!((settings.base_url, settings.data_dir), (Settings::default().base_url, "./data".into()));
    }

    #[test]
    fn a_list_takes_the_place_of_a_list() {
        let file = "trusted-proxies = ['10.0.0.0/8', '192.0.2.0/24']";
        let nets = |options: &[&str]| merged(options, file).expect("valid").trusted_proxies;
        assert_eq!(nets(&[]).len(), 2);
        assert_eq!(nets(&["--trusted-proxies", "127.0.0.1"]), ["127.0.0.1/32".parse().expect("a network")]);
    }

    #[test]
    fn services_are_laid_over_each_other_one_by_one() {
        let file = "[service.a]\nbase-url = 'ws://a/'\n[service.a.options]\nnever_retry = [4001]\n\
                    [service.b]\nbase-url = 'ws://b/'\n[service.default.options]\nping_interval_ms = 5000";
        let settings = merged(&["--service", "a=wss://other/", "--service", "c=ws://c/"], file).expect("valid");
        let services = services::configured(&settings.base_url, settings.service).expect("usable");
        let told: Vec<_> = services.iter().map(|each| (each.name.to_string(), each.base.to_string())).collect();
        let told: Vec<_> = told.iter().map(|(name, base)| (name.as_str(), base.as_str())).collect();
        let default = ("default", "ws://localhost:8000/ws/");
        assert_eq!(told, [("a", "wss://other/"), ("b", "ws://b/"), ("c", "ws://c/"), default]);
        let defaults = |name: &str| &services.get(&name.parse().expect("a name")).expect("it is").defaults;
        assert_eq!(defaults("a").never_retry, [4001]);
        assert_eq!(defaults("default").ping_interval_ms, Some(5_000));
    }

    #[test]
    fn a_service_that_cannot_be_used_is_named() {
        for (options, file, told) in [
            (&["--service", "a=ws://a/", "--service", "a=ws://b/"][..], "", "two services named a"),
            (&[], "[service.a]\noptions = {}", "the service a has no base-url"),
            (&[], "[service.a]\nbase-url = 'http://s3cret/'", "the URL of the service a cannot be used: its scheme"),
            (&[], "[service.default]\nbase-url = 'ws://s3cret/'", "is the key base-url"),
            (&[], "[service.A]\nbase-url = 'ws://s3cret/'", "“A”: A service name has 1 to 32 characters"),
            (&[], "[service.a]\nbase-url = 'ws://a/'\n[service.a.options]\nping = 1", "line 4: unknown field `ping`"),
            (
                &[],
                "[service.a]\nbase-url = 'ws://a/'\n[service.a.options]\nping_interval_ms = 1",
                "the options of the service a cannot be used: Pings",
            ),
        ] {
            let configured = |settings: Settings| services::configured(&settings.base_url, settings.service);
            let error = merged(options, file).and_then(configured).expect_err(told).to_string();
            assert!(error.contains(told) && !error.contains("s3cret") && error.lines().count() == 1, "{error}");
        }
    }

    #[test]
    fn an_option_is_the_same_before_and_behind_a_command() {
        for options in [["--data-dir", "/option", "admin", "list"], ["admin", "list", "--data-dir", "/option"]] {
            let settings = merged(&options, "data-dir = '/file'").expect("valid");
            assert_eq!(settings.data_dir.to_str(), Some("/option"), "{options:?}");
        }
    }

    #[test]
    fn the_line_and_the_key_of_what_is_wrong_in_the_file_are_told_and_no_other_part_of_it() {
        for (file, told) in [
            ("demo = true\nbasse-url = 'ws://x/'", "monitor.toml: line 2: unknown field `basse-url`, expected one of"),
            ("\nconnect-rate = 0", "monitor.toml: line 2: invalid value: integer `0`, expected a nonzero u32; in `con"),
            ("base-url = 's3cret'\n\nbase-url = 's3cret'", "monitor.toml: line 3: duplicate key"),
            ("base-url = 's3cret", "monitor.toml: line 1: invalid literal string"),
        ] {
            let error = merged(&[], file).expect_err(file).to_string();
            assert!(error.contains(told) && !error.contains("s3cret") && error.lines().count() == 1, "{error}");
        }
    }
}
