//! Every panel of the dashboard has data, and its links lead to pages of the monitor.

use serde_json::Value;

use crate::{
    eventually,
    monitor::{Admin, Monitor},
    prometheus::Prometheus,
    shipped,
};

/// The shipped dashboard.
pub fn dashboard() -> Value {
    serde_json::from_str(&shipped("ops/grafana/websocket-monitor.json")).expect("JSON")
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}

/// Every query of every panel, with the panel.
pub fn queries(dashboard: &Value) -> impl Iterator<Item = (&Value, &Value)> {
    list(dashboard, "panels").flat_map(|panel| list(panel, "targets").map(move |target| (panel, target)))
}

/// A text with the dashboard's variables as Grafana would put them.
fn with_variables(text: &str, monitor: &Monitor) -> String {
    let text = text.replace("$__rate_interval", "5s").replace("$instance", monitor.address());
    let text = text.replace("$endpoint", ".*");
    assert!(!text.contains('$'), "a variable that nobody sets: {text}");
    text
}

/// Runs every query until it returns data, and follows the links of what it returned.
pub async fn all_have_data(prometheus: &Prometheus, monitor: &Monitor, admin: &Admin) {
    let dashboard = dashboard();
    for (panel, target) in queries(&dashboard) {
        let query = with_variables(target["expr"].as_str().expect("a query"), monitor);
        let over_time = target["range"] == true;
        let what = format!("data for {}: {query}", panel["title"]);
        let series = eventually(&what, async || {
            let series = prometheus.query(&query, over_time).await;
            if series.is_empty() { Err("nothing".to_owned()) } else { Ok(series) }
        });
        let series = series.await;
        for link in list(&panel["fieldConfig"]["defaults"], "links") {
            follow(link["url"].as_str().expect("a URL"), &series[0]["metric"], admin).await;
        }
    }
    for link in list(&dashboard, "links") {
        admin.page(&with_variables(link["url"].as_str().expect("a URL"), monitor)).await;
    }
    for variable in list(&dashboard["templating"], "list").filter(|variable| variable["type"] == "query") {
        let query = variable["query"]["query"].as_str().expect("a query");
        let values = query.strip_prefix("label_values(").and_then(|query| query.strip_suffix(')')).expect(query);
        let (metric, label) = values.rsplit_once(", ").expect(query);
        let series = prometheus.query(&with_variables(metric, monitor), false).await;
        assert!(!series.is_empty() && series.iter().all(|one| one["metric"][label].is_string()), "{query}");
    }
}

/// Opens the page that a link leads to from a series with these labels.
async fn follow(link: &str, labels: &Value, admin: &Admin) {
    let mut url = String::new();
    let mut rest = link;
    while let Some((before, after)) = rest.split_once("${__field.labels.") {
        let (label, after) = after.split_once('}').expect("closed");
        let value = labels[label].as_str().unwrap_or_else(|| panic!("{link}: no {label} in {labels}"));
        url.extend([before, value]);
        rest = after;
    }
    url.push_str(rest);
    admin.page(&url).await;
}
