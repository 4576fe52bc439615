//! Names to addresses. A trait, so that a test can hand out answers that change.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

/// Answers of a name server to come.
pub type Resolving = Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>>;

/// Turns host names into addresses. Asked once a connection: what it answers is judged and connected to, never asked for
/// again.
pub trait Resolve: std::fmt::Debug + Send + Sync {
    /// All addresses of `host`, best first.
    fn resolve(&self, host: &str) -> Resolving;
}

/// The machine's own resolver, with its hosts file and search domains.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, host: &str) -> Resolving {
        let host = host.to_owned();
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect()) })
    }
}
