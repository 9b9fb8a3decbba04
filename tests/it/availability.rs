//! A connection's availability and gaps, against what happened to it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::time::sleep;
use wsmon_manager::ConnectionHandle;
use wsmon_model::{AvailabilityReport, EndpointDetails, EventKind, Phase, utc_iso};

use crate::support::{
    monitor::{Monitor, Visitor, location},
    name, soon,
    upstream::{Manner, Upstream, base_at, vacant},
};

const CSV: &str = "/admin/websocket-monitor/data-feed/gaps.csv";

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_millis()).expect("small")
}

async fn connected(handle: &mut ConnectionHandle) {
    soon("connected", handle.wait_for(|state| state.phase == Phase::Connected)).await;
}

/// The feed's events in the order of their times, which is not that of coming to the store: what an administrator asks for is
/// kept at once.
async fn events(admin: &Visitor) -> Vec<(EventKind, i64)> {
    let answer = admin.call("load_endpoint", json!({ "endpoint": "data-feed" })).await;
    let details: EndpointDetails = answer.json().await.expect("details");
    let mut events: Vec<_> = details.events.iter().rev().map(|event| (event.kind, event.at_ms)).collect();
    events.sort_by_key(|(_, at_ms)| *at_ms);
    events
}

async fn report(admin: &Visitor) -> AvailabilityReport {
    admin.call("load_availability", json!({ "endpoint": "data-feed" })).await.json().await.expect("a report")
}

/// The lines of the file of gaps.
async fn lines(admin: &Visitor) -> Vec<String> {
    let answer = admin.get(CSV).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8; header=present");
    assert_eq!(answer.headers()["content-disposition"], "attachment; filename=\"gaps-data-feed.csv\"");
    let text = answer.text().await.expect("text");
    let mut lines: Vec<_> = text.strip_suffix("\r\n").expect("a last line").split("\r\n").map(str::to_owned).collect();
    assert_eq!(lines.remove(0), "from,to,length_ms,why");
    lines
}

/// The gaps that the page shows, in the form of the file and in its order.
async fn shown(admin: &Visitor) -> Vec<String> {
    let page = admin.get("/admin/websocket-monitor/data-feed").await.text().await.expect("a page");
    let between = |text: &str, before: &str, after: &str| {
        let text = text.split(before).nth(1).and_then(|text| text.split(after).next());
        text.unwrap_or_default().to_owned()
    };
    let rows = page.split("data-gap=\"").skip(1).map(|row| {
        let (why, row) = row.split_once('"').expect("a word");
        let row = row.split("</tr>").next().expect("a row");
        let times: Vec<_> = row.split("<time").skip(1).map(|time| between(time, "datetime=\"", "\"")).collect();
        let (from, to) = (&times[0], times.get(1).cloned().unwrap_or_default());
        let length = between(row, "title=\"", " ms\"");
        format!("{from},{to},{length},{why}")
    });
    let mut rows: Vec<_> = rows.collect();
    rows.reverse();
    rows
}

fn line(from_ms: i64, to_ms: i64, why: &str) -> String {
    format!("{},{},{},{why}", utc_iso(from_ms), utc_iso(to_ms), to_ms - from_ms)
}

