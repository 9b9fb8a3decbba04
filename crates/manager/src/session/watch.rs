//! How an open connection is watched.

use std::time::Duration;

use crate::{config::ManagerConfig, options::CheckedOptions};

/// How an open connection is watched.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    /// How often to ping.
    pub(crate) ping_interval: Duration,
    /// How long to wait for the pong.
    pub(crate) pong_timeout: Duration,
    /// How long without a message before the connection is given up.
    pub(crate) recycle_after: Option<Duration>,
}

impl Watch {
    /// What options say, and the configuration for what they leave open.
    pub(crate) fn new(options: &CheckedOptions, config: &ManagerConfig) -> Self {
        let given = options.in_force();
        let (ping_interval, pong_timeout) = options.pings((config.ping_interval, config.pong_timeout));
        Self { ping_interval, pong_timeout, recycle_after: options.max_silence().filter(|_| given.recycle_when_silent) }
    }
}
