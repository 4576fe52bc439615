//! An agent as an MCP server on standard input and output, for clients that start it as a program.

mod input;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use pace_ir::access::Subject;
use pace_ir::program::AgentName;
use rmcp::service::serve_server;

use self::input::Input;
use super::{AgentServer, Caller};
use crate::instantiate::Runner;

/// Serves until standard input ends; what runs then is cancelled. Standard output carries the protocol alone.
///
/// # Errors
/// The client does not begin as the protocol has it, in a sentence.
pub async fn serve(runner: &Arc<Runner>, agent: &AgentName, subject: Subject) -> Result<(), String> {
    let server = AgentServer::new(runner, agent, Caller::Known(subject));
    let (input, heard) = Input::new(tokio::io::stdin());
    let streams = (input, tokio::io::stdout());
    let running = match Box::pin(serve_server(server, streams)).await {
        Ok(running) => running,
        Err(rmcp::service::ServerInitializeError::ConnectionClosed(_)) if heard.load(Ordering::Relaxed) => {
            return Err("standard input ended, and nothing on it was a message that begins a session of MCP".to_owned());
        }
        // Whoever looks whether it starts, and leaves, has done nothing wrong.
        Err(rmcp::service::ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => return Err(error.to_string()),
    };
    let ended = running.waiting().await;
    runner.work().cancel();
    ended.map(|_| ()).map_err(|error| error.to_string())
}
