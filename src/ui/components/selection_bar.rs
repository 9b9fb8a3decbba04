//! What can be done to the connections that are selected.

use leptos::prelude::*;

use super::{
    bulk::{Bulk, DETAILS},
    operation::{Operation, number},
};
use wsmon_model::BulkAction;

/// The actions, in the order of their buttons.
const ACTIONS: [BulkAction; 7] = [
    BulkAction::Connect,
    BulkAction::Disconnect,
    BulkAction::Pause,
    BulkAction::Resume,
    BulkAction::AutoReconnectOn,
    BulkAction::AutoReconnectOff,
    BulkAction::Remove,
];

/// A bar that is there while connections are selected, or an action on many is under way or has something to tell.
///
/// Beside it the same for screen readers, in an element that is always there, so that they announce what comes in.
pub fn selection_bar(bulk: Bulk) -> impl IntoView {
    move || bulk.operation().with(|operation| bar(operation, bulk.selected(), bulk.more()))
}

fn bar(operation: &Operation, selected: u32, more: Option<u32>) -> impl IntoView + use<> {
    let buttons = ACTIONS.map(|action| {
        view! { <button type="button" data-click="bulk" data-of=action.as_str()>{action.label()}</button> }
    });
    let has_none = selected == 0;
    let selected = if has_none { String::new() } else { format!("{} selected", number(selected)) };
    let outcome = operation.outcome().unwrap_or_default();
    let ended = if operation.is_under_way() { String::new() } else { outcome.clone() };
    let has_no_outcome = outcome.is_empty();
    let has_no_more = more.is_none();
    let more = format!("Select all {} that match", number(more.unwrap_or_default()));
    view! {
        <div class="hidden" aria-live="polite"><p>{selected.clone()}</p><p>{ended}</p></div>
        <section class="selection panel scripted" aria-label="Selection" hidden=has_none && has_no_outcome>
            <p class="selection-line" hidden=has_no_outcome>
                <span class="number">{outcome}</span>
                <button type="button" id=DETAILS data-click="details">"Details"</button>
            </p>
            <p class="selection-line">
                <strong class="number">{selected}</strong>
                <button type="button" class="plain" data-click="select-matching" hidden=has_no_more>{more}</button>
                <button type="button" class="plain" data-click="clear">"Clear"</button>
            </p>
            <div class="selection-actions" hidden=has_none>{buttons.collect_view()}</div>
        </section>
    }
}
