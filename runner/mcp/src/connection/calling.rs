//! One call, and whatever a server asks back before it gives a result.

use rmcp::model::{
    CallToolRequest, CallToolRequestParams, CallToolResult, CancelledNotification, CancelledNotificationParam,
    ClientNotification, ClientRequest, InputRequest, InputRequiredResult, InputResponses, RequestId, RequestMetaObject,
    ServerResult,
};
use rmcp::service::{Peer, PeerRequestOptions, RoleClient, ServiceError};
use serde_json::{Map, Value, json};

use super::{Connection, converted, handler};
use crate::bounds::MOST_RESULT;
use crate::call::{CallOptions, CallResult, ProgressSink};
use crate::error::Kind;

/// How often a server may ask back.
const MOST_ROUNDS: usize = 8;

/// What servers are told when nobody waits any more.
const NOT_AWAITED: &str = "nobody waits for the result any more";

impl Connection {
    pub(super) async fn rounds(
        &self,
        tool: &str,
        arguments: Map<String, Value>,
        options: CallOptions,
    ) -> Result<CallResult, Kind> {
        let mut params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        for _round in 0..MOST_ROUNDS {
            let result = match self.request(params.clone(), &options).await {
                Ok(result) => result,
                Err(error) => return Err(self.failed(error).await),
            };
            match result {
                ServerResult::CallToolResult(result) => return self.result(result),
                ServerResult::InputRequiredResult(asked) => {
                    params.request_state.clone_from(&asked.request_state);
                    params.input_responses = Some(self.answers(asked)?);
                }
                ServerResult::EmptyResult(_) => return self.result(CallToolResult::default()),
                ServerResult::CreateTaskResult(_) => {
                    return Err(Kind::Protocol {
                        why: "it made a task of the call, which was not offered to it".to_owned(),
                    });
                }
                _ => return Err(Kind::Protocol { why: "its result cannot be read".to_owned() }),
            }
        }
        Err(Kind::Protocol { why: format!("it asked back {MOST_ROUNDS} times") })
    }

    /// Asks once.
    async fn request(
        &self,
        params: CallToolRequestParams,
        options: &CallOptions,
    ) -> Result<ServerResult, ServiceError> {
        let mut call = CallToolRequest::new(params);
        if let Some(sink) = &options.progress {
            // Found again on the wire, where the token of this request is known.
            call.extensions.insert::<ProgressSink>(sink.clone());
        }
        let meta = (!options.meta.is_empty()).then(|| RequestMetaObject::from(options.meta.clone()));
        let mut options = PeerRequestOptions::no_options();
        options.meta = meta;
        let handle = self.peer.send_request_with_option(ClientRequest::CallToolRequest(call), options).await?;
        let mut awaited = Awaited { peer: &self.peer, id: Some(handle.id.clone()) };
        let answer = handle.await_response().await;
        awaited.id = None;
        answer
    }

    fn result(&self, result: CallToolResult) -> Result<CallResult, Kind> {
        if converted::size(&result) > MOST_RESULT {
            return Err(Kind::TooLarge { what: "a result", limit: MOST_RESULT });
        }
        Ok(converted::result(result, &self.shared.redactor))
    }

    /// What is answered to questions in the place of a result: the roots, and that nobody is there to be asked.
    fn answers(&self, asked: InputRequiredResult) -> Result<InputResponses, Kind> {
        let mut answers = InputResponses::new();
        for (key, request) in asked.input_requests.unwrap_or_default() {
            let answer = match request {
                InputRequest::ListRoots(_) => json!(handler::listed(&self.roots)),
                InputRequest::Elicitation(_) => json!({"action": "decline"}),
                _ => {
                    return Err(Kind::Protocol { why: "it asked for a model, which was not offered to it".to_owned() });
                }
            };
            answers.insert(key, answer);
        }
        Ok(answers)
    }
}

/// Dropped while it still waits, it tells the server.
struct Awaited<'a> {
    peer: &'a Peer<RoleClient>,
    id: Option<RequestId>,
}

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        let (Some(id), Ok(runtime)) = (self.id.take(), tokio::runtime::Handle::try_current()) else {
            return;
        };
        let peer = self.peer.clone();
        runtime.spawn(async move {
            let params = CancelledNotificationParam::new(Some(id), Some(NOT_AWAITED.to_owned()));
            let notification = ClientNotification::CancelledNotification(CancelledNotification::new(params));
            // A connection that is gone needs none.
            let _gone = peer.send_notification(notification).await;
        });
    }
}
