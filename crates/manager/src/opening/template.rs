//! Text with variables, as the steps of an opening and heartbeats send it.

use std::{collections::HashMap, fmt::Write};

use crate::secrets::Secrets;
use wsmon_model::{InvalidReference, Secret, SecretReference};

/// Why a text is no template. Displays as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTemplate {
    /// `${` without its end.
    #[error("A “${{” has no “}}” after it. Write “$${{” for the characters themselves.")]
    Open,
    /// A name that nothing gives a value.
    #[error(
        "Nothing gives “${{{0}}}” a value: known are secret:file:NAME, secret:env:NAME, uuid, now_ms, cr, lf, rs and nul, \
         and what an earlier step captures by (?<{0}>…)."
    )]
    Unknown(String),
    /// A secret that cannot be referred to.
    #[error("“${{secret:…}}” names no secret: {0}.")]
    Secret(#[from] InvalidReference),
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Secret(SecretReference),
    /// A random UUID (RFC 9562, version 4).
    Uuid,
    /// Milliseconds since 1970.
    NowMs,
    /// What an earlier step captured.
    Captured(String),
}

/// Text with variables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

/// What variables stand for.
pub(crate) struct Values<'a> {
    pub(crate) secrets: &'a Secrets,
    pub(crate) captured: &'a HashMap<String, String>,
    pub(crate) now_ms: i64,
    /// The random bits of a UUID.
    pub(crate) random: &'a mut dyn FnMut() -> u128,
}

impl Template {
    /// Reads a text in which `${…}` stands for a value, and `$${` for `${` itself.
    pub(crate) fn parse(text: &str, captured: &[String]) -> Result<Self, InvalidTemplate> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            let (before, variable) = (&rest[..at], &rest[at + 2..]);
            if let Some(before) = before.strip_suffix('$') {
                literal.push_str(before);
                literal.push_str("${");
                rest = variable;
                continue;
            }
            literal.push_str(before);
            let (name, after) = variable.split_once('}').ok_or(InvalidTemplate::Open)?;
            rest = after;
            match name {
                "cr" => literal.push('\r'),
                "lf" => literal.push('\n'),
                // The record separator, which ends messages of SignalR.
                "rs" => literal.push('\u{1e}'),
                "nul" => literal.push('\0'),
                _ => {
                    parts.extend((!literal.is_empty()).then(|| Part::Text(std::mem::take(&mut literal))));
                    parts.push(Part::variable(name, captured)?);
                }
            }
        }
        literal.push_str(rest);
        parts.extend((!literal.is_empty()).then_some(Part::Text(literal)));
        Ok(Self(parts))
    }

    /// The text that is sent now.
    pub(crate) fn render(&self, values: &mut Values<'_>) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(part) => text.push_str(part),
                // Both were checked to be there: secrets are read before, and captures come before.
                Part::Secret(reference) => text.push_str(values.secrets.get(reference).map_or("", Secret::expose)),
                Part::Captured(name) => text.push_str(values.captured.get(name).map_or("", String::as_str)),
                Part::Uuid => push_uuid(&mut text, (values.random)()),
                Part::NowMs => text.push_str(&values.now_ms.to_string()),
            }
        }
        text
    }

    /// The secrets that it names.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &SecretReference> {
        self.0.iter().filter_map(|part| match part {
            Part::Secret(reference) => Some(reference),
            _ => None,
        })
    }
}

impl Part {
    fn variable(name: &str, captured: &[String]) -> Result<Self, InvalidTemplate> {
        if let Some(reference) = name.strip_prefix("secret:") {
            return Ok(Self::Secret(reference.parse()?));
        }
        match name {
            "uuid" => Ok(Self::Uuid),
            "now_ms" => Ok(Self::NowMs),
            _ if captured.iter().any(|known| known == name) => Ok(Self::Captured(name.to_owned())),
            _ => Err(InvalidTemplate::Unknown(name.to_owned())),
        }
    }
}

/// Appends a UUID of version 4 made of random bits (RFC 9562 section 5.4).
fn push_uuid(text: &mut String, random: u128) {
    let bits = random & !(0xf << 76) & !(0b11 << 62) | (4 << 76) | (0b10 << 62);
    let hex = format!("{bits:032x}");
    let groups = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    let _ = write!(text, "{}", groups.join("-"));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rendered(text: &str, captured: &[(&str, &str)]) -> Result<String, InvalidTemplate> {
        let names: Vec<_> = captured.iter().map(|(name, _)| (*name).to_owned()).collect();
        let captured = captured.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let template = Template::parse(text, &names)?;
        let (secrets, mut random) = (Secrets::default(), || u128::MAX);
        let mut values = Values { secrets: &secrets, captured: &captured, now_ms: 1_700, random: &mut random };
        Ok(template.render(&mut values))
    }

    #[test]
    fn variables_stand_for_their_values() {
        let text = r#"{"id":"${uuid}","t":${now_ms},"sid":"${sid}","price":"$${x} $5 $$"}"#;
        let expected = r#"{"id":"ffffffff-ffff-4fff-bfff-ffffffffffff","t":1700,"sid":"7","price":"${x} $5 $$"}"#;
        assert_eq!(rendered(text, &[("sid", "7")]).as_deref(), Ok(expected));
        assert_eq!(rendered("A${cr}${lf}${rs}${nul}", &[]).as_deref(), Ok("A\r\n\u{1e}\0"));
        assert_eq!(rendered("", &[]).as_deref(), Ok(""));
    }

    #[test]
    fn a_captured_value_is_not_read_as_a_template() {
        assert_eq!(rendered("${sid}", &[("sid", "${secret:file:x}")]).as_deref(), Ok("${secret:file:x}"));
    }

    #[test]
    fn what_has_no_value_is_refused() {
        assert_eq!(rendered("${sid", &[("sid", "")]), Err(InvalidTemplate::Open));
        assert_eq!(rendered("${}", &[]), Err(InvalidTemplate::Unknown(String::new())));
        assert_eq!(rendered("${sid}", &[]), Err(InvalidTemplate::Unknown("sid".to_owned())));
        let refused = rendered("${secret:env:HOME}", &[]).expect_err("no prefix").to_string();
        assert!(refused.contains("only those whose names begin with WSMON_SECRET_ are read"), "{refused}");
    }

    proptest! {
        #[test]
        fn text_without_a_dollar_is_sent_as_it_is(text in "[^$]*") {
            prop_assert_eq!(rendered(&text, &[]), Ok(text));
        }

        #[test]
        fn no_text_makes_it_panic(text in r"(\$|\{|\}|secret:|file:|env:|[a-zé])*") {
            let _ = rendered(&text, &[]);
        }
    }
}
