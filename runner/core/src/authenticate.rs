//! Who asks: finds the principal of each request, before anything of it is looked at. [`authorize`](crate::authorize) then
//! says what they may do. What a request says of itself counts only where a source of the bundle's `authentication` proves it;
//! nothing in a body, a query or a path ever does.
//!
//! The rule. A source *applies* to a request that brings its form of credential: `Authorization: Bearer` for `tokens` and
//! `jwt`, the header of a `header` source from an address that may send it. The first that applies decides, and when it says no
//! that is the answer: the next one is not asked. A request without any credential is `anonymous`; one with a wrong one is refused.
//! Several sources may take bearer tokens. A token that is a JSON Web Token of an issuer that a `jwt` source names is for that
//! source; any other is for the `tokens` sources, where there are some, and else for the first `jwt` source.

mod bearer;
mod header;
mod jwt;
mod tokens;

use std::net::IpAddr;
use std::sync::Arc;

use futures_util::future::join_all;
use hyper::HeaderMap;
use pace_ir::access::Subject;
use pace_ir::program::authentication::Source;
use pace_ir::program::{Authentication, Principal};
use pace_ir::text::quoted;

use crate::environment::Environment;
use crate::model::http::{Http, Timeouts};
use crate::problem::{Code, Problem};
use crate::setup::SetupError;
use bearer::Bearer;
use header::ProxyHeader;
use jwt::JwtSource;
use tokens::Tokens;

pub use tokens::{FreshToken, fresh_token};

/// How the principal of a request is found.
#[derive(Debug)]
pub enum Identity {
    /// Nobody says who they are: every request is anonymous. For `authentication: none`, and for listeners on loopback where
    /// the project does not say.
    Anonymous,
    /// The person who operates this machine, for commands and never for a listener that others reach.
    Local(Subject),
    /// The sources of the bundle.
    Sources(Sources),
}

/// Who can reach a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Programs of this machine: it listens on a loopback address.
    ThisMachine,
    /// Other machines.
    Others,
}

/// The sources of a bundle, in its order.
#[derive(Debug)]
pub struct Sources(Vec<Configured>);

#[derive(Debug)]
enum Configured {
    Tokens(Tokens),
    Jwt(Arc<JwtSource>),
    Header(ProxyHeader),
}

/// Whether a bundle that says this of who asks may be served to those who reach the listener. Needs no environment: who may not
/// serve a bundle is not sent looking for keys first.
///
/// # Errors
/// The listener would be open to others, and the bundle does not say who they are.
pub fn judge(authentication: &Authentication, reach: Reach) -> Result<(), SetupError> {
    match (authentication, reach) {
        (Authentication::Nobody | Authentication::Sources(_), _) | (Authentication::Unset, Reach::ThisMachine) => {
            Ok(())
        }
        (Authentication::Unset, Reach::Others) => Err(SetupError::new(
            "other machines could reach this listener, and the bundle has no `authentication`",
            "set HOST=127.0.0.1 to serve this machine alone, or write in `paceline.yaml` who may ask: sources under \
             `authentication`, or `authentication: none` to serve everybody as `anonymous`",
        )),
    }
}

impl Identity {
    /// What a listener takes requests for. References are resolved; nothing is fetched yet.
    ///
    /// # Errors
    /// A reference leads to nothing, or to what cannot be used. Says all that is missing.
    pub fn configure(authentication: &Authentication, environment: &Environment) -> Result<Self, SetupError> {
        let (identity, missing) = Self::gather(authentication, environment);
        SetupError::all(missing).map_or(Ok(identity), Err)
    }

    /// The same of those sources that can be used, and what is missing for the others.
    pub(crate) fn gather(authentication: &Authentication, environment: &Environment) -> (Self, Vec<SetupError>) {
        let sources = match authentication {
            Authentication::Unset | Authentication::Nobody => return (Self::Anonymous, Vec::new()),
            Authentication::Sources(sources) => sources,
        };
        let (mut configured, mut missing) = (Vec::new(), Vec::new());
        let http = Http::configure(environment, Timeouts::default());
        let http = http.map_err(|error| missing.push(error)).ok();
        for source in sources {
            match configure(source, environment, http.as_ref()) {
                Ok(source) => configured.push(source),
                Err(error) => missing.push(error),
            }
        }
        (Self::Sources(Sources(configured)), missing)
    }

    /// Who asks, by a request's header fields and the address at the other end of its connection.
    ///
    /// # Errors
    /// [`Code::WrongCredential`], and [`Code::KeysUnavailable`] where a token cannot be judged for now.
    pub async fn subject(&self, headers: &HeaderMap, peer: IpAddr) -> Result<Subject, Problem> {
        match self {
            Self::Anonymous => Ok(Subject::new(Principal::Anonymous)),
            Self::Local(subject) => Ok(subject.clone()),
            Self::Sources(sources) => sources.subject(headers, peer).await,
        }
    }

    /// Whether a request could say who it is from.
    pub fn has_sources(&self) -> bool {
        matches!(self, Self::Sources(_))
    }

    /// Whether one could say so with a bearer token.
    pub fn takes_bearer_tokens(&self) -> bool {
        let Self::Sources(Sources(sources)) = self else { return false };
        sources.iter().any(|source| matches!(source, Configured::Tokens(_) | Configured::Jwt(_)))
    }

