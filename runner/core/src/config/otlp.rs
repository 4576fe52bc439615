//! Where spans are exported to: the variables of OpenTelemetry's exporters
//! (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>) that this runner heeds. Those for traces alone go before the
//! general ones.

use std::time::Duration;

use hyper::Uri;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::http::uri::Authority;
use pace_ir::text::quoted;
use url::Url;

use super::{put, wrong};
use crate::environment::{Environment, Secret};
use crate::setup::SetupError;
use crate::trace::otlp::Content;

/// Where spans go, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtlpSettings {
    /// What is spoken.
    pub protocol: Protocol,
    /// The whole address.
    pub endpoint: Uri,
    /// What is sent with each request; each value is secret.
    pub headers: HeaderMap,
    /// For one attempt.
    pub timeout: Duration,
    /// Who the spans are of; without it the project.
    pub service: Option<String>,
    /// What else is said of it, in the order in which it was.
    pub resource: Vec<(String, String)>,
    /// Whether what was said is sent, too.
    pub content: Content,
    /// Which traces are sent.
    pub sampler: Sampler,
}

/// Which traces are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampler {
    /// All but those of which whoever asked says that they are not sampled.
    ParentBased,
    /// All.
    Always,
}

/// A transport of OTLP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Protobuf in `POST`s.
    Http,
    /// Unary calls over HTTP/2.
    Grpc,
}

/// The most time for one attempt: a collector that needs more is none to wait for.
const LONGEST: Duration = Duration::from_mins(5);
/// How long the specification waits.
const USUAL: Duration = Duration::from_secs(10);

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const CONTENT: &str = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const RESOURCE: &str = "OTEL_RESOURCE_ATTRIBUTES";

/// Reads them; nothing where `OTEL_SDK_DISABLED` says so.
///
/// # Errors
/// Values are wrong; all that are, in one.
pub(super) fn otlp_settings(environment: &Environment) -> Result<Option<OtlpSettings>, SetupError> {
    if is_true(environment, "OTEL_SDK_DISABLED")? {
        return Ok(None);
    }
    let mut errors = Vec::new();
    let mut settings = OtlpSettings {
        protocol: Protocol::Http,
        endpoint: Uri::default(),
        headers: HeaderMap::new(),
        timeout: USUAL,
        service: None,
        resource: Vec::new(),
        content: Content::LeftOut,
        sampler: Sampler::ParentBased,
    };
    put(&mut settings.protocol, protocol(environment).map(Some), &mut errors);
    // Of a wrong protocol, it is judged as if there were none.
    put(&mut settings.endpoint, endpoint(environment, settings.protocol).map(Some), &mut errors);
    put(&mut settings.headers, headers(environment).map(Some), &mut errors);
    put(&mut settings.timeout, timeout(environment).map(Some), &mut errors);
    let service = environment.text("OTEL_SERVICE_NAME");
    put(&mut settings.service, service.map(|name| Some(name.map(str::to_owned))), &mut errors);
    put(&mut settings.resource, resource(environment), &mut errors);
    put(&mut settings.content, content(environment).map(Some), &mut errors);
    put(&mut settings.sampler, sampler(environment), &mut errors);
    SetupError::all(errors).map_or(Ok(Some(settings)), Err)
}

/// What is said of a collector that is named and sent nothing; absent where none is, or where it is sent spans.
pub fn unused_collector(environment: &Environment) -> Option<String> {
    let is_set = |name: &&&str| matches!(environment.text(name), Ok(Some(_)));
    let name = [ENDPOINT, TRACES_ENDPOINT].iter().find(is_set)?;
    let backends = environment.text("TRACE_BACKEND").ok().flatten().unwrap_or_default();
    let is_used = backends.split(',').any(|word| word.trim() == "otlp");
    // Whoever says that nothing is to be sent knows it.
    let is_off = backends.trim() == "none" || !matches!(is_true(environment, "OTEL_SDK_DISABLED"), Ok(false));
    (!is_used && !is_off).then(|| {
        format!(
            "`{name}` is set and has no effect, because `TRACE_BACKEND` does not name `otlp`: no spans are exported"
        )
    })
}

fn resource(environment: &Environment) -> Result<Option<Vec<(String, String)>>, SetupError> {
    let Some(text) = environment.text(RESOURCE)? else { return Ok(None) };
    let help = "set it to pairs such as `team=shop,region=eu`";
    pairs(text).map(Some).ok_or_else(|| wrong(RESOURCE, text, "is no list of attributes", help))
}

fn sampler(environment: &Environment) -> Result<Option<Sampler>, SetupError> {
    match environment.text(SAMPLER)? {
        None => Ok(None),
        Some("parentbased_always_on") => Ok(Some(Sampler::ParentBased)),
        Some("always_on") => Ok(Some(Sampler::Always)),
        Some(other) => {
            let help =
                "set it to `parentbased_always_on` or `always_on`, and let the collector choose from what it gets";
            Err(wrong(SAMPLER, other, "is no sampler that there is here", help))
        }
    }
}

