//! The choice between dark, light and what the system says.

use leptos::{prelude::*, web_sys::HtmlDocument};
use strum::VariantArray;
use wasm_bindgen::JsCast;

use wsmon_model::Theme;

/// The choice of theme. Kept in a cookie, so that the next page comes in the right colours.
#[component]
pub fn ThemePicker() -> impl IntoView {
    // The server knows the theme from the cookie; the browser from the page it was sent.
    let theme = use_context::<Theme>().unwrap_or_else(shown_theme);
    let options = Theme::VARIANTS.iter().map(|&choice| {
        view! {
            <option value=choice.as_str() selected=choice == theme>
                {choice.label()}
            </option>
        }
    });
    view! {
        <label class="theme">
            <span class="hidden">"Theme"</span>
            <select on:change:target=move |event| choose(event.target().value().parse().unwrap_or_default())>
                {options.collect_view()}
            </select>
        </label>
    }
}

fn shown_theme() -> Theme {
    let root = document().document_element();
    root.and_then(|root| root.get_attribute("data-theme")?.parse().ok()).unwrap_or_default()
}

fn choose(theme: Theme) {
    let document = document();
    if let Some(root) = document.document_element() {
        // Nothing can be wrong with this name.
        let _ = root.set_attribute("data-theme", theme.as_str());
    }
    // Where cookies are refused, the choice holds for this page.
    let _ = document.unchecked_into::<HtmlDocument>().set_cookie(&theme.to_cookie());
}
