//! The secrets that a runner was given, so that what it stores can be freed of them. They are the ones that something asked the
//! environment for: a variable that nobody asks for is in nothing that a runner says.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pace_redact::Redactor;

use super::Secret;

/// Secrets by value, with the names they are told by. Clones have the same.
#[derive(Clone, Default)]
pub struct Given(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    names: BTreeMap<String, String>,
    /// Gone when a secret is added.
    redactor: Option<Arc<Redactor>>,
}

impl Given {
    /// One more. A value that is known has its first name.
    pub(crate) fn add(&self, name: &str, secret: &Secret) {
        let mut known = self.lock();
        if !known.names.contains_key(secret.expose()) {
            known.names.insert(secret.expose().to_owned(), name.to_owned());
            known.redactor = None;
        }
    }

    /// What takes all of them out of texts.
    pub fn redactor(&self) -> Arc<Redactor> {
        let mut known = self.lock();
        let Known { names, redactor } = &mut *known;
        let secrets = names.iter().map(|(value, name)| (name.as_str(), value.as_str()));
        let made = redactor.get_or_insert_with(|| Arc::new(Redactor::new(secrets)));
        Arc::clone(made)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // Every change is made whole before the lock is given up.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Given {
    /// How many there are: the rest is secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Given").field(&self.lock().names.len()).finish()
    }
}
