//! Which service's connections are listed.

use leptos::prelude::*;

use super::links;
use wsmon_model::{ListQuery, ServiceInfo, ServiceName};

/// Links that filter the list by service, where there are several; they also say which service's host fails.
pub fn service_filter(services: &[ServiceInfo], query: &ListQuery) -> impl IntoView + use<> {
    let choice = |service: Option<&ServiceName>, is_failing: bool| {
        let text = service.map_or_else(|| "All services".to_owned(), ToString::to_string);
        let href = links::monitor(&ListQuery { service: service.cloned(), page: 0, ..query.clone() });
        let current = (query.service.as_ref() == service).then_some("true");
        view! {
            <a href=href aria-current=current>
                {text}
                // Text that changes within the link, which so keeps the focus.
                <span class="failing">{if is_failing { " · host failing" } else { "" }}</span>
            </a>
        }
    };
    view! {
        <nav class="service-filter" aria-label="Services" hidden=services.len() < 2>
            {choice(None, false)}
            {services.iter().map(|service| choice(Some(&service.name), service.failing)).collect_view()}
        </nav>
    }
}
