//! The one transport that rmcp serves, whichever of the two it is. Were it two types, the program would hold all that rmcp does over a
//! transport twice.

use futures_util::TryFutureExt as _;
use futures_util::future::Either;
use rmcp::RoleClient;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::Transport;
use rmcp::transport::streamable_http_client::StreamableHttpError;

use crate::http::{Fault, Http};
use crate::stdio::Stdio;

/// To a program or to an address.
pub(crate) enum Carrier {
    Program(Box<Stdio>),
    Http(Box<Http>),
}

impl Transport<RoleClient> for Carrier {
    type Error = StreamableHttpError<Fault>;

    fn send(&mut self, item: ClientJsonRpcMessage) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        match self {
            Self::Program(stdio) => Either::Left(stdio.send(item).map_err(StreamableHttpError::Client)),
            Self::Http(http) => Either::Right(http.send(item)),
        }
    }

    /// Loses nothing where it is dropped while it waits: neither transport does.
    async fn receive(&mut self) -> Option<ServerJsonRpcMessage> {
        match self {
            Self::Program(stdio) => stdio.receive().await,
            Self::Http(http) => http.receive().await,
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        match self {
            Self::Program(stdio) => stdio.close().await.map_err(StreamableHttpError::Client),
            Self::Http(http) => http.close().await,
        }
    }
}
