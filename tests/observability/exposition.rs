//! What `/metrics` says, taken apart.

use std::collections::BTreeMap;

/// One series at one moment, without its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series {
    pub name: String,
    pub labels: Vec<(String, String)>,
}

impl Series {
    fn parse(text: &str) -> Self {
        let Some((name, labels)) = text.split_once('{') else { return Self { name: text.to_owned(), labels: vec![] } };
        // No value of ours holds a comma or a quote; one that did would not parse.
        let labels = labels.strip_suffix('}').expect("closed").split(',').map(|label| {
            let (key, value) = label.split_once('=').expect(text);
            let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).expect(text);
            (key.to_owned(), value.to_owned())
        });
        Self { name: name.to_owned(), labels: labels.collect() }
    }

    /// A label's value.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }

    /// Whether it may only grow.
    pub fn is_counter(&self) -> bool {
        ["_total", "_bucket", "_sum", "_count"].iter().any(|suffix| self.name.ends_with(suffix))
    }
}

/// Everything that one scrape brought.
pub struct Samples(pub BTreeMap<Series, f64>);

impl Samples {
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let samples = lines.map(|line| {
            let (series, value) = line.rsplit_once(' ').expect(line);
            (Series::parse(series), value.parse().expect(line))
        });
        Self(samples.collect())
    }

    /// The sum of a metric's series that have these labels.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let of_it = self.0.iter().filter(|(series, _)| {
            series.name == name && labels.iter().all(|(key, value)| series.label(key) == Some(value))
        });
        of_it.map(|(_, value)| value).sum()
    }

    /// How many series an endpoint has.
    pub fn of_endpoint(&self, endpoint: &str) -> usize {
        self.0.keys().filter(|series| series.label("endpoint") == Some(endpoint)).count()
    }
}

/// The names in a text that begin like ours, without what a histogram or the older format's counters add.
pub fn names(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':');
    words.filter(|word| word.starts_with("wsmon_"))
}

/// The names that `/metrics` describes.
pub fn described(text: &str) -> Vec<&str> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types.map(|line| line.split(' ').next().expect("a name")).collect()
}
