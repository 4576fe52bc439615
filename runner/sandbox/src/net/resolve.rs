//! Names to addresses. A trait, so that a test can hand out answers that change.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Semaphore;

/// Answers of a name server to come.
pub type Resolving = Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>>;

/// Turns host names into addresses. Asked once a connection: what it answers is judged and connected to, never asked for
/// again.
pub trait Resolve: std::fmt::Debug + Send + Sync {
    /// All addresses of `host`, best first.
    fn resolve(&self, host: &str) -> Resolving;
}

/// The most names that are looked up at once. Each takes a thread until the machine's resolver gives up, also when nobody waits
/// for it any more.
const AT_ONCE: usize = 64;

/// The machine's own resolver, with its hosts file and search domains.
#[derive(Debug, Clone)]
pub struct SystemResolver {
    places: Arc<Semaphore>,
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Resolve for SystemResolver {
    fn resolve(&self, host: &str) -> Resolving {
        let (host, places) = (host.to_owned(), Arc::clone(&self.places));
        Box::pin(async move {
            let place = places.acquire_owned().await.map_err(std::io::Error::other)?;
            // On a task of its own, so that the place is taken for as long as the thread is.
            let looked_up = tokio::spawn(async move {
                let found = tokio::net::lookup_host((host, 0)).await;
                drop(place);
                found.map(|addresses| addresses.map(|address| address.ip()).collect())
            });
            looked_up.await.map_err(std::io::Error::other)?
        })
    }
}
