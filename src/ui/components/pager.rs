//! Which part of a list is shown, and the way to the others.

use leptos::prelude::*;

use crate::ui::format;
use wsmon_model::PER_PAGE;

/// The shown part of a list, and links to the pages before and after it. Takes the page, from 0, how many entries there
/// are on all pages, and what gives the URL of a page.
pub fn pager(page: u32, matching: u32, href: &dyn Fn(u32) -> String) -> impl IntoView + use<> {
    let first = page * PER_PAGE + 1;
    let last = (first + PER_PAGE - 1).min(matching);
    let text =
        format!("{}–{} of {}", format::count(first.into()), format::count(last.into()), format::count(matching.into()));
    let previous = page.checked_sub(1).map(href);
    let next = ((page + 1) * PER_PAGE < matching).then(|| href(page + 1));
    // Without a page to go to a link stays in its place, without a target.
    let link = |href: Option<String>, label: &'static str, text: &'static str| {
        let disabled = href.is_none().then_some("true");
        view! {
            <a class="button" role="link" href=href aria-label=label aria-disabled=disabled hidden=matching <= PER_PAGE>
                {text}
            </a>
        }
    };
    view! {
        <nav class="pager" aria-label="Pages" hidden=matching == 0>
            <span class="number">{text}</span>
            {link(previous, "Previous page", "Previous")}
            {link(next, "Next page", "Next")}
        </nav>
    }
}
