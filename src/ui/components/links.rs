//! Where a list's search, filter, sort and page live: in the URL.

use leptos_router::params::ParamsMap;

use wsmon_model::{AuditQuery, ListQuery};

/// The dashboard's path.
pub const MONITOR: &str = "/admin/websocket-monitor";

/// The audit log's path.
pub const AUDIT: &str = "/admin/audit";

/// The monitoring guide's path.
pub const GUIDE: &str = "/docs/monitoring/overview";

/// The path of an administrator's own account.
pub const ACCOUNT: &str = "/admin/account";

/// The path of one connection. A name's characters need no escaping.
pub fn endpoint(name: &str) -> String {
    format!("{MONITOR}/{name}")
}

/// The dashboard's path with a query.
pub fn monitor(query: &ListQuery) -> String {
    with_params(MONITOR, query.to_params())
}

/// The audit log's path with a query.
pub fn audit(query: &AuditQuery) -> String {
    with_params(AUDIT, query.to_params())
}

fn with_params(path: &str, params: Vec<(&'static str, String)>) -> String {
    let params: ParamsMap = params.into_iter().collect();
    format!("{path}{}", params.to_query_string())
}