    /// Whether an address is that of a proxy that may say who asks: many come from there.
    pub fn is_proxy(&self, peer: IpAddr) -> bool {
        let Self::Sources(Sources(sources)) = self else { return false };
        sources.iter().any(|source| matches!(source, Configured::Header(header) if header.is_from(peer)))
    }

    /// Why some requests cannot be judged for now; empty where all can.
    pub fn unready(&self) -> Vec<String> {
        self.issuers().filter_map(|issuer| issuer.unready()).collect()
    }

    /// Keeps the keys of issuers at hand, for as long as it is polled.
    pub async fn keep(&self) {
        join_all(self.issuers().map(|issuer| issuer.keep())).await;
    }

    /// Fetches the keys of all issuers once, and says what there is, one line an issuer, or why they cannot be had.
    pub(crate) async fn probe(&self) -> Vec<Result<String, SetupError>> {
        join_all(self.issuers().map(|issuer| issuer.probe())).await
    }

    fn issuers(&self) -> impl Iterator<Item = &Arc<JwtSource>> {
        let sources = match self {
            Self::Sources(Sources(sources)) => sources.as_slice(),
            Self::Anonymous | Self::Local(_) => &[],
        };
        sources.iter().filter_map(|source| match source {
            Configured::Jwt(issuer) => Some(issuer),
            Configured::Tokens(_) | Configured::Header(_) => None,
        })
    }
}

/// A source; of `http` nothing is there if a variable for connections is wrong.
fn configure(source: &Source, environment: &Environment, http: Option<&Http>) -> Result<Configured, SetupError> {
    Ok(match source {
        Source::Tokens(tokens) => Configured::Tokens(Tokens::configure(tokens, environment)?),
        Source::Jwt(jwt) => {
            let unjudged = || {
                let issuer = quoted(&jwt.issuer);
                SetupError::unjudged(format!("the issuer `{issuer}`, because connections cannot be set up"))
            };
            let http = http.ok_or_else(unjudged)?;
            Configured::Jwt(Arc::new(JwtSource::configure(jwt, environment, http.clone())?))
        }
        Source::Header(header) => Configured::Header(ProxyHeader::configure(header)?),
    })
}

impl Sources {
    async fn subject(&self, headers: &HeaderMap, peer: IpAddr) -> Result<Subject, Problem> {
        let bearer = Bearer::of(headers);
        let decides = match &bearer {
            Bearer::Token(token) => self.takes(token),
            Bearer::Absent | Bearer::Malformed(_) => None,
        };
        for (number, source) in self.0.iter().enumerate() {
            match (source, &bearer) {
                (Configured::Header(header), _) => {
                    if let Some(subject) = header.subject(headers, peer)? {
                        return Ok(subject);
                    }
                }
                (Configured::Tokens(_), Bearer::Token(token)) if decides == Some(number) => {
                    return self.by_token(token);
                }
                (Configured::Jwt(issuer), Bearer::Token(token)) if decides == Some(number) => {
                    return issuer.subject(token).await;
                }
                (Configured::Tokens(_) | Configured::Jwt(_), Bearer::Malformed(why)) => return Err(wrong(why)),
                (Configured::Tokens(_) | Configured::Jwt(_), Bearer::Token(_) | Bearer::Absent) => {}
            }
        }
        match bearer {
            Bearer::Absent => Ok(Subject::new(Principal::Anonymous)),
            // Who shows something is not taken for somebody who shows nothing.
            Bearer::Token(_) | Bearer::Malformed(_) => {
                Err(wrong("the request has a header `Authorization`, and `authentication` has no source that takes it"))
            }
        }
    }

    /// The place of the source that a bearer token is for.
    fn takes(&self, token: &str) -> Option<usize> {
        let place = |is_it: &dyn Fn(&Configured) -> bool| self.0.iter().position(is_it);
        let claimed = jwt::claimed(token);
        let of_issuer = |fits: fn(&JwtSource, &jwt::Claimed) -> bool| {
            let claimed = claimed.as_ref()?;
            place(&|source| matches!(source, Configured::Jwt(issuer) if fits(issuer, claimed)))
        };
        // Of two sources of one issuer, the one whose audience it is for.
        of_issuer(JwtSource::is_meant)
            .or_else(|| of_issuer(JwtSource::is_issuer))
            .or_else(|| place(&|source| matches!(source, Configured::Tokens(_))))
            .or_else(|| place(&|source| matches!(source, Configured::Jwt(_))))
    }

    /// Whose fixed token it is: those of all `tokens` sources are one list.
    fn by_token(&self, token: &str) -> Result<Subject, Problem> {
        let lists = self.0.iter().filter_map(|source| match source {
            Configured::Tokens(tokens) => Some(tokens),
            Configured::Jwt(_) | Configured::Header(_) => None,
        });
        let digest = tokens::digest(token);
        lists
            .filter_map(|tokens| tokens.find(&digest))
            .last()
            .ok_or_else(|| wrong("the bearer token is none that is known here"))
    }
}

/// A credential that is none. `why` repeats nothing of it.
fn wrong(why: &'static str) -> Problem {
    Problem::new(Code::WrongCredential, why).help("send a valid credential, or none to be `anonymous`")
}

#[cfg(test)]
mod tests;
