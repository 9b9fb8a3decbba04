//! A keeper whose store is a number.

use futures_util::future::{BoxFuture, ready};
use wsmon_manager::{CheckedOptions, EventRecord, Happened, KeepError, Keeper, Wanted};
use wsmon_model::{EndpointId, PendingAudit};

use crate::filled_store::endpoint;

/// Has so many endpoints, on or off, and keeps nothing.
pub struct Numbered {
    pub endpoints: u32,
    pub on: bool,
}

impl Keeper for Numbered {
    fn load(&self) -> BoxFuture<'_, Result<Vec<Wanted>, KeepError>> {
        let wanted = (0..self.endpoints).map(|number| Wanted {
            endpoint: endpoint(number),
            on: self.on,
            auto_reconnect: true,
            options: CheckedOptions::default(),
        });
        Box::pin(ready(Ok(wanted.collect())))
    }

    fn save<'a>(
        &'a self,
        _: &'a Wanted,
        _: &'a EventRecord,
        _: Option<&'a PendingAudit>,
    ) -> BoxFuture<'a, Result<(), KeepError>> {
        Box::pin(ready(Ok(())))
    }

    fn forget<'a>(&'a self, _: &'a EndpointId, _: Option<&'a PendingAudit>) -> BoxFuture<'a, Result<(), KeepError>> {
        Box::pin(ready(Ok(())))
    }

    fn append<'a>(&'a self, _: &'a Happened) -> BoxFuture<'a, Result<(), KeepError>> {
        Box::pin(ready(Ok(())))
    }
}
