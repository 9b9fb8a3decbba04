//! The form that adds a connection.

use leptos::{ev::SubmitEvent, html, prelude::*};

use super::Actions;
use wsmon_model::{ConnectionList, EndpointId, EndpointName, ServiceInfo, ServiceName};

/// The form that adds a connection. A name is checked here first, and by the server again.
#[component]
pub fn AddConnection(list: Signal<ConnectionList>) -> impl IntoView {
    let actions = expect_context::<Actions>();
    let name = RwSignal::new(String::new());
    let service = RwSignal::new(ServiceName::default());
    let auto_reconnect = RwSignal::new(true);
    let error = RwSignal::new(None::<String>);
    let field = NodeRef::<html::Input>::new();

    let check = move || name.with(|name| name.parse::<EndpointName>());
    let services = Memo::new(move |_| list.with(|list| list.services.clone()));
    let preview = Signal::derive(move || {
        services.with(|services| {
            let chosen = service.with(|chosen| services.iter().find(|service| service.name == *chosen));
            chosen.map_or_else(String::new, |service| match check() {
                Ok(name) => service.base_url.endpoint_url(&name),
                Err(_) => format!("{}…", service.base_url.prefix()),
            })
        })
    });
    let invalid = Signal::derive(move || error.with(Option::is_some).then_some("true"));
    let no_error = Signal::derive(move || error.with(Option::is_none));
    let message = Signal::derive(move || error.get().unwrap_or_default());
    let on_input = move |text: String| {
        name.set(text);
        // Once there is an error beside the field it follows what is typed.
        if error.with_untracked(Option::is_some) {
            error.set(check().err().map(|error| error.to_string()));
        }
    };
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        match check() {
            Ok(typed) => {
                name.set(String::new());
                error.set(None);
                let endpoint = EndpointId { service: service.get_untracked(), name: typed.clone() };
                actions.connect(endpoint.to_string(), Some(auto_reconnect.get_untracked()), move |refusal| {
                    // Nothing typed is lost, unless something else has been typed since.
                    if name.with_untracked(String::is_empty) {
                        name.set(typed.to_string());
                    }
                    error.set(Some(refusal.to_string()));
                });
            }
            Err(reason) => error.set(Some(reason.to_string())),
        }
        if let Some(field) = field.get_untracked() {
            // Focus is where the next name is typed; an element on the page takes it.
            let _ = field.focus();
        }
    };
    view! {
        <form class="panel add" aria-label="Add Connection" on:submit=on_submit novalidate>
            <h2>"Add Connection"</h2>
            <div class="add-fields">
                <ServiceChoice services service/>
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
                        aria-invalid=invalid
                        prop:value=name
                        on:input:target=move |event| on_input(event.target().value())
                    />
                </label>
                <label class="check">
                    <input
                        type="checkbox"
                        name="auto_reconnect"
                        checked
                        prop:checked=auto_reconnect
                        on:change:target=move |event| auto_reconnect.set(event.target().checked())
                    />
                    <span>"Auto Reconnect"</span>
                </label>
                <button type="submit" class="primary">"Connect"</button>
            </div>
            <p class="quiet url" id="endpoint-url">{preview}</p>
            <p class="field-error" id="endpoint-error" role="alert" hidden=no_error>{message}</p>
        </form>
    }
}

/// Where the endpoint is looked for, where there are several services.
#[component]
fn ServiceChoice(services: Memo<Vec<ServiceInfo>>, service: RwSignal<ServiceName>) -> impl IntoView {
    let is_alone = Signal::derive(move || services.with(|services| services.len() < 2));
    let choose = move |text: String| {
        if let Ok(name) = text.parse() {
            service.set(name);
        }
    };
    view! {
        <label class="field" hidden=is_alone>
            <span>"Service"</span>
            <select
                name="service"
                prop:value=move || service.with(ToString::to_string)
                on:change:target=move |event| choose(event.target().value())
            >
                <For
                    each=move || services.get()
                    key=|service| service.name.clone()
                    children=move |each| {
                        let name = each.name.to_string();
                        let is_default = each.name.is_default();
                        view! { <option value=name.clone() selected=is_default>{name.clone()}</option> }
                    }
                />
            </select>
        </label>
    }
}
