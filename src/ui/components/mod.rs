//! One file a component.

mod actions;
mod add_connection;
mod connection_row;
mod connections_section;
mod freshness;
mod header;
pub mod links;
mod notices;
mod options_form;
mod pager;
mod refresh_error;
mod search_box;
mod service_filter;
mod standing;
mod status_badge;
mod summary_figures;
mod theme_picker;

pub use actions::Actions;
pub use add_connection::AddConnection;
pub use connection_row::{AutoReconnect, RowActions};
pub use connections_section::ConnectionsSection;
pub use freshness::Freshness;
pub use header::Header;
pub use notices::Notices;
pub use options_form::OptionsForm;
pub use pager::Pager;
pub use refresh_error::{DiskFull, RefreshError, StoreProblem};
pub use search_box::SearchBox;
pub use standing::Standing;
pub use status_badge::StatusBadge;
pub use summary_figures::SummaryFigures;
