//! Which protocol a program speaks, where it takes its time to say. It is asked for the newer one first; one that ignores what it
//! does not know is asked in the old way after a while. A program that only starts slowly is asked twice then, and refuses the
//! second question because it has the first to answer: that answer is passed on as one to the second, which is the same to rmcp.

use rmcp::model::{
    ClientJsonRpcMessage, ClientNotification, ClientRequest, DiscoverResult, ErrorCode, ErrorData, Implementation,
    InitializeResult, JsonRpcMessage, ProtocolVersion, RequestId, ServerJsonRpcMessage, ServerPeerInfo, ServerResult,
};
use tokio::time::Instant;

/// The questions of a handshake.
#[derive(Debug)]
pub(super) struct Discovery {
    /// How long is waited before it is asked in the old way.
    ends: Option<Instant>,
    /// What has no answer yet.
    discover: Option<RequestId>,
    initialize: Option<RequestId>,
    /// The first question was given up.
    is_given_up: bool,
    /// The second one was answered by the answer to the first.
    is_late: bool,
}

impl Discovery {
    pub(super) fn new(ends: Option<Instant>) -> Self {
        Self { ends, discover: None, initialize: None, is_given_up: false, is_late: false }
    }

    /// Takes note of a question.
    pub(super) fn ask(&mut self, id: &RequestId, request: &ClientRequest) {
        match request {
            ClientRequest::DiscoverRequest(_) => self.discover = Some(id.clone()),
            ClientRequest::InitializeRequest(_) => self.initialize = Some(id.clone()),
            _ => {}
        }
    }

    /// Whether the server is not to know: a handshake that it has not seen is not over.
    pub(super) fn withholds(&self, message: &ClientJsonRpcMessage) -> bool {
        self.is_late
            && matches!(message, JsonRpcMessage::Notification(notification)
                if matches!(notification.notification, ClientNotification::InitializedNotification(_)))
    }

    /// Until when an answer is waited for.
    pub(super) fn ends(&self) -> Option<Instant> {
        self.ends.filter(|_| self.discover.is_some() && !self.is_given_up)
    }

    /// What is passed on instead of an answer.
    pub(super) fn give_up(&mut self) -> Option<ServerJsonRpcMessage> {
        self.is_given_up = true;
        let id = self.discover.clone()?;
        Some(ServerJsonRpcMessage::error(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, "no answer", None), Some(id)))
    }

    /// An answer to `id`, as it is passed on, and the other question that it answers too.
    pub(super) fn answer(
        &mut self,
        id: &RequestId,
        message: ServerJsonRpcMessage,
    ) -> (Option<ServerJsonRpcMessage>, Option<RequestId>) {
        if self.discover.as_ref() != Some(id) {
            return (Some(message), None);
        }
        self.discover = None;
        if !self.is_given_up && self.initialize.is_none() {
            return (Some(understood(message)), None);
        }
        match (self.initialize.take(), message) {
            (Some(id), JsonRpcMessage::Response(response)) => match response.result {
                ServerResult::DiscoverResult(result) if result.supported_versions.contains(&NEWER) => {
                    self.is_late = true;
                    let result = ServerResult::InitializeResult(initialized(result));
                    (Some(ServerJsonRpcMessage::response(result, id.clone())), Some(id))
                }
                _ => (None, None),
            },
            (initialize, _) => {
                self.initialize = initialize;
                (None, None)
            }
        }
    }
}

/// An answer to the first question. Some older servers answer what they do not know with an empty result instead of an error.
fn understood(message: ServerJsonRpcMessage) -> ServerJsonRpcMessage {
    match message {
        JsonRpcMessage::Response(response) if !matches!(response.result, ServerResult::DiscoverResult(_)) => {
            let error = ErrorData::new(ErrorCode::METHOD_NOT_FOUND, "no answer to what was asked", None);
            ServerJsonRpcMessage::error(error, Some(response.id))
        }
        other => other,
    }
}

const NEWER: ProtocolVersion = ProtocolVersion::V_2026_07_28;

fn initialized(result: DiscoverResult) -> InitializeResult {
    let info = ServerPeerInfo::from_discover_result(NEWER, result);
    let server = info.server_info.unwrap_or_else(|| Implementation::new("", ""));
    InitializeResult::new(info.capabilities).with_protocol_version(NEWER).with_server_info(server)
}
