//! Connections to the services: one pool for all models of a runner, another for the issuers of tokens. How long is waited is known
//! here; how a connection comes about is known to `pace-web`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Uri;
use hyper::header::HeaderValue;
use pace_web::{Speaks, VARIABLES, Way, Web};

use crate::environment::Environment;
use crate::setup::SetupError;

/// How long is waited for what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    /// For a connection: the name's address, TCP, a proxy and TLS together.
    pub(crate) connect: Duration,
    /// For the first byte of the answer's body. Models think before they write, and some services say nothing while
    /// they do.
    pub(crate) first_byte: Duration,
    /// From byte to byte. Once they write, even slow models write several words a second.
    pub(crate) idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: pace_web::CONNECT, first_byte: Duration::from_mins(2), idle: Duration::from_mins(1) }
    }
}

/// Connections as the environment says, each within `connect`. Nothing is opened, and TLS is not set up before it is needed.
///
/// # Errors
/// The file of `SSL_CERT_FILE` cannot be read, a proxy is of a kind that is not spoken, or a variable is not UTF-8.
pub(crate) fn web(environment: &Environment, connect: Duration) -> Result<Web, SetupError> {
    speaking(Speaks::Http1, environment, connect)
}

fn speaking(speaks: Speaks, environment: &Environment, connect: Duration) -> Result<Web, SetupError> {
    let mut values = BTreeMap::new();
    for name in VARIABLES {
        values.insert(name, environment.text(name)?);
    }
    let variable = |name: &str| values.get(name).copied().flatten().map(str::to_owned);
    Web::speaking(speaks, variable, connect).map_err(|error| SetupError::new(error.message, error.help))
}

/// The settings of TLS towards what speaks no HTTP: the same roots.
///
/// # Errors
/// As [`web`], or TLS cannot be set up.
pub(crate) fn tls(environment: &Environment) -> Result<Arc<rustls::ClientConfig>, SetupError> {
    let tls = web(environment, pace_web::CONNECT)?.tls();
    tls.map_err(|why| SetupError::new(why, "mend the certificates of `SSL_CERT_FILE`"))
}

/// The client.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    web: Web,
    timeouts: Timeouts,
}

impl Http {
    /// A client as the environment says.
    ///
    /// # Errors
    /// As [`web`].
    pub(crate) fn configure(environment: &Environment, timeouts: Timeouts) -> Result<Self, SetupError> {
        Self::speaking(Speaks::Http1, environment, timeouts)
    }

    /// As [`Http::configure`]. Where a variable is wrong, that is told, and there is a client that heeds none of them: for judging all
    /// else that needs one, and not for sending anything.
    pub(crate) fn judged(environment: &Environment, timeouts: Timeouts) -> (Option<Self>, Option<SetupError>) {
        match Self::configure(environment, timeouts) {
            Ok(http) => (Some(http), None),
            Err(error) => (Self::configure(&Environment::default(), timeouts).ok(), Some(error)),
        }
    }

    /// The same for a version of HTTP.
    ///
    /// # Errors
    /// As [`web`].
    pub(crate) fn speaking(speaks: Speaks, environment: &Environment, timeouts: Timeouts) -> Result<Self, SetupError> {
        Ok(Self { web: speaking(speaks, environment, timeouts.connect)?, timeouts })
    }

    /// The same without the connections that are there: one that is stuck would be used again.
    #[must_use]
    pub(crate) fn anew(&self) -> Self {
        Self { web: self.web.anew(), timeouts: self.timeouts }
    }

    pub(super) fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    /// What a proxy on the way to `uri` wants to be shown with each request; one that tunnels is shown it by itself.
    pub(crate) fn proxy_authorization(&self, uri: &Uri) -> Option<HeaderValue> {
        self.web.proxy_authorization(uri)
    }

    /// What stands first on the way to `uri`.
    pub(super) fn way(&self, uri: &Uri) -> Way {
        self.web.way(uri)
    }

    /// Sends a request; the future ends when the answer's head is there.
    pub(crate) fn send(&self, request: hyper::Request<Full<Bytes>>) -> hyper_util::client::legacy::ResponseFuture {
        self.web.send(request)
    }
}
