//! One call, and whatever a server asks back before it gives a result.

use std::sync::Arc;

use rmcp::model::{
    CallToolRequest, CallToolRequestParams, CallToolResult, CancelledNotification, CancelledNotificationParam,
    ClientNotification, ClientRequest, InputRequest, InputRequiredResult, InputResponses, RequestId, RequestMetaObject,
    ServerResult,
};
use rmcp::service::PeerRequestOptions;
use serde_json::{Map, Value, json};

use super::{Connection, converted, handler};
use crate::bounds::MOST_RESULT;
use crate::call::{CallOptions, CallResult, ProgressSink};
use crate::error::Kind;
use crate::message;
use crate::wire::Shared;

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
            let (result, asked) = self.request(params.clone(), &options).await?;
            match result {
                ServerResult::CallToolResult(result) => return self.result(result, &asked).await,
                ServerResult::InputRequiredResult(wanted) => {
                    params.request_state.clone_from(&wanted.request_state);
                    params.input_responses = Some(self.answers(wanted)?);
                }
                ServerResult::EmptyResult(_) => return self.result(CallToolResult::default(), &asked).await,
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
    ) -> Result<(ServerResult, Asked<'_>), Kind> {
        let mut call = CallToolRequest::new(params);
        if let Some(sink) = &options.progress {
            // Found again on the wire, where the token of this request is known.
            call.extensions.insert::<ProgressSink>(sink.clone());
        }
        let meta = (!options.meta.is_empty()).then(|| RequestMetaObject::from(options.meta.clone()));
        let mut options = PeerRequestOptions::no_options();
        options.meta = meta;
        self.ask(ClientRequest::CallToolRequest(call), options).await
    }

    /// Sends a request and waits for its answer, whose memory is counted for as long as what comes with it is kept.
    pub(super) async fn ask(
        &self,
        request: ClientRequest,
        options: PeerRequestOptions,
    ) -> Result<(ServerResult, Asked<'_>), Kind> {
        let handle = match self.peer.send_request_with_option(request, options).await {
            Ok(handle) => handle,
            Err(error) => return Err(self.failed(error).await),
        };
        let mut asked = Asked { connection: self, id: handle.id.clone(), is_answered: false };
        let answer = handle.await_response().await;
        asked.is_answered = true;
        match answer {
            Ok(answer) => Ok((answer, asked)),
            Err(error) => Err(self.failed(error).await),
        }
    }

    async fn result(&self, result: CallToolResult, asked: &Asked<'_>) -> Result<CallResult, Kind> {
        let redacted = |result: CallToolResult, shared: &Shared| {
            if converted::size(&result) > MOST_RESULT {
                return Err(Kind::TooLarge { what: "a result", limit: MOST_RESULT });
            }
            Ok(converted::result(result, &shared.redactor))
        };
        if !asked.is_heavy() {
            return redacted(result, &self.shared);
        }
        let shared = Arc::clone(&self.shared);
        message::aside(move || redacted(result, &shared)).await.unwrap_or(Err(Kind::Cancelled))
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

/// A request that was made. Dropped before it is answered, it tells the server.
pub(super) struct Asked<'a> {
    connection: &'a Connection,
    id: RequestId,
    is_answered: bool,
}

impl Asked<'_> {
    /// Whether the answer is more than should be looked through where others wait.
    pub(super) fn is_heavy(&self) -> bool {
        self.connection.shared.is_heavy(&self.id)
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.connection.shared.done(&self.id);
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if self.is_answered {
            return;
        }
        let (peer, id) = (self.connection.peer.clone(), self.id.clone());
        runtime.spawn(async move {
            let params = CancelledNotificationParam::new(Some(id), Some(NOT_AWAITED.to_owned()));
            let notification = ClientNotification::CancelledNotification(CancelledNotification::new(params));
            // A connection that is gone needs none.
            let _gone = peer.send_notification(notification).await;
        });
    }
}
