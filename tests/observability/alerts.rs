//! Every alert fires when its fault is there, leads to a page that shows it, and resolves when the fault is gone.

use std::{path::Path, process::Command, time::SystemTime};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_util::future::join_all;
use serde_json::json;

use crate::{
    certificates::Secure,
    disk::SmallDisk,
    eventually,
    monitor::{Admin, Monitor, PATH, TOKEN},
    panels,
    prometheus::{Alert, Prometheus},
    skip,
    upstream::{Manner, Upstream},
};

/// Endpoints that nothing happens to until their host goes down.
const STEADY: [&str; 8] =
    ["steady-1", "steady-2", "steady-3", "steady-4", "steady-5", "steady-6", "steady-7", "steady-8"];

/// A monitor that is scraped with the token.
fn start(base_url: &str, directory: &Path, arguments: &[&str]) -> Monitor {
    let mut command = Command::new(PATH);
    Monitor::start_as(command.args(arguments).env("WSMON_METRICS_TOKEN", TOKEN), base_url, directory)
}

/// Follows an alert's links: the page must show the endpoint, the guide must have the chapter.
async fn follow_links(alert: &Alert, admin: &Admin) {
    let page = admin.page(&alert.annotations["dashboard_url"]).await;
    if let Some(endpoint) = alert.labels.get("endpoint") {
        assert!(page.contains(endpoint.as_str()), "{alert:?}");
    }
    let (guide, chapter) = alert.annotations["runbook_url"].split_once('#').expect("a chapter");
    assert!(admin.page(guide).await.contains(&format!("id=\"{chapter}\"")), "the guide has no chapter {chapter}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_alert_fires_and_resolves_and_every_panel_has_data() {
    let directories = [(); 3].map(|()| tempfile::tempdir().expect("a directory"));
    let [first, second, third] = &directories;
    let (mut upstream, other_upstream) = (Upstream::start().await, Upstream::start().await);
    let monitor = start(&upstream.base_url(), first.path(), &[]);
    let other = start(&other_upstream.base_url(), second.path(), &[]);
    let disk = SmallDisk::start(&other_upstream.base_url());
    if disk.is_none() {
        skip("WsmonStoreNotWritable: no small disk can be mounted here");
    }
    let secure = Secure::start();
    let mut targets = vec![monitor.address(), other.address(), secure.monitor.address()];
    targets.extend(disk.as_ref().map(|disk| disk.monitor.address()));
    let Some(prometheus) = Prometheus::start(&targets).await else { return };
    let on_others = async {
        storm(&prometheus, &other, &other_upstream).await;
        down(&prometheus, other, &other_upstream, third.path()).await;
    };
    let on_disk = async {
        if let Some(disk) = &disk {
            full_disk(&prometheus, disk).await;
        }
    };
    let on_endpoints = async {
        single_endpoints(&prometheus, &monitor, &upstream).await;
        expiring_tokens(&prometheus, &monitor).await;
        host(&prometheus, &monitor, &mut upstream).await;
    };
    tokio::join!(on_endpoints, on_others, on_disk, certificates(&prometheus, &secure));
}

async fn single_endpoints(prometheus: &Prometheus, monitor: &Monitor, upstream: &Upstream) {
    let admin = Admin::sign_in(monitor).await;
    let faults = [
        ("refused", Manner::Refuse(503), "WsmonEndpointDown"),
        ("forbidden", Manner::Refuse(403), "WsmonEndpointBlocked"),
        // Until it is lost often, see below.
        ("flapping", Manner::Talk, "WsmonEndpointFlapping"),
        ("quiet", Manner::Quiet, "WsmonEndpointSilent"),
    ];
    for (endpoint, manner, _) in faults {
        upstream.treat(endpoint, manner);
    }
    join_all(STEADY.iter().chain(faults.iter().map(|(endpoint, ..)| endpoint)).map(|endpoint| admin.connect(endpoint)))
        .await;
    admin.save_options("quiet", &json!({ "max_silence_ms": 500, "ping_interval_ms": 200 })).await;
    lose_often(prometheus, monitor, &admin, upstream).await;
    join_all(faults.map(async |(endpoint, _, name)| {
        let alert = prometheus.fires(name, &[("instance", monitor.address()), ("endpoint", endpoint)]).await;
        follow_links(&alert, &admin).await;
    }))
    .await;
    let steady = prometheus.firing().await.into_iter().filter(|alert| {
        alert.labels.get("endpoint").is_none_or(|endpoint| STEADY.contains(&endpoint.as_str()))
            && alert.labels["instance"] == monitor.address()
    });
    assert_eq!(steady.map(|alert| format!("{alert:?}")).collect::<Vec<_>>(), Vec::<String>::new());
    panels::all_have_data(prometheus, monitor, &admin).await;

    for (endpoint, ..) in faults {
        upstream.treat(endpoint, Manner::Talk);
        admin.connect(endpoint).await;
    }
    for (endpoint, _, name) in faults {
        prometheus.resolves(name, &[("endpoint", endpoint), ("instance", monitor.address())]).await;
    }
}

/// Loses the endpoint `flapping` at the pace of clicks: with the backoff it would take longer than Prometheus looks back.
async fn lose_often(prometheus: &Prometheus, monitor: &Monitor, admin: &Admin, upstream: &Upstream) {
    let counted = format!("wsmon_disconnects_total{{instance='{}',endpoint='flapping'}}", monitor.address());
    eventually("Prometheus to know the count from which it rises", async || {
        let known = prometheus.query(&counted, false).await;
        if known.is_empty() { Err("nothing".to_owned()) } else { Ok(()) }
    })
    .await;
    upstream.treat("flapping", Manner::Drop);
    eventually("losses", async || {
        admin.connect("flapping").await;
        let losses = monitor.samples().await.sum("wsmon_disconnects_total", &[("endpoint", "flapping")]);
        if losses >= 8.0 { Ok(()) } else { Err(losses.to_string()) }
    })
    .await;
}

/// A JSON Web Token that was issued a month ago and expires after so many hours.
fn token(hours: u64) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a time").as_secs();
    let claims = json!({ "iat": now - 30 * 86_400, "exp": now + hours * 3_600 });
    let parts = [json!({ "alg": "none" }), claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string()));
    format!("{}.c2ln", parts.join("."))
}

