//! Connecting to a name that has several addresses, as RFC 8305 ("Happy Eyeballs") has it: families
//! take turns, the next address is tried before the last one has failed, and the first to answer wins.

use std::{net::SocketAddr, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::time::sleep;

use crate::failure::Failure;
use wsmon_model::LocalResource;

/// How long an address has for itself before the next is tried beside it (RFC 8305 section 5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Opens a connection to one of the addresses; none if there is no address. The attempts that have
/// not won are dropped. When all fail, the failure that tells most is given.
pub(super) async fn race<S, F>(
    addresses: &[SocketAddr],
    mut open: impl FnMut(SocketAddr) -> F,
) -> Option<Result<S, Failure>>
where
    F: Future<Output = Result<S, Failure>>,
{
    let mut addresses = interleaved(addresses).into_iter();
    let mut under_way = FuturesUnordered::new();
    let mut told = None;
    loop {
        match addresses.next() {
            Some(address) => under_way.push(open(address)),
            None if under_way.is_empty() => return told.map(Err),
            None => {}
        }
        tokio::select! {
            Some(opened) = under_way.next() => match opened {
                Ok(stream) => return Some(Ok(stream)),
                Err(failure) => told = Some(more_telling(told, failure)),
            },
            () = sleep(ATTEMPT_DELAY), if addresses.len() > 0 => {}
        }
    }
}

/// The addresses with the two families taking turns, beginning with the one that the resolver
/// prefers (RFC 8305 section 4). The order within a family is the resolver's.
fn interleaved(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let preferred = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.iter().copied().partition(|address| address.is_ipv6() == preferred);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut turns = Vec::with_capacity(addresses.len());
    while turns.len() < addresses.len() {
        turns.extend(first.next());
        turns.extend(second.next());
    }
    turns
}

/// Of two addresses' failures the one that tells more about the host; of equals the later.
fn more_telling(before: Option<Failure>, failure: Failure) -> Failure {
    let rank = |failure: &Failure| match failure {
        // No address of our own in that family: usually a machine without IPv6.
        Failure::LocalResources { short_of: LocalResource::Port { address }, .. } if address.is_ipv6() => 0,
        // The other addresses were not really tried.
        Failure::LocalResources { .. } => 3,
        Failure::Refused { .. } => 2,
        _ => 1,
    };
    match before {
        Some(before) if rank(&before) > rank(&failure) => before,
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use std::{
        cell::{Cell, RefCell},
        future::pending,
    };

    use tokio::time::Instant;

    use super::*;
    use crate::SystemError;
    use wsmon_model::PeerText;

    fn address(text: &str) -> SocketAddr {
        text.parse().expect(text)
    }

    fn refused(address: SocketAddr) -> Failure {
        Failure::Refused { address, errno: None }
    }

    fn unreachable(address: SocketAddr) -> Failure {
        let words = PeerText::new("network unreachable");
        Failure::Unreachable { address, error: Box::new(SystemError { errno: None, words }) }
    }

    #[test]
    fn families_take_turns() {
        let resolved = ["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "[::4]:1"].map(address);
        assert_eq!(interleaved(&resolved), ["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1", "[::4]:1"].map(address));
        assert_eq!(interleaved(&[]), []);
    }

    #[tokio::test(start_paused = true)]
    async fn a_dead_address_costs_a_quarter_of_a_second() {
        let resolved = ["192.0.2.1:1", "192.0.2.2:1", "192.0.2.3:1"].map(address);
        let (began, tried) = (Instant::now(), RefCell::new(Vec::new()));
        let won = race(&resolved, |address| {
            tried.borrow_mut().push((address, began.elapsed().as_millis()));
            async move { if address == resolved[1] { Ok(address) } else { pending().await } }
        });
        assert_eq!(won.await, Some(Ok(resolved[1])));
        assert_eq!(*tried.borrow(), [(resolved[0], 0), (resolved[1], 250)], "the third was not needed");
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_address_may_still_win() {
        let resolved = ["192.0.2.1:1", "192.0.2.2:1"].map(address);
        let dropped = Cell::new(0);
        struct Counted<'a>(&'a Cell<u32>);
        impl Drop for Counted<'_> {
            fn drop(&mut self) {
                self.0.set(self.0.get() + 1);
            }
        }
        let won = race(&resolved, |address| {
            let attempt = Counted(&dropped);
            async move {
                let _attempt = attempt;
                sleep(Duration::from_millis(if address == resolved[0] { 300 } else { 100 })).await;
                Ok(address)
            }
        });
        assert_eq!(won.await, Some(Ok(resolved[0])));
        assert_eq!(dropped.get(), 2, "the other attempt is given up");
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_failure_the_next_address_is_tried_at_once() {
        let resolved = ["[::1]:1", "192.0.2.2:1"].map(address);
        let began = Instant::now();
        let won = race(&resolved, async |address| if address.is_ipv6() { Err(refused(address)) } else { Ok(address) });
        assert_eq!(won.await, Some(Ok(resolved[1])));
        assert_eq!(began.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn when_all_fail_the_most_telling_failure_is_told() {
        let [six, four] = ["[2001:db8::1]:1", "192.0.2.2:1"].map(address);
        let told = async |of_six: Failure, of_four: Failure| {
            let fail = async |address| Err::<(), _>(if address == six { of_six.clone() } else { of_four.clone() });
            race(&[six, four], fail).await
        };
        let no_port = |address| Failure::LocalResources { short_of: LocalResource::Port { address }, errno: None };
        let descriptors = Failure::LocalResources { short_of: LocalResource::Descriptors, errno: None };
        assert_eq!(told(refused(six), unreachable(four)).await, Some(Err(refused(six))));
        assert_eq!(told(unreachable(six), refused(four)).await, Some(Err(refused(four))));
        assert_eq!(told(unreachable(six), unreachable(four)).await, Some(Err(unreachable(four))), "the last");
        assert_eq!(told(no_port(six), unreachable(four)).await, Some(Err(unreachable(four))), "no IPv6 here");
        assert_eq!(told(unreachable(six), no_port(four)).await, Some(Err(no_port(four))));
        assert_eq!(told(descriptors.clone(), refused(four)).await, Some(Err(descriptors)));
        assert_eq!(race(&[], async |_| Ok(())).await, None);
    }
}
