//! The pool, from an address.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Pool, PoolConfig, RecyclingMethod, Runtime, Timeouts,
};
use tokio_postgres::Config;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::StoreError;
use crate::settings::{PostgresSettings, Scope, Settings};

use super::migrate::{self, Failure};

/// Whose rows are written and read, and the number they are keyed by, once it is known.
pub(super) struct Held {
    pub(super) scope: Scope,
    pub(super) id: OnceLock<i64>,
}

impl Held {
    /// Of those who keep no rows of their own: they only look.
    pub(super) fn nothing() -> Self {
        Self { scope: Scope { project: String::new(), environment: String::new() }, id: OnceLock::new() }
    }
}

/// A pool that has no connection yet.
pub(super) fn pool(settings: &PostgresSettings, held: Arc<Held>, bounds: Settings) -> Result<Pool, StoreError> {
    let refused = |reason: String| StoreError::Refused { reason };
    let within = super::connecting(bounds.deadline);
    let mut config = config(&settings.url)?;
    // Systems count keep-alives in whole seconds.
    config.connect_timeout(within).keepalives(true).keepalives_idle(within.max(Duration::from_secs(1)));
    // A peer that is gone without a word is noticed as soon as something was sent to it in vain for that long.
    config.tcp_user_timeout(within);
    if config.get_application_name().is_none() {
        config.application_name("paceline");
    }
    let mut tls = (*settings.tls).clone();
    // PostgreSQL 17 asks for it, and others do not mind.
    tls.alpn_protocols = vec![b"postgresql".to_vec()];
    let how = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(config, MakeRustlsConnect::new(tls), how);
    let mut pool = PoolConfig::new(settings.connections.max(1));
    pool.timeouts = Timeouts { wait: Some(within), create: Some(within), recycle: Some(within) };
    let pool = Pool::builder(manager).config(pool).runtime(Runtime::Tokio1).post_create(rejoining(held));
    pool.build().map_err(|error| refused(error.to_string()))
}

/// A new connection may be one to a database that was restored since.
fn rejoining(held: Arc<Held>) -> Hook {
    Hook::async_fn(move |client, _| {
        let held = Arc::clone(&held);
        Box::pin(async move {
            let Some(id) = held.id.get() else { return Ok(()) };
            migrate::rejoin(client, &held.scope, *id).await.map_err(|failure| match failure {
                Failure::Database(error) => HookError::Backend(error),
                Failure::Ours(StoreError::Unavailable { reason }) => HookError::message(reason),
                Failure::Ours(error) => HookError::message(error.to_string()),
            })
        })
    })
}

/// Reads an address. Its words for certificates are those of libpq, which knows two stricter ones than the crate: certificates
/// are always verified here, so both are `require`.
fn config(url: &str) -> Result<Config, StoreError> {
    let url = url.replace("sslmode=verify-full", "sslmode=require").replace("sslmode=verify-ca", "sslmode=require");
    // The text of the error names the option, never a value.
    url.parse().map_err(|error: tokio_postgres::Error| {
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        StoreError::Refused { reason: format!("the address of the database cannot be read: {source}") }
    })
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::SslMode;

    use super::*;

    #[test]
    fn the_stricter_words_for_certificates_are_known() {
        for word in ["require", "verify-ca", "verify-full"] {
            let config = config(&format!("postgresql://ann@db.example/state?sslmode={word}")).unwrap();
            assert_eq!(config.get_ssl_mode(), SslMode::Require);
        }
    }

    #[test]
    fn an_address_that_cannot_be_read_is_not_shown() {
        for wrong in ["postgresql://ann:s3cret@db.example:x/state", "host=db password=s3cret sslmode=maybe", "s3cret"] {
            let error = config(wrong).unwrap_err();
            assert!(matches!(error, StoreError::Refused { .. }) && !error.to_string().contains("s3cret"), "{error}");
        }
    }
}
