//! Packets of MQTT 3.1.1 (OASIS standard), for openings and heartbeats: their lengths depend on secrets, so that nobody
//! can write them down in base64.

use wsmon_model::SecretReference;

use super::template::{InvalidTemplate, Template, Values};

/// The seconds without a packet of ours after which the broker gives us up, where the step says nothing else.
const KEEP_ALIVE: u16 = 60;

/// Why a text is no packet. Displays as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPacket {
    /// None that is known.
    #[error(
        "After “>mqtt” stands “connect” (then keep_alive=SECONDS, client=, user= and password= as needed; no password \
         without a user), “subscribe FILTER” or “ping”."
    )]
    Unknown,
    /// A variable in it that has no value.
    #[error(transparent)]
    Template(#[from] InvalidTemplate),
}

/// A packet to send.
#[derive(Clone, Debug)]
pub(super) enum Packet {
    /// CONNECT, section 3.1, with a clean session.
    Connect(Box<Connect>),
    /// SUBSCRIBE, section 3.8, at most once a message (`QoS` 0).
    Subscribe(Vec<Template>),
    /// PINGREQ, section 3.12.
    Ping,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Connect {
    keep_alive: u16,
    client: Template,
    user: Option<Template>,
    password: Option<Template>,
}

impl Packet {
    /// Reads `connect` with `keep_alive=`, `client=`, `user=` and `password=`, `subscribe FILTER…` or `ping`.
    pub(super) fn parse(text: &str, captured: &[String]) -> Result<Self, InvalidPacket> {
        let mut words = text.split_whitespace();
        match words.next() {
            Some("connect") => Ok(Self::Connect(Box::new(Connect::parse(words, captured)?))),
            Some("subscribe") => {
                let filters = words.map(|filter| Template::parse(filter, captured)).collect::<Result<Vec<_>, _>>()?;
                if filters.is_empty() { Err(InvalidPacket::Unknown) } else { Ok(Self::Subscribe(filters)) }
            }
            Some("ping") if words.next().is_none() => Ok(Self::Ping),
            _ => Err(InvalidPacket::Unknown),
        }
    }

    /// The packet that is sent now.
    pub(super) fn render(&self, values: &mut Values<'_>) -> Vec<u8> {
        match self {
            Self::Connect(connect) => packet(0x10, &connect.render(values)),
            Self::Subscribe(filters) => {
                // A packet's identifier is not 0, and not one that is in use (section 2.3.1).
                let [.., first, second] = (values.random)().to_be_bytes();
                let mut body = vec![first, second | 1];
                for filter in filters {
                    push_string(&mut body, &filter.render(values));
                    body.push(0);
                }
                packet(0x82, &body)
            }
            Self::Ping => packet(0xc0, &[]),
        }
    }

    /// The secrets that it names.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &SecretReference> {
        let templates: Vec<&Template> = match self {
            Self::Connect(connect) => [Some(&connect.client), connect.user.as_ref(), connect.password.as_ref()]
                .into_iter()
                .flatten()
                .collect(),
            Self::Subscribe(filters) => filters.iter().collect(),
            Self::Ping => Vec::new(),
        };
        templates.into_iter().flat_map(Template::secrets)
    }
}

impl Connect {
    fn parse<'a>(words: impl Iterator<Item = &'a str>, captured: &[String]) -> Result<Self, InvalidPacket> {
        let mut connect = Self { keep_alive: KEEP_ALIVE, ..Self::default() };
        for word in words {
            let (name, value) = word.split_once('=').ok_or(InvalidPacket::Unknown)?;
            let template = Template::parse(value, captured)?;
            match name {
                "keep_alive" => connect.keep_alive = value.parse().map_err(|_| InvalidPacket::Unknown)?,
                "client" => connect.client = template,
                "user" => connect.user = Some(template),
                "password" => connect.password = Some(template),
                _ => return Err(InvalidPacket::Unknown),
            }
        }
        // [MQTT-3.1.2-22]: no password without a user.
        if connect.password.is_some() && connect.user.is_none() { Err(InvalidPacket::Unknown) } else { Ok(connect) }
    }

    fn render(&self, values: &mut Values<'_>) -> Vec<u8> {
        const CLEAN_SESSION: u8 = 0x02;
        const PASSWORD: u8 = 0x40;
        const USER: u8 = 0x80;
        let flag = |template: &Option<Template>, flag| if template.is_some() { flag } else { 0 };
        let mut body = Vec::new();
        push_string(&mut body, "MQTT");
        body.extend([4, CLEAN_SESSION | flag(&self.user, USER) | flag(&self.password, PASSWORD)]);
        body.extend(self.keep_alive.to_be_bytes());
        push_string(&mut body, &self.client.render(values));
        for template in [&self.user, &self.password].into_iter().flatten() {
            push_string(&mut body, &template.render(values));
        }
        body
    }
}

/// A fixed header, and what follows it (section 2.2.3).
fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![first];
    let mut length = body.len();
    loop {
        let digit = length.to_le_bytes()[0] & 0x7f;
        length /= 128;
        packet.push(if length > 0 { digit | 0x80 } else { digit });
        if length == 0 {
            break;
        }
    }
    packet.extend(body);
    packet
}

/// Section 1.5.3. What is too long for its length is cut, and then refused by the broker.
fn push_string(body: &mut Vec<u8>, text: &str) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    body.extend(length.to_be_bytes());
    body.extend(&text.as_bytes()[..length.into()]);
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::secrets::Secrets;

    fn rendered(text: &str) -> Vec<u8> {
        let (secrets, captured) = (Secrets::default(), HashMap::from([("id".to_owned(), "c7".to_owned())]));
        let mut values = Values { secrets: &secrets, captured: &captured, now_ms: 0, random: &mut || 6 };
        Packet::parse(text, &["id".to_owned()]).expect("a packet").render(&mut values)
    }

    #[test]
    fn packets_are_those_of_the_standard() {
        assert_eq!(rendered("connect"), b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00");
        assert_eq!(
            rendered("connect keep_alive=10 client=${id} user=ann password=p=w"),
            b"\x10\x18\x00\x04MQTT\x04\xc2\x00\x0a\x00\x02c7\x00\x03ann\x00\x03p=w"
        );
        assert_eq!(rendered("subscribe a/# b"), b"\x82\x0c\x00\x07\x00\x03a/#\x00\x00\x01b\x00");
        assert_eq!(rendered("ping"), b"\xc0\x00");
        // Two digits, as in table 2.4.
        assert_eq!(rendered(&format!("subscribe {}", "x".repeat(123)))[..4], *b"\x82\x80\x01\x00");
    }

    #[test]
    fn what_is_no_packet_is_refused() {
        for text in
            ["", "publish a", "subscribe", "ping now", "connect 7", "connect keep_alive=x", "connect password=p"]
        {
            assert_eq!(Packet::parse(text, &[]).expect_err(text), InvalidPacket::Unknown, "{text}");
        }
        assert!(matches!(Packet::parse("subscribe ${x}", &[]), Err(InvalidPacket::Template(_))));
    }

    #[test]
    fn its_secrets_are_named() {
        let packet = Packet::parse("connect user=${secret:file:user} password=${secret:env:WSMON_SECRET_P}", &[]);
        let packet = packet.expect("a packet");
        assert_eq!(packet.secrets().map(ToString::to_string).collect::<Vec<_>>(), ["file:user", "env:WSMON_SECRET_P"]);
    }
}
