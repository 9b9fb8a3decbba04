//! The two text formats: `OpenMetrics`, which the library writes, and Prometheus' older one, which
//! everything else reads.

use axum::http::HeaderValue;

/// A text format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Prometheus text 0.0.4.
    Prometheus,
    /// `OpenMetrics` 1.0.
    OpenMetrics,
}

impl Format {
    /// The format a scraper asks for.
    pub(super) fn accepted(accept: Option<&HeaderValue>) -> Self {
        let accept = accept.and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        if accept.contains("application/openmetrics-text") { Self::OpenMetrics } else { Self::Prometheus }
    }

    pub(super) fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        })
    }

    /// Turns `OpenMetrics` into this format.
    pub(super) fn write(self, text: String) -> String {
        match self {
            Self::OpenMetrics => text,
            Self::Prometheus => to_prometheus(&text),
        }
    }
}

/// The formats differ in the name that describes a counter, which here has its `_total`, and in
/// comments that the older one does not know.
fn to_prometheus(text: &str) -> String {
    let mut lines = text.lines().peekable();
    let mut written = String::with_capacity(text.len());
    while let Some(line) = lines.next() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let counter = lines.peek().filter(|next| next.ends_with(" counter")).is_some();
            let (name, words) = help.split_once(' ').unwrap_or((help, ""));
            let total = if counter { "_total" } else { "" };
            written.push_str(&format!("# HELP {name}{total} {words}\n"));
            if counter {
                lines.next();
                written.push_str(&format!("# TYPE {name}_total counter\n"));
            }
        } else if line != "# EOF" && !line.starts_with("# UNIT ") {
            written.push_str(line);
            written.push('\n');
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_counters_and_unknown_comments_change() {
        let text = "# HELP a Some.\n# TYPE a counter\n# UNIT a s\na_total{x=\"# EOF\"} 1\n# HELP b More.\n\
                    # TYPE b gauge\nb 2\n# EOF\n";
        let expected = "# HELP a_total Some.\n# TYPE a_total counter\na_total{x=\"# EOF\"} 1\n# HELP b More.\n\
                        # TYPE b gauge\nb 2\n";
        assert_eq!(Format::Prometheus.write(text.to_owned()), expected);
        assert_eq!(Format::OpenMetrics.write(text.to_owned()), text);
    }

    #[test]
    fn the_scraper_chooses() {
        let accept = HeaderValue::from_static("application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1");
        assert_eq!(Format::accepted(Some(&accept)), Format::OpenMetrics);
        assert_eq!(Format::accepted(None), Format::Prometheus);
    }
}
