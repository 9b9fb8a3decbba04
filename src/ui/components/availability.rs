//! How available a connection was, as figures and strips.

use leptos::prelude::*;

use super::strip::{legend, strip};
use crate::ui::format;
use wsmon_model::{AvailabilityReport, WindowReport, utc_text};

/// How available it was in the last hour, day, week, month and quarter, as of when the page was made.
pub fn availability(report: &AvailabilityReport) -> impl IntoView + use<> {
    let as_of = format!("As of {} UTC. ", utc_text(report.now_ms));
    view! {
        <section class="panel stack availability" aria-labelledby="availability">
            <h2 id="availability">"Availability"</h2>
            <ul class="windows">{report.windows.iter().map(of_window).collect_view()}</ul>
            {legend()}
            <p class="quiet">
                {as_of}
                "A percentage is of the time for which the connection was wanted and the monitor ran: off and no data count for nothing."
            </p>
        </section>
    }
}

fn of_window(report: &WindowReport) -> impl IntoView + use<> {
    let (label, percent) = (report.window.label(), report.sums.percent());
    let name = label.clone();
    let parts = parts(report);
    let rest = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    let figure = percent.clone().unwrap_or_else(|| "–".to_owned());
    let summary = match percent {
        Some(percent) => format!("Last {label}, {percent} available{rest}"),
        None => format!("Last {label}, no figure{rest}"),
    };
    view! {
        <li data-window=name>
            <span class="window">{label}</span>
            <strong class="number" data-availability>{figure}</strong>
            {strip(&report.strip, summary)}
            <span class="quiet number">{parts.join(" · ")}</span>
        </li>
    }
}

/// What of a window was not up.
fn parts(report: &WindowReport) -> Vec<String> {
    let sums = report.sums;
    if sums.unknown_ms == report.window.length_ms {
        return vec!["no data".to_owned()];
    }
    let parts = [("down", sums.down_ms), ("off", sums.off_ms), ("no data", sums.unknown_ms)];
    let text = |(what, ms)| format!("{what} {}", format::exact_duration(ms));
    parts.into_iter().filter(|(_, ms)| *ms > 0).map(text).collect()
}
