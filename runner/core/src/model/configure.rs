//! From what a bundle says of a model and what the environment has to a [`Service`]: its address, its key, and what is
//! missing. Keys of the environment go to the provider's own host and to the base URL that the environment names, never to
//! an address out of a bundle: that one gets a key only if its declaration says which.

mod provider;

use hyper::Uri;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use pace_ir::Bundle;
use pace_ir::program::{Model, ModelName};
use pace_ir::text::{quoted, shortened};

use self::provider::Facts;
use super::failure::Subject;
use super::http::Http;
use super::service::Service;
use crate::environment::{Environment, Secret};
use crate::setup::SetupError;

/// A model that has no key.
#[derive(Debug)]
pub(super) struct Missing {
    model: ModelName,
    facts: &'static Facts,
}

/// Why there is no service.
#[derive(Debug)]
pub(super) enum NoService {
    /// Told together with the other missing keys.
    Key(Missing),
    /// What its declaration says leads to nothing.
    Setup(Vec<SetupError>),
}

impl From<SetupError> for NoService {
    fn from(error: SetupError) -> Self {
        Self::Setup(vec![error])
    }
}

/// A base URL and who says so.
struct Base {
    uri: Uri,
    from: NamedBy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NamedBy {
    /// The provider's own, whoever named it.
    Provider,
    /// The environment's variable for it.
    Environment,
    /// The bundle.
    Bundle,
}

/// A key and where it came from.
struct Key {
    value: Secret,
    /// ``the variable `X` ``, or ``the `api_key` of `x` ``.
    source: String,
}

/// The service of a model.
///
/// # Errors
/// [`NoService`].
pub(super) fn service(
    bundle: &Bundle,
    (name, model): (&ModelName, &Model),
    environment: &Environment,
    http: &Http,
) -> Result<Service, NoService> {
    let facts = Facts::of(model.provider);
    let base = base(name, model, facts, environment).map_err(|error| {
        // Which key is asked for follows from the address, but not whether a declared one is there.
        let declared = model.api_key.as_ref().and_then(|_| key(name, model, facts, NamedBy::Bundle, environment).err());
        NoService::Setup([error].into_iter().chain(declared).collect())
    })?;
    let key = key(name, model, facts, base.from, environment)?;
    if key.is_none() && facts.is_key_needed(base.from) {
        return Err(NoService::Key(Missing { model: name.clone(), facts }));
    }
    let declared = bundle.source_map.as_ref().and_then(|map| map.locations.get(&format!("models/{name}")));
    let declared = declared.map(|place| format!("`{}:{}`", quoted(&place.file), place.line));
    let headers = headers(facts, key.as_ref())?;
    let uri = endpoint(&base.uri, facts, &model.model);
    let subject = Subject {
        model: name.to_string(),
        provider_model: quoted(&model.model),
        host: host(&base.uri),
        key: key.as_ref().map(|key| key.source.clone()),
        secret: key.as_ref().map(|key| key.value.clone()),
        key_help: key_help(name, facts, base.from),
        url: without_query(&uri),
        is_version_missing: facts.is_version_missing(&base.uri, base.from),
        declared,
    };
    Ok(Service { wire: facts.wire(base.from), uri, model: model.model.clone(), headers, subject, http: http.clone() })
}

fn base(name: &ModelName, model: &Model, facts: &Facts, environment: &Environment) -> Result<Base, SetupError> {
    let (text, what, from) = if let Some(template) = &model.base_url {
        let what = format!("the `base_url` of the model `{name}`");
        (environment.resolve_address(template, &what)?.expose().to_owned(), what, NamedBy::Bundle)
    } else if let Some(text) = environment.text(facts.base_variable)? {
        (text.to_owned(), format!("the variable `{}`", facts.base_variable), NamedBy::Environment)
    } else {
        (facts.base.to_owned(), facts.base.to_owned(), NamedBy::Provider)
    };
    let uri = address(text.trim(), facts).map_err(|why| {
        let what = match shown(text.trim()).filter(|_| from == NamedBy::Environment && why == NO_WEB_ADDRESS) {
            Some(value) => format!("{what} is `{value}`, which"),
            None => what.clone(),
        };
        SetupError::new(
            format!("{what} {why}"),
            "write the address up to where the provider's own paths begin, as in `http://127.0.0.1:8000/v1`",
        )
    })?;
    let own: Uri = facts.base.parse().unwrap_or_default();
    let is_own =
        uri.host() == own.host() && uri.scheme() == own.scheme() && uri.port_u16().is_none_or(|port| port == 443);
    Ok(Base { uri, from: if is_own { NamedBy::Provider } else { from } })
}

const NO_WEB_ADDRESS: &str = "is not an http or https address";

/// What of a wrong address can be shown: not what stands before the host or behind the path, and nothing at all of a text
/// that does not look like an address, which may be a key in the wrong place.
fn shown(text: &str) -> Option<String> {
    let bare = text.rsplit('@').next()?.split(['?', '#']).next()?;
    let has_port = || {
        let authority = bare.split('/').next().unwrap_or_default();
        let port = authority.rsplit_once(':').map(|(_, port)| port);
        port.is_some_and(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
    };
    (bare.contains("://") || has_port()).then(|| quoted(bare))
}

/// A base URL, without what no request could use. The text may hold a password, so it is not shown.
fn address(text: &str, facts: &Facts) -> Result<Uri, &'static str> {
    let uri: Uri = text.trim_end_matches('/').parse().map_err(|_| "is not an address")?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(NO_WEB_ADDRESS);
    }
    let authority = uri.authority().ok_or("names no host")?;
    if authority.as_str().contains('@') {
        return Err("holds a user or a password; a key belongs into `api_key`");
    }
    if authority.host().is_empty() || authority.as_str().ends_with(':') {
        return Err("names no host");
    }
    if uri.query().is_some() || text.contains('#') {
        return Err("has a part after `?` or `#`, where no path can follow");
    }
    if facts.provider.own_path(uri.path()).is_some() {
        return Err("ends in the path that the runner adds by itself");
    }
    Ok(uri)
}

