//! The proxy of a service: as it is written, or as the usual variables name it.

use std::net::IpAddr;

use ipnet::IpNet;

use wsmon_manager::{Base, InvalidProxy, Proxy};

/// What stands for the usual variables in the place of a proxy.
const ENVIRONMENT: &str = "env";

/// The proxy that a service's setting names for the host of its base URL; none if there is to be none. Variables are
/// looked up by `variable`. An error comes with the variable that is to blame, as a clause.
pub(super) fn proxy(
    setting: &str,
    base: &Base,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Proxy>, (String, InvalidProxy)> {
    if setting != ENVIRONMENT {
        return setting.parse().map(Some).map_err(|why| (String::new(), why));
    }
    // As curl has it: of two cases the lower one wins, and an empty variable is none.
    let set = |name: &'static str| {
        let value = |name: String| variable(&name).filter(|value| !value.is_empty()).map(|value| (name, value));
        value(name.to_lowercase()).or_else(|| value(name.to_owned()))
    };
    let of_scheme = if base.is_tls() { "HTTPS_PROXY" } else { "HTTP_PROXY" };
    let Some((name, value)) = set(of_scheme).or_else(|| set("ALL_PROXY")) else { return Ok(None) };
    if set("NO_PROXY").is_some_and(|(_, list)| is_excepted(&list, &base.host(), base.port())) {
        return Ok(None);
    }
    // There it may stand without its scheme.
    let url = if value.contains("://") { value } else { format!("http://{value}") };
    url.parse().map(Some).map_err(|why| (format!(", which {name} names,"), why))
}

/// Whether a list as in `NO_PROXY` names a host: by its name or the end of its name, by an address or network, or by `*`;
/// with a port or for all of them. Its elements stand between commas or spaces.
fn is_excepted(list: &str, host: &str, port: u16) -> bool {
    let elements = list.split([',', ' ', '\t']).filter(|element| !element.is_empty());
    elements.map(str::to_lowercase).any(|element| {
        if element == "*" {
            return true;
        }
        let (name, only) = split_port(&element);
        only.is_none_or(|only| only == port) && names(name, host)
    })
}

/// An element without its port, and that. An IPv6 address has a port only behind brackets.
fn split_port(element: &str) -> (&str, Option<u16>) {
    let split = element.rsplit_once(':').filter(|(name, _)| !name.contains(':') || name.ends_with(']'));
    let (name, port) = match split.map(|(name, port)| (name, port.parse())) {
        Some((name, Ok(port))) => (name, Some(port)),
        _ => (element, None),
    };
    (name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name), port)
}

fn names(element: &str, host: &str) -> bool {
    if let Ok(address) = host.parse::<IpAddr>() {
        let network = element.parse::<IpNet>().or_else(|_| element.parse::<IpAddr>().map(IpNet::from));
        return network.is_ok_and(|network| network.contains(&address));
    }
    let end = element.trim_start_matches('*').trim_start_matches('.').trim_end_matches('.');
    let host = host.trim_end_matches('.').to_lowercase();
    let before = host.strip_suffix(end).filter(|_| !end.is_empty());
    before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(base: &str, variables: &[(&str, &str)]) -> Option<String> {
        let base = base.parse().expect(base);
        let variable = |name: &str| {
            let found = variables.iter().find(|(set, _)| *set == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        proxy("env", &base, variable).expect("valid").map(|proxy| proxy.to_string())
    }

    #[test]
    fn the_variable_is_that_of_the_scheme_in_either_case() {
        let both = [("HTTPS_PROXY", "http://s:1"), ("HTTP_PROXY", "http://p:2"), ("ALL_PROXY", "http://a:3")];
        assert_eq!(of("wss://feeds.example/", &both).as_deref(), Some("s:1"));
        assert_eq!(of("ws://feeds.example/", &both).as_deref(), Some("p:2"));
        assert_eq!(of("wss://feeds.example/", &both[1..]).as_deref(), Some("a:3"));
        assert_eq!(of("wss://feeds.example/", &[("https_proxy", "l:4"), both[0]]).as_deref(), Some("l:4"));
        assert_eq!(of("wss://feeds.example/", &[("https_proxy", ""), both[0]]).as_deref(), Some("s:1"));
        assert_eq!(of("wss://feeds.example/", &[("all_proxy", "user:pass@l:5")]).as_deref(), Some("l:5"));
        assert_eq!(of("wss://feeds.example/", &[("http_proxy", "p:2")]), None);
        assert_eq!(of("wss://feeds.example/", &[]), None);
    }

    #[test]
    fn hosts_are_excepted_as_curl_does() {
        let is_direct = |base: &str, list: &str| of(base, &[("ALL_PROXY", "p:1"), ("no_proxy", list)]).is_none();
        for (list, base, expected) in [
            ("*", "ws://feeds.example/", true),
            ("feeds.example", "ws://feeds.example/", true),
            ("Feeds.Example.", "ws://feeds.example./", true),
            (".example", "ws://feeds.example/", true),
            ("example", "ws://feeds.example/", true),
            ("*.example", "ws://feeds.example/", true),
            ("ample", "ws://feeds.example/", false),
            ("feeds.example", "ws://example/", false),
            ("a, b feeds.example", "ws://feeds.example/", true),
            ("feeds.example:8000", "ws://feeds.example:8000/", true),
            ("feeds.example:8000", "ws://feeds.example:8001/", false),
            ("feeds.example:443", "wss://feeds.example/", true),
            ("192.0.2.1", "ws://192.0.2.1/", true),
            ("192.0.2.1:80", "ws://192.0.2.1/", true),
            ("192.0.2.0/24", "ws://192.0.2.1/", true),
            ("192.0.2.0/24", "ws://192.0.3.1/", false),
            ("2.1", "ws://192.0.2.1/", false),
            ("2001:db8::/32", "ws://[2001:db8::1]/", true),
            ("2001:db8::1", "ws://[2001:db8::1]/", true),
            ("[2001:db8::1]:80", "ws://[2001:db8::1]/", true),
            ("[2001:db8::1]:81", "ws://[2001:db8::1]/", false),
            (",, .", "ws://feeds.example/", false),
        ] {
            assert_eq!(is_direct(base, list), expected, "{list}: {base}");
        }
        let upper = [("ALL_PROXY", "p:1"), ("NO_PROXY", "example")];
        assert_eq!(of("ws://feeds.example/", &upper), None);
    }
}
