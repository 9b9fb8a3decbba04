//! Who gets a connection: so many at once, so many for each client address, and a reserve for those
//! who ask how the server is.

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ipnet::{IpNet, Ipv6Net};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::limits::Limits;

/// How often the log says that clients find no ordinary place.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// Bits of an IPv6 address that tell one client from another: a client can choose the others.
const IPV6_CLIENT_BITS: u8 = 64;

/// The places that connections take. Cheap to clone.
#[derive(Clone)]
pub(super) struct Places(Arc<Inner>);

struct Inner {
    limits: Limits,
    trusted_proxies: Arc<[IpNet]>,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    ordinary: usize,
    by_client: HashMap<IpAddr, usize>,
    /// The oldest first.
    reserve: VecDeque<Reserved>,
    last_number: u64,
    told: Option<Instant>,
}

struct Reserved {
    number: u64,
    client: IpAddr,
    close: CancellationToken,
}

/// A place, which is free again when this is dropped.
pub(super) struct Place {
    places: Places,
    kind: Kind,
}

enum Kind {
    /// Every request is answered. The client is none when it is a trusted proxy.
    Ordinary { client: Option<IpAddr> },
    /// Only requests for health, readiness and metrics are answered, and not for long.
    Reserve { number: u64, close: CancellationToken },
}

impl Places {
    pub(super) fn new(limits: Limits, trusted_proxies: Arc<[IpNet]>) -> Self {
        Self(Arc::new(Inner { limits, trusted_proxies, taken: Mutex::default() }))
    }

    /// Takes a place for a client's connection: an ordinary one if it may have one, else one of the
    /// reserve, for which another may have to go.
    pub(super) fn take(&self, address: IpAddr) -> Place {
        let Inner { limits, trusted_proxies, .. } = &*self.0;
        let address = address.to_canonical();
        let client = client(address);
        let is_proxy = trusted_proxies.iter().any(|network| network.contains(&address));
        let mut taken = self.lock();
        let has = taken.by_client.get(&client).copied().unwrap_or_default();
        let may_have_more = is_proxy || has < limits.per_address;
        let kind = if taken.ordinary < limits.connections && may_have_more {
            taken.ordinary += 1;
            if !is_proxy {
                *taken.by_client.entry(client).or_default() += 1;
            }
            Kind::Ordinary { client: (!is_proxy).then_some(client) }
        } else {
            if taken.told.is_none_or(|told| told.elapsed() >= TOLD_EVERY) {
                taken.told = Some(Instant::now());
                let connections = taken.ordinary;
                warn!(%address, connections, "too many connections; further ones get only /healthz, /readyz and /metrics");
            }
            taken.reserve(client, limits)
        };
        drop(taken);
        Place { places: self.clone(), kind }
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// When the reserve is full, the client that has most of it loses its oldest place, so that many
    /// connections of some cannot drive out the one of who asks how the server is.
    fn reserve(&mut self, client: IpAddr, limits: &Limits) -> Kind {
        if self.reserve.len() >= limits.reserve {
            let mut counts = HashMap::from([(client, 1)]);
            self.reserve.iter().for_each(|reserved| *counts.entry(reserved.client).or_default() += 1);
            let most = counts.values().max().copied().unwrap_or_default();
            let goes = self.reserve.iter().position(|reserved| counts.get(&reserved.client) == Some(&most));
            if let Some(oldest) = goes.and_then(|index| self.reserve.remove(index)) {
                oldest.close.cancel();
            }
        }
        self.last_number += 1;
        let (number, close) = (self.last_number, CancellationToken::new());
        self.reserve.push_back(Reserved { number, client, close: close.clone() });
        Kind::Reserve { number, close }
    }
}

impl Place {
    pub(super) fn is_ordinary(&self) -> bool {
        matches!(self.kind, Kind::Ordinary { .. })
    }

