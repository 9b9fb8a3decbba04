//! The form that adds a connection.

use leptos::{ev::SubmitEvent, html, prelude::*};

use super::actions::{Actions, asked_for};
use crate::{changes::ADD, dry_run::DRY_RUN, ui::text::text};
use wsmon_model::{ConnectionList, EndpointName, ServiceInfo, ServiceName};

/// The form that adds a connection. A name is checked here first, and by the server again.
#[component]
pub fn AddConnection(list: RwSignal<ConnectionList>, actions: Actions) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let service = RwSignal::new(ServiceName::DEFAULT.to_owned());
    // Empty if nothing is wrong.
    let error = RwSignal::new(String::new());
    let field = NodeRef::<html::Input>::new();

    let check = move || name.with(|name| name.parse::<EndpointName>());
    let preview = text(move || {
        let check = check();
        list.with(|list| {
            let chosen = service.with(|chosen| list.services.iter().find(|service| service.name.as_str() == chosen));
            chosen.map_or_else(String::new, |service| match &check {
                Ok(name) => service.base_url.endpoint_url(name),
                Err(_) => format!("{}…", service.base_url.prefix()),
            })
        })
    });
    let on_input = move |text: String| {
        name.set(text);
        // Once there is an error beside the field it follows what is typed.
        if error.with_untracked(|error| !error.is_empty()) {
            error.set(check().err().map(|error| error.to_string()).unwrap_or_default());
        }
    };
    let on_submit = move |event: SubmitEvent| {
        match (check(), asked_for(&event)) {
            (Ok(typed), Some(change)) => {
                name.set(String::new());
                error.set(String::new());
                actions.perform(change, None, move |refusal| {
                    // Nothing typed is lost, unless something else has been typed since.
                    if name.with_untracked(String::is_empty) {
                        name.set(typed.to_string());
                    }
                    error.set(refusal.to_string());
                });
            }
            (Err(reason), _) => {
                // Nor is there anything to test.
                event.prevent_default();
                error.set(reason.to_string());
            }
            (Ok(_), None) => {}
        }
        if let Some(field) = field.get_untracked() {
            // Focus is where the next name is typed; an element on the page takes it.
            let _ = field.focus();
        }
    };
    let message = move || {
        let (text, is_fine) = error.with(|error| (error.clone(), error.is_empty()));
        view! { <p class="field-error" id="endpoint-error" role="alert" hidden=is_fine>{text}</p> }
    };
    // The services are those that the monitor was started with.
    let (services, is_alone) = list.with_untracked(|list| (service_options(&list.services), list.services.len() < 2));
    view! {
        <form class="panel add" aria-label="Add Connection" method="post" on:submit=on_submit novalidate>
            <h2>"Add Connection"</h2>
            <div class="add-fields">
                <label class="field" hidden=is_alone>
                    <span>"Service"</span>
                    <select name="service" on:change:target=move |event| service.set(event.target().value())>
                        {services}
                    </select>
                </label>
                <label class="field grow">
                    <span>"Endpoint name"</span>
                    <input
                        node_ref=field
                        type="text"
                        name="endpoint"
                        placeholder="data-feed"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        aria-describedby="endpoint-url endpoint-error"
                        aria-invalid=move || error.with(|error| !error.is_empty()).then_some("true")
                        prop:value=name
                        on:input:target=move |event| on_input(event.target().value())
                    />
                </label>
                <label class="check">
                    <input type="checkbox" name="auto_reconnect" checked/>
                    <span>"Auto Reconnect"</span>
                </label>
                <div class="row-actions">
                    <button class="primary" name=ADD>"Connect"</button>
                    <button formaction=DRY_RUN>"Test"</button>
                </div>
            </div>
            <p class="quiet url" id="endpoint-url">{preview}</p>
            {message}
        </form>
    }
}

/// Where the endpoint is looked for.
fn service_options(services: &[ServiceInfo]) -> impl IntoView + use<> {
    let option = |service: &ServiceInfo| {
        let name = service.name.to_string();
        view! { <option value=name.clone() selected=service.name.is_default()>{name.clone()}</option> }
    };
    services.iter().map(option).collect_view()
}
