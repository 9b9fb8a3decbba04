//! What was learned of feeds is kept with them, and goes with them.

use wsmon_manager::{Keeper, LearnedSilences};

use super::tests::Kept;

fn learned(endpoint: &str, learned: &[u8]) -> LearnedSilences {
    LearnedSilences { endpoint: endpoint.parse().expect("an id"), learned: learned.to_vec() }
}

#[tokio::test]
async fn what_was_learned_of_a_feed_is_replaced_and_goes_with_it() {
    let kept = Kept::new().await;
    assert_eq!(kept.store.load_silences().await, Ok(vec![]));
    let batch = [learned("feed", &[1, 2]), learned("removed-meanwhile", &[3])];
    kept.store.keep_silences(&batch).await.expect("kept");
    assert_eq!(kept.store.load_silences().await, Ok(vec![learned("feed", &[1, 2])]));
    kept.store.keep_silences(&[learned("feed", &[4])]).await.expect("kept");
    assert_eq!(kept.store.load_silences().await, Ok(vec![learned("feed", &[4])]));
    kept.store.forget(&kept.feed, None).await.expect("forgotten");
    assert_eq!(kept.store.load_silences().await, Ok(vec![]));
}
