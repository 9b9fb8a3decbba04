//! What follows which failure.

use proptest::prelude::*;
use rand::{SeedableRng, rngs::SmallRng};

use super::*;
use wsmon_model::{HttpAnswer, PeerText};

fn closed(code: u16) -> Failure {
    Failure::Closed { code: Some(code), reason: PeerText::default() }
}

fn close(code: u16) -> Verdict {
    judge(&closed(code), Rules::default())
}

fn refused(status: u16, retry_after_s: Option<u64>) -> Failure {
    Failure::Http(Box::new(HttpAnswer { status, retry_after_s, ..HttpAnswer::default() }))
}

fn http(status: u16, retry_after: Option<u64>) -> Verdict {
    judge(&refused(status, retry_after), Rules::default())
}

#[test]
fn every_close_code_follows_the_table() {
    let blocks = [1002..=1003, 1007..=1010, 3500..=3999, 4500..=4999];
    for code in 0..=u16::MAX {
        let verdict = match code {
            1012 => Verdict::Within(Duration::from_secs(5)..=Duration::from_secs(30)),
            1013 => Verdict::NotBefore(Duration::from_secs(10)),
            _ if blocks.iter().any(|codes| codes.contains(&code)) => Verdict::Blocked,
            _ => Verdict::Backoff,
        };
        assert_eq!(close(code), verdict, "{code}");
    }
    let without_code = Failure::Closed { code: None, reason: PeerText::default() };
    assert_eq!(judge(&without_code, Rules::default()), Verdict::Backoff);
}

#[test]
fn every_http_status_follows_the_table() {
    let blocks = [300..=399, 400..=401, 403..=404, 426..=426];
    for status in 0..=u16::MAX {
        let blocked = blocks.iter().any(|statuses| statuses.contains(&status));
        let verdict = if blocked { Verdict::Blocked } else { Verdict::Backoff };
        assert_eq!(http(status, None), verdict, "{status}");
        // Of others the time that they name is not meant.
        if ![429, 503].contains(&status) {
            assert_eq!(http(status, Some(7)), verdict, "{status}");
        }
    }
}

#[test]
fn a_server_that_names_a_time_is_given_it_up_to_an_hour() {
    for status in [429, 503] {
        assert_eq!(http(status, Some(7)), Verdict::NotBefore(Duration::from_secs(7)));
        assert_eq!(http(status, Some(86_400)), Verdict::NotBefore(LONGEST_RETRY_AFTER));
    }
}

#[test]
fn what_would_block_is_tried_again_where_the_options_say_so() {
    let rules = Rules { always_retry: &[401, 4500, 1012], ..Rules::default() };
    assert_eq!(judge(&refused(401, None), rules), Verdict::Backoff);
    assert_eq!(judge(&refused(403, None), rules), Verdict::Blocked);
    assert_eq!(judge(&closed(4500), rules), Verdict::Backoff);
    assert_eq!(judge(&closed(1012), rules), close(1012), "what does not block is as it was");
    let never = Rules { never_retry: &[401], ..rules };
    assert_eq!(judge(&refused(401, None), never), Verdict::Blocked);
}

#[test]
fn a_proxy_is_judged_by_what_it_says_and_not_by_rules_about_the_service() {
    let by_proxy = |status, retry_after_s| {
        let why = Box::new(refused(status, retry_after_s));
        let failure = Failure::Proxy { tunnel: Box::default(), why };
        judge(&failure, Rules { never_retry: &[503], always_retry: &[407], stay_closed: false })
    };
    for status in [302, 400, 403, 404, 405, 407, 501] {
        assert_eq!(by_proxy(status, None), Verdict::Blocked, "{status}");
    }
    for status in [500, 502, 503, 504] {
        assert_eq!(by_proxy(status, None), Verdict::Backoff, "{status}");
    }
    assert_eq!(by_proxy(503, Some(7)), Verdict::NotBefore(Duration::from_secs(7)));
}

#[test]
fn what_may_be_meant_for_a_second_connection() {
    let no = |status| refuses_second(&refused(status, None));
    assert!([403, 409, 423, 429].into_iter().all(no) && ![301, 400, 401, 404, 500, 503].into_iter().any(no));
    assert!(!refuses_second(&refused(429, Some(7))), "it says when to come again");
    let opening = |ended| Failure::Opening { fault: Box::default(), ended, after: Duration::ZERO };
    assert!(refuses_second(&opening(Some(Box::new(closed(1008))))) && !refuses_second(&opening(None)));
    assert!(refuses_second(&closed(4000)) && refuses_second(&Failure::Lost { errno: None }));
    let hung_up = |stage| refuses_second(&Failure::HungUp { stage, errno: None });
    assert!(hung_up(Stage::Upgrade) && !hung_up(Stage::Tls));
}

#[test]
fn a_connections_own_rules_come_first() {
    let rules = Rules { never_retry: &[4001, 502], stay_closed: true, ..Rules::default() };
    assert_eq!(judge(&closed(4001), rules), Verdict::Blocked);
    assert_eq!(judge(&closed(4002), rules), Verdict::Backoff);
    assert_eq!(judge(&closed(1000), rules), Verdict::Final);
    assert_eq!(judge(&refused(502, None), rules), Verdict::Blocked);
    let never = Rules { never_retry: &[1000], stay_closed: true, ..Rules::default() };
    assert_eq!(judge(&closed(1000), never), Verdict::Blocked);
}

proptest! {
    /// Whatever the peer gives as code, and whatever the options say: an attempt follows within bounds, unless the
    /// options call the end final.
    #[test]
    fn a_next_attempt_lies_within_bounds_unless_the_options_want_none(
        code in prop_oneof![999_u16..1_016, 299_u16..600, any::<u16>()],
        is_close in any::<bool>(),
        retry_after in any::<Option<u64>>(),
        listed in any::<bool>(),
        stay_closed in any::<bool>(),
        failures in 1_u32..,
        seed in any::<u64>(),
    ) {
        let failure = if is_close { closed(code) } else { refused(code, retry_after) };
        let never_retry = if listed { vec![code] } else { Vec::new() };
        let verdict = judge(&failure, Rules { never_retry: &never_retry, stay_closed, ..Rules::default() });
        let is_final = is_close && code == 1000 && stay_closed && !listed;
        prop_assert_eq!(verdict == Verdict::Final, is_final);
        prop_assert!(!listed || verdict == Verdict::Blocked);

        let backoff = Backoff::default();
        let delay = verdict.delay(failures, &backoff, &mut SmallRng::seed_from_u64(seed));
        let (none, most) = (Duration::ZERO, backoff.ceiling(failures));
        let bounds = match &verdict {
            Verdict::Backoff => Some(none..=most),
            Verdict::Within(range) => Some(range.clone()),
            Verdict::NotBefore(least) => Some(*least..=*least + most),
            Verdict::Blocked => Some(BLOCKED_RETRY..=BLOCKED_RETRY),
            Verdict::Final => None,
        };
        prop_assert_eq!(delay.is_some(), bounds.is_some());
        prop_assert!(delay.zip(bounds).is_none_or(|(delay, bounds)| bounds.contains(&delay)), "{verdict:?}: {delay:?}");
        prop_assert!(verdict.not_before() <= LONGEST_RETRY_AFTER);
    }
}