#[tokio::test]
async fn page_and_file_tell_to_the_millisecond_what_happened_and_a_restart_is_no_outage() {
    let feed = name("data-feed");
    let upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start(upstream.base()).await;
    let mut handle = monitor.state.manager.connect(&feed, None).await.expect("connects");
    connected(&mut handle).await;
    let address = upstream.stop().await;
    soon("lost", handle.wait_for(|state| state.phase == Phase::Waiting)).await;
    let again = Upstream::start_at(address, Manner::Echo).await;
    connected(&mut handle).await;
    soon("disconnected", monitor.state.manager.disconnect(&feed)).await.expect("it is there");
    let mut handle = monitor.state.manager.connect(&feed, None).await.expect("connects");
    connected(&mut handle).await;

    let stopped_ms = now_ms();
    let base = again.base();
    let monitor = monitor.restart(|config| config.services = base.into()).await;
    let started_ms = now_ms();
    let mut handle = monitor.state.manager.connect(&feed, None).await.expect("connects");
    connected(&mut handle).await;
    again.stop().await;
    // Nothing is there any more; and all that happened is kept.
    let monitor = monitor.restart(|config| config.services = base_at(address).into()).await;

    let admin = Visitor::admin(&monitor).await;
    let events = events(&admin).await;
    let at = |kind| -> Vec<i64> { events.iter().filter(|(own, _)| *own == kind).map(|(_, at_ms)| *at_ms).collect() };
    let (asked, opened) = (at(EventKind::AskedToConnect), at(EventKind::Connected));
    let (lost, off) = (at(EventKind::Disconnected), at(EventKind::AskedToDisconnect));
    assert_eq!((asked.len(), opened.len(), off.len()), (3, 4, 1), "{events:?}");
    // That it is down since the last start is kept a moment after it.
    let lasts = |lines: &[String]| lines.last().is_some_and(|line| line.contains(",,"));
    let kept = async {
        loop {
            let lines = lines(&admin).await;
            if lasts(&lines) {
                return lines;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    let lines = soon("a gap that lasts", kept).await;
    assert_eq!(lines[0], line(asked[0], opened[0], "not_yet_open"));
    assert_eq!(lines[1], line(lost[0], opened[1], "connection_lost"));
    assert_eq!(lines[2], line(asked[1], opened[2], "not_yet_open"), "off is no gap");
    // Of the start there is no event.
    let start = (stopped_ms..=started_ms).find(|&ms| lines[3] == line(ms, opened[3], "not_yet_open"));
    assert!(start.is_some(), "{}: between {stopped_ms} and {started_ms}", lines[3]);

    let (report, page) = (report(&admin).await, shown(&admin).await);
    // The last one lasts, so its length grows from look to look.
    let last = page.len() - 1;
    assert_eq!(page[..last], lines[..last]);
    let (from, rest) = page[last].split_once(',').expect("a cell");
    assert!(lines[last].starts_with(&format!("{from},,")) && rest.starts_with(','), "{} {}", page[last], lines[last]);
    for window in &report.windows {
        let sums = window.sums;
        assert_eq!(sums.up_ms + sums.down_ms + sums.off_ms + sums.unknown_ms, window.window.length_ms);
        assert_eq!(sums.down_ms, report.gaps.iter().map(|gap| gap.length_ms).sum::<i64>());
        assert_eq!(sums.off_ms, asked[1] - off[0]);
        // Twice its ends are the monitor's.
        let open_ms = (lost[0] - opened[0]) + (off[0] - opened[1]);
        assert!(sums.up_ms >= open_ms, "{sums:?}");
    }
    assert_eq!(report.all_gaps, report.gaps.len() as u64);
}

#[tokio::test]
async fn options_that_open_a_session_anew_make_a_gap_from_when_they_were_saved() {
    let upstream = Upstream::start(Manner::Echo).await;
    let monitor = Monitor::start(upstream.base()).await;
    let mut handle = monitor.state.manager.connect(&name("data-feed"), None).await.expect("connects");
    connected(&mut handle).await;
    let admin = Visitor::admin(&monitor).await;
    assert_eq!(admin.save_options("data-feed", &json!({ "bearer_token": "t0ken" }), None).await.status, 303);
    connected(&mut handle).await;
    let base = upstream.base();
    let monitor = monitor.restart(|config| config.services = base.into()).await;
    let admin = Visitor::admin(&monitor).await;
    let events = events(&admin).await;
    let changed = events.iter().position(|(kind, _)| *kind == EventKind::OptionsChanged).expect("an event");
    let reopened = events[changed..].iter().find(|(kind, _)| *kind == EventKind::Connected).expect("an event");
    assert_eq!(lines(&admin).await[1], line(events[changed].1, reopened.1, "options_changed"));
}

#[tokio::test]
async fn the_file_is_for_who_is_signed_in_and_only_of_what_is_there() {
    let monitor = Monitor::start(base_at(vacant().await)).await;
    for endpoint in ["data-feed", "market/eu", "market/eu/gaps.csv"] {
        monitor.state.manager.connect(&name(endpoint), None).await.expect("connects");
    }
    let stranger = Visitor::new(&monitor).get(CSV).await;
    assert_eq!(location(&stranger), "/login?next=%2Fadmin%2Fwebsocket-monitor%2Fdata-feed%2Fgaps.csv");

    let admin = Visitor::admin(&monitor).await;
    for (path, status, kind) in [
        ("data-feed/gaps.csv", 200, "text/csv"),
        ("default:data-feed/gaps.csv", 200, "text/csv"),
        ("market%2Feu%2Fgaps.csv", 200, "text/html"),
        // The page of a connection that is called so, whose own file is below it.
        ("market/eu/gaps.csv", 200, "text/html"),
        ("market/eu/gaps.csv/gaps.csv", 200, "text/csv"),
        ("nobody/gaps.csv", 404, "text/plain"),
        ("a%20b/gaps.csv", 400, "text/plain"),
    ] {
        let answer = admin.get(&format!("/admin/websocket-monitor/{path}")).await;
        assert_eq!(answer.status(), status, "{path}");
        let found = answer.headers()["content-type"].to_str().expect("text").to_owned();
        assert!(found.starts_with(kind), "{path}: {found}");
    }
    let answer = admin.call("load_availability", json!({ "endpoint": "nobody" })).await;
    assert_eq!(answer.json::<Value>().await.expect("an error"), json!({ "not_found": "nobody" }));
}
