//! Between rmcp and a transport: what a server sends is judged here before rmcp sees it. Answers to nothing are dropped, progress
//! goes to whom it is meant for, floods are slowed down to what the sender can bear to wait for, and a change of the list of
//! tools is noted. Nothing here grows with what a server sends.

mod discover;
mod flood;
mod shared;

use std::sync::Arc;

use rmcp::RoleClient;
use rmcp::model::{
    ClientJsonRpcMessage, ClientNotification, ClientRequest, ErrorData, GetExtensions as _, GetMeta as _,
    JsonRpcMessage, RequestId, ServerJsonRpcMessage, ServerNotification,
};
use rmcp::transport::Transport;
use tokio::time::Instant;

use self::discover::Discovery;
pub(crate) use self::flood::Flood;
pub(crate) use self::shared::{Asks, Shared};
use crate::call::{Progress, ProgressSink};
use crate::carrier::Carrier;

/// A transport, judged.
pub(crate) struct Wire {
    inner: Carrier,
    shared: Arc<Shared>,
    flood: Flood,
    discovery: Discovery,
}

impl Wire {
    /// `discover` is how long is waited for the answer to the newer protocol's question, if less than rmcp waits.
    pub(crate) fn new(inner: Carrier, shared: Arc<Shared>, discover: Option<Instant>) -> Self {
        Self { inner, shared, flood: Flood::new(), discovery: Discovery::new(discover) }
    }

    /// What of `message` is for rmcp.
    fn judge(&mut self, message: ServerJsonRpcMessage) -> Option<ServerJsonRpcMessage> {
        match &message {
            JsonRpcMessage::Response(response) => self.answer(&response.id.clone(), message),
            JsonRpcMessage::Error(error) => match error.id.clone() {
                Some(id) => self.answer(&id, message),
                // While it is connected to, an error without an id can only be about what was just asked.
                None => (!self.shared.is_open()).then_some(message),
            },
            JsonRpcMessage::Request(request) => {
                self.flood.count();
                self.shared.asked(&request.id).then_some(message)
            }
            JsonRpcMessage::Notification(notification) => {
                self.flood.count();
                self.note(&notification.notification).then_some(message)
            }
        }
    }

    fn answer(&mut self, id: &RequestId, message: ServerJsonRpcMessage) -> Option<ServerJsonRpcMessage> {
        if !self.shared.answered(id) {
            self.flood.count();
            return None;
        }
        let message = self.shared.take_aside(id).unwrap_or(message);
        let (message, other) = self.discovery.answer(id, message);
        if let Some(other) = other {
            self.shared.answered(&other);
        }
        message
    }

    /// Takes note of a notification. Whether rmcp needs it too: what it keeps of subscriptions and cancelled requests.
    #[expect(deprecated, reason = "logging is deprecated as of 2026-07-28; servers of older protocols do it")]
    fn note(&self, notification: &ServerNotification) -> bool {
        match notification {
            ServerNotification::ProgressNotification(notification) => {
                let params = &notification.params;
                let message = params.message.as_deref().map(|message| self.shared.redactor.text(message).into_owned());
                let progress = Progress { progress: params.progress, total: params.total, message };
                self.shared.progress(&params.progress_token, progress);
                false
            }
            ServerNotification::ToolListChangedNotification(_) => {
                self.shared.list_changed();
                false
            }
            ServerNotification::LoggingMessageNotification(notification) => {
                let said = notification.params.data.to_string();
                tracing::debug!(server = %self.shared.name, "says {}", self.shared.redactor.quoted(&said));
                false
            }
            ServerNotification::CancelledNotification(notification) => {
                if let Some(id) = &notification.params.request_id {
                    self.shared.replied(id);
                }
                true
            }
            ServerNotification::SubscriptionsAcknowledgedNotification(_) => true,
            _ => false,
        }
    }

    /// Takes note of what is sent.
    fn sending(&mut self, message: &ClientJsonRpcMessage) {
        match message {
            JsonRpcMessage::Request(request) => {
                let sink = match &request.request {
                    ClientRequest::CallToolRequest(call) => call.extensions().get::<ProgressSink>().cloned(),
                    _ => None,
                };
                let token = request.request.get_meta().get_progress_token();
                let asks = match &request.request {
                    ClientRequest::CallToolRequest(_) => Asks::Call,
                    ClientRequest::ListToolsRequest(_) => Asks::List,
                    _ => Asks::Else,
                };
                self.shared.ask(request.id.clone(), asks, token.zip(sink));
                self.discovery.ask(&request.id, &request.request);
            }
            JsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) = &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    self.shared.answered(id);
                }
            }
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => {}
        }
    }
}

impl Transport<RoleClient> for Wire {
    type Error = <Carrier as Transport<RoleClient>>::Error;

    fn send(&mut self, item: ClientJsonRpcMessage) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        self.sending(&item);
        let reply = match &item {
            JsonRpcMessage::Response(response) => Some(response.id.clone()),
            JsonRpcMessage::Error(error) => error.id.clone(),
            _ => None,
        };
        let sent = (!self.discovery.withholds(&item)).then(|| self.inner.send(item));
        let shared = Arc::clone(&self.shared);
        async move {
            let sent = match sent {
                Some(sent) => sent.await,
                None => Ok(()),
            };
            if let Some(id) = reply {
                shared.replied(&id);
            }
            sent
        }
    }

    async fn receive(&mut self) -> Option<ServerJsonRpcMessage> {
        // Dropped and asked again at any point where it waits; nothing is lost then.
        loop {
            self.flood.pause().await;
            let received = match self.discovery.ends() {
                Some(ends) => tokio::time::timeout_at(ends, self.inner.receive()).await,
                None => Ok(self.inner.receive().await),
            };
            let message = match received {
                Ok(Some(message)) => message,
                Ok(None) => {
                    self.shared.ended();
                    return None;
                }
                Err(_elapsed) => match self.discovery.give_up() {
                    Some(answer) => return Some(answer),
                    None => continue,
                },
            };
            if let Some(message) = self.judge(message) {
                return Some(message);
            }
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.inner.close().await
    }
}

/// An answer to request `id` that says why there is none.
pub(crate) fn no_answer(id: rmcp::model::RequestId, why: &'static str) -> ServerJsonRpcMessage {
    ServerJsonRpcMessage::error(ErrorData::internal_error(why, None), Some(id))
}
