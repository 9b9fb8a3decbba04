//! The rules, one file each: what it needs to see, what it says of one connection and of many, what it advises, and where
//! the guide tells more.

mod cloudflare;
mod did_you_mean;
mod gateway;
mod local_clock;
mod lost_at_once;
mod own_change;
mod own_network;
mod redirected;
mod regular_loss;
mod service_words;
mod starlette;
mod upgrade_lost;
mod web_page;
mod worked_before;

use super::rule::Rule;

/// All of them: those that need to see most come first, as they are about the fewest situations.
pub(super) const RULES: [&Rule; 14] = [
    &own_network::RULE,
    &local_clock::RULE,
    &own_change::RULE,
    &did_you_mean::RULE,
    &worked_before::RULE,
    &cloudflare::RULE,
    &gateway::RULE,
    &upgrade_lost::RULE,
    &redirected::RULE,
    &web_page::RULE,
    &starlette::RULE,
    &service_words::RULE,
    &lost_at_once::RULE,
    &regular_loss::RULE,
];

/// A rule's sentence about so many connections that it explains; none if there is no such rule.
pub fn explain_many(rule: &str, connections: usize) -> Option<String> {
    let rule = RULES.iter().find(|known| known.word == rule)?;
    let number = if connections == 1 { "1 connection".to_owned() } else { format!("{connections} connections") };
    Some(format!("{number}: {}", rule.of_many))
}

/// The sections of the guide that explanations lead to, by the ends of their links.
pub fn guide_sections() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.guide)
}
