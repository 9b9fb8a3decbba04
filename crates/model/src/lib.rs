//! The plain types that server and browser share. They know neither.

mod account;
mod advice;
mod attempt;
mod audit;
mod availability;
mod base_url;
mod bulk;
mod cause;
mod connection;
mod dry_run;
mod endpoint;
mod endpoint_id;
mod event;
mod evidence;
mod field_problem;
mod guide_page;
mod layer;
mod list;
mod list_answer;
mod local_path;
mod login;
mod option_defaults;
mod option_fields;
mod options;
mod peer_text;
mod profile;
mod profile_options;
mod request_id;
mod secret;
mod secret_reference;
mod service;
mod theme;
mod token_expiry;
mod utc_time;
mod utc_window;

pub use account::{Account, LoginSession, PASSWORD_MAX_BYTES, PASSWORD_MIN_CHARS};
pub use advice::Advice;
pub use attempt::{Attempt, Stage};
pub use audit::{AuditAction, AuditEntry, AuditOutcome, AuditPage, AuditQuery, PendingAudit};
pub use availability::{
    Availability, AvailabilityReport, Bucket, BucketKind, GAPS_FILE, Gap, GapReason, History, Period, PeriodKind,
    Transition, WINDOWS, Window, WindowReport,
};
pub use base_url::BaseUrl;
pub use bulk::{
    BulkAction, BulkId, BulkOutcome, BulkPreview, BulkProgress, BulkResult, BulkStep, LeftAlone, Selection,
};
pub use cause::Cause;
pub use connection::{Connection, EndpointDetails, Phase, Silence, Status, WaitingFor};
pub use dry_run::DryRunStep;
pub use endpoint::{EndpointName, EndpointNameError};
pub use endpoint_id::{EndpointId, EndpointIdError};
pub use event::{Event, EventKind};
pub use evidence::{
    Certificate, CertificateFault, CertificateFile, CertificateProblem, CloseFrame, Evidence, HttpAnswer,
    LocalResource, NameFault, OpeningFault, ProtocolFault, SubprotocolFault, TlsFault, TlsProblem, TokenFault,
    TokenProblem, Tunnel, UnresolvedName,
};
pub use field_problem::FieldProblem;
pub use guide_page::GuidePage;
pub use layer::Layer;
pub use list::{ListQuery, PER_PAGE, Sort, SortKey, Summary};
pub use list_answer::{ConnectionList, ListAnswer, ListVersion};
pub use local_path::LocalPath;
pub use login::{LoginFailure, LoginRetry};
pub use option_defaults::DefaultOf;
pub use option_fields::{FieldKind, OPTION_FIELDS, OptionField};
pub use options::{ConnectionOptions, EndpointOptions, Header, Limits, OptionsVersion, TextPing};
pub use peer_text::PeerText;
pub use profile::Profile;
pub use request_id::RequestId;
pub use secret::Secret;
pub use secret_reference::{InvalidReference, SecretReference};
pub use service::{ServiceInfo, ServiceName, ServiceNameError};
pub use theme::Theme;
pub use token_expiry::{TokenExpiry, TokenRenewal};
pub use utc_time::{utc_iso, utc_text, utc_text_ms};
pub use utc_window::{InvalidWindow, UtcWindow};

/// Reads a page's number in a URL, which counts from 1.
fn page_param(text: Option<String>) -> u32 {
    text.and_then(|text| text.parse::<u32>().ok()).map(|page| page.saturating_sub(1)).unwrap_or_default()
}
