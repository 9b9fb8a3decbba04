//! Whether what options and services name can be used now.

use wsmon_model::FieldProblem;

use super::Dialer;
use crate::{failure::Failure, options::CheckedOptions, request_fields, secrets::Secrets, service::Upstream};

impl Dialer {
    /// Whether what options name can be read and used.
    pub(crate) async fn check(&self, options: &CheckedOptions) -> Result<(), FieldProblem> {
        let problem = |field: &str, why: &Failure| FieldProblem::new(field, why.to_string());
        if let Some(path) = options.ca_file() {
            self.tls.check(path).await.map_err(|why| problem("ca_file", &why))?;
        }
        for (field, reference) in options.references() {
            Secrets::read([reference], self.secrets_dir.as_ref()).await.map_err(|why| problem(field, &why))?;
        }
        let mut secrets = self.secrets(options).await.map_err(|why| problem("", &why))?;
        match request_fields::resolved(options.in_force(), &mut secrets) {
            Ok(_) => Ok(()),
            Err(why) => Err(FieldProblem::new(why.field().unwrap_or_default(), why.to_string())),
        }
    }

    /// Whether what a service's configuration names for TLS can be used.
    pub(crate) async fn check_service(&self, upstream: &Upstream) -> Result<(), Failure> {
        self.tls(upstream, &CheckedOptions::default()).await.map(drop)
    }
}
