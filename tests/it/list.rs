//! Searching, filtering, sorting and paging.

use serde_json::json;
use wsmon_manager::{Service, Services};
use wsmon_model::{
    ConnectionList, ListAnswer, ListQuery, ListVersion, PER_PAGE, ServiceName, Sort, SortKey, Status, Summary,
};

use crate::support::{
    manager,
    monitor::{Monitor, Visitor},
    name, soon,
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

/// What comes of a poll.
struct Polled {
    answer: ListAnswer,
    /// As sent: the body, and the status and headers before it.
    body: usize,
    head: usize,
}

/// Polls like a browser, as whoever is shown the list of that version.
async fn poll(admin: &Visitor, query: &ListQuery, shown: Option<ListVersion>) -> Polled {
    let arguments = json!({ "query": query, "shown": shown });
    let answer = admin.call_accepting("list_connections", &arguments, "identity").await;
    let lines = answer.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    let head = "HTTP/1.1 200 OK\r\n\r\n".len() + lines.sum::<usize>();
    let body = answer.bytes().await.expect("a body");
    Polled { answer: postcard::from_bytes(&body).expect("an answer"), body: body.len(), head }
}

/// What is shown after a poll that finds something new.
async fn changed(admin: &Visitor, query: &ListQuery, shown: Option<ListVersion>) -> ConnectionList {
    match poll(admin, query, shown).await.answer {
        ListAnswer::Changed(list) => *list,
        ListAnswer::Unchanged { .. } => panic!("it has changed"),
    }
}

#[tokio::test]
async fn a_poll_that_finds_nothing_new_costs_less_than_200_bytes() {
    let (upstream, refusing) = (Upstream::start(Manner::Echo).await, Upstream::start(Manner::Refuse(403)).await);
    let down = Service::new("down".parse().expect("a name"), refusing.base());
    let up = Service::new(ServiceName::default(), upstream.base());
    let services = Services::new([up, down]).expect("services");
    let monitor = Monitor::start_with(upstream.base(), |config| config.services = services).await;
    let manager = &monitor.state.manager;
    for number in 0..PER_PAGE {
        // Some are blocked, and tried again at a time that is told.
        let service = if number % 5 == 0 { "down:" } else { "" };
        let id = format!("{service}feed-{number:03}").parse().expect("an id");
        soon("settled", manager.connect(&id, None).await.expect("connects").settled()).await;
    }
    let admin = Visitor::admin(&monitor).await;
    let query = ListQuery::default();
    let first = changed(&admin, &query, None).await;
    assert_eq!((first.rows.len(), first.summary.connected), (50, 40));

    let mut before_ms = first.now_ms;
    for _ in 0..20 {
        let Polled { answer, body, head } = poll(&admin, &query, Some(first.version)).await;
        let ListAnswer::Unchanged { now_ms } = answer else { panic!("only the time has changed: {answer:?}") };
        assert!(now_ms >= before_ms && body < 200, "{body} bytes, {head} before them");
        before_ms = now_ms;
    }
    let Polled { body, head, .. } = poll(&admin, &query, Some(first.version)).await;
    println!("unchanged: {body} bytes, and {head} of status and headers");

    // Whatever else was asked for, it is what is shown.
    let all = ListQuery { search: "feed".to_owned(), ..query.clone() };
    assert!(matches!(poll(&admin, &all, Some(first.version)).await.answer, ListAnswer::Unchanged { .. }));
    let part = ListQuery { search: "feed-01".to_owned(), ..query.clone() };
    assert_eq!(changed(&admin, &part, Some(first.version)).await.matching, 10);

    let feed = name("feed-001");
    manager.set_auto_reconnect(&feed, false).await.expect("the endpoint is there");
    let switched = changed(&admin, &query, Some(first.version)).await;
    manager.disconnect(&feed).await.expect("the endpoint is there");
    let off = changed(&admin, &query, Some(switched.version)).await;
    assert_eq!(off.summary.connected, 39);
    manager.remove(&feed).await.expect("the endpoint is there");
    let removed = changed(&admin, &query, Some(off.version)).await;
    assert_eq!(removed.rows.len(), 49);
    assert!(matches!(poll(&admin, &query, Some(removed.version)).await.answer, ListAnswer::Unchanged { .. }));
    assert_eq!(
        changed(&admin, &query, Some(first.version)).await.version,
        removed.version,
        "whatever was shown before"
    );
}