/// The first of two that is set, with its name.
fn either<'e>(
    environment: &'e Environment,
    [first, second]: [&'static str; 2],
) -> Result<Option<(&'static str, &'e str)>, SetupError> {
    let first = environment.text(first)?.map(|text| (first, text));
    Ok(match first {
        None => environment.text(second)?.map(|text| (second, text)),
        some => some,
    })
}

fn protocol(environment: &Environment) -> Result<Protocol, SetupError> {
    let names = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
    match either(environment, names)? {
        None | Some((_, "http/protobuf")) => Ok(Protocol::Http),
        Some((_, "grpc")) => Ok(Protocol::Grpc),
        Some((name, other)) => {
            Err(wrong(name, other, "is no protocol that is spoken here", "set it to `http/protobuf` or `grpc`"))
        }
    }
}

fn endpoint(environment: &Environment, protocol: Protocol) -> Result<Uri, SetupError> {
    let usual = match protocol {
        Protocol::Http => "http://localhost:4318",
        Protocol::Grpc => "http://localhost:4317",
    };
    let (name, text) = either(environment, [TRACES_ENDPOINT, ENDPOINT])?.unwrap_or((ENDPOINT, usual));
    let whole = match (protocol, name) {
        // gRPC's path is always the same, HTTP's is whole where it is for traces alone.
        (Protocol::Grpc, _) => "/opentelemetry.proto.collector.trace.v1.TraceService/Export".to_owned(),
        (Protocol::Http, TRACES_ENDPOINT) => String::new(),
        (Protocol::Http, _) => "/v1/traces".to_owned(),
    };
    let help = "set it to an address such as `https://collector.example.com:4318`, without user or password";
    // It may hold a key in its query, so that nothing of it is shown.
    let wrong = || SetupError::new(format!("the variable `{name}` is no http or https address"), help);
    let url = Url::parse(text.trim()).map_err(|_| wrong())?;
    let has_user = !url.username().is_empty() || url.password().is_some();
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() || has_user {
        return Err(wrong());
    }
    let base = match (protocol, whole.is_empty()) {
        (_, true) => url.as_str().to_owned(),
        (Protocol::Grpc, _) => url.origin().ascii_serialization(),
        (Protocol::Http, _) => format!("{}{}", url.origin().ascii_serialization(), url.path().trim_end_matches('/')),
    };
    let base = base.split('#').next().unwrap_or_default();
    format!("{base}{whole}").parse().map_err(|_| wrong())
}

fn headers(environment: &Environment) -> Result<HeaderMap, SetupError> {
    let mut headers = HeaderMap::new();
    let names = ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];
    let mut found = None;
    for name in names {
        if found.is_none() {
            found = environment.secret(name)?.map(|secret| (name, secret));
        }
    }
    let Some((name, secret)) = found else { return Ok(headers) };
    let wrong = || {
        // The values are secrets, so that nothing of it is shown.
        let help =
            "set it to pairs such as `x-api-key=<key>`, with commas between; what is no letter or digit as `%20`";
        SetupError::new(format!("the variable `{name}` is no list of header fields"), help)
    };
    for (key, value) in pairs(secret.expose()).ok_or_else(wrong)? {
        let field: HeaderName = key.to_ascii_lowercase().parse().map_err(|_| wrong())?;
        environment.given().add(name, &Secret::new(value.as_str()));
        let mut value: HeaderValue = value.parse().map_err(|_| wrong())?;
        value.set_sensitive(true);
        headers.append(field, value);
    }
    Ok(headers)
}

fn timeout(environment: &Environment) -> Result<Duration, SetupError> {
    let names = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];
    let Some((name, text)) = either(environment, names)? else { return Ok(USUAL) };
    let given = text.trim().parse().ok().map(Duration::from_millis);
    given
        .filter(|given| !given.is_zero() && *given <= LONGEST)
        .ok_or_else(|| wrong(name, text, "is no number of milliseconds up to 300000", "set it to one such as `10000`"))
}

/// Whether what was said is part of spans.
///
/// # Errors
/// The variable says neither yes nor no.
pub fn content(environment: &Environment) -> Result<Content, SetupError> {
    match environment.text(CONTENT)?.map(str::to_ascii_lowercase).as_deref() {
        None | Some("false" | "no_content") => Ok(Content::LeftOut),
        Some("true" | "span_only") => Ok(Content::Sent),
        Some(other) => Err(wrong(CONTENT, other, "says neither yes nor no", "set it to `true` or `false`")),
    }
}

/// A truth value as the specification has it.
fn is_true(environment: &Environment, name: &str) -> Result<bool, SetupError> {
    match environment.text(name)?.map(str::to_ascii_lowercase).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(wrong(name, other, "says neither yes nor no", "set it to `true` or `false`")),
    }
}

/// `key=value,key=value` as in the header `baggage` of W3C, without properties: `%` and two digits are a byte.
fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let members = text.split(',').map(str::trim).filter(|member| !member.is_empty());
    let pair = |member: &str| {
        let (key, value) = member.split_once('=')?;
        let (key, value) = (decoded(key.trim())?, decoded(value.trim())?);
        (!key.is_empty()).then_some((key, value))
    };
    members.map(pair).collect()
}

