//! The intervals in which a connection brought no data.

use leptos::prelude::*;

use super::links;
use crate::ui::format;
use wsmon_model::{AvailabilityReport, Gap, utc_iso, utc_text_ms};

/// The latest gaps, and all of them as a file.
pub fn gaps(name: &str, report: &AvailabilityReport) -> impl IntoView + use<> {
    let shown = report.gaps.len();
    let count = match usize::try_from(report.all_gaps) {
        Ok(0) => "None in the last 90 days.".to_owned(),
        Ok(all) if all == shown => format!("{} in the last 90 days.", format::count(report.all_gaps)),
        _ => format!("The latest {shown} of {} in the last 90 days.", format::count(report.all_gaps)),
    };
    let is_empty = report.gaps.is_empty();
    view! {
        <section class="connections gaps" aria-labelledby="gaps">
            <div class="list-head">
                <h2 id="gaps">"Gaps"</h2>
                <p class="quiet">{count}</p>
                // Another document: a living page leaves it to the browser.
                <a href=links::gaps(name) download>
                    "All as CSV"
                </a>
            </div>
            // Many do not push down what follows.
            <div class="scroll" tabindex="0" role="group" aria-labelledby="gaps">
                <table class="list" role="table" aria-labelledby="gaps">
                    <thead role="rowgroup">
                        <tr role="row">
                            <th role="columnheader" scope="col">"From (UTC)"</th>
                            <th role="columnheader" scope="col">"To (UTC)"</th>
                            <th role="columnheader" scope="col">"Length"</th>
                            <th role="columnheader" scope="col">"Why"</th>
                        </tr>
                    </thead>
                    <tbody role="rowgroup">{report.gaps.iter().map(gap_row).collect_view()}</tbody>
                </table>
            </div>
            <div class="empty" hidden=!is_empty>
                <p>"It has not been down while it was wanted and the monitor ran."</p>
            </div>
        </section>
    }
}

fn gap_row(gap: &Gap) -> impl IntoView + use<> {
    let to = match gap.to_ms {
        Some(to_ms) => moment(to_ms).into_any(),
        None => view! { <strong>"still"</strong> }.into_any(),
    };
    let exact = format!("{} ms", gap.length_ms);
    view! {
        <tr role="row" data-gap=gap.why_word()>
            <td role="cell" class="when" data-label="From (UTC)">{moment(gap.from_ms)}</td>
            <td role="cell" class="when" data-label="To (UTC)">{to}</td>
            <td role="cell" class="number" data-label="Length" title=exact>{format::exact_duration(gap.length_ms)}</td>
            <td role="cell" class="reason" data-label="Why">{gap.why_label()}</td>
        </tr>
    }
}

fn moment(ms: i64) -> impl IntoView + use<> {
    view! { <time datetime=utc_iso(ms)>{utc_text_ms(ms)}</time> }
}
