//! The files in `ops/`: what the tools say of them, and whether they know the metrics by their names.

use std::{collections::BTreeSet, path::PathBuf};

use serde_json::json;

use crate::{
    exposition::{described, names},
    monitor::{Admin, Monitor, PATH},
    panels,
    program::{find, run, said},
    prometheus::hurried_rules,
    shipped,
    upstream::Upstream,
};

const RULES: &str = "ops/prometheus/rules.yml";
const RULES_TEST: &str = "ops/prometheus/rules_test.yml";

/// What `/metrics` says with endpoints of every kind.
async fn metrics() -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let upstream = Upstream::start().await;
    let monitor = Monitor::start(&upstream.base_url(), directory.path());
    let admin = Admin::sign_in(&monitor).await;
    for endpoint in ["up", "off"] {
        admin.connect(endpoint).await;
    }
    admin.done("change_connection", json!({ "endpoint": "off", "kind": "Disconnect" })).await;
    monitor.metrics().await
}

#[tokio::test]
async fn promtool_has_nothing_to_say_about_the_metrics() {
    let Some(promtool) = find("promtool") else { return };
    let output = run(&promtool, &["check", "metrics"], &metrics().await);
    assert_eq!((output.status.code(), said(&output).as_str()), (Some(0), ""));
    let output = run(&promtool, &["check", "metrics"], "# TYPE wsmonBad counter\nwsmonBad 1\n");
    assert_ne!(output.status.code(), Some(0), "it would have said something");
}

#[test]
fn promtool_accepts_the_rules_and_their_tests() {
    let Some(promtool) = find("promtool") else { return };
    for arguments in
        [["check", "rules", RULES], ["test", "rules", RULES_TEST], ["check", "config", "ops/prometheus/prometheus.yml"]]
    {
        let output = run(&promtool, &arguments, "");
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    }
}

#[test]
fn amtool_accepts_the_alerting() {
    let Some(amtool) = find("amtool") else { return };
    let output = run(&amtool, &["check-config", "ops/alertmanager/alertmanager.yml"], "");
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn every_alert_is_tested_and_leads_somewhere() {
    let (rules, tests) = (shipped(RULES), shipped(RULES_TEST));
    let alerts: Vec<&str> = rules.split("- alert: ").skip(1).collect();
    assert_eq!(alerts.len(), 12);
    for alert in alerts {
        let name = alert.lines().next().expect("a name");
        let heading = format!("- alertname: {name}\n");
        let cases = tests.split(&heading).skip(1);
        let is_quiet = |case: &&str| case.lines().nth(1).is_some_and(|line| line.ends_with("exp_alerts: []"));
        let (quiet, firing): (Vec<_>, Vec<_>) = cases.partition(is_quiet);
        assert!(!quiet.is_empty() && !firing.is_empty(), "{name} fires in {} cases", firing.len());
        for annotation in ["summary: ", "description: ", "runbook_url: ", "dashboard_url: "] {
            assert!(alert.contains(annotation), "{name} has no {annotation}");
        }
    }
    assert!(!hurried_rules().contains("m]") && !hurried_rules().contains("for: 1m"));
}

#[tokio::test]
async fn every_metric_that_is_named_exists() {
    let text = metrics().await;
    let known: BTreeSet<&str> = described(&text).into_iter().collect();
    let dashboard = panels::dashboard();
    let queries: String = panels::queries(&dashboard).map(|(_, target)| target["expr"].to_string()).collect();
    let variables = dashboard["templating"].to_string();
    for (place, text) in [
        ("rules", shipped(RULES)),
        ("their tests", shipped(RULES_TEST)),
        ("dashboard", queries),
        ("variables", variables),
    ] {
        let mut found = 0;
        for name in names(&text) {
            let of_histogram = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix));
            assert!(known.contains(name) || of_histogram.is_some_and(|name| known.contains(name)), "{place}: {name}");
            found += 1;
        }
        assert_ne!(found, 0, "{place}");
    }
}

/// The words of a text that begin with `start`, as far as they go on in its alphabet.
fn words_with(text: &str, start: &str, alphabet: fn(char) -> bool) -> BTreeSet<String> {
    let word = |(at, _)| text[at..].chars().take_while(|c| alphabet(*c)).collect();
    text.match_indices(start).map(word).collect()
}

#[test]
fn every_option_that_is_named_exists() {
    let help = said(&run(&PathBuf::from(PATH), &["--help"], ""));
    let variables = |text: &str| words_with(text, "WSMON_", |c| c.is_ascii_uppercase() || c == '_');
    let options = |text: &str| words_with(text, "--", |c| c.is_ascii_lowercase() || c == '-');
    // A secret is no option.
    let mut known = variables(&help);
    known.insert("WSMON_ADMIN_PASSWORD_FILE".to_owned());
    for path in ["ops/systemd/websocket-monitor.service", "ops/Containerfile"] {
        let text = shipped(path);
        let named = variables(&text);
        assert!(!named.is_empty() && named.is_subset(&known), "{path}: {named:?} of {known:?}");
        let starts: String = text.lines().filter(|line| line.starts_with("ExecStart=")).collect();
        assert!(options(&starts).is_subset(&options(&help)), "{path}: {:?}", options(&starts));
    }
}