fn key(
    name: &ModelName,
    model: &Model,
    facts: &Facts,
    from: NamedBy,
    environment: &Environment,
) -> Result<Option<Key>, SetupError> {
    if let Some(template) = &model.api_key {
        let source = format!("the `api_key` of `{name}`, `{template}`");
        let value = environment.resolve(template, &format!("the `api_key` of the model `{name}`"))?;
        return Ok(Some(Key { value: Secret::new(value.expose().trim()), source }));
    }
    if from == NamedBy::Bundle {
        return Ok(None);
    }
    for variable in facts.keys {
        if let Some(value) = environment.secret(variable)? {
            return Ok(Some(Key { value, source: format!("the variable `{variable}`") }));
        }
    }
    Ok(None)
}

fn key_help(name: &ModelName, facts: &Facts, from: NamedBy) -> String {
    let variable = facts.keys.first().copied().unwrap_or_default();
    match from {
        NamedBy::Bundle => format!(
            "add `api_key: ${{env:{variable}}}` to the model `{name}`; an address out of a bundle gets no other key"
        ),
        NamedBy::Environment | NamedBy::Provider => format!("set `{variable}`"),
    }
}

fn headers(facts: &Facts, key: Option<&Key>) -> Result<HeaderMap, SetupError> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("paceline/", env!("CARGO_PKG_VERSION"))));
    for (header, value) in facts.headers {
        headers.insert(*header, HeaderValue::from_static(value));
    }
    if let Some(key) = key {
        let text = format!("{}{}", facts.key_prefix, key.value.expose());
        let mut value = HeaderValue::from_str(&text).map_err(|_| {
            SetupError::new(
                format!("the key of {} holds characters that no key has", key.source),
                "set it to the key alone, without line breaks or quotes",
            )
        })?;
        value.set_sensitive(true);
        headers.insert(facts.key_header.clone(), value);
    }
    Ok(headers)
}

/// Where requests go.
fn endpoint(base: &Uri, facts: &Facts, model: &str) -> Uri {
    let path = facts.path(base.path().trim_end_matches('/'), &encoded(model));
    let mut parts = base.clone().into_parts();
    parts.path_and_query = path.parse().ok();
    Uri::from_parts(parts).unwrap_or_else(|_| base.clone())
}

/// An address as it can be shown. Base URLs with a user or a password are refused before.
fn without_query(uri: &Uri) -> String {
    let (scheme, authority) = (uri.scheme_str().unwrap_or_default(), uri.authority().map_or("", |it| it.as_str()));
    shortened(&format!("{scheme}://{authority}{}", uri.path()), MOST_URL)
}

/// The most characters of an address in a message.
const MOST_URL: usize = 300;

/// A model's name in a path: everything but what paths hold anyway is percent-encoded.
fn encoded(model: &str) -> String {
    model.bytes().fold(String::with_capacity(model.len()), |mut path, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~:/@".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.extend(["%".to_owned(), format!("{byte:02X}")]);
        }
        path
    })
}

/// Host, and port where it is not the usual one.
fn host(uri: &Uri) -> String {
    let host = uri.host().unwrap_or_default();
    let shown = match uri.port_u16() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    quoted(&shown)
}

/// All missing keys in one error.
pub(super) fn missing(missing: &[Missing]) -> SetupError {
    let names = |one: &Missing| one.facts.keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>();
    let message = match missing {
        [one] => match names(one).as_slice() {
            [name] => format!("no key for the model `{}`: {name} is not set", one.model),
            names => format!("no key for the model `{}`: neither {} is set", one.model, names.join(" nor ")),
        },
        several => {
            let each = several.iter().map(|one| format!("`{}` needs {}", one.model, names(one).join(" or ")));
            format!("no keys for {} models: {}", several.len(), each.collect::<Vec<_>>().join(", "))
        }
    };
    let mut lines: Vec<String> = Vec::new();
    for one in missing {
        let variable = one.facts.keys.first().copied().unwrap_or_default();
        let line = format!(
            "set `{variable}`, or `{variable}_FILE` to a file that holds the key; keys come from {}",
            one.facts.key_page
        );
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.push(
        "or use a model without a key: one with `provider: replay`, or with `provider: openai` and the `base_url` of a \
         local server such as Ollama"
            .to_owned(),
    );
    SetupError::new(message, lines.join("\n"))
}
