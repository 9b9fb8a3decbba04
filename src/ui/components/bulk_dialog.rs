//! What an action on many connections would do, how far it has come, and what came of it.

use leptos::prelude::*;

use super::{
    bulk::{Bulk, DIALOG, closed},
    operation::{Operation, dealt_with, number},
};
use wsmon_model::BulkPreview;

/// The dialog. Its element stays, so that the focus stays within it.
pub fn bulk_dialog(bulk: Bulk) -> impl IntoView {
    view! {
        <dialog
            id=DIALOG
            class="panel"
            tabindex="-1"
            aria-labelledby="bulk-title"
            aria-describedby="bulk-text"
            on:close=|_| closed()
        >
            {move || bulk.operation().with(contents)}
        </dialog>
    }
}

fn contents(operation: &Operation) -> impl IntoView + use<> {
    let Operation { title, preview, progress, failures, error, .. } = operation;
    let text = preview.as_ref().map(would_change).or_else(|| operation.outcome()).unwrap_or_default();
    let left = preview.iter().flat_map(|preview| &preview.left);
    let left = left.map(|(why, of)| (number(*of), format!(" left alone: {}", why.label())));
    let failed = failures.iter().map(|(endpoint, why)| (endpoint.clone(), format!(" {why}")));
    let entries: Vec<_> =
        left.chain(failed).map(|(what, why)| view! { <li><strong>{what}</strong>{why}</li> }).collect();
    let has_no_entries = entries.is_empty();
    let is_ready = preview.as_ref().is_some_and(|preview| preview.changes > 0);
    let (total, dealt, undoable, log) = match progress {
        Some(progress) => {
            let log = format!("/admin/audit?q=Bulk%20{}", progress.id);
            (progress.total, dealt_with(progress), progress.undoable, Some(log))
        }
        None => (1, 0, 0, None),
    };
    view! {
        <h2 id="bulk-title">{*title}</h2>
        <p id="bulk-text" class="number" aria-live="polite">{text}</p>
        <progress
            aria-label="Progress"
            max=total.to_string()
            value=dealt.to_string()
            hidden=log.is_none()
        ></progress>
        <p hidden=!preview.as_ref().is_some_and(|preview| preview.loses_events)>
            "Their events go with them, and do not come back with an undo."
        </p>
        <ul class="bulk-list" tabindex="0" aria-label="In detail" hidden=has_no_entries>{entries}</ul>
        <p class="field-error" role="alert" hidden=error.is_none()>{error.as_ref().map(ToString::to_string)}</p>
        <div class="row-actions">
            <button type="button" class="primary" data-click="start" hidden=!is_ready>"Start"</button>
            <button type="button" data-click="undo" hidden=undoable == 0>
                {format!("Undo for {}", number(undoable))}
            </button>
            <button type="button" data-click="close">{if preview.is_some() { "Cancel" } else { "Close" }}</button>
            <a href=log.clone() hidden=log.is_none()>"In the audit log"</a>
        </div>
    }
}

fn would_change(preview: &BulkPreview) -> String {
    match (preview.changes, preview.total) {
        (0, _) => "There is nothing to change.".to_owned(),
        (changes, total) => format!("{} of {} would be changed.", number(changes), number(total)),
    }
}