async fn expiring_tokens(prometheus: &Prometheus, monitor: &Monitor) {
    let admin = Admin::sign_in(monitor).await;
    let tokens = [
        ("in-three-days", token(72), Some("WsmonTokenExpiresInAWeek")),
        ("in-three-hours", token(3), Some("WsmonTokenExpiresInADay")),
        ("in-a-month", token(720), None),
    ];
    for (endpoint, token, _) in &tokens {
        admin.connect(endpoint).await;
        admin.save_options(endpoint, &json!({ "bearer_token": token })).await;
    }
    for (endpoint, _, name) in &tokens {
        let about = [("instance", monitor.address()), ("endpoint", *endpoint)];
        let Some(name) = name else { continue };
        follow_links(&prometheus.fires(name, &about).await, &admin).await;
    }
    let about = |alert: &Alert, endpoint: &str| alert.labels.get("endpoint").is_some_and(|label| label == endpoint);
    let firing = prometheus.firing().await;
    for (endpoint, _, name) in &tokens {
        let names: Vec<_> =
            firing.iter().filter(|alert| about(alert, endpoint)).map(|alert| &alert.labels["alertname"]).collect();
        assert_eq!(names, name.iter().collect::<Vec<_>>(), "{endpoint}");
    }
    for (endpoint, _, name) in &tokens {
        admin.save_options(endpoint, &json!({ "bearer_token": token(720) })).await;
        if let Some(name) = name {
            prometheus.resolves(name, &[("instance", monitor.address()), ("endpoint", endpoint)]).await;
        }
    }
}

