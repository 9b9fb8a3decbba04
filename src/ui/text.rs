//! Texts that change where they stand.

/// A text that is made anew when a signal it reads has changed. One type for all, as leptos compiles what keeps a text on the
/// page for each type of closure.
pub type Text = Box<dyn FnMut() -> String + Send>;

/// A text that is made anew when a signal it reads has changed.
pub fn text(make: impl FnMut() -> String + Send + 'static) -> Text {
    Box::new(make)
}
