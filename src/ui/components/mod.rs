//! One file a component, or a function that makes a view of plain data: such a view is made anew at each change, and leptos
//! touches only what differs from the last one.

mod actions;
mod add_connection;
mod availability;
mod banners;
mod bulk;
mod bulk_dialog;
mod clicks;
mod connection_row;
mod connections_section;
mod freshness;
mod gaps;
mod header;
mod keys;
pub mod links;
mod notices;
mod operation;
mod options_form;
mod page;
mod pager;
mod search_box;
mod selection_bar;
mod service_filter;
mod standing;
mod status_badge;
mod strip;
mod summary_figures;
mod theme_picker;

use header::Header;

pub use actions::{Actions, asked_for};
pub use add_connection::AddConnection;
pub use availability::availability;
pub use banners::{disk_full, not_loaded, refresh_error, store_problem};
pub use bulk::Bulk;
pub use bulk_dialog::bulk_dialog;
pub use clicks::clicked;
pub use connection_row::{CHANGES, auto_reconnect, change_button, row_actions};
pub use connections_section::ConnectionsSection;
pub use freshness::freshness;
pub use gaps::gaps;
pub use keys::Keys;
pub use notices::notices;
pub use options_form::options_form;
pub use page::{LonePage, Page};
pub use pager::pager;
pub use standing::standing;
pub use status_badge::status_badge;
pub use summary_figures::summary_figures;
