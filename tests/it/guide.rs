//! What the guide says exists.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::json;
use strum::VariantArray;
use wsmon_manager::CheckedOptions;
use wsmon_model::{Cause, ConnectionOptions, Profile};

use crate::support::{
    monitor::{Monitor, Visitor},
    upstream::{Manner, Upstream},
};

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The words that begin so.
fn words(text: &str, beginning: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with(beginning)).map(str::to_owned).collect()
}

#[tokio::test]
async fn tells_of_every_metric_and_of_no_other() {
    let upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start(upstream.base()).await;
    let admin = Visitor::admin(&monitor).await;
    let connect = json!({ "endpoint": "data-feed", "kind": { "Connect": true } });
    assert_eq!(admin.call("change_connection", connect).await.status(), 200);
    let text = Visitor::new(&monitor).get("/metrics").await.text().await.expect("text");
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let names: BTreeSet<String> = types.filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    let ours: BTreeSet<String> = names.into_iter().filter(|name| name.starts_with("wsmon_")).collect();
    assert_eq!(words(&file("docs/monitoring/overview.md"), "wsmon_"), ours);
}

#[test]
fn tells_what_to_do_for_every_alert_and_of_no_other() {
    let rules = file("ops/prometheus/rules.yml");
    let alerts = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    let alerts: BTreeSet<String> = alerts.map(str::to_owned).collect();
    assert!(!alerts.is_empty());
    assert_eq!(words(&file("docs/monitoring/overview.md"), "Wsmon"), alerts);
}

#[tokio::test]
async fn has_a_heading_for_every_link_in_the_rules() {
    let monitor = Monitor::start(Upstream::start(Manner::Echo).await.base()).await;
    let page = Visitor::admin(&monitor).await.get("/docs/monitoring/overview").await.text().await.expect("a page");
    let rules = file("ops/prometheus/rules.yml");
    let links = rules.split("/docs/monitoring/overview#").skip(1).filter_map(|rest| rest.split('"').next());
    let links: BTreeSet<&str> = links.collect();
    assert!(!links.is_empty());
    for link in links {
        assert!(page.contains(&format!("id=\"{link}\"")), "{link}");
    }
}

#[test]
fn tells_of_every_cause() {
    let guide = file("docs/monitoring/overview.md");
    for cause in Cause::VARIANTS {
        assert!(guide.contains(&format!("| `{}` |", cause.as_str())), "{cause:?}");
    }
}

#[test]
fn has_an_example_of_every_profile_that_can_be_used() {
    let guide = file("docs/monitoring/profiles.md");
    for profile in Profile::VARIANTS {
        let section = guide.split("\n## ").find_map(|section| section.strip_prefix(&format!("{}\n", profile.as_str())));
        let example = section.and_then(|section| section.split("```\n").nth(1)).expect("a section with an example");
        let given = ConnectionOptions {
            profile: Some(*profile),
            opening: Some(example.to_owned()),
            ..ConnectionOptions::default()
        };
        CheckedOptions::new(given).unwrap_or_else(|why| panic!("{profile:?}: {why}"));
    }
}

#[tokio::test]
async fn every_page_is_there() {
    let monitor = Monitor::start(Upstream::start(Manner::Echo).await.base()).await;
    let admin = Visitor::admin(&monitor).await;
    for (path, words) in [("overview", "Why a connection is down"), ("profiles", "graphql-transport-ws")] {
        let answer = admin.get(&format!("/docs/monitoring/{path}")).await;
        assert_eq!(answer.status(), 200);
        assert!(answer.text().await.expect("a page").contains(words), "{path}");
    }
}
