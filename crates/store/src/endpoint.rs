//! Endpoints in statements.

use sqlx::{Sqlite, query::Query, sqlite::SqliteArguments};
use wsmon_model::EndpointId;

type SqliteQuery<'q> = Query<'q, Sqlite, SqliteArguments>;

/// Binds an endpoint's service and name to a statement's next two parameters.
pub(super) fn bind_endpoint<'q>(query: SqliteQuery<'q>, endpoint: &'q EndpointId) -> SqliteQuery<'q> {
    query.bind(endpoint.service.as_str()).bind(endpoint.name.as_str())
}
