//! One request of the floor: the message read, the model asked, its stream read, the text answered.

use std::borrow::Cow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use anyhow::{Result, bail};
use bytes::{Buf, Bytes, BytesMut};
use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Body, Frame, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use serde::{Deserialize, Serialize};

use crate::tools;

/// What all requests share.
pub(crate) struct Floor {
    pub(crate) client: Client<HttpConnector, Full<Bytes>>,
    pub(crate) model: Uri,
    pub(crate) work: Work,
}

/// What is done for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// The model is asked once.
    Ask,
    /// What the model calls is answered, and it is asked again.
    Tools,
}

/// What a client sends.
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    message: Cow<'a, str>,
}

/// What the model is sent.
#[derive(Serialize)]
struct Ask<'a> {
    contents: [Content<'a>; 1],
}

/// An event of the model's stream: the text, and nothing else of it.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    candidates: Vec<Candidate<'a>>,
}

#[derive(Deserialize)]
struct Candidate<'a> {
    #[serde(borrow)]
    content: Content<'a>,
}

#[derive(Serialize, Deserialize)]
struct Content<'a> {
    #[serde(borrow)]
    role: Cow<'a, str>,
    parts: Vec<Part<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Part<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
}

/// What a client is answered.
#[derive(Serialize)]
pub(crate) struct Answer<'a> {
    pub(crate) response: &'a str,
}

type AnswerBody = Either<Full<Bytes>, Pieces>;

impl Floor {
    /// The answer to one request.
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Result<Response<AnswerBody>> {
        let is_stream = request.uri().path().ends_with("/stream");
        let body = request.into_body().collect().await?.to_bytes();
        let message: Message<'_> = serde_json::from_slice(&body)?;
        let (kind, body) = if self.work == Work::Tools {
            ("application/json", Either::Left(Full::new(tools::answer(self, &message.message).await?)))
        } else if is_stream {
            let model = self.ask(message.message).await?;
            ("text/event-stream", Either::Right(Pieces { model, held: BytesMut::new() }))
        } else {
            ("application/json", Either::Left(Full::new(whole(self.ask(message.message).await?).await?)))
        };
        let mut response = Response::new(body);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        Ok(response)
    }

    async fn ask(&self, text: Cow<'_, str>) -> Result<Incoming> {
        let ask = Ask { contents: [Content { role: "user".into(), parts: vec![Part { text }] }] };
        self.post(serde_json::to_vec(&ask)?).await
    }

    /// Sends the model a JSON document.
    pub(crate) async fn post(&self, document: Vec<u8>) -> Result<Incoming> {
        let body = Full::new(Bytes::from(document));
        let json = HeaderValue::from_static("application/json");
        let request = Request::builder().method(Method::POST).uri(self.model.clone()).header(CONTENT_TYPE, json);
        let response = self.client.request(request.body(body)?).await?;
        if !response.status().is_success() {
            bail!("the model answers {}", response.status());
        }
        Ok(response.into_body())
    }
}

async fn whole(model: Incoming) -> Result<Bytes> {
    let mut held = BytesMut::from(model.collect().await?.to_bytes());
    let mut text = String::new();
    while let Some(event) = next_event(&mut held) {
        text.push_str(&text_of(&event)?);
    }
    Ok(serde_json::to_vec(&Answer { response: &text })?.into())
}

/// The pieces of a model's answer, sent on as they come.
pub(crate) struct Pieces {
    model: Incoming,
    held: BytesMut,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = anyhow::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>>>> {
        loop {
            if let Some(event) = next_event(&mut self.held) {
                let piece = text_of(&event).and_then(|text| Ok(serde_json::to_string(&Part { text: text.into() })?));
                return Poll::Ready(Some(piece.map(|json| Frame::data(format!("data: {json}\n\n").into()))));
            }
            match ready!(Pin::new(&mut self.model).poll_frame(context)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.held.extend_from_slice(&data);
                    }
                }
            }
        }
    }
}

/// Takes the next whole event off the front: its data.
pub(crate) fn next_event(held: &mut BytesMut) -> Option<BytesMut> {
    // Gemini ends its lines as HTTP does.
    const END: &[u8] = b"\r\n\r\n";
    let end = held.windows(END.len()).position(|window| window == END)?;
    let mut event = held.split_to(end);
    held.advance(END.len());
    event.advance(b"data: ".len().min(event.len()));
    Some(event)
}

fn text_of(event: &[u8]) -> Result<String> {
    let event: Event<'_> = serde_json::from_slice(event)?;
    Ok(event.candidates.iter().flat_map(|candidate| &candidate.content.parts).map(|part| &*part.text).collect())
}
