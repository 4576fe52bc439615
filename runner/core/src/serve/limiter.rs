//! How often something may happen, for each of many: requests of a principal, wrong credentials of an address. What is kept of each
//! is one moment, by the generic cell rate algorithm: a bucket of tokens, told by when it will be full again (ITU-T I.371, annex A).
//! Memory is bounded, whoever comes.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The most that are told apart, about 1 MiB. Over it, half of them are forgotten: those whose buckets are fullest.
const MOST: usize = 16_384;

/// So many in so long a time; as many may come at once after a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub count: NonZeroU32,
    /// In how long; over zero.
    pub per: Duration,
}

/// Buckets by their holders.
#[derive(Debug)]
pub(super) struct Limiter<K> {
    rate: Rate,
    /// When each bucket will be full; one that is not there is.
    full_at: Mutex<BTreeMap<K, Instant>>,
}

impl<K: Ord + Clone> Limiter<K> {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, full_at: Mutex::default() }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// There is none; how long it takes until there is.
    pub(super) fn take(&self, holder: &K) -> Result<(), Duration> {
        let now = Instant::now();
        let mut full_at = self.lock();
        let before = full_at.get(holder).copied().unwrap_or(now).max(now);
        let after = before + self.one();
        self.wait(after, now)?;
        if full_at.len() >= MOST && !full_at.contains_key(holder) {
            make_room(&mut full_at, now);
        }
        full_at.insert(holder.clone(), after);
        Ok(())
    }

    /// Whether there is a token.
    ///
    /// # Errors
    /// How long it takes until there is.
    pub(super) fn look(&self, holder: &K) -> Result<(), Duration> {
        let now = Instant::now();
        let full_at = self.lock().get(holder).copied().unwrap_or(now).max(now);
        self.wait(full_at + self.one(), now)
    }

    fn wait(&self, full_at: Instant, now: Instant) -> Result<(), Duration> {
        match full_at.duration_since(now).checked_sub(self.rate.per) {
            None | Some(Duration::ZERO) => Ok(()),
            Some(wait) => Err(wait),
        }
    }

    /// How long one token takes.
    fn one(&self) -> Duration {
        self.rate.per / self.rate.count.get()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<K, Instant>> {
        self.full_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_room<K: Ord>(full_at: &mut BTreeMap<K, Instant>, now: Instant) {
    full_at.retain(|_, full_at| *full_at > now);
    if full_at.len() < MOST {
        return;
    }
    let mut moments: Vec<_> = full_at.values().copied().collect();
    let half = moments.len() / 2;
    let (_, middle, _) = moments.select_nth_unstable(half);
    let middle = *middle;
    full_at.retain(|_, full_at| *full_at > middle);
}

/// Who counts as one address: of IPv6 a whole network, because each host has 2⁶⁴ addresses to choose from.
pub(super) fn one_address(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (!0 << 64)).into(),
        IpAddr::V4(address) => address.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(count: u32, seconds: u64) -> Limiter<u32> {
        Limiter::new(Rate { count: NonZeroU32::new(count).unwrap(), per: Duration::from_secs(seconds) })
    }

    /// How many tokens are had at once.
    fn burst(limiter: &Limiter<u32>, holder: u32) -> usize {
        std::iter::repeat_with(|| limiter.take(&holder)).take_while(Result::is_ok).count()
    }

    #[tokio::test(start_paused = true)]
    async fn a_bucket_fills_again() {
        let limiter = limiter(6, 60);
        assert_eq!((burst(&limiter, 1), burst(&limiter, 1), burst(&limiter, 2)), (6, 0, 6));
        assert_eq!(limiter.take(&1), Err(Duration::from_secs(10)));
        assert_eq!(limiter.look(&1), Err(Duration::from_secs(10)));
        tokio::time::advance(Duration::from_secs(25)).await;
        assert_eq!(limiter.look(&1), Ok(()), "looking takes none");
        assert_eq!((burst(&limiter, 1), limiter.take(&1)), (2, Err(Duration::from_secs(5))));
        tokio::time::advance(Duration::from_hours(1)).await;
        assert_eq!(burst(&limiter, 1), 6, "it does not overflow");
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_bounded_and_those_who_ask_most_are_remembered() {
        let limiter = limiter(2, 60);
        assert_eq!(burst(&limiter, u32::MAX), 2);
        for holder in 0..100_000 {
            assert_eq!(limiter.take(&holder), Ok(()));
            assert!(limiter.lock().len() <= MOST);
        }
        assert!(limiter.take(&u32::MAX).is_err());
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let one = |text: &str| one_address(text.parse().unwrap()).to_string();
        assert_eq!((one("2001:db8::1:2:3:4"), one("2001:db8:0:0:ffff::")), ("2001:db8::".into(), "2001:db8::".into()));
        assert_eq!((one("192.0.2.7"), one("::ffff:192.0.2.7")), ("192.0.2.7".into(), "192.0.2.7".into()));
    }
}
