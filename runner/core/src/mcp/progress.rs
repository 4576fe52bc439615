//! The events of an invocation as progress of a call, for clients that gave a token.

use std::time::Duration;

use pace_ir::text::quoted;
use rmcp::RoleServer;
use rmcp::model::ProgressNotificationParam;
use rmcp::service::RequestContext;
use tokio::sync::mpsc;

use crate::events::{Event, EventSink, Source, how_far};

/// How many steps wait for a client that takes them slowly; more are left out. The invocation waits for nobody.
const WAITING: usize = 32;

/// How long the answer waits for the last steps to be taken: they come before it, or not at all.
const MOMENT: Duration = Duration::from_secs(1);

/// Hears an invocation.
pub(super) struct Steps(Option<mpsc::Sender<String>>);

/// Tells a client what [`Steps`] hear, on a task of its own: the invocation is not to wait for it.
pub(super) struct Told(tokio::task::JoinHandle<()>);

/// Begins to tell the client of a call.
pub(super) fn of(context: &RequestContext<RoleServer>) -> (Steps, Told) {
    let (sender, mut receiver) = mpsc::channel(WAITING);
    let token = context.meta.get_progress_token();
    let steps = Steps(token.is_some().then_some(sender));
    let peer = context.peer.clone();
    let told = async move {
        let mut count = 0.0;
        while let (Some(token), Some(message)) = (&token, receiver.recv().await) {
            count += 1.0;
            let mut step = ProgressNotificationParam::new(token.clone(), count);
            step.message = Some(message);
            // Who does not hear it may still hear the answer.
            let _unheard = peer.notify_progress(step).await;
        }
    };
    (steps, Told(tokio::spawn(told)))
}

impl Told {
    /// Ready when everything is told, or a moment later. The steps have to be dropped before.
    pub(super) async fn all(mut self) {
        let _too_slow = tokio::time::timeout(MOMENT, &mut self.0).await;
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl EventSink for Steps {
    fn on_event(&self, source: &Source, event: &Event<'_>) {
        let Some(sender) = &self.0 else { return };
        let agent = &source.agent;
        let step = match event {
            Event::ModelCall { turn: 1 } => format!("{agent} asks its model"),
            Event::ModelCall { turn } => format!("{agent} asks its model for turn {turn}"),
            Event::ModelRetry { attempt, why, .. } => format!("{agent}: {}; attempt {attempt}", quoted(why)),
            Event::ToolCall { call, .. } => format!("{agent} calls {}", quoted(&call.name)),
            Event::ToolProgress { call, progress, total, message } => {
                let far = how_far(*progress, *total, *message);
                format!("{agent}: {} {far}", quoted(&call.name))
            }
            Event::ToolResult { result, status, .. } => {
                format!("{agent}: {} {}", quoted(&result.name), status.as_str())
            }
            _ => return,
        };
        let _left_out = sender.try_send(step);
    }
}
