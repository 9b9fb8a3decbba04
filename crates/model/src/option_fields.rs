//! A connection's options as the fields of a form: all text, so that one kind of field shows them.

use strum::VariantNames;

use super::{ConnectionOptions, FieldProblem, Header, InvalidWindow, Limits, Profile, Secret, TextPing, UtcWindow};

/// How a field is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A line.
    Text,
    /// A line that is not shown.
    Secret,
    /// Several lines.
    Lines,
    /// On or off.
    Switch,
    /// One of these, or none.
    Choice(&'static [&'static str]),
}

/// One field.
#[derive(Clone, Copy, Debug)]
pub struct OptionField {
    /// Its name in the form.
    pub name: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// What may stand in it, or what holds when it is empty.
    pub hint: &'static str,
    /// How it is filled in.
    pub kind: FieldKind,
}

const fn field(kind: FieldKind, name: &'static str, label: &'static str, hint: &'static str) -> OptionField {
    OptionField { name, label, hint, kind }
}

/// Every field, in the order of a form.
pub const OPTION_FIELDS: [OptionField; 27] = [
    field(
        FieldKind::Choice(Profile::VARIANTS),
        "profile",
        "Profile",
        "Fills in what a protocol needs, as is then said below each field. What you write there holds instead",
    ),
    field(
        FieldKind::Secret,
        "bearer_token",
        "Bearer token",
        "Sent as Authorization: Bearer …; or file:NAME of the secrets directory, or env:WSMON_SECRET_…",
    ),
    field(
        FieldKind::Secret,
        "basic_auth",
        "Basic authentication",
        "user:password, in the place of a bearer token; or file:NAME, or env:WSMON_SECRET_…",
    ),
    field(
        FieldKind::Lines,
        "headers",
        "Headers",
        "One “Name: value” a line; the value can be file:NAME or env:WSMON_SECRET_…",
    ),
    field(FieldKind::Text, "subprotocols", "Subprotocols", "Best first, with commas between"),
    field(
        FieldKind::Secret,
        "query",
        "Added to the query",
        "Such as id=7&mode=live; or file:NAME, or env:WSMON_SECRET_…",
    ),
    field(
        FieldKind::Text,
        "ca_file",
        "Trusted certificates",
        "A PEM file in the monitor's secrets directory; the built-in authorities if empty",
    ),
    field(
        FieldKind::Lines,
        "opening",
        "Opening",
        "A step a line: “> text” sends, “>64 base64” sends bytes, “>mqtt” a packet of MQTT, “< regex” waits for an answer (10 s, or “<30s regex”); \
         ${secret:file:NAME}, ${uuid}, ${now_ms}, and ${sid} for what (?<sid>…) found. Shown as it is written: keep secrets in files",
    ),
    field(FieldKind::Text, "ping_interval_ms", "Ping every (ms)", "15000 if empty"),
    field(FieldKind::Text, "pong_timeout_ms", "Pong within (ms)", "10000 if empty"),
    field(FieldKind::Text, "max_silence_ms", "Longest silence (ms)", "Any silence is fine if empty"),
    field(FieldKind::Text, "never_retry", "Never retry after", "Close codes and HTTP statuses, commas between"),
    field(
        FieldKind::Text,
        "always_retry",
        "Always retry after",
        "Close codes and HTTP statuses, commas between, that would be tried again only every five minutes, such as 401",
    ),
    field(FieldKind::Text, "heartbeat", "Heartbeat", "A message to send at intervals, such as {\"op\":\"ping\"}"),
    field(FieldKind::Text, "heartbeat_every_ms", "Heartbeat every (ms)", "At least 100"),
    field(
        FieldKind::Text,
        "heartbeat_expect",
        "Heartbeat's answer",
        "A regular expression; it must come within the time of a pong. None is waited for if empty",
    ),
    field(FieldKind::Text, "not_data", "Not data", "A regular expression for messages that do not end a silence"),
    field(
        FieldKind::Text,
        "rotate_after_ms",
        "Rotate after (ms)",
        "How old a session may become: a new one is opened before it is closed. At least 1000; never if empty",
    ),
    field(
        FieldKind::Text,
        "rotate_window",
        "Rotate only between (UTC)",
        "Such as 03:00-05:00, also over midnight; at any time if empty",
    ),
    field(
        FieldKind::Text,
        "text_ping",
        "Text ping",
        "A text message that must be answered, or “< regex” for any message",
    ),
    field(FieldKind::Text, "text_pong", "Text pong", "The answer"),
    field(FieldKind::Text, "frame", "Largest frame (bytes)", "262144 if empty"),
    field(FieldKind::Text, "message", "Largest message (bytes)", "1048576 if empty"),
    field(FieldKind::Text, "read_buffer", "Read at once (bytes)", "65536 if empty"),
    field(FieldKind::Text, "write_buffer", "Write buffer (bytes)", "262144 if empty"),
    field(FieldKind::Switch, "recycle_when_silent", "Open anew when silent", ""),
    field(FieldKind::Switch, "stay_closed", "Stay closed after a normal closure (1000)", ""),
];