    /// Completes when the place has to be given up; never, for an ordinary one.
    pub(super) async fn expired(&self) {
        match &self.kind {
            Kind::Ordinary { .. } => std::future::pending().await,
            Kind::Reserve { close, .. } => {
                tokio::select! {
                    () = close.cancelled() => {}
                    () = sleep(self.places.0.limits.reserve_life) => {}
                }
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        match &self.kind {
            Kind::Ordinary { client } => {
                taken.ordinary -= 1;
                if let Some(client) = client
                    && let Some(has) = taken.by_client.get_mut(client)
                {
                    *has -= 1;
                    if *has == 0 {
                        taken.by_client.remove(client);
                    }
                }
            }
            Kind::Reserve { number, .. } => taken.reserve.retain(|reserved| reserved.number != *number),
        }
    }
}

/// What counts as one client.
fn client(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let network = Ipv6Net::new(address, IPV6_CLIENT_BITS).expect("64 bits are no more than 128");
            network.network().into()
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn places(connections: usize, per_address: usize, reserve: usize) -> Places {
        let limits = Limits { connections, per_address, reserve, ..Limits::default() };
        Places::new(limits, ["10.0.0.0/8".parse().expect("a network")].into())
    }

    fn take(places: &Places, address: &str) -> Place {
        places.take(address.parse().expect("an address"))
    }

    fn ordinary(places: &Places, address: &str) -> bool {
        take(places, address).is_ordinary()
    }

    fn is_closed(place: &Place) -> bool {
        place.expired().now_or_never().is_some()
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_has_so_many_and_leaves_the_others_theirs() {
        let places = places(4, 2, 4);
        let first = [take(&places, "192.0.2.1"), take(&places, "192.0.2.1")];
        assert!(first.iter().all(Place::is_ordinary));
        assert!(!ordinary(&places, "192.0.2.1") && !ordinary(&places, "::ffff:192.0.2.1"));
        assert!(ordinary(&places, "192.0.2.2"));
        drop(first);
        assert!(ordinary(&places, "192.0.2.1"), "a place is free again");
        let inner = places.lock();
        assert!((inner.ordinary, inner.by_client.len(), inner.reserve.len()) == (0, 0, 0), "nothing is kept");
    }

    #[tokio::test(start_paused = true)]
    async fn an_ipv6_network_of_64_bits_is_one_client() {
        let places = places(9, 2, 4);
        let _taken = [take(&places, "2001:db8::1"), take(&places, "2001:db8::2")];
        assert!(!ordinary(&places, "2001:db8::3"));
        assert!(ordinary(&places, "2001:db8:0:1::3"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_trusted_proxy_has_all_there_are() {
        let places = places(4, 2, 4);
        let taken: Vec<Place> = (0..4).map(|_| take(&places, "10.1.2.3")).collect();
        assert!(taken.iter().all(Place::is_ordinary));
        assert!(!ordinary(&places, "10.1.2.3") && !ordinary(&places, "192.0.2.1"));
    }

    #[tokio::test(start_paused = true)]
    async fn the_reserve_takes_everybody_and_who_has_most_makes_room() {
        let places = places(0, 2, 3);
        let a = take(&places, "192.0.2.1");
        let b = take(&places, "192.0.2.2");
        let c = take(&places, "192.0.2.2");
        assert!(!is_closed(&a) && !is_closed(&b) && !is_closed(&c));
        let d = take(&places, "192.0.2.2");
        assert!(is_closed(&b), "the oldest of the client that has most");
        let e = take(&places, "192.0.2.3");
        assert!(is_closed(&c) && !is_closed(&a) && !is_closed(&d) && !is_closed(&e));
        let _f = take(&places, "192.0.2.4");
        assert!(is_closed(&a), "the oldest of all, when nobody has more than another");
        drop((a, b));
        assert_eq!(places.lock().reserve.len(), 3);
        let began = Instant::now();
        e.expired().await;
        assert_eq!(began.elapsed(), Limits::default().reserve_life);
    }
}
