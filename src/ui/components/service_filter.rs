//! Which service's connections are listed.

use leptos::prelude::*;

use super::links;
use wsmon_model::{ConnectionList, ListQuery, ServiceInfo, ServiceName};

/// Links that filter the list by service, where there are several; they also say which service's host fails.
#[component]
pub fn ServiceFilter(list: Signal<ConnectionList>, query: Memo<ListQuery>) -> impl IntoView {
    let services = Memo::new(move |_| list.with(|list| list.services.clone()));
    let is_alone = Signal::derive(move || services.with(|services| services.len() < 2));
    view! {
        <nav class="service-filter" aria-label="Services" hidden=is_alone>
            <Choice service=None services query/>
            <For
                each=move || services.get()
                key=|service| service.name.clone()
                children=move |service| view! { <Choice service=Some(service.name) services query/> }
            />
        </nav>
    }
}

#[component]
fn Choice(
    /// None for all of them.
    service: Option<ServiceName>,
    services: Memo<Vec<ServiceInfo>>,
    query: Memo<ListQuery>,
) -> impl IntoView {
    let text = service.as_ref().map_or_else(|| "All services".to_owned(), ToString::to_string);
    let service = StoredValue::new(service);
    let href =
        Signal::derive(move || links::monitor(&ListQuery { service: service.get_value(), page: 0, ..query.get() }));
    let current = Signal::derive(move || {
        query.with(|query| service.with_value(|service| query.service == *service)).then_some("true")
    });
    // Text that changes within the link, which so keeps the focus.
    let failing = Signal::derive(move || {
        let is_failing =
            |each: &ServiceInfo| each.failing && service.with_value(|own| own.as_ref() == Some(&each.name));
        if services.with(|services| services.iter().any(is_failing)) { " · host failing" } else { "" }
    });
    view! {
        <a href=href data-noscroll="" aria-current=current>
            {text}
            <span class="failing">{failing}</span>
        </a>
    }
}
