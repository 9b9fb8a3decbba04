//! Searching, filtering, sorting and paging.

use wsmon_model::{ListQuery, PER_PAGE, Sort, SortKey, Status, Summary};

use crate::support::{
    manager, name, soon,
    upstream::{Manner, Upstream},
};

#[tokio::test]
async fn one_page_at_a_time_and_the_summary_of_all() {
    let upstream = Upstream::start(Manner::Echo).await;
    let manager = manager(upstream.base());
    for number in 0..120 {
        let feed = name(&format!("feed-{number:03}"));
        soon("connected", manager.connect(&feed, None).await.expect("connects").settled()).await;
    }
    for number in 0..7 {
        manager.disconnect(&name(&format!("feed-{number:03}"))).await.expect("the endpoint is there");
    }
    let names = |query: &ListQuery| -> Vec<String> {
        manager.list(query).rows.iter().map(|row| row.endpoint.to_string()).collect()
    };

    let all = manager.list(&ListQuery::default());
    assert_eq!(all.summary, Summary { total: 120, connected: 113, connecting: 0, disconnected: 7 });
    assert_eq!((all.matching, all.page, all.rows.len()), (120, 0, PER_PAGE as usize));
    assert_eq!(all.rows[0].url, format!("{}feed-000", upstream.base()));

    let last = manager.list(&ListQuery { page: 99, ..ListQuery::default() });
    assert_eq!((last.page, last.rows.len()), (2, 20), "a page beyond the end is the last");

    let down = ListQuery { status: Some(Status::Disconnected), ..ListQuery::default() };
    assert_eq!(names(&down).len(), 7);
    assert_eq!(manager.list(&down).summary.total, 120, "the summary is of all");

    let search = ListQuery { search: "FEED-11".to_owned(), ..ListQuery::default() };
    assert_eq!(names(&search).len(), 10);

    let worst_first = Sort { key: SortKey::Status, reversed: false };
    assert_eq!(
        names(&ListQuery { sort: worst_first, ..ListQuery::default() })[..8].join(" "),
        "feed-000 feed-001 feed-002 feed-003 feed-004 feed-005 feed-006 feed-007"
    );
    let by_name_reversed = Sort { key: SortKey::Endpoint, reversed: true };
    assert_eq!(names(&ListQuery { sort: by_name_reversed, ..ListQuery::default() })[0], "feed-119");

    let nothing = manager.list(&ListQuery { search: "absent".to_owned(), ..ListQuery::default() });
    assert_eq!((nothing.matching, nothing.page, nothing.rows.len()), (0, 0, 0));
}
