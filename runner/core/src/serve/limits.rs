//! How much anybody may ask: requests of a principal, wrong credentials of an address. Both are off where the settings say nothing.

use std::net::IpAddr;
use std::time::Duration;

use pace_ir::program::Principal;

use super::familiar::Familiar;
use super::limiter::{Limiter, one_address};
use super::settings::ServeSettings;
use crate::problem::{Code, Problem};

/// The limits of a server.
#[derive(Debug)]
pub(super) struct Limits {
    requests: Option<Limiter<Holder>>,
    failures: Option<Limiter<IpAddr>>,
    familiar: Familiar,
}

/// Who counts as one. Those without a name are told apart by their addresses, so that one of them does not use up what all have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Holder {
    Named(Principal),
    Address(IpAddr),
}

impl Limits {
    pub(super) fn new(settings: &ServeSettings) -> Self {
        let (requests, failures) = (settings.rate.map(Limiter::new), settings.failures.map(Limiter::new));
        Self { requests, failures, familiar: Familiar::default() }
    }

    /// Whether a principal may ask once more.
    ///
    /// # Errors
    /// [`Code::RateLimited`].
    pub(super) fn may_ask(&self, principal: &Principal, peer: IpAddr) -> Result<(), Problem> {
        let Some(limiter) = &self.requests else { return Ok(()) };
        let holder = match principal {
            Principal::Anonymous => Holder::Address(one_address(peer)),
            named => Holder::Named(named.clone()),
        };
        limiter.take(&holder).map_err(|wait| refused(Code::RateLimited, "there are too many requests of yours", wait))
    }

    /// Whether an address may show a credential. One that was right before always may.
    ///
    /// # Errors
    /// [`Code::TooManyFailures`].
    pub(super) fn may_show(&self, peer: IpAddr, credential: &[u8]) -> Result<(), Problem> {
        let Some(limiter) = &self.failures else { return Ok(()) };
        match limiter.look(&one_address(peer)) {
            Err(wait) if !self.familiar.has(credential) => {
                let what = "too many wrong credentials came from your address, and for now no new one of it is judged";
                Err(refused(Code::TooManyFailures, what, wait))
            }
            _ => Ok(()),
        }
    }

    /// A credential was right.
    pub(super) fn showed_right(&self, credential: &[u8]) {
        if self.failures.is_some() {
            self.familiar.add(credential);
        }
    }

    /// An address has shown a credential that is none.
    pub(super) fn showed_wrong(&self, peer: IpAddr) {
        if let Some(limiter) = &self.failures {
            // Several may be judged at the same time; then the last of them finds none left.
            let _none_left = limiter.take(&one_address(peer));
        }
    }
}

fn refused(code: Code, what: &str, wait: Duration) -> Problem {
    let seconds = wait.as_millis().div_ceil(1_000).max(1);
    Problem::new(code, what).help(format!("try again in {seconds} s")).retry_after(wait)
}
