//! The monitoring guide: the texts in `docs/`, as pages.

use std::sync::LazyLock;

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, html};

use super::ActorOperations;
use wsmon_model::GuidePage;

/// The guide's pages as they are in the repository.
const OVERVIEW: &str = include_str!("../../docs/monitoring/overview.md");
const PROFILES: &str = include_str!("../../docs/monitoring/profiles.md");

impl ActorOperations {
    /// A page of the monitoring guide in HTML. Ours alone, so it may go into a page as it is.
    pub fn guide(&self, page: GuidePage) -> &'static str {
        html(page)
    }
}

fn html(page: GuidePage) -> &'static str {
    static OVERVIEW_HTML: LazyLock<String> = LazyLock::new(|| render(OVERVIEW));
    static PROFILES_HTML: LazyLock<String> = LazyLock::new(|| render(PROFILES));
    match page {
        GuidePage::Overview => &OVERVIEW_HTML,
        GuidePage::Profiles => &PROFILES_HTML,
    }
}

fn render(text: &str) -> String {
    let events: Vec<Event> = Parser::new_ext(text, Options::ENABLE_TABLES).collect();
    let mut events_with_ids = Vec::with_capacity(events.len());
    for (index, event) in events.iter().enumerate() {
        let mut event = event.clone();
        if let Event::Start(Tag::Heading { id, .. }) = &mut event {
            *id = Some(CowStr::from(slug(&heading_words(&events[index + 1..]))));
        }
        events_with_ids.push(event);
    }
    let mut page = String::new();
    html::push_html(&mut page, events_with_ids.into_iter());
    page
}

fn heading_words(after: &[Event<'_>]) -> String {
    let words = after.iter().map_while(|event| match event {
        Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
        _ => None,
    });
    words.collect()
}

/// What stands behind `#` in a link to a heading: its words in lower case with dashes between.
fn slug(words: &str) -> String {
    let words = words.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::*;

    #[test]
    fn headings_can_be_linked_to_and_tables_are_tables() {
        let page = render("# One & Two\n\n## A `code` word\n\n| a | b |\n| - | - |\n| 1 | 2 |\n");
        assert!(page.contains(r#"<h1 id="one-two">"#) && page.contains(r#"<h2 id="a-code-word">"#), "{page}");
        assert!(page.contains("<table>"), "{page}");
    }

    #[test]
    fn explanations_lead_to_sections_that_are_there() {
        for section in wsmon_manager::guide_sections() {
            assert!(html(GuidePage::Overview).contains(&format!("id=\"{section}\"")), "{section}");
        }
    }

    #[test]
    fn the_guide_has_no_script_and_no_style() {
        for page in GuidePage::VARIANTS {
            assert!(!html(*page).contains("<script") && !html(*page).contains("style="));
        }
    }
}