async fn host(prometheus: &Prometheus, monitor: &Monitor, upstream: &mut Upstream) {
    let instance = [("instance", monitor.address())];
    upstream.stop().await;
    let alert = prometheus.fires("WsmonHostDown", &instance).await;
    follow_links(&alert, &Admin::sign_in(monitor).await).await;
    for endpoint in STEADY {
        prometheus.fires("WsmonEndpointDown", &[instance[0], ("endpoint", endpoint)]).await;
    }
    eventually("Alertmanager to tell of the host alone", async || {
        let alerts = prometheus.inhibited().await;
        let (single, others): (Vec<_>, Vec<_>) =
            alerts.iter().partition(|(alert, _)| alert.is("WsmonEndpointDown", &instance));
        let told = others.iter().any(|(alert, inhibited)| alert.is("WsmonHostDown", &instance) && !inhibited);
        let notified = prometheus.notified().iter().any(|alert| alert.is("WsmonHostDown", &instance));
        let quiet = single.len() >= STEADY.len() && single.iter().all(|(_, inhibited)| *inhibited);
        if told && notified && quiet { Ok(()) } else { Err(format!("{alerts:?}")) }
    })
    .await;
    let told = prometheus.notified();
    let singly =
        STEADY.map(|endpoint| told.iter().any(|alert| alert.is("WsmonEndpointDown", &[("endpoint", endpoint)])));
    assert_eq!(singly, [false; STEADY.len()], "{told:?}");

    upstream.listen().await;
    prometheus.resolves("WsmonHostDown", &instance).await;
    for endpoint in STEADY {
        prometheus.resolves("WsmonEndpointDown", &[instance[0], ("endpoint", endpoint)]).await;
    }
}

async fn certificates(prometheus: &Prometheus, secure: &Secure) {
    let admin = Admin::sign_in(&secure.monitor).await;
    admin.connect("secure:feed").await;
    let about =
        |certificate| [("instance", secure.monitor.address()), ("service", "secure"), ("certificate", certificate)];
    let soon = prometheus.fires("WsmonCertificateExpiresSoon", &about("server")).await;
    let at_once = prometheus.fires("WsmonCertificateExpires", &about("client")).await;
    for alert in [soon, at_once] {
        follow_links(&alert, &admin).await;
    }
    secure.renew();
    // The client certificate is read anew by whoever looks, and the server's is shown when a connection is opened.
    prometheus.resolves("WsmonCertificateExpires", &about("client")).await;
    admin.done("change_connection", json!({ "endpoint": "secure:feed", "kind": "Disconnect" })).await;
    admin.connect("secure:feed").await;
    prometheus.resolves("WsmonCertificateExpiresSoon", &about("server")).await;
}

async fn storm(prometheus: &Prometheus, monitor: &Monitor, upstream: &Upstream) {
    let admin = Admin::sign_in(monitor).await;
    let endpoints: Vec<_> = (0..40).map(|n| format!("storm-{n}")).collect();
    for endpoint in &endpoints {
        upstream.treat(endpoint, Manner::Drop);
    }
    join_all(endpoints.iter().map(|endpoint| admin.connect(endpoint))).await;
    let alert = prometheus.fires("WsmonReconnectStorm", &[("instance", monitor.address())]).await;
    follow_links(&alert, &admin).await;
    for endpoint in &endpoints {
        upstream.treat(endpoint, Manner::Talk);
    }
    prometheus.resolves("WsmonReconnectStorm", &[("instance", monitor.address())]).await;
}

async fn down(prometheus: &Prometheus, monitor: Monitor, upstream: &Upstream, directory: &Path) {
    let address = monitor.address().to_owned();
    let instance = [("instance", address.as_str())];
    drop(monitor);
    let alert = prometheus.fires("WsmonDown", &instance).await;
    let monitor = start(&upstream.base_url(), directory, &["--listen", &address]);
    prometheus.resolves("WsmonDown", &instance).await;
    follow_links(&alert, &Admin::sign_in(&monitor).await).await;
}

async fn full_disk(prometheus: &Prometheus, disk: &SmallDisk) {
    let instance = [("instance", disk.monitor.address())];
    let admin = Admin::sign_in(&disk.monitor).await;
    disk.fill();
    // Whether there is room shows when something is to be kept.
    admin.call("change_connection", json!({ "endpoint": "too-late", "kind": { "Connect": true } })).await;
    let alert = prometheus.fires("WsmonStoreNotWritable", &instance).await;
    follow_links(&alert, &admin).await;
    disk.clear();
    prometheus.resolves("WsmonStoreNotWritable", &instance).await;
}