impl ConnectionOptions {
    /// What stands in a field. A switch that is on holds `on`, as browsers have it.
    pub fn field(&self, name: &str) -> String {
        let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
        let secret = |secret: &Option<Secret>| secret.as_ref().map(|text| text.expose().to_owned()).unwrap_or_default();
        let switch = |on: bool| if on { "on".to_owned() } else { String::new() };
        let ping = |part: fn(&TextPing) -> &String| self.text_ping.as_ref().map(part).cloned().unwrap_or_default();
        let limits = &self.limits;
        match name {
            "profile" => self.profile.map(|profile| profile.as_str().to_owned()).unwrap_or_default(),
            "bearer_token" => secret(&self.bearer_token),
            "basic_auth" => secret(&self.basic_auth),
            "headers" => lines(&self.headers),
            "subprotocols" => self.subprotocols.join(", "),
            "query" => secret(&self.query),
            "ca_file" => self.ca_file.clone().unwrap_or_default(),
            "ping_interval_ms" => number(self.ping_interval_ms),
            "pong_timeout_ms" => number(self.pong_timeout_ms),
            "max_silence_ms" => number(self.max_silence_ms),
            "recycle_when_silent" => switch(self.recycle_when_silent),
            "never_retry" => codes(&self.never_retry),
            "always_retry" => codes(&self.always_retry),
            "stay_closed" => switch(self.stay_closed),
            "rotate_after_ms" => number(self.rotate_after_ms),
            "rotate_window" => self.rotate_window.map(|window| window.to_string()).unwrap_or_default(),
            "opening" => self.opening.clone().unwrap_or_default(),
            "heartbeat" => self.heartbeat.clone().unwrap_or_default(),
            "heartbeat_every_ms" => number(self.heartbeat_every_ms),
            "heartbeat_expect" => self.heartbeat_expect.clone().unwrap_or_default(),
            "not_data" => self.not_data.clone().unwrap_or_default(),
            "text_ping" => ping(|own| &own.ping),
            "text_pong" => ping(|own| &own.pong),
            "frame" => number(limits.frame),
            "message" => number(limits.message),
            "read_buffer" => number(limits.read_buffer),
            "write_buffer" => number(limits.write_buffer),
            _ => String::new(),
        }
    }

    /// Reads what stands in the fields; what is not understood is said in a sentence.
    ///
    /// # Errors
    ///
    /// The first [`FieldProblem`].
    pub fn from_fields(get: impl Fn(&str) -> String) -> Result<Self, FieldProblem> {
        let text = |name: &str| Some(get(name).trim().to_owned()).filter(|text| !text.is_empty());
        let number = |name: &str| text(name).map(|text| parse(name, &text)).transpose();
        let all = |name: &str| listed(&get(name)).map(|code| parse(name, code)).collect::<Result<_, _>>();
        let (text_ping, text_pong) = (text("text_ping"), text("text_pong"));
        let text_ping = match (text_ping, text_pong) {
            (Some(ping), Some(pong)) => Some(TextPing { ping, pong }),
            (None, None) => None,
            (ping, _) => {
                let missing = if ping.is_some() { "text_pong" } else { "text_ping" };
                let text = "A text ping and its pong need each other: fill in both, or neither.";
                return Err(FieldProblem::new(missing, text));
            }
        };
        Ok(Self {
            profile: text("profile").map(|name| profile(&name)).transpose()?,
            headers: get("headers")
                .lines()
                .filter(|line| !line.trim().is_empty())
                .map(header)
                .collect::<Result<_, _>>()?,
            bearer_token: text("bearer_token").map(Secret::new),
            basic_auth: text("basic_auth").map(Secret::new),
            subprotocols: listed(&get("subprotocols")).map(str::to_owned).collect(),
            query: text("query").map(Secret::new),
            ca_file: text("ca_file"),
            ping_interval_ms: number("ping_interval_ms")?,
            pong_timeout_ms: number("pong_timeout_ms")?,
            max_silence_ms: number("max_silence_ms")?,
            recycle_when_silent: text("recycle_when_silent").is_some(),
            never_retry: all("never_retry")?,
            always_retry: all("always_retry")?,
            stay_closed: text("stay_closed").is_some(),
            rotate_after_ms: number("rotate_after_ms")?,
            rotate_window: text("rotate_window").map(|text| window(&text)).transpose()?,
            // As forms send lines (HTML section 4.10.22.4). Spaces at a line's end may be meant.
            opening: Some(get("opening").replace("\r\n", "\n")).filter(|text| !text.trim().is_empty()),
            heartbeat: text("heartbeat"),
            heartbeat_every_ms: number("heartbeat_every_ms")?,
            heartbeat_expect: text("heartbeat_expect"),
            not_data: text("not_data"),
            text_ping,
            limits: Limits {
                frame: number("frame")?,
                message: number("message")?,
                read_buffer: number("read_buffer")?,
                write_buffer: number("write_buffer")?,
            },
        })
    }
}

fn codes(codes: &[u16]) -> String {
    codes.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
}

fn lines(headers: &[Header]) -> String {
    let line = |header: &Header| format!("{}: {}", header.name, header.value.expose());
    headers.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn header(line: &str) -> Result<Header, FieldProblem> {
    let colon = line.split_once(':');
    let (name, value) = colon.ok_or_else(|| FieldProblem::new("headers", "Write each header as “Name: value”."))?;
    Ok(Header { name: name.trim().to_owned(), value: Secret::new(value.trim()) })
}

fn window(text: &str) -> Result<UtcWindow, FieldProblem> {
    text.parse().map_err(|invalid: InvalidWindow| FieldProblem::new("rotate_window", invalid.to_string()))
}

fn profile(name: &str) -> Result<Profile, FieldProblem> {
    let names = Profile::VARIANTS.join(", ");
    name.parse().map_err(|_| FieldProblem::new("profile", format!("“{name}” is no profile: there are {names}.")))
}

fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ' ']).map(str::trim).filter(|part| !part.is_empty())
}

fn parse<N: std::str::FromStr>(name: &str, text: &str) -> Result<N, FieldProblem> {
    let label = OPTION_FIELDS.iter().find(|field| field.name == name).map_or(name, |field| field.label);
    let problem = || FieldProblem::new(name, format!("“{text}” is not a number that {label} can have."));
    text.parse().map_err(|_| problem())
}

#[cfg(test)]
mod tests;
