//! One action on many connections: which are selected, and what comes of it.

use leptos::{ev::MouseEvent, prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;
use web_sys::{HtmlDialogElement, HtmlElement};

use super::{
    clicks::{Click, click_of},
    operation::{Operation, dealt_with},
};
use crate::{
    api::{preview_bulk, step_bulk},
    error::AppError,
    ui::poll::Poll,
};
use wsmon_model::{BulkAction, BulkId, BulkProgress, BulkStep, ConnectionList, EndpointId, ListQuery, Selection};

/// The dialog's element.
pub const DIALOG: &str = "bulk";

/// The button that opens it again.
pub const DETAILS: &str = "bulk-details";

/// The connections that are selected, and the action on them.
#[derive(Clone, Copy)]
pub struct Bulk {
    poll: Poll,
    list: RwSignal<ConnectionList>,
    query: RwSignal<ListQuery>,
    selection: RwSignal<Selection>,
    operation: RwSignal<Operation>,
    is_asking: StoredValue<bool>,
}

impl Bulk {
    /// Nothing is selected at first.
    pub fn new(list: RwSignal<ConnectionList>, poll: Poll, query: RwSignal<ListQuery>) -> Self {
        let selection = RwSignal::new(Selection::Ids(Vec::new()));
        let operation = RwSignal::new(Operation::default());
        let bulk = Self { poll, list, query, selection, operation, is_asking: StoredValue::new(false) };
        // With each tick of the page's timer.
        Effect::new(move || {
            poll.asking().track();
            bulk.follow();
        });
        bulk
    }

    /// The action on many, if there is one.
    pub fn operation(self) -> RwSignal<Operation> {
        self.operation
    }

    /// How many connections are selected.
    pub fn selected(self) -> u32 {
        self.selection.with(|selection| match selection {
            Selection::Ids(ids) => u32::try_from(ids.len()).unwrap_or_default(),
            Selection::Matching(_) => self.list.with(|list| list.matching),
        })
    }

    /// Whether a connection is selected.
    pub fn is_selected(self, id: &EndpointId) -> bool {
        self.selection.with(|selection| match selection {
            Selection::Ids(ids) => ids.contains(id),
            Selection::Matching(_) => true,
        })
    }

    /// How many of the page are selected, and how many there are.
    pub fn selected_on_page(self) -> (usize, usize) {
        self.list.with(|list| {
            let selected = list.rows.iter().filter(|row| self.is_selected(&row.endpoint));
            (selected.count(), list.rows.len())
        })
    }

    /// How many match on all pages, if all of this page are selected and those of the others are not.
    pub fn more(self) -> Option<u32> {
        let (selected, rows) = self.selected_on_page();
        let matching = self.list.with(|list| list.matching);
        (selected > 0 && selected == rows && self.selected() < matching).then_some(matching)
    }

    /// Does what was clicked, if that concerns the selection.
    pub fn clicked(self, event: &MouseEvent) {
        let Some(Click { what, of }) = click_of(event) else { return };
        match what.as_str() {
            "select" => self.toggle(of.parse().into_iter().collect()),
            "select-page" => self.toggle(self.page()),
            "select-matching" => self.selection.set(Selection::Matching(self.query.get_untracked())),
            "clear" => self.clear(),
            "bulk" => self.preview(&of),
            "start" => self.start(),
            "undo" => self.undo(),
            "details" => show(),
            "close" => dialog().close(),
            _ => {}
        }
    }

    fn page(self) -> Vec<EndpointId> {
        self.list.with_untracked(|list| list.rows.iter().map(|row| row.endpoint.clone()).collect())
    }

    /// Selects what is not selected yet, or, if all is, nothing of it any more.
    fn toggle(self, ids: Vec<EndpointId>) {
        let page = self.page();
        self.selection.update(|selection| {
            let mut selected = match selection {
                Selection::Ids(ids) => std::mem::take(ids),
                Selection::Matching(_) => page,
            };
            let are_all = ids.iter().all(|id| selected.contains(id));
            selected.retain(|id| !ids.contains(id));
            if !are_all {
                selected.extend(ids);
            }
            *selection = Selection::Ids(selected);
        });
    }

    /// Selects nothing, and has done with an action that has ended.
    fn clear(self) {
        self.selection.set(Selection::Ids(Vec::new()));
        if self.operation.with_untracked(|operation| !operation.is_under_way()) {
            self.operation.set(Operation::default());
        }
    }

    /// After another search or filter: what matches something else is not what was selected.
    pub fn keep_to_query(self) {
        let is_other = self.selection.with_untracked(|selection| match selection {
            Selection::Matching(of) => self.query.with_untracked(|query| {
                (&of.search, &of.service, of.status) != (&query.search, &query.service, query.status)
            }),
            Selection::Ids(_) => false,
        });
        if is_other {
            self.selection.set(Selection::Ids(Vec::new()));
        }
    }

    /// Asks what an action would do, and shows it.
    fn preview(self, action: &str) {
        let Ok(action) = action.parse::<BulkAction>() else { return };
        if self.operation.with_untracked(Operation::is_under_way) {
            return show();
        }
        let preview = preview_bulk(self.selection.get_untracked(), action);
        spawn_local(async move {
            let (preview, error) = match preview.await {
                Ok(preview) => (Some(preview), None),
                Err(error) => (None, Some(error)),
            };
            self.operation.set(Operation { title: action.label(), preview, error, ..Operation::default() });
            show();
        });
    }

    fn start(self) {
        if let Some(preview) = self.operation.with_untracked(|operation| operation.preview.clone()) {
            self.selection.set(Selection::Ids(Vec::new()));
            self.ask(preview.id, BulkStep::Start);
        }
    }

    fn undo(self) {
        if let Some(progress) = self.operation.with_untracked(|operation| operation.progress.clone()) {
            self.ask(progress.id, BulkStep::Undo);
        }
    }

    /// Asks how far the action has come, unless that is known or asked already.
    fn follow(self) {
        let next = self.operation.with_untracked(|operation| {
            let progress = operation.progress.as_ref().filter(|_| operation.is_under_way())?;
            Some((progress.id, operation.told))
        });
        if let Some((id, told)) = next
            && !self.is_asking.get_value()
        {
            self.ask(id, BulkStep::Progress(told));
        }
    }

    fn ask(self, id: BulkId, step: BulkStep) {
        // What had the focus may be about to go.
        let _ = dialog().focus();
        self.is_asking.set_value(true);
        spawn_local(async move {
            let answer = step_bulk(id, step).await;
            self.is_asking.set_value(false);
            self.settle(answer);
        });
    }

    fn settle(self, answer: Result<BulkProgress, AppError>) {
        let progress = match answer {
            Ok(progress) => progress,
            Err(error) => return self.operation.update(|operation| operation.error = Some(error)),
        };
        let is_new = self.operation.with_untracked(|operation| !operation.is(progress.id));
        self.operation.update(|operation| {
            if is_new {
                // What follows an action without another preview is its undoing.
                let title = if operation.progress.is_some() { "Undo" } else { operation.title };
                *operation = Operation { title, ..Operation::default() };
            }
            operation.advance(progress);
        });
        let (is_under_way, is_behind) = self.operation.with_untracked(|operation| {
            let known = operation.progress.as_ref().map_or(0, dealt_with);
            (operation.is_under_way(), operation.told < known)
        });
        match is_under_way {
            // A short one has ended before the next tick.
            true if is_new || is_behind => self.follow(),
            true => {}
            false => self.poll.refresh(),
        }
    }
}

fn dialog() -> HtmlDialogElement {
    let element = document().get_element_by_id(DIALOG).expect("the page has it");
    element.unchecked_into()
}

fn show() {
    let dialog = dialog();
    // Refused only while it is open. Nothing is started by a second press of Enter.
    let _ = dialog.show_modal();
    let _ = dialog.focus();
}

/// After the dialog the focus is where it was, unless that is gone.
pub fn closed() {
    let is_nowhere =
        document().active_element().and_then(|element| element.matches("body, dialog, dialog *").ok()).unwrap_or(true);
    let details = document().get_element_by_id(DETAILS).filter(|_| is_nowhere);
    if let Some(details) = details {
        let _ = details.unchecked_into::<HtmlElement>().focus();
    }
}
