//! The transport to an address: streamable HTTP over hyper. rmcp keeps sessions, streams and their resumption,
//! `pace-web` connections, TLS and proxies; credentials, redirects and bounds are here.

mod answer;
mod body;
mod client;
mod failure;
mod oauth;

use std::sync::Arc;
use std::time::Duration;

use pace_web::Web;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::common::client_side_sse::ExponentialBackoff;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;

pub(crate) use self::client::HttpClient;
use crate::bounds::{MOST_DIAGNOSTIC, MOST_MESSAGE};
use crate::error::Kind;
use crate::server::Endpoint;
use crate::wire::Shared;

/// The transport.
pub(crate) type Http = StreamableHttpClientTransport<HttpClient>;

/// A [`Kind`] on its way through rmcp.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Fault(pub(crate) Kind);

/// How a stream that broke is taken up again: after so many times it is over.
fn resume() -> ExponentialBackoff {
    let mut resume = ExponentialBackoff::default();
    resume.max_times = Some(6);
    resume.base_duration = Duration::from_millis(250);
    resume.max_delay = Some(Duration::from_secs(8));
    resume
}

/// A transport to `endpoint`. Nothing is opened yet.
///
/// # Errors
/// The address or the credential cannot be sent.
pub(crate) fn transport(web: &Web, endpoint: &Endpoint, shared: &Arc<Shared>) -> Result<Http, Kind> {
    let client = HttpClient::new(web, endpoint, Arc::clone(shared))?;
    let mut config = StreamableHttpClientTransportConfig::with_uri(client.address().as_str());
    config.retry_config = Arc::new(resume());
    config.max_sse_event_size = MOST_MESSAGE;
    config.max_json_response_size = MOST_MESSAGE;
    config.max_error_response_size = MOST_DIAGNOSTIC;
    config.max_concurrent_requests = 64;
    Ok(StreamableHttpClientTransport::with_client(client, config))
}

/// What is wrong with an answer that rmcp or this crate did not take.
pub(crate) use self::failure::kind_of;
