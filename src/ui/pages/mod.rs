//! One file a screen.

mod account;
mod admin;
mod audit;
mod dry_run;
mod endpoint;
mod guide;
mod login;
mod not_found;
mod websocket_monitor;

pub use account::OwnAccount;
pub use admin::AdminDashboard;
pub use audit::AuditLog;
pub use dry_run::DryRun;
pub use endpoint::OneEndpoint;
pub use guide::guide;
pub use login::Login;
pub use not_found::NotFound;
pub use websocket_monitor::WebSocketMonitor;