pub(crate) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// The address without its query, for logs.
pub(crate) fn shown(endpoint: &Uri) -> String {
    let host = endpoint.authority().map(Authority::as_str).unwrap_or_default();
    quoted(&format!("{}://{host}{}", endpoint.scheme_str().unwrap_or_default(), endpoint.path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Result<OtlpSettings, SetupError> {
        otlp_settings(&Environment::from_pairs(pairs.iter().copied())).map(|settings| settings.expect("it is enabled"))
    }

    #[test]
    fn addresses_are_made_as_the_specification_says() {
        let grpc = "http://c:4317/opentelemetry.proto.collector.trace.v1.TraceService/Export";
        for (pairs, wanted) in [
            (&[][..], "http://localhost:4318/v1/traces"),
            (&[(ENDPOINT, "https://c.example")], "https://c.example/v1/traces"),
            (&[(ENDPOINT, "https://c.example:9/base/")], "https://c.example:9/base/v1/traces"),
            (&[(ENDPOINT, "http://x"), (TRACES_ENDPOINT, "http://c:4318")], "http://c:4318/"),
            (&[(TRACES_ENDPOINT, "https://c/in?key=1")], "https://c/in?key=1"),
            (&[(ENDPOINT, "http://c:4317"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")], grpc),
        ] {
            assert_eq!(of(pairs).unwrap().endpoint.to_string(), wanted, "{pairs:?}");
        }
    }

    #[test]
    fn what_is_for_traces_alone_goes_first_and_the_rest_is_read() {
        let settings = of(&[
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "1"),
            ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "2500"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Basic%20eDp5, X-Scope = a%2Cb"),
            (RESOURCE, "team=shop,region=eu%20west"),
            ("OTEL_SERVICE_NAME", "till"),
            (CONTENT, "True"),
        ])
        .unwrap();
        assert_eq!((settings.protocol, settings.timeout), (Protocol::Http, Duration::from_millis(2_500)));
        assert_eq!(
            (&settings.headers["authorization"], &settings.headers["x-scope"]),
            (&HeaderValue::from_static("Basic eDp5"), &HeaderValue::from_static("a,b"))
        );
        let wanted = [("team".to_owned(), "shop".to_owned()), ("region".to_owned(), "eu west".to_owned())];
        assert_eq!((settings.resource.as_slice(), settings.service.as_deref()), (&wanted[..], Some("till")));
        assert_eq!((settings.content, of(&[]).unwrap().content), (Content::Sent, Content::LeftOut));
        assert!(!format!("{settings:?}").contains("eDp5"), "{settings:?}");
    }

    #[test]
    fn a_collector_that_is_sent_nothing_is_told() {
        let told = |more: &[(&str, &str)]| {
            let set = [(ENDPOINT, "http://collector.example.com:4318")];
            unused_collector(&Environment::from_pairs(set.iter().chain(more).copied()))
        };
        let wanted = "`OTEL_EXPORTER_OTLP_ENDPOINT` is set and has no effect, because `TRACE_BACKEND` does not name `otlp`: no \
                      spans are exported";
        for more in [&[][..], &[("TRACE_BACKEND", "store")]] {
            assert_eq!(told(more).as_deref(), Some(wanted), "{more:?}");
        }
        for used in ["otlp", "store, otlp", "none"] {
            assert_eq!(told(&[("TRACE_BACKEND", used)]), None, "{used}");
        }
        assert_eq!(told(&[("OTEL_SDK_DISABLED", "true")]), None);
        assert_eq!(unused_collector(&Environment::default()), None);
    }

    #[test]
    fn nothing_is_exported_where_the_sdk_is_disabled() {
        let environment = Environment::from_pairs([("OTEL_SDK_DISABLED", "TRUE"), (ENDPOINT, "nonsense")]);
        assert_eq!(otlp_settings(&environment), Ok(None));
    }

    #[test]
    fn wrong_values_say_what_is_right_and_no_secret() {
        for (name, value, help) in [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "`http/protobuf` or `grpc`"),
            (ENDPOINT, "hunter2:4317", "an address such as"),
            (ENDPOINT, "https://me:hunter2@c.example", "without user or password"),
            (ENDPOINT, "ftp://hunter2", "an address such as"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "hunter2", "pairs such as"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=hunter2%0", "pairs such as"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=hunter2%0A", "pairs such as"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a b=hunter2", "pairs such as"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "0", "10000"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "10000"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "99999999999999999999", "10000"),
            (RESOURCE, "team", "pairs such as"),
            (RESOURCE, "=x", "pairs such as"),
            (RESOURCE, "a=%ff", "pairs such as"),
            (SAMPLER, "traceidratio", "`always_on`"),
            (CONTENT, "event_only", "`true` or `false`"),
            ("OTEL_SDK_DISABLED", "1", "`true` or `false`"),
        ] {
            let error = otlp_settings(&Environment::from_pairs([(name, value)])).unwrap_err();
            assert!(error.message.contains(name) && error.help.contains(help), "{name}={value}: {error:?}");
            assert!(!error.message.contains("hunter2"), "{error:?}");
        }
    }
}
