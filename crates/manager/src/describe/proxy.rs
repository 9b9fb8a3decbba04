//! Sentences about a service's proxy that failed.

use wsmon_model::{Evidence, HttpAnswer, NameFault, Stage, Tunnel, UnresolvedName};

use super::{
    advice::{asked_to_wait, because, http_reason},
    time::within,
};

/// Where the proxy is set.
const CHECK: &str = "Check the service's proxy in the monitor's configuration.";

/// The proxy, as the beginning of a sentence.
fn proxy(evidence: &Evidence) -> String {
    let proxy = evidence.tunnel.as_ref().map(|tunnel| format!(" {}", tunnel.proxy)).unwrap_or_default();
    format!("The proxy{proxy}")
}

/// Where the tunnel was to lead.
fn target(evidence: &Evidence) -> String {
    evidence.tunnel.as_ref().map_or_else(|| "the service".to_owned(), |tunnel| tunnel.target.to_string())
}

/// It did not answer, and how far the attempt came.
pub(super) fn proxy_unreachable(evidence: &Evidence) -> String {
    let (proxy, target) = (proxy(evidence), target(evidence));
    let stage = evidence.attempt.map(|attempt| attempt.stage);
    if let Some(UnresolvedName { host, fault }) = &evidence.name {
        return match fault {
            Some(NameFault::NoSuchName) => {
                format!("{proxy} cannot be reached: there is no host named {host}, or it has no address. {CHECK}")
            }
            _ => format!(
                "{proxy} cannot be reached: no name server gave a usable answer for {host}{}. Check the name server that \
                 the monitor's machine asks (/etc/resolv.conf).",
                because(evidence)
            ),
        };
    }
    match (stage, evidence.after_ms.is_some()) {
        (Some(Stage::Dns), true) => {
            let time = within(evidence.after_ms);
            format!("{proxy} cannot be reached: no name server gave an answer for its host {time}.")
        }
        (Some(Stage::Tcp), true) => {
            format!("{proxy} did not accept a TCP connection {}. {CHECK}", within(evidence.after_ms))
        }
        (_, true) => format!(
            "{proxy} accepted the connection but did not open a tunnel to {target} {}: it hangs, or cannot reach that host.",
            within(evidence.after_ms)
        ),
        (Some(Stage::Tcp), false) if evidence.detail.is_none() => {
            format!("{proxy} refused the connection: nothing is listening there. {CHECK}")
        }
        (Some(Stage::Tcp), false) => format!("{proxy} cannot be reached{}. {CHECK}", because(evidence)),
        _ => format!("{proxy} hung up instead of opening a tunnel to {target}. Its log says why."),
    }
}

/// It wants a user and password, or others.
pub(super) fn proxy_auth(evidence: &Evidence) -> String {
    let (proxy, none) = (proxy(evidence), HttpAnswer::default());
    let signs_in = evidence.tunnel.as_ref().is_some_and(|Tunnel { signs_in, .. }| *signs_in);
    let HttpAnswer { status, www_authenticate, .. } = evidence.http.as_ref().unwrap_or(&none);
    if !www_authenticate.is_empty() && !www_authenticate.as_str().to_ascii_lowercase().contains("basic") {
        return format!(
            "{proxy} wants a sign-in that the monitor does not know (HTTP {status}): “{www_authenticate}”. It signs in with a \
             user and password (Basic) only."
        );
    }
    if signs_in {
        format!(
            "{proxy} does not take the user and password that the monitor's configuration gives for it (HTTP {status}). \
             Correct them there."
        )
    } else {
        format!(
            "{proxy} wants a user and password (HTTP {status}), and the monitor's configuration gives none. Write them there \
             as http://user:password@host:port."
        )
    }
}

/// It answered, and opened no tunnel.
pub(super) fn proxy_refused(evidence: &Evidence) -> String {
    let (proxy, target) = (proxy(evidence), target(evidence));
    let Some(&HttpAnswer { status, retry_after_s, .. }) = evidence.http.as_ref() else {
        return format!(
            "{proxy} did not answer as an HTTP proxy does{}. Check that an HTTP proxy listens at that port.",
            because(evidence)
        );
    };
    let advice = match status {
        300..=399 => " It points elsewhere, as one does that wants to be signed in to by a browser.",
        400 | 404 | 405 | 501 => {
            " Check that it is an HTTP proxy, and that it lets tunnels through (CONNECT) to that port."
        }
        403 => " Its rules do not let the monitor reach that host and port: have them allowed there.",
        429 => " It is limiting how often we ask.",
        500..=599 => " It cannot reach that host, or is itself out of order. Its log says which.",
        _ => "",
    };
    format!(
        "{proxy} answered HTTP {status}{} instead of opening a tunnel to {target}.{advice}{}",
        http_reason(status),
        asked_to_wait(retry_after_s)
    )
}
