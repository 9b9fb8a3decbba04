//! What the server gives to the living part of a page: the value that it was rendered with.

use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

/// The element that holds the value.
const ELEMENT: &str = "given";

/// A value on its way, as bytes.
#[derive(Clone)]
pub struct Given(Vec<u8>);

impl Given {
    /// A value to be given.
    pub fn new(value: &impl Serialize) -> Self {
        Self(postcard::to_allocvec(value).expect("plain values of known length can be written"))
    }
}

/// Renders an island with a value, which it takes with [`given`]. One a page.
///
/// In the place of the island's props, which leptos writes as JSON: reading JSON takes a browser 20 KB of code.
#[component]
pub fn Give(value: Given, children: Children) -> impl IntoView {
    let text: String = value.0.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(digit).collect();
    provide_context(value);
    view! { <template id=ELEMENT data-value=text></template> {children()} }
}

/// The value that the page was rendered with.
pub fn given<T: DeserializeOwned>() -> T {
    let bytes = use_context::<Given>().map_or_else(read, |given| given.0);
    postcard::from_bytes(&bytes).expect("a page comes with what it was rendered with")
}

/// Reads the value from the page, which holds hexadecimal digits of it.
fn read() -> Vec<u8> {
    let element = document().get_element_by_id(ELEMENT);
    let text = element.and_then(|element| element.get_attribute("data-value")).unwrap_or_default();
    let number = |digit: u8| (digit & 15) + if digit > b'9' { 9 } else { 0 };
    text.as_bytes().chunks_exact(2).map(|pair| number(pair[0]) << 4 | number(pair[1])).collect()
}

fn digit(number: u8) -> char {
    char::from(b"0123456789abcdef"[usize::from(number)])
}
