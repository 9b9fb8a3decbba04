//! What server functions are sent and what they answer, which is Postcard, as JSON: so that tests read well.

use reqwest::{Response, StatusCode};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use websocket_monitor::{
    changes::{Change, SAVE_OPTIONS},
    error::AppError,
};
use wsmon_model::{
    Account, AuditPage, AuditQuery, AvailabilityReport, BulkAction, BulkId, BulkPreview, BulkProgress, BulkStep,
    Connection, ConnectionOptions, EndpointDetails, EndpointOptions, GuidePage, ListAnswer, ListQuery, ListVersion,
    OPTION_FIELDS, Selection, Summary,
};

/// The type of both.
pub const POSTCARD: &str = "application/x-postcard";

#[derive(Serialize, Deserialize)]
struct Nothing {}

#[derive(Serialize, Deserialize)]
struct List {
    query: ListQuery,
    shown: Option<ListVersion>,
}

#[derive(Serialize, Deserialize)]
struct Audit {
    query: AuditQuery,
}

#[derive(Serialize, Deserialize)]
struct Guide {
    page: GuidePage,
}

#[derive(Serialize, Deserialize)]
struct Endpoint {
    endpoint: String,
}

#[derive(Serialize, Deserialize)]
struct Changed {
    change: Change,
}

#[derive(Serialize, Deserialize)]
struct Preview {
    selection: Selection,
    action: BulkAction,
}

#[derive(Serialize, Deserialize)]
struct Bulk {
    id: BulkId,
    step: BulkStep,
}

/// The arguments of a function as they are sent.
pub fn arguments(function: &str, arguments: &Value) -> Vec<u8> {
    match function {
        "list_connections" => to_postcard::<List>(arguments),
        "load_summary" | "load_account" => to_postcard::<Nothing>(arguments),
        "load_guide" => to_postcard::<Guide>(arguments),
        "change_connection" => to_postcard::<Changed>(&json!({ "change": arguments })),
        "load_endpoint" | "load_availability" | "load_options" => to_postcard::<Endpoint>(arguments),
        "list_audit" => to_postcard::<Audit>(arguments),
        "preview_bulk" => to_postcard::<Preview>(arguments),
        "step_bulk" => to_postcard::<Bulk>(arguments),
        _ => panic!("{function} is not known here"),
    }
}

/// What the form on a connection's page sends to save these options.
pub fn options_form(options: &Value) -> Vec<(&'static str, String)> {
    let options = ConnectionOptions::deserialize(options).unwrap_or_else(|error| panic!("{options}: {error}"));
    let fields = OPTION_FIELDS.iter().map(|field| (field.name, options.field(field.name)));
    // A browser leaves out a switch that is off; an empty field means the same.
    fields.filter(|(_, text)| !text.is_empty()).chain([(SAVE_OPTIONS, String::new())]).collect()
}

/// The answer of a function, whose body is JSON from here on.
pub async fn answer(function: &str, answer: Response) -> Response {
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await.expect("a body");
    let json = match function {
        _ if status != StatusCode::OK => to_json::<AppError>(&body),
        "list_connections" => to_json::<ListAnswer>(&body),
        "load_summary" => to_json::<Summary>(&body),
        "load_guide" => to_json::<String>(&body),
        "load_account" => to_json::<Account>(&body),
        "load_endpoint" => to_json::<EndpointDetails>(&body),
        "change_connection" => to_json::<Option<Connection>>(&body),
        "load_availability" => to_json::<AvailabilityReport>(&body),
        "load_options" => to_json::<EndpointOptions>(&body),
        "list_audit" => to_json::<AuditPage>(&body),
        "preview_bulk" => to_json::<BulkPreview>(&body),
        "step_bulk" => to_json::<BulkProgress>(&body),
        _ => panic!("{function} is not known here"),
    };
    let mut told = http::Response::new(json.to_string());
    *told.status_mut() = status;
    *told.headers_mut() = headers;
    Response::from(told)
}

fn to_postcard<T: Serialize + DeserializeOwned>(json: &Value) -> Vec<u8> {
    let arguments: T = serde_json::from_value(json.clone()).unwrap_or_else(|error| panic!("{json}: {error}"));
    postcard::to_allocvec(&arguments).expect("plain values can be written")
}

fn to_json<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Value {
    let value: T = postcard::from_bytes(bytes).unwrap_or_else(|error| panic!("{bytes:?}: {error}"));
    serde_json::to_value(value).expect("plain values are JSON")
}
