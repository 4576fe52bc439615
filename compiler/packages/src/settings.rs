//! How registries are asked: what the command line decides for every resolution and installation.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// How long one run of a client may take. The largest servers bring 200 MB, and a slow line carries that in minutes.
const LIMIT: Duration = Duration::from_mins(10);

/// Whether registries may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// Yes, where the clients' caches do not do.
    Online,
    /// No: only the caches of npm and uv, and the folders that pip is configured with.
    Offline,
}

/// How registries are asked.
#[derive(Clone)]
pub struct Settings {
    /// Whether they may be asked at all.
    pub network: Network,
    /// The most that one run of a client may take; it is ended then. A resolution is up to four runs, an installation two.
    pub limit: Duration,
    /// The project whose `.npmrc` counts, besides the user's.
    pub project: Option<PathBuf>,
    /// Variables for the clients, before those they have of this process.
    pub variables: Vec<(OsString, OsString)>,
    /// Takes a line for each step, such as ``installing `mcp-server-time` 1.2.3``. May be called from other threads.
    pub progress: Arc<dyn Fn(&str) + Send + Sync>,
    /// Once true, whatever runs is ended, and the call that waits for it fails. Looked at twenty times a second.
    pub cancelled: Arc<AtomicBool>,
}

impl Default for Settings {
    /// Online, ten minutes a run, no project, and nobody told.
    fn default() -> Self {
        Self {
            network: Network::Online,
            limit: LIMIT,
            project: None,
            variables: Vec::new(),
            progress: Arc::new(|_line| ()),
            cancelled: Arc::default(),
        }
    }
}

impl fmt::Debug for Settings {
    /// Without the variables: a registry's password may be among them.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Settings")
            .field("network", &self.network)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
