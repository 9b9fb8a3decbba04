//! What differs for a connection, as a form.

use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};
use web_sys::FormData;

use super::Actions;
use crate::{
    api::{load_endpoint, set_options},
    error::AppError,
};
use wsmon_model::{ConnectionOptions, FieldKind, FieldProblem, OPTION_FIELDS, OptionField, OptionsVersion};

/// What the form shows, and what is wrong with what stands in it.
#[derive(Clone, Copy)]
struct Form {
    /// The options that were loaded last, and how often they were: each time the fields are made anew.
    loaded: RwSignal<(u32, ConnectionOptions)>,
    version: StoredValue<OptionsVersion>,
    /// Of one field.
    problem: RwSignal<Option<FieldProblem>>,
    /// Of the whole.
    error: RwSignal<String>,
    /// Whether somebody else has saved other options meanwhile.
    conflict: RwSignal<bool>,
}

/// What differs for a connection. Secrets are shown as a mask, and stay as they are while the mask
/// stands. What is typed stays whatever comes of saving it.
#[component]
pub fn OptionsForm(
    options: ConnectionOptions,
    /// What holds where the options say nothing.
    defaults: ConnectionOptions,
    version: OptionsVersion,
    name: Memo<String>,
    actions: Actions,
) -> impl IntoView {
    let form = Form {
        loaded: RwSignal::new((0, options)),
        version: StoredValue::new(version),
        problem: RwSignal::new(None),
        error: RwSignal::new(String::new()),
        conflict: RwSignal::new(false),
    };
    let defaults = StoredValue::new(defaults);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let element = event_target::<web_sys::HtmlFormElement>(&event);
        let Ok(data) = FormData::new_with_form(&element) else { return };
        form.clear();
        match ConnectionOptions::from_fields(|field| data.get(field).as_string().unwrap_or_default()) {
            Ok(options) => form.save(name.get_untracked(), options, actions),
            Err(problem) => form.problem.set(Some(problem)),
        }
    };
    let no_error = Signal::derive(move || form.error.with(String::is_empty));
    let no_conflict = Signal::derive(move || !form.conflict.get());
    view! {
        <details class="panel options">
            <summary>"Options"</summary>
            <form class="stack" aria-label="Options" on:submit=submit novalidate>
                <For
                    each=move || [form.loaded.with(|(times, _)| *times)]
                    key=|times| *times
                    children=move |_| {
                        let options = form.loaded.with_untracked(|(_, options)| options.clone());
                        let fields = OPTION_FIELDS.map(|field| {
                            let default = defaults.with_value(|defaults| defaults.field(field.name));
                            option_field(field, options.field(field.name), &default, form)
                        });
                        view! { <div class="option-fields">{fields.collect_view()}</div> }
                    }
                />
                <p class="field-error" role="alert" hidden=no_error>{form.error}</p>
                <div class="stack" role="alert" hidden=no_conflict>
                    <p class="field-error">
                        {AppError::Conflict.to_string()} " Note what you typed, then load what holds now."
                    </p>
                    <div>
                        <button type="button" on:click=move |_| form.load(name.get_untracked())>
                            "Load the options that hold now"
                        </button>
                    </div>
                </div>
                <div><button type="submit" class="primary">"Save options"</button></div>
            </form>
        </details>
    }
}

impl Form {
    fn clear(self) {
        self.problem.set(None);
        self.error.set(String::new());
        self.conflict.set(false);
    }

    /// Saves options, unless somebody else has saved others since these were loaded.
    fn save(self, endpoint: String, options: ConnectionOptions, actions: Actions) {
        let request = set_options(endpoint.clone(), options, Some(self.version.get_value()));
        spawn_local(async move {
            let outcome = request.await;
            // The page may have been left meanwhile.
            if self.error.is_disposed() {
                return;
            }
            match &outcome {
                Ok(version) => self.version.set_value(version.clone()),
                Err(AppError::InvalidField(problem)) => self.problem.set(Some(problem.clone())),
                Err(AppError::Invalid(why)) => self.error.set(why.clone()),
                Err(AppError::Conflict) => self.conflict.set(true),
                Err(_) => {}
            }
            actions.told(&endpoint, outcome.map(drop), "has new options, which hold from now on", "changed");
        });
    }

    /// Shows the options that hold now in the place of what was typed.
    fn load(self, endpoint: String) {
        spawn_local(async move {
            let outcome = load_endpoint(endpoint).await;
            if self.error.is_disposed() {
                return;
            }
            match outcome {
                Ok(details) => {
                    self.clear();
                    self.version.set_value(details.options_version);
                    self.loaded.update(|(times, options)| {
                        *times += 1;
                        *options = details.options;
                    });
                }
                Err(error) => self.error.set(error.to_string()),
            }
        });
    }

    /// What is wrong with a field; empty if nothing is.
    fn problem_of(self, name: &'static str) -> Signal<String> {
        Signal::derive(move || {
            self.problem.with(|problem| {
                let own = problem.as_ref().filter(|problem| problem.field == name);
                own.map(|problem| problem.text.clone()).unwrap_or_default()
            })
        })
    }
}

fn option_field(field: OptionField, value: String, default: &str, form: Form) -> AnyView {
    let OptionField { name, label, hint, kind } = field;
    let problem = form.problem_of(name);
    let no_problem = Signal::derive(move || problem.with(String::is_empty));
    let invalid = Signal::derive(move || (!no_problem.get()).then_some("true"));
    let problem_id = format!("{name}-problem");
    let described = format!("{name} {problem_id}");
    let control = match kind {
        FieldKind::Switch => {
            return view! {
                <label class="check">
                    <input type="checkbox" name=name checked=!value.is_empty()/>
                    <span>
                        {label}
                        {(!default.is_empty()).then_some(view! { <small>" · on for the service"</small> })}
                    </span>
                </label>
            }
            .into_any();
        }
        FieldKind::Lines => view! {
            <textarea name=name rows="3" spellcheck="false" aria-describedby=described aria-invalid=invalid prop:value=value></textarea>
        }
        .into_any(),
        FieldKind::Text | FieldKind::Secret => {
            let kind = if kind == FieldKind::Secret { "password" } else { "text" };
            view! {
                <input
                    type=kind
                    name=name
                    value=value
                    autocomplete="off"
                    spellcheck="false"
                    aria-describedby=described
                    aria-invalid=invalid
                />
            }
            .into_any()
        }
    };
    view! {
        <div>
            <label class="field"><span>{label}</span> {control}</label>
            <p class="field-error" id=problem_id role="alert" hidden=no_problem>{problem}</p>
            <small id=name>{hint_with(hint, default)}</small>
        </div>
    }
    .into_any()
}

/// What a field is for, and what its service's default is in the place of the monitor's own.
fn hint_with(hint: &str, default: &str) -> String {
    match hint {
        hint if default.is_empty() => hint.to_owned(),
        hint if hint.ends_with("if empty") => format!("The service's if empty: {default}"),
        hint => format!("{hint} · the service's if empty: {default}"),
    }
}
