//! Tokens for a client's id and secret (RFC 6749, 4.4): got when they are needed, kept until shortly before they end, and got
//! anew once a server refuses them.

mod discover;
mod token;

use std::sync::Arc;

use hyper::header::HeaderValue;
use pace_web::Web;
use tokio::sync::Mutex;
use url::Url;

use self::token::Token;
use crate::error::Kind;
use crate::server::OauthClient;
use crate::wire::Shared;

/// The tokens of one client at one server.
#[derive(Debug)]
pub(super) struct Oauth {
    web: Web,
    client: OauthClient,
    server: Url,
    shared: Arc<Shared>,
    /// Held while one is got: others wait for it instead of getting their own.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    token: Option<Token>,
    /// Where tokens are given out, once that is known.
    issuer: Option<Issuer>,
}

/// Where tokens are given out, and how a client shows its secret there.
#[derive(Debug, Clone)]
pub(super) struct Issuer {
    token_url: Url,
    shows: Shows,
    /// What can be asked for, as the server says.
    scopes: Vec<String>,
    /// What the token is for, in the words that the server uses for itself (RFC 8707).
    resource: String,
}

/// How a client shows who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shows {
    /// In a header; every authorization server has to take that.
    Basic,
    /// In the body.
    Post,
}

impl Oauth {
    pub(super) fn new(web: Web, client: OauthClient, server: Url, shared: Arc<Shared>) -> Self {
        Self { web, client, server, shared, state: Mutex::default() }
    }

    /// What to show. Nothing as long as only the server can say where tokens are: it is asked without one first.
    pub(super) async fn header(&self) -> Result<Option<HeaderValue>, Kind> {
        let mut state = self.state.lock().await;
        if let Some(token) = state.token.as_ref().filter(|token| token.is_good()) {
            return Ok(Some(token.header()));
        }
        if state.issuer.is_none() {
            state.issuer = self.given();
        }
        match &state.issuer {
            Some(issuer) => {
                let token = self.get(issuer).await?;
                Ok(Some(state.token.insert(token).header()))
            }
            None => Ok(None),
        }
    }

    /// The server refused what it was shown. Another token is got, unless somebody else has got one meanwhile.
    pub(super) async fn refused(&self, shown: Option<&HeaderValue>, challenge: Option<String>) -> Result<(), Kind> {
        let mut state = self.state.lock().await;
        if state.token.as_ref().is_some_and(|token| Some(&token.header()) != shown && token.is_good()) {
            return Ok(());
        }
        state.token = None;
        if state.issuer.is_none() {
            state.issuer = match self.given() {
                Some(issuer) => Some(issuer),
                None => Some(discover::issuer(&self.web, &self.server, challenge.as_deref()).await?),
            };
        }
        if let Some(issuer) = &state.issuer {
            state.token = Some(self.get(issuer).await?);
        }
        Ok(())
    }

    fn given(&self) -> Option<Issuer> {
        let token_url = self.client.token_url.clone()?;
        let resource = self.server.to_string();
        Some(Issuer { token_url, shows: Shows::Basic, scopes: Vec::new(), resource })
    }

    async fn get(&self, issuer: &Issuer) -> Result<Token, Kind> {
        let token = token::get(&self.web, &self.client, issuer, &self.shared.redactor).await?;
        self.shared.redactor.add("token", token.value());
        Ok(token)
    }
}
