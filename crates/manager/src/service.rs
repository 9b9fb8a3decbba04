//! Services: base URLs, each with what its endpoints have in common.

use std::{collections::BTreeMap, fmt, sync::Arc};

use wsmon_model::{BaseUrl, ConnectionOptions, EndpointId, ServiceInfo, ServiceName};

use super::{
    gate::HostGate, host_certificate::HostCertificate, invalid_options::InvalidOptions, options::CheckedOptions,
    proxy::Proxy, tally::Tally, target::Base, tls::TlsFiles, tokens::Tokens,
};

/// A named base URL, and the defaults of its endpoints.
#[derive(Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: ServiceName,
    /// The URL to whose path its endpoints' names are appended.
    pub base: Base,
    /// The proxy through which its host is reached.
    pub proxy: Option<Proxy>,
    /// What holds for an endpoint whose own options say nothing else.
    pub defaults: ConnectionOptions,
    /// Whom it trusts and what it shows, where that is not the same for all services.
    pub tls: TlsFiles,
}

impl Service {
    /// A service that is reached directly and whose endpoints have nothing in common but its base URL.
    pub fn new(name: ServiceName, base: Base) -> Self {
        Self { name, base, proxy: None, defaults: ConnectionOptions::default(), tls: TlsFiles::default() }
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("name", &self.name)
            .field("base", &self.base)
            .field("proxy", &self.proxy)
            .finish_non_exhaustive()
    }
}

/// The services that are configured, by name.
#[derive(Clone, Debug, Default)]
pub struct Services(BTreeMap<ServiceName, Service>);

/// Why services cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidServices {
    /// Two of one name.
    #[error("there are two services named {0}")]
    Twice(ServiceName),
    /// Defaults that no connection could use.
    #[error("the options of the service {service} cannot be used: {why}")]
    Defaults {
        /// Whose.
        service: ServiceName,
        /// Why not.
        why: InvalidOptions,
    },
}

impl Services {
    /// Checks services.
    ///
    /// # Errors
    ///
    /// Any [`InvalidServices`].
    pub fn new(services: impl IntoIterator<Item = Service>) -> Result<Self, InvalidServices> {
        let mut by_name = BTreeMap::new();
        for service in services {
            if let Err(why) = defaults_of(&service) {
                return Err(InvalidServices::Defaults { service: service.name, why });
            }
            if let Some(twice) = by_name.insert(service.name.clone(), service) {
                return Err(InvalidServices::Twice(twice.name));
            }
        }
        Ok(Self(by_name))
    }

    /// The service of this name, if it is configured.
    pub fn get(&self, name: &ServiceName) -> Option<&Service> {
        self.0.get(name)
    }

    /// All of them, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Service> {
        self.0.values()
    }
}

impl From<Base> for Services {
    /// The service `default` alone, without defaults for options.
    fn from(base: Base) -> Self {
        let name = ServiceName::default();
        Self(BTreeMap::from([(name.clone(), Service::new(name, base))]))
    }
}

/// What holds for an endpoint that has no options of its own.
fn defaults_of(service: &Service) -> Result<CheckedOptions, InvalidOptions> {
    CheckedOptions::new(service.defaults.clone())?.over(&CheckedOptions::default())
}

/// A service as its connections use it. One that is not configured any more has no base URL.
pub(super) struct Upstream {
    pub(super) name: ServiceName,
    pub(super) base: Option<Base>,
    pub(super) proxy: Option<Proxy>,
    shown_base: Option<BaseUrl>,
    pub(super) defaults: CheckedOptions,
    /// What holds for the endpoints without options of their own, which share it: most have none.
    plain: Arc<CheckedOptions>,
    pub(super) tls: TlsFiles,
    /// The certificate that its host has shown.
    pub(super) certificate: HostCertificate,
    /// The circuit breaker and the pacing of attempts.
    pub(super) gate: HostGate,
    /// What endpoints sign in with that have no sign-in of their own.
    pub(super) tokens: Option<Tokens>,
    /// Its connections by status.
    pub(super) tally: Tally,
}

impl Upstream {
    pub(super) fn new(service: &Service, gate: HostGate, tokens: Option<Tokens>) -> Self {
        let defaults = defaults_of(service).expect("services have options that are valid");
        Self {
            name: service.name.clone(),
            base: Some(service.base.clone()),
            proxy: service.proxy.clone(),
            shown_base: Some(service.base.shown()),
            plain: Arc::new(CheckedOptions::default().over(&defaults).expect("they are the defaults alone")),
            defaults,
            tls: service.tls.clone(),
            certificate: HostCertificate::default(),
            gate,
            tokens,
            tally: Tally::default(),
        }
    }

    /// A service of which there are connections and no configuration.
    pub(super) fn not_configured(name: ServiceName, gate: HostGate) -> Self {
        Self {
            name,
            base: None,
            proxy: None,
            shown_base: None,
            defaults: CheckedOptions::default(),
            plain: Arc::default(),
            tls: TlsFiles::default(),
            certificate: HostCertificate::default(),
            gate,
            tokens: None,
            tally: Tally::default(),
        }
    }

    /// The service as people see it; none if it is not configured.
    pub(super) fn info(&self) -> Option<ServiceInfo> {
        let failing = self.gate.open_breaker().is_some();
        Some(ServiceInfo { name: self.name.clone(), base_url: self.shown_base.clone()?, failing })
    }

    pub(super) fn is_configured(&self) -> bool {
        self.base.is_some()
    }

    /// The URL of an endpoint as people may see it; empty if the service is not configured.
    pub(super) fn shown_url(&self, endpoint: &EndpointId) -> String {
        self.shown_base.as_ref().map(|base| base.endpoint_url(&endpoint.name)).unwrap_or_default()
    }

    /// An endpoint's own options, with the service's where they say nothing.
    pub(super) fn options_in_force(&self, own: CheckedOptions) -> Arc<CheckedOptions> {
        if own.problem().is_none() && *own.given() == ConnectionOptions::default() {
            return Arc::clone(&self.plain);
        }
        Arc::new(own.over_or_unusable(&self.defaults))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(name: &str, defaults: ConnectionOptions) -> Service {
        let base = "ws://localhost:8000/ws/".parse().expect("a base URL");
        Service { defaults, ..Service::new(name.parse().expect("a name"), base) }
    }

    #[test]
    fn names_are_given_once_and_defaults_are_checked() {
        let plain = ConnectionOptions::default;
        let two = Services::new([service("b", plain()), service("a", plain())]).expect("valid");
        assert!(two.iter().map(|service| service.name.as_str()).eq(["a", "b"]));
        let twice = Services::new([service("a", plain()), service("a", plain())]).expect_err("the same name");
        assert_eq!(twice, InvalidServices::Twice("a".parse().expect("a name")));
        let short = ConnectionOptions { ping_interval_ms: Some(1), ..plain() };
        let invalid = Services::new([service("a", short)]).expect_err("too short");
        assert!(matches!(invalid, InvalidServices::Defaults { why: InvalidOptions::TooShort, .. }));
    }
}
