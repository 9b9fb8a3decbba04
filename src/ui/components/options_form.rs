//! What differs for a connection, as a form that the browser sends.

use leptos::prelude::*;

use super::links;
use crate::{
    changes::{OPTIONS, OPTIONS_VERSION, SAVE_OPTIONS, SHOW, UnsavedOptions},
    error::AppError,
};
use wsmon_model::{DefaultOf, EndpointOptions, FieldKind, OPTION_FIELDS, OptionField};

/// The form without fields that loads the page anew, by its id.
const RELOAD: &str = "reload";

/// What differs for a connection, unfolded if the page was asked for it. Secrets are shown as a mask, and stay as they are
/// while the mask stands. What could not be saved is there once more as it was typed, and the focus is at what is wrong with it.
pub fn options_form(
    name: &str,
    options: &EndpointOptions,
    unsaved: Option<&UnsavedOptions>,
    is_open: bool,
) -> impl IntoView + use<> {
    let version = match unsaved {
        Some(unsaved) => unsaved.field(OPTIONS_VERSION),
        None => options.version.as_str().to_owned(),
    };
    let error = unsaved.map(|unsaved| &unsaved.error);
    let field = |field: OptionField| {
        let value = unsaved.map_or_else(|| options.given.field(field.name), |unsaved| unsaved.field(field.name));
        let problem = match error {
            Some(AppError::InvalidField(problem)) if problem.field == field.name => Some(problem.text.clone()),
            _ => None,
        };
        option_field(field, value, options.given.default_of(field.name, &options.defaults), problem)
    };
    view! {
        <details class="panel options" id=OPTIONS open=is_open || unsaved.is_some()>
            <summary>"Options"</summary>
            // Browsers go to what has the focus only where the URL names nothing else.
            <form class="stack" aria-label="Options" method="post" action=links::endpoint(name) autocomplete="off">
                <input type="hidden" name=OPTIONS_VERSION value=version/>
                <div class="option-fields">{OPTION_FIELDS.map(field).collect_view()}</div>
                {error.and_then(problem_of_all)}
                <div><button class="primary" name=SAVE_OPTIONS>"Save options"</button></div>
            </form>
            <form id=RELOAD action=format!("#{OPTIONS}") hidden>
                <input type="hidden" name=SHOW value=OPTIONS/>
            </form>
        </details>
    }
}

/// What is wrong, unless it is said beside a field.
fn problem_of_all(error: &AppError) -> Option<impl IntoView + use<>> {
    let (more, is_conflict) = match error {
        AppError::InvalidField(_) => return None,
        AppError::Conflict => (" Note what you typed, then load what holds now.", true),
        _ => ("", false),
    };
    Some(view! {
        <div class="stack" role="alert" tabindex="-1" autofocus>
            <p class="field-error">{error.to_string()} {more}</p>
            // The page anew, led here. What is typed is not sent: the button is another form's.
            <div hidden=!is_conflict><button form=RELOAD>"Load the options that hold now"</button></div>
        </div>
    })
}

fn option_field(field: OptionField, value: String, default: Option<DefaultOf>, problem: Option<String>) -> AnyView {
    let OptionField { name, label, hint, kind } = field;
    let problem_id = format!("{name}-problem");
    let described = if problem.is_some() { format!("{problem_id} {name}") } else { name.to_owned() };
    let (is_invalid, has_focus) = (problem.is_some().then_some("true"), problem.is_some());
    let control = match kind {
        FieldKind::Switch => {
            return view! {
                <label class="check">
                    <input type="checkbox" name=name checked=!value.is_empty()/>
                    <span>
                        {label}
                        {default.is_some().then_some(view! { <small>" · on for the service"</small> })}
                    </span>
                </label>
            }
            .into_any();
        }
        FieldKind::Lines => view! {
            <textarea
                name=name
                rows=value.lines().count().clamp(3, 12).to_string()
                spellcheck="false"
                aria-describedby=described
                aria-invalid=is_invalid
                autofocus=has_focus
                inner_html=escaped(&value)
            ></textarea>
        }
        .into_any(),
        FieldKind::Choice(names) => {
            let chosen = |name: &'static str| view! { <option value=name selected=name == value>{name}</option> };
            view! {
                <select name=name aria-describedby=described aria-invalid=is_invalid autofocus=has_focus>
                    <option value="">"None"</option>
                    {names.iter().copied().map(chosen).collect_view()}
                </select>
            }
            .into_any()
        }
        FieldKind::Text | FieldKind::Secret => {
            let kind = if kind == FieldKind::Secret { "password" } else { "text" };
            view! {
                <input
                    type=kind
                    name=name
                    value=value
                    spellcheck="false"
                    aria-describedby=described
                    aria-invalid=is_invalid
                    autofocus=has_focus
                />
            }
            .into_any()
        }
    };
    view! {
        <div>
            <label class="field"><span>{label}</span> {control}</label>
            {problem.map(|text| view! { <p class="field-error" id=problem_id role="alert">{text}</p> })}
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
