//! One page of a sorted and filtered list, without sorting the rest.

use std::{ops::Range, sync::Arc};

use super::{Entries, Entry, Row};
use wsmon_model::{ListQuery, PER_PAGE, ServiceName, SortKey};

/// One page of what matches a query.
pub(super) struct Page {
    /// How many match, on all pages.
    pub(super) matching: u32,
    /// Which page it is.
    pub(super) page: u32,
    pub(super) rows: Vec<Arc<Entry>>,
}

/// What a row is sorted by, read once as it may change meanwhile, and its number: equals are in the order of their ids.
pub(super) type Keyed = (u64, usize);

impl Entries {
    /// The page that a query asks for: the last one if there are fewer.
    pub(super) fn page(&self, query: &ListQuery) -> Page {
        let of_service = self.rows_of(query.service.as_ref());
        if query.sort.key == SortKey::Endpoint && query.status.is_none() && query.search.is_empty() {
            // Nothing has to be looked at but the page itself.
            let (page, part) = page_of(of_service.len(), query);
            let part = of_service.start + part.start..of_service.start + part.end;
            return self.answer(query, page, of_service.len(), part);
        }
        let mut keyed = self.matching(query, of_service);
        let (page, part) = page_of(keyed.len(), query);
        if query.sort.key != SortKey::Endpoint {
            sort_part(&mut keyed, part.clone());
        }
        self.answer(query, page, keyed.len(), keyed[part].iter().map(|&(_, number)| number))
    }

    /// The numbers of a service's rows, or of all.
    pub(super) fn rows_of(&self, service: Option<&ServiceName>) -> Range<usize> {
        let Some(service) = service else { return 0..self.rows.len() };
        let start = self.rows.partition_point(|row| row.entry.endpoint.service < *service);
        start..self.rows.partition_point(|row| row.entry.endpoint.service <= *service)
    }

    /// Those of these rows that match a query, in their order.
    pub(super) fn matching(&self, query: &ListQuery, rows: Range<usize>) -> Vec<Keyed> {
        let of_status = |row: &Row| query.status.is_none_or(|wanted| wanted == row.shared.status());
        let keyed = |(number, row): (usize, &Row)| of_status(row).then(|| (sort_key(row, query.sort.key), number));
        match query.search.as_str() {
            "" => rows.clone().zip(self.rows.range(rows)).filter_map(keyed).collect(),
            part => {
                let text = self.search_text.get_or_init(|| self.all().collect());
                let found = text.find(part).filter(|number| rows.contains(number));
                found.filter_map(|number| keyed((number, &self.rows[number]))).collect()
            }
        }
    }

    /// The page of these rows, which are in the order that is not reversed.
    fn answer(
        &self,
        query: &ListQuery,
        page: u32,
        matching: usize,
        numbers: impl DoubleEndedIterator<Item = usize>,
    ) -> Page {
        let rows = numbers.map(|number| Arc::clone(&self.rows[number].entry));
        let rows = if query.sort.reversed { rows.rev().collect() } else { rows.collect() };
        Page { matching: count(matching), page, rows }
    }
}

/// What rows are sorted by, smallest first.
fn sort_key(row: &Row, key: SortKey) -> u64 {
    match key {
        SortKey::Endpoint => 0,
        SortKey::Status => row.shared.status() as u64,
        SortKey::AutoReconnect => u64::from(row.shared.auto_reconnect()),
        SortKey::Messages => u64::MAX - row.shared.messages_received(),
        // Before the oldest comes what never had one.
        SortKey::LastMessage => row.shared.last_message_ms().map_or(0, i64::cast_unsigned),
    }
}

/// The number of the page that is wanted, or of the last one, and where it is among so many rows. In a reversed list the
/// first page is at the end.
fn page_of(rows: usize, query: &ListQuery) -> (u32, Range<usize>) {
    let page = query.page.min(count(rows).saturating_sub(1) / PER_PAGE);
    let per_page = PER_PAGE as usize;
    let start = page as usize * per_page;
    let end = rows.min(start + per_page);
    (page, if query.sort.reversed { rows - end..rows - start } else { start..end })
}

/// Puts into a part what a sort would put there, in order.
fn sort_part(keyed: &mut [Keyed], part: Range<usize>) {
    if part.end < keyed.len() {
        keyed.select_nth_unstable(part.end);
    }
    if part.start > 0 {
        keyed[..part.end].select_nth_unstable(part.start);
    }
    keyed[part].sort_unstable();
}

fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}
