//! What the layers come to.

use std::fs;

use super::{Arguments, ConfigError, Settings, file, layer, oauth2, services};
use wsmon_manager::{ClientFiles, Services, TlsFiles};
use wsmon_model::{Secret, ServiceName};

/// The settings that come of these options and of a file with this text.
fn merged(options: &[&str], file: &str) -> Result<Settings, ConfigError> {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("monitor.toml");
    fs::write(&path, file).expect("written");
    let (_, given) = Arguments::parse(["websocket-monitor"].iter().chain(options))?;
    layer::merge([file::read(&path)?].into_iter().chain(given))
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
fn services_of(options: &[&str], file: &str) -> Result<Services, ConfigError> {
    services::services(&merged(options, file)?)
}

fn bases(services: &Services) -> Vec<(String, String)> {
    services.iter().map(|service| (service.name.to_string(), service.base.to_string())).collect()
}

#[test]
fn a_service_has_its_url_of_one_layer_and_its_options_of_another() {
    let file = "
        [service.other]
        base-url = 'ws://file/'
        proxy = 'http://ann:word@proxy.example:3128'
        [service.other.options]
        bearer_token = 't0ken'
        limits.frame = 2048
        [service.default.options]
        ping_interval_ms = 5000
    ";
    let services = services_of(&["--service", "other=wss://option/a=b,c", "--service", "third=ws://third/x"], file);
    let services = services.expect("valid");
    let expected =
        [("default", "ws://localhost:8000/ws/"), ("other", "wss://option/a=b,c/"), ("third", "ws://third/x/")];
    assert!(bases(&services).iter().map(|(name, base)| (name.as_str(), base.as_str())).eq(expected), "{services:?}");
    let options = |name: &str| &services.get(&name.parse().expect("a name")).expect("it is").defaults;
    assert_eq!(options("other").bearer_token.as_ref().map(Secret::expose), Some("t0ken"));
    assert_eq!(options("other").limits.frame, Some(2048));
    assert_eq!(options("default").ping_interval_ms, Some(5000));
    assert_eq!(options("third"), &Default::default());
    let proxies = services.iter().map(|service| service.proxy.as_ref().map(ToString::to_string));
    assert!(proxies.eq([None, Some("proxy.example:3128".to_owned()), None]));
}

#[test]
fn a_service_names_the_files_of_its_tls() {
    let file = "
        [service.default]
        client-cert = '/etc/wsmon/client.pem'
        client-key = '/etc/wsmon/client.key'
        [service.other]
        base-url = 'wss://other/'
        ca-file = '/etc/wsmon/ca.pem'
    ";
    let services = services_of(&[], file).expect("valid");
    let tls = |name: &str| services.get(&name.parse().expect("a name")).expect("it is").tls.clone();
    let client = ClientFiles { cert: "/etc/wsmon/client.pem".into(), key: "/etc/wsmon/client.key".into() };
    assert_eq!(tls("default"), TlsFiles { ca_file: None, client: Some(client) });
    assert_eq!(tls("other"), TlsFiles { ca_file: Some("/etc/wsmon/ca.pem".into()), client: None });
}

#[test]
fn the_base_url_is_that_of_the_service_default() {
    for (options, file, expected) in [
        (&["--base-url", "ws://option/"][..], "[service.default]\nbase-url = 'ws://file/'", "ws://option/"),
        (&["--service", "default=ws://option/"], "base-url = 'ws://file/'", "ws://option/"),
        (&[], "[service.default]\nbase-url = 'ws://file/'", "ws://file/"),
        (&[], "base-url = 'ws://file/'\n[service.default]\nbase-url = 'ws://file/'", "ws://file/"),
    ] {
        let services = services_of(options, file).expect(file);
        let default = services.get(&ServiceName::default()).expect("there always is one");
        assert_eq!(default.base.to_string(), expected, "{options:?} {file}");
    }
}

#[test]
fn what_is_wrong_with_a_service_is_said_in_a_sentence_that_tells_no_secret() {
    let two = "base-url = 'ws://one/?s3cret'\n[service.default]\nbase-url = 'ws://two/?s3cret'";
    let option = |line: &str| format!("[service.kraken]\nbase-url = 'ws://x/'\n[service.kraken.options]\n{line}");
    for (options, file, told) in [
        (&["--service", "ws://x/?s3cret"][..], "", "the command line: a service is given as NAME=URL, such as"),
        (&["--service", "S3CRET=ws://x/"], "", "the command line: a service is given as NAME=URL. A service name has"),
        (&["--service", "a=ws://x/?s3cret", "--service", "a=ws://x/"], "", "the service a is given twice"),
        (&["--base-url", "ws://x/?s3cret", "--service", "default=ws://y/"], "", "both are given and differ"),
        (&["--service", "a=ws://me:s3cret@x/"], "", "the base URL of the service a cannot be used: it holds a user"),
        (&[], two, "monitor.toml: base-url is that of the service default"),
        (
            &[],
            "[service.kraken]\nbase_url = 'ws://s3cret/'",
            "line 2: unknown field `base_url`, expected one of `base-url`",
        ),
        (&[], "[service.kraken]", "the service kraken has no base-url"),
        (
            &[],
            "[service.default]\nclient-cert = 's3cret'",
            "the service default has no client-key: a client certificate",
        ),
        (
            &[],
            "[service.default]\nclient-key = 's3cret'",
            "the service default has no client-cert: a client certificate",
        ),
        (&[], "demo = true\n[service.Kraken]\nbase-url = 's3cret'", "line 2: A service name has 1 to 32 characters"),
        (
            &[],
            "[service.default]\nproxy = 'http://a:s3cret@p/x'",
            "the proxy of the service default cannot be used: som",
        ),
        (
            &[],
            "[service.default]\nproxy = 'https://a:s3cret@p:1'",
            "proxies that speak TLS or SOCKS themselves are not",
        ),
        (&[], &option("bearer_tokn = 's3cret'"), "in `service.kraken.options`"),
        (&[], &option("ping_interval_ms = 1"), "the options of the service kraken cannot be used: Pings, pongs"),
    ] {
        let error = services_of(options, file).expect_err(told).to_string();
        assert!(error.contains(told), "{error}");
        assert!(!error.to_lowercase().contains("s3cret") && error.lines().count() == 1, "{error}");
    }
}

/// A file with a service that signs in at a token service: these lines of its table, and these behind it.
fn with_oauth2(lines: &str, rest: &str) -> String {
    format!("[service.kraken]\nbase-url = 'ws://x/'\n[service.kraken.oauth2]\n{lines}\n{rest}")
}

const OAUTH2: &str = "token-url = 'https://auth.example/token'\nclient-id = 'me'\nclient-secret = 'file:s3cret'";

#[test]
fn a_service_signs_in_at_the_token_service_of_its_table() {
    let clients = |lines: &str, rest| oauth2::clients(&merged(&[], &with_oauth2(lines, rest)).expect("valid"));
    let clients_of = clients(&format!("{OAUTH2}\nscope = 'feeds read'"), "").expect("valid");
    assert!(clients_of.keys().map(ServiceName::as_str).eq(["kraken"]));
    for (lines, rest, told) in [
        (
            &OAUTH2.replace("https", "http"),
            "",
            "its token-url has to begin with https://; http:// is for a token service",
        ),
        (&OAUTH2.replace("https", "file"), "", "its token-url has to begin with https://"),
        (&OAUTH2.replace("https://", "https://me:s3cret@"), "", "its token-url holds a user or password"),
        (&OAUTH2.replace("https://", "s3cret"), "", "its token-url is not a URL"),
        (
            &OAUTH2.replace("file:s3cret", "env:S3CRET"),
            "",
            "its client-secret cannot be used: of the monitor's variables",
        ),
        (&OAUTH2.replace("'me'", "''"), "", "its client-id is empty"),
        (&format!("{OAUTH2}\nscope = ' s3cret'"), "", "its scope has to be words"),
        (
            &OAUTH2.to_owned(),
            "[service.kraken.options]\nbearer_token = 's3cret'",
            "have a bearer_token or basic_auth as well",
        ),
    ] {
        let error = clients(lines, rest).expect_err(told).to_string();
        assert!(
            error.starts_with("the oauth2 table of the service kraken cannot be used: ") && error.contains(told),
            "{error}"
        );
        assert!(!error.to_lowercase().contains("s3cret") && error.lines().count() == 1, "{error}");
    }
    for (lines, told) in [
        ("token-url = 's3cret'\nclient-id = 's3cret'", "line 3: missing field `client-secret`"),
        (&*format!("{OAUTH2}\naudience = 's3cret'"), "line 7: unknown field `audience`, expected one of `token-url`"),
    ] {
        let error = merged(&[], &with_oauth2(lines, "")).expect_err(told).to_string();
        assert!(
            error.contains(told) && error.contains("service.kraken.oauth2") && !error.contains("s3cret"),
            "{error}"
        );
    }
    let settings = merged(&[], &with_oauth2(&OAUTH2.replace("file:", ""), "")).expect("valid");
    assert!(!format!("{settings:?}").contains("s3cret"), "{settings:?}");
}

#[test]
fn settings_are_printed_without_the_secrets_in_them() {
    let file = "[service.a]\nbase-url = 'ws://x/?s3cret'\nproxy = 'http://a:s3cret@p:1'\n[service.a.options]\nquery = 's3cret'";
    let settings = merged(&["--base-url", "ws://x/?s3cret"], file).expect("valid");
    assert!(!format!("{settings:?}").contains("s3cret"), "{settings:?}");
    let services = services::services(&settings).expect("valid");
    assert!(!format!("{services:?}").contains("s3cret"), "{services:?}");
}
