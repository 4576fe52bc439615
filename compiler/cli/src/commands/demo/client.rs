//! A client as anybody could write one: HTTP/1.1 to the runner's port, a connection for each request. It goes to the address
//! itself; proxies that the environment names are for the world outside.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use pace_runner::conversation::{ToolCall, ToolResult};
use serde_json::Value;
use tokio::net::TcpStream;

/// Where the runner listens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Client(pub(super) SocketAddr);

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Value,
}

/// An event of an answer.
#[derive(Debug)]
pub(super) enum Heard<'a> {
    /// The next words.
    Text(&'a str),
    /// A tool is to be called.
    Call(ToolCall),
    /// What the call came to, and that in one word.
    Result(ToolResult, &'a str),
}

/// How long one request may take; recorded answers take about a second.
const AT_MOST: Duration = Duration::from_secs(30);
/// The longest event that is waited for.
const MOST_BYTES: usize = 1 << 20;

impl Client {
    /// Whether the runner is ready.
    pub(super) async fn is_ready(self) -> anyhow::Result<bool> {
        let response = self.send(Method::GET, "/ready", Bytes::new()).await?;
        Ok(response.status().is_success())
    }

    /// Says something to an agent.
    pub(super) async fn chat(self, agent: &str, body: &Value) -> anyhow::Result<Reply> {
        let exchange = async {
            let path = format!("/agents/{agent}/chat");
            let response = self.send(Method::POST, &path, body.to_string().into()).await?;
            let status = response.status().as_u16();
            let bytes = response.into_body().collect().await.context("the runner's answer broke off")?.to_bytes();
            let body = serde_json::from_slice(&bytes).context("the runner's answer is no JSON")?;
            Ok(Reply { status, body })
        };
        in_time(exchange).await
    }

    /// Says something to an agent, and hears the answer as it arrives; the whole of it at the end.
    pub(super) async fn stream(
        self,
        agent: &str,
        body: &Value,
        mut hear: impl FnMut(Heard<'_>),
    ) -> anyhow::Result<Value> {
        let exchange = async {
            let path = format!("/agents/{agent}/chat/stream");
            let mut response = self.send(Method::POST, &path, body.to_string().into()).await?;
            let mut events = Events::default();
            while let Some(frame) = response.body_mut().frame().await {
                let frame = frame.context("the runner's stream broke off")?;
                for (name, data) in events.add(frame.data_ref().map_or(&[][..], |bytes| bytes))? {
                    match name.as_str() {
                        "text" => hear(Heard::Text(data.get("text").and_then(Value::as_str).unwrap_or_default())),
                        "tool_call" => hear(Heard::Call(serde_json::from_value(data)?)),
                        "tool_result" => {
                            let status = data.get("status").and_then(Value::as_str).unwrap_or_default().to_owned();
                            hear(Heard::Result(serde_json::from_value(data)?, &status));
                        }
                        "done" => return Ok(data),
                        "error" => bail!("the runner answered with an error: {}", detail(&data)),
                        _ => {}
                    }
                }
            }
            bail!("the runner's stream ended without an answer")
        };
        in_time(exchange).await
    }

    async fn send(self, method: Method, path: &str, body: Bytes) -> anyhow::Result<Response<Incoming>> {
        let stream = TcpStream::connect(self.0).await.with_context(|| format!("cannot connect to {}", self.0))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // It ends with the answer, or when the runner ends; a fault shows in the answer.
        tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.0.to_string())
            .header("content-type", "application/json")
            .body(Full::new(body))?;
        Ok(sender.send_request(request).await?)
    }
}

async fn in_time<T>(exchange: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let answered = tokio::time::timeout(AT_MOST, exchange).await;
    answered.with_context(|| format!("the runner did not answer within {} seconds", AT_MOST.as_secs()))?
}

/// What a problem document says.
pub(super) fn detail(body: &Value) -> String {
    pace_runner::printable(body.get("detail").and_then(Value::as_str).unwrap_or("it does not say why"))
}

/// Server-sent events out of pieces of a stream.
#[derive(Debug, Default)]
struct Events {
    pending: Vec<u8>,
}

impl Events {
    /// The events that a piece completes: names and data.
    fn add(&mut self, piece: &[u8]) -> anyhow::Result<Vec<(String, Value)>> {
        self.pending.extend_from_slice(piece);
        let mut events = Vec::new();
        while let Some(end) = self.pending.windows(2).position(|two| two == b"\n\n") {
            let event: Vec<u8> = self.pending.drain(..end + 2).collect();
            let event = String::from_utf8(event).context("the runner's stream is not UTF-8")?;
            let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
            // Without data it is a comment, which keeps connections open.
            if let Some(data) = field("data: ") {
                let data = serde_json::from_str(data).context("an event of the runner is no JSON")?;
                events.push((field("event: ").unwrap_or("message").to_owned(), data));
            }
        }
        if self.pending.len() > MOST_BYTES {
            bail!("an event of the runner has no end");
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_put_together() {
        let mut events = Events::default();
        let mut heard = Vec::new();
        for piece in [": hello\n\nid: 1\nevent: te", "xt\ndata: {\"text\":\"a\\nb\"}\n", "\nevent: done\ndata: 1\n\n"] {
            heard.extend(events.add(piece.as_bytes()).unwrap());
        }
        let wanted = [("text".to_owned(), serde_json::json!({"text": "a\nb"})), ("done".to_owned(), 1.into())];
        assert_eq!(heard, wanted);
        assert!(events.add(b"data: {\n\n").is_err());
        assert!(events.add(&vec![b'x'; MOST_BYTES + 1]).is_err());
    }
}
