//! Which part of a list is shown, and the way to the others.

use leptos::prelude::*;

use crate::ui::format;
use wsmon_model::PER_PAGE;

/// The shown part of a list, and links to the pages before and after it.
#[component]
pub fn Pager(
    /// The page, from 0, and how many entries there are on all pages.
    part: Memo<(u32, u32)>,
    /// The URL of a page.
    href: Callback<u32, String>,
) -> impl IntoView {
    let text = Signal::derive(move || {
        let (page, matching) = part.get();
        let first = page * PER_PAGE + 1;
        let last = (first + PER_PAGE - 1).min(matching);
        format!("{}–{} of {}", format::count(first.into()), format::count(last.into()), format::count(matching.into()))
    });
    let previous = Signal::derive(move || part.get().0.checked_sub(1).map(|page| href.run(page)));
    let next = Signal::derive(move || {
        let (page, matching) = part.get();
        ((page + 1) * PER_PAGE < matching).then(|| href.run(page + 1))
    });
    let nothing = Signal::derive(move || part.get().1 == 0);
    let all_on_one = Signal::derive(move || part.get().1 <= PER_PAGE);
    view! {
        <nav class="pager" aria-label="Pages" hidden=nothing>
            <span class="number">{text}</span>
            <PageLink href=previous label="Previous page" text="Previous" hidden=all_on_one/>
            <PageLink href=next label="Next page" text="Next" hidden=all_on_one/>
        </nav>
    }
}

/// A link to a page. Without one it stays in its place, without a target.
#[component]
fn PageLink(
    href: Signal<Option<String>>,
    label: &'static str,
    text: &'static str,
    hidden: Signal<bool>,
) -> impl IntoView {
    let disabled = Signal::derive(move || href.with(Option::is_none).then_some("true"));
    view! {
        <a class="button" role="link" href=href data-noscroll="" aria-label=label aria-disabled=disabled hidden=hidden>
            {text}
        </a>
    }
}
