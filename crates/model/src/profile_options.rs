//! What the protocols of profiles need, as options that hold where nothing else is said.

use super::{ConnectionOptions, Profile, Secret, TextPing};

impl Profile {
    /// The options that it fills in.
    pub fn options(self) -> ConnectionOptions {
        match self {
            Self::SocketIo => socket_io(),
            Self::GraphqlTransportWs => graphql_transport_ws(),
            Self::Phoenix => phoenix(),
            Self::Stomp => stomp(),
            Self::Mqtt => mqtt(),
            Self::Nats => nats(),
            Self::Signalr => signalr(),
        }
    }
}

/// engine.io's server pings inside text messages; the default namespace is joined.
fn socket_io() -> ConnectionOptions {
    ConnectionOptions {
        query: Some(Secret::new("EIO=4&transport=websocket")),
        opening: script(&[r"< ^0\{", "> 40", r"< ^40"]),
        text_ping: ping("2", "3"),
        ..ConnectionOptions::default()
    }
}

/// The close codes are those of the protocol after which the same attempt fails the same way.
fn graphql_transport_ws() -> ConnectionOptions {
    ConnectionOptions {
        subprotocols: vec!["graphql-transport-ws".to_owned()],
        opening: script(&[r#"> {"type":"connection_init"}"#, r#"< "type"\s*:\s*"connection_ack""#]),
        text_ping: ping(r#"< ^\{\s*"type"\s*:\s*"ping""#, r#"{"type":"pong"}"#),
        not_data: text(r#"^\{\s*"type"\s*:\s*"(?:ping|pong|connection_ack)""#),
        never_retry: vec![4400, 4401, 4403, 4406, 4409],
        ..heartbeat(r#"{"type":"ping"}"#, 30_000, Some(r#"^\{\s*"type"\s*:\s*"pong""#))
    }
}

/// A heartbeat is the first message as well: its answer tells that Phoenix is there.
fn phoenix() -> ConnectionOptions {
    let beat = r#"[null,"${uuid}","phoenix","heartbeat",{}]"#;
    let answer = r#"^\[null,\s*"[^"]*",\s*"phoenix",\s*"phx_reply""#;
    ConnectionOptions {
        query: Some(Secret::new("vsn=2.0.0")),
        opening: script(&[&format!("> {beat}"), &format!("< {answer}")]),
        not_data: text(answer),
        ..heartbeat(beat, 30_000, Some(answer))
    }
}

/// Heartbeats are sent twice as often as is promised: the promise is kept on a slow network as well.
fn stomp() -> ConnectionOptions {
    let connect = "> CONNECT${lf}accept-version:1.1,1.2${lf}host:/${lf}heart-beat:20000,20000${lf}${lf}${nul}";
    ConnectionOptions {
        subprotocols: ["v12.stomp", "v11.stomp"].map(str::to_owned).into(),
        opening: script(&[connect, "< ^CONNECTED"]),
        not_data: text(r"^\r?\n$"),
        ..heartbeat("${lf}", 10_000, None)
    }
}

/// CONNECT and CONNACK, PINGREQ and PINGRESP: sections 3.1, 3.2, 3.12 and 3.13.
fn mqtt() -> ConnectionOptions {
    ConnectionOptions {
        subprotocols: vec!["mqtt".to_owned()],
        opening: script(&[">mqtt connect keep_alive=60", r"< ^\x20\x02[\x00\x01]\x00"]),
        not_data: text(r"(?s-u)^(?:\xD0\x00|\x90\x03..[\x00-\x02])$"),
        ..heartbeat(">mqtt ping", 30_000, Some(r"(?-u)^\xD0\x00|\xD0\x00$"))
    }
}

/// The server may put several of its messages into one of the WebSocket's.
fn nats() -> ConnectionOptions {
    let connect = "> CONNECT {\"verbose\":false,\"pedantic\":false,\"protocol\":1}${cr}${lf}PING${cr}${lf}";
    ConnectionOptions {
        opening: script(&[r"< ^INFO \{", connect, r"< (?:^|\r\n)PONG\r\n"]),
        text_ping: ping(r"< (?:^|\r\n)PING\r\n", "PONG${cr}${lf}"),
        not_data: text(r"^(?:(?:PING|PONG|\+OK|INFO \{.*\} ?)\r\n)+$"),
        ..heartbeat("PING${cr}${lf}", 30_000, Some(r"(?:^|\r\n)PONG\r\n"))
    }
}

/// Each side sends pings that nobody answers.
fn signalr() -> ConnectionOptions {
    ConnectionOptions {
        opening: script(&[r#"> {"protocol":"json","version":1}${rs}"#, r"< ^\{\}\x1e"]),
        not_data: text(r#"^(?:\{"type":6\}\x1e)+$"#),
        ..heartbeat(r#"{"type":6}${rs}"#, 15_000, None)
    }
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn script(steps: &[&str]) -> Option<String> {
    Some(steps.join("\n"))
}

fn ping(ping: &str, pong: &str) -> Option<TextPing> {
    Some(TextPing { ping: ping.to_owned(), pong: pong.to_owned() })
}

fn heartbeat(message: &str, every_ms: u32, answer: Option<&str>) -> ConnectionOptions {
    ConnectionOptions {
        heartbeat: text(message),
        heartbeat_every_ms: Some(every_ms),
        heartbeat_expect: answer.and_then(text),
        ..ConnectionOptions::default()
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::*;

    #[test]
    fn a_profile_names_no_other() {
        for profile in <Profile as VariantArray>::VARIANTS {
            let options = profile.options();
            assert_eq!(options.profile, None, "{profile:?}");
            assert_ne!(options, ConnectionOptions::default(), "{profile:?}");
        }
    }
}
