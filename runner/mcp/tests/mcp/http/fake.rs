//! A server of ours: a function from a request to an answer, and a record of what was asked.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub(crate) type Answer = Response<Full<Bytes>>;

/// A server that runs until it is dropped.
pub(crate) struct Fake {
    /// `http://127.0.0.1:<port>`.
    pub(crate) origin: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: tokio::task::JoinHandle<()>,
}

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The body as a message.
    pub(crate) fn message(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

impl Fake {
    pub(crate) async fn start(answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        Self::over(None, answer).await
    }

    pub(crate) async fn over(
        tls: Option<TlsAcceptor>,
        answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let origin = format!("{scheme}://localhost:{}", listener.local_addr().unwrap().port());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (answer, kept) = (Arc::new(answer), Arc::clone(&seen));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, kept, tls) = (Arc::clone(&answer), Arc::clone(&kept), tls.clone());
                let service = service_fn(move |request| respond(request, Arc::clone(&answer), Arc::clone(&kept)));
                tokio::spawn(async move {
                    let http = hyper::server::conn::http1::Builder::new();
                    match tls {
                        None => drop(http.serve_connection(TokioIo::new(stream), service).await),
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                drop(http.serve_connection(TokioIo::new(stream), service).await);
                            }
                        }
                    }
                });
            }
        });
        Self { origin, seen, task }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn respond<F: Fn(&Seen) -> Answer>(
    request: Request<Incoming>,
    answer: Arc<F>,
    kept: Arc<Mutex<Vec<Seen>>>,
) -> Result<Answer, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let headers = head.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    let seen = Seen {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        headers: headers.collect(),
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    kept.lock().unwrap().push(seen.clone());
    Ok(answer(&seen))
}

pub(crate) fn answer(status: u16, kind: &str, body: impl Into<Bytes>) -> Answer {
    let builder = Response::builder().status(status).header("content-type", kind);
    builder.body(Full::new(body.into())).unwrap()
}

pub(crate) fn with(mut answer: Answer, name: &'static str, value: &str) -> Answer {
    answer.headers_mut().insert(name, value.parse().unwrap());
    answer
}

/// One event of a stream.
pub(crate) fn event_answer(message: &str) -> Answer {
    answer(200, "text/event-stream", format!("event: message\ndata: {message}\n\n"))
}

pub(crate) fn json_answer(value: &Value) -> Answer {
    answer(200, "application/json", value.to_string())
}

/// A server without sessions that has one tool, which gives back the credential it was shown. `call` may answer it otherwise.
pub(crate) fn mcp(seen: &Seen, call: impl Fn(&Value) -> Option<Answer>) -> Answer {
    let message = seen.message();
    let id = &message["id"];
    let result = |result: Value| json_answer(&json!({"jsonrpc": "2.0", "id": id, "result": result}));
    if seen.method != "POST" {
        return answer(405, "text/plain", "");
    }
    match message["method"].as_str() {
        Some("initialize") => result(json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "fake", "version": "1"},
        })),
        Some("tools/list") => result(json!({"tools": [{"name": "echo", "inputSchema": {"type": "object"}}]})),
        Some("tools/call") => call(id).unwrap_or_else(|| {
            let shown = seen.header("authorization").or(seen.header("x-key")).unwrap_or("nothing");
            result(json!({"content": [{"type": "text", "text": format!("shown: {shown}")}]}))
        }),
        Some(_) if id.is_null() => answer(202, "text/plain", ""),
        _ => {
            json_answer(&json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32601, "message": "Method not found"}}))
        }
    }
}
