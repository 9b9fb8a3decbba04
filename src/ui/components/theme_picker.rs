//! The choice between dark, light and what the system says.

use leptos::{nonce::use_nonce, prelude::*};
use strum::VariantArray;

use wsmon_model::Theme;

/// Shows what is chosen, and keeps it in a cookie, so that the next page comes in the right colours. A few lines of
/// script, so that a page with nothing else to do loads no program for it.
const SCRIPT: &str = "document.querySelector('.theme select').addEventListener('change', ({ target: { value } }) => {
    document.documentElement.dataset.theme = value;
    document.cookie = COOKIE.replace('THEME', value);
});";

/// The choice of theme.
#[component]
pub fn ThemePicker() -> impl IntoView {
    let theme = use_context::<Theme>().unwrap_or_default();
    let options = Theme::VARIANTS.iter().map(|&choice| {
        view! {
            <option value=choice.as_str() selected=choice == theme>
                {choice.label()}
            </option>
        }
    });
    view! {
        <label class="theme scripted">
            <span class="hidden">"Theme"</span>
            <select autocomplete="off">{options.collect_view()}</select>
        </label>
        <script nonce=use_nonce()>{SCRIPT.replace("COOKIE", &format!("{:?}", Theme::cookie("THEME")))}</script>
    }
}
