//! What differs for a connection, as a form.

use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;
use web_sys::{FormData, HtmlElement, HtmlFormElement};

use super::Actions;
use crate::{api::set_options, changes::Notice, error::AppError};
use wsmon_model::{ConnectionOptions, DefaultOf, FieldKind, FieldProblem, OPTION_FIELDS, OptionField, OptionsVersion};

/// The id of the fields, which a browser that is led there unfolds.
const FIELDS: &str = "option-fields";

/// What differs for a connection. Secrets are shown as a mask, and stay as they are while the mask
/// stands. What is typed stays whatever comes of saving it.
#[component]
pub fn OptionsForm(
    /// The connection's endpoint.
    endpoint: String,
    /// Which options the fields show.
    version: OptionsVersion,
    actions: Actions,
    /// The fields.
    children: Children,
) -> impl IntoView {
    let version = StoredValue::new(version);
    // Of the whole; empty if nothing is wrong.
    let error = RwSignal::new(String::new());
    let is_conflict = RwSignal::new(false);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let form = event_target::<HtmlFormElement>(&event);
        let Ok(data) = FormData::new_with_form(&form) else { return };
        show_problem(&form, None);
        error.set(String::new());
        is_conflict.set(false);
        let options = match ConnectionOptions::from_fields(|field| data.get(field).as_string().unwrap_or_default()) {
            Ok(options) => options,
            Err(problem) => return show_problem(&form, Some(&problem)),
        };
        let endpoint = endpoint.clone();
        spawn_local(async move {
            let outcome = set_options(endpoint.clone(), options, Some(version.get_value())).await;
            let (text, is_failure) = match &outcome {
                Ok(_) => (format!("{endpoint} has new options, which hold from now on."), false),
                Err(error) => (format!("{endpoint} was not changed. {error}"), true),
            };
            match outcome {
                Ok(saved) => version.set_value(saved),
                Err(AppError::InvalidField(problem)) => show_problem(&form, Some(&problem)),
                Err(AppError::Invalid(why)) => error.set(why),
                Err(AppError::Conflict) => is_conflict.set(true),
                Err(_) => {}
            }
            actions.push(Notice { endpoint, text, is_failure }, None);
        });
    };
    view! {
        <details class="panel options">
            <summary>"Options"</summary>
            <form class="stack" aria-label="Options" method="post" on:submit=submit novalidate>
                <div class="option-fields" id=FIELDS>{children()}</div>
                <p class="field-error" role="alert" hidden=move || error.with(String::is_empty)>{error}</p>
                <div class="stack" role="alert" hidden=move || !is_conflict.get()>
                    <p class="field-error">
                        {AppError::Conflict.to_string()} " Note what you typed, then load what holds now."
                    </p>
                    <div>
                        // The page anew, led to the fields. What is typed is not sent: the button is another form's.
                        <button form="reload">"Load the options that hold now"</button>
                    </div>
                </div>
                <div><button type="submit" class="primary">"Save options"</button></div>
            </form>
            <form id="reload" action=format!("#{FIELDS}") hidden></form>
        </details>
    }
}

/// Says beside a field what is wrong with it, and of every other field nothing.
fn show_problem(form: &HtmlFormElement, problem: Option<&FieldProblem>) {
    for OptionField { name, .. } in OPTION_FIELDS {
        let text = problem.filter(|problem| problem.field == name).map(|problem| problem.text.as_str());
        let find = |selector: String| form.query_selector(&selector).ok().flatten();
        if let Some(line) = find(format!("#{name}-problem")) {
            line.set_text_content(text);
            line.unchecked_into::<HtmlElement>().set_hidden(text.is_none());
        }
        if let Some(control) = find(format!("[name={name}]")) {
            // Nothing can be wrong with this name.
            let _ = match text {
                Some(_) => control.set_attribute("aria-invalid", "true"),
                None => control.remove_attribute("aria-invalid"),
            };
        }
    }
}

/// The fields, for which the browser needs no program: the service's `defaults`, and the profile, hold where the options
/// say nothing.
pub fn option_fields(options: &ConnectionOptions, defaults: &ConnectionOptions) -> impl IntoView + use<> {
    let field =
        |field: OptionField| option_field(field, options.field(field.name), options.default_of(field.name, defaults));
    OPTION_FIELDS.map(field).collect_view()
}

fn option_field(field: OptionField, value: String, default: Option<DefaultOf>) -> AnyView {
    let OptionField { name, label, hint, kind } = field;
    let problem_id = format!("{name}-problem");
    let described = format!("{name} {problem_id}");
    let control = match kind {
        FieldKind::Switch => {
            return view! {
                <label class="check">
                    <input type="checkbox" name=name checked=!value.is_empty() autocomplete="off"/>
                    <span>
                        {label}
                        {default.is_some().then_some(view! { <small>" · on for the service"</small> })}
                    </span>
                </label>
            }
            .into_any();
        }
        FieldKind::Lines => view! {
            <textarea name=name rows="3" spellcheck="false" autocomplete="off" aria-describedby=described inner_html=escaped(&value)></textarea>
        }
        .into_any(),
        FieldKind::Choice(names) => {
            let chosen = |name: &'static str| view! { <option value=name selected=name == value>{name}</option> };
            view! {
                <select name=name autocomplete="off" aria-describedby=described>
                    <option value="">"None"</option>
                    {names.iter().copied().map(chosen).collect_view()}
                </select>
            }
            .into_any()
        }
        FieldKind::Text | FieldKind::Secret => {
            let kind = if kind == FieldKind::Secret { "password" } else { "text" };
            view! {
                <input type=kind name=name value=value autocomplete="off" spellcheck="false" aria-describedby=described/>
            }
            .into_any()
        }
    };
    view! {
        <div>
            <label class="field"><span>{label}</span> {control}</label>
            <p class="field-error" id=problem_id role="alert" hidden></p>
            <small id=name>{hint_with(hint, default)}</small>
        </div>
    }
    .into_any()
}

/// Text as the content of a `<textarea>`, which leptos does not escape. A browser drops a line break that comes first.
fn escaped(text: &str) -> String {
    format!("\n{}", text.replace('&', "&amp;").replace('<', "&lt;"))
}

/// What a field is for, and what holds in the place of the monitor's own default if it is empty.
fn hint_with(hint: &'static str, default: Option<DefaultOf>) -> AnyView {
    let (whose, value) = match default {
        None => return hint.into_any(),
        Some(DefaultOf::Service(value)) => ("the service's".to_owned(), value),
        Some(DefaultOf::Profile(profile, value)) => (format!("that of {}", profile.as_str()), value),
    };
    let hint = if hint.ends_with("if empty") { String::new() } else { format!("{hint}. ") };
    view! { {hint} "If empty, " {whose} ": " <code>{value}</code> }.into_any()
}
