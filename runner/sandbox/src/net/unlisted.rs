//! The hosts that one call wanted and that its `net` does not list. A tool that fails of such a refusal fails with the sandbox's
//! own words in its own; which host they were about is looked up here, and never read out of what a tool says.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::connect::Problem;

/// The longest name that any host has (RFC 1035, section 2.3.4), bytes: what is longer cannot be listed either.
const MOST_HOST: usize = 253;

/// Those of one call, at most as many as it may make requests.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unlisted {
    /// By the words of the refusal.
    hosts: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Unlisted {
    /// Keeps the host of a refusal that is one for this reason.
    pub(crate) fn note(&self, problem: &Problem) {
        if let Some(host) = problem.unlisted.as_ref().filter(|host| host.len() <= MOST_HOST) {
            let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
            hosts.insert(problem.words.clone(), host.clone());
        }
    }

    /// The host whose refusal is in the words of a failure.
    pub(crate) fn told_in(&self, message: &str) -> Option<String> {
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.iter().find(|(words, _)| message.contains(words.as_str())).map(|(_, host)| host.clone())
    }
}
