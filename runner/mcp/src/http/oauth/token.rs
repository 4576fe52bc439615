//! One token, asked for and read.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::Method;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use pace_web::Web;
use serde::Deserialize;
use tokio::time::Instant;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::{Issuer, Shows};
use crate::error::Kind;
use crate::http::body::whole;
use crate::http::client::ask;
use crate::redact::Redactor;
use crate::server::OauthClient;

/// How long before its end a token is no longer shown: a request may take its time.
const EARLY: Duration = Duration::from_secs(30);
/// The most that an authorization server says of a token, bytes.
const MOST: usize = 256 << 10;
/// How long it may take to say it.
const WITHIN: Duration = Duration::from_secs(15);

/// A token.
pub(super) struct Token {
    value: String,
    header: HeaderValue,
    /// Without one it is good until it is refused.
    ends: Option<Instant>,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Token").field("ends", &self.ends).finish_non_exhaustive()
    }
}

impl Token {
    pub(super) fn is_good(&self) -> bool {
        self.ends.is_none_or(|ends| Instant::now() < ends)
    }

    pub(super) fn header(&self) -> HeaderValue {
        self.header.clone()
    }

    pub(super) fn value(&self) -> &str {
        &self.value
    }
}

/// RFC 6749, 5.1 and 5.2.
#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    token_type: Option<String>,
    expires_in: Option<u64>,
    error: Option<String>,
    error_description: Option<String>,
}

/// A token of `issuer`.
pub(super) async fn get(web: &Web, client: &OauthClient, issuer: &Issuer, redactor: &Redactor) -> Result<Token, Kind> {
    let from = pace_ir::text::quoted(&issuer.token_url.origin().ascii_serialization());
    let failed = |why: String| Kind::NoToken { from: from.clone(), why };
    let (headers, body) = request(client, issuer).map_err(|why| failed(why.to_owned()))?;
    let asked = async {
        let response = ask(web, Method::POST, &issuer.token_url, headers, body.into()).await;
        let response = response.map_err(|kind| failed(kind.to_string()))?;
        let status = response.status();
        let body = whole(response.into_body(), MOST).await;
        let (body, _room) = body.map_err(|_broken| failed("its answer is cut off".to_owned()))?;
        Ok((status, serde_json::from_slice::<Answer>(&body).ok()))
    };
    let answered = tokio::time::timeout(WITHIN, asked).await;
    let (status, answer) =
        answered.map_err(|_elapsed| failed(format!("no answer within {} s", WITHIN.as_secs())))??;
    let refused = |answer: Option<&Answer>| {
        let error = answer.and_then(|answer| answer.error.as_deref()).map(|error| redactor.quoted(error));
        let more = answer.and_then(|answer| answer.error_description.as_deref()).map(|more| redactor.quoted(more));
        let error = error.map(|error| format!(": `{error}`")).unwrap_or_default();
        failed(format!(
            "it answered {}{error}{}",
            status.as_u16(),
            more.map(|more| format!(" ({more})")).unwrap_or_default()
        ))
    };
    let value = answer.as_ref().filter(|_| status.is_success()).and_then(|answer| answer.access_token.clone());
    let (Some(value), Some(answer)) = (value, answer.as_ref()) else {
        return Err(refused(answer.as_ref()));
    };
    if !answer.token_type.as_deref().unwrap_or("bearer").eq_ignore_ascii_case("bearer") {
        return Err(failed("it gives out tokens of another kind than `Bearer`".to_owned()));
    }
    let mut header = HeaderValue::from_str(&format!("Bearer {value}"))
        .map_err(|_error| failed("its token is no text of one line".to_owned()))?;
    header.set_sensitive(true);
    // A token that lives shorter than that is shown once.
    let ends = answer
        .expires_in
        .map(|seconds| Instant::now() + Duration::from_secs(seconds.min(1 << 31)).saturating_sub(EARLY));
    Ok(Token { value, header, ends })
}

fn request(client: &OauthClient, issuer: &Issuer) -> Result<(HeaderMap, String), &'static str> {
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    let scopes = if client.scopes.is_empty() { &issuer.scopes } else { &client.scopes };
    if !scopes.is_empty() {
        form.append_pair("scope", &scopes.join(" "));
    }
    // RFC 8707: a token for this server, and for no other.
    form.append_pair("resource", &issuer.resource);
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    let (id, secret) = (&client.client_id, client.client_secret.reveal());
    match issuer.shows {
        Shows::Post => {
            form.append_pair("client_id", id).append_pair("client_secret", secret);
        }
        Shows::Basic => {
            // RFC 6749, 2.3.1: both are encoded before they are joined.
            let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
            let basic = format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret))));
            let mut basic = HeaderValue::from_str(&basic).map_err(|_error| "the client's secret cannot be sent")?;
            basic.set_sensitive(true);
            headers.insert(AUTHORIZATION, basic);
        }
    }
    Ok((headers, form.finish()))
}
