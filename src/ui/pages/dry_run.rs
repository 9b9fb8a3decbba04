//! A dry run of an endpoint: what one attempt comes to, step by step. The page is sent as the steps happen, so it needs no
//! program.

use leptos::prelude::*;

use crate::{
    changes::ADD,
    dry_run::ShownDryRun,
    ui::components::{Page, links},
};
use wsmon_model::{DryRunStep, EndpointId, Stage};

/// A dry run.
#[component]
pub fn DryRun() -> impl IntoView {
    let shown = use_context::<ShownDryRun>();
    view! {
        <Page title="Test">
            <p><a href=links::MONITOR>"← All connections"</a></p>
            {match shown {
                Some(shown) => present(shown).into_any(),
                None => view! { <h1>"Test"</h1> <p>"Name an endpoint in Add Connection, and choose Test there."</p> }.into_any(),
            }}
        </Page>
    }
}

fn present(shown: ShownDryRun) -> impl IntoView {
    view! {
        <h1 class="name">"Test of " {shown.endpoint.to_string()}</h1>
        <section class="panel stack" aria-label="Test">
            <p class="quiet">
                "One attempt with the options that hold for it. Nothing is kept: no connection, no event, no count."
            </p>
            <ol class="steps">{rest(shown)}</ol>
        </section>
    }
}

/// The steps that are still to come, each sent when it has happened.
fn rest(shown: ShownDryRun) -> AnyView {
    Suspend::new(async move {
        match shown.next().await {
            Some(step) => {
                let (endpoint, is_last) = (shown.endpoint.clone(), !matches!(step, DryRunStep::Passed { .. }));
                let after = if is_last { verdict(&endpoint, &step).into_any() } else { rest(shown) };
                view! { {step_row(&step)} {after} }.into_any()
            }
            None => ().into_any(),
        }
    })
    .into_any()
}

fn step_row(step: &DryRunStep) -> impl IntoView + use<> {
    let (mark, what, ms) = match step {
        DryRunStep::Passed { stage, ms, address } => {
            let at = address.map(|address| format!(" to {address}")).unwrap_or_default();
            ("✓", format!("{}{at}", passed(*stage)), Some(*ms))
        }
        DryRunStep::Received { ms, bytes, text: Some(_) } => {
            ("✓", format!("First message: {bytes} bytes of text"), Some(*ms))
        }
        DryRunStep::Received { ms, bytes, text: None } => {
            ("✓", format!("First message: {bytes} bytes, binary"), Some(*ms))
        }
        DryRunStep::Quiet { ms } => ("–", "No message came".to_owned(), Some(*ms)),
        DryRunStep::Failed { stage, .. } => ("✗", format!("{} failed", stage.map_or("The start", name)), None),
    };
    let preview = match step {
        DryRunStep::Received { text: Some(text), .. } => {
            Some(view! { <code class="preview">{text.as_str().to_owned()}</code> })
        }
        _ => None,
    };
    let word = match mark {
        "✓" => "Passed: ",
        "✗" => "Failed: ",
        _ => "",
    };
    view! {
        <li class:failed={mark == "✗"}>
            <span class="mark" aria-hidden="true">{mark}</span>
            <span class="what"><span class="hidden">{word}</span>{what} {preview}</span>
            <span class="quiet took">{ms.map(|ms| format!("{ms} ms"))}</span>
        </li>
    }
}

/// What the dry run has shown, and the way on.
fn verdict(endpoint: &EndpointId, last: &DryRunStep) -> impl IntoView + use<> {
    let (text, works) = match last {
        DryRunStep::Failed { why, .. } => (why.clone(), false),
        DryRunStep::Quiet { .. } => (
            "It connects. Nothing was sent to it yet, which is normal for a feed that is seldom used.".to_owned(),
            true,
        ),
        _ => ("It connects, and messages come.".to_owned(), true),
    };
    let connect = works.then(|| {
        view! {
            <form method="post" action=links::MONITOR>
                <input type="hidden" name="endpoint" value=endpoint.to_string()/>
                <input type="hidden" name="auto_reconnect" value="on"/>
                <button class="primary" name=ADD>"Connect"</button>
            </form>
        }
    });
    view! {
        <li class="verdict">
            <p role=if works { "status" } else { "alert" } class:field-error={!works}>{text}</p>
            {connect}
        </li>
    }
}

fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Dns => "Resolving the name",
        Stage::Tcp => "Connecting",
        Stage::Proxy => "The proxy's tunnel",
        Stage::Tls => "Agreeing on TLS",
        Stage::Upgrade => "The upgrade to WebSocket",
        Stage::Opening => "The opening",
        Stage::Open => "The open connection",
    }
}

fn passed(stage: Stage) -> &'static str {
    match stage {
        Stage::Dns => "Name resolved",
        Stage::Tcp => "Connected",
        Stage::Proxy => "Tunnel through the proxy",
        Stage::Tls => "TLS agreed",
        Stage::Upgrade => "Upgraded to WebSocket",
        Stage::Opening => "Opening done",
        Stage::Open => "Open",
    }
}
