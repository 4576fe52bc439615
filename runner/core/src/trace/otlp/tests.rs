//! Against collectors that do as they are told: take spans, want to be asked later, refuse, talk nonsense, or say nothing at all.

mod collector;
mod record;

use std::time::Duration;

use collector::{Collector, Says};
use pace_redact::Redactor;
use record::{ROOT_SPAN, TOOL_SPAN, TRACE, trace};

use super::message::{ExportTraceServiceRequest, Kind, Span, StatusCode, Value};
use super::send::{Outcome, Sender};
use super::spans::{self, Content};
use super::{Exporter, Program, resource};
use crate::config::{OtlpSettings, Protocol, Sampler};
use crate::environment::Environment;
use crate::trace::TraceSink as _;

const BOTH: [Protocol; 2] = [Protocol::Http, Protocol::Grpc];

/// For a collector that answers, however busy the machine is.
const LONG: Duration = Duration::from_secs(20);
/// For one that does not.
const SHORT: Duration = Duration::from_millis(400);

fn settings(protocol: Protocol, port: u16) -> OtlpSettings {
    OtlpSettings {
        protocol,
        endpoint: format!("http://127.0.0.1:{port}/v1/traces").parse().unwrap(),
        headers: [("x-key".parse().unwrap(), "k3y-of-a-collector".parse().unwrap())].into_iter().collect(),
        timeout: LONG,
        service: Some("till".to_owned()),
        resource: vec![("service.name".to_owned(), "not this".to_owned()), ("team".to_owned(), "shop".to_owned())],
        content: Content::LeftOut,
        sampler: Sampler::ParentBased,
    }
}

const PROGRAM: Program<'_> = Program { project: "shop", deployment: "staging" };

fn exporter(protocol: Protocol, port: u16) -> Exporter {
    Exporter::begin(&settings(protocol, port), PROGRAM, &Environment::default()).unwrap()
}

async fn outcome(protocol: Protocol, says: Says, timeout: Duration) -> Outcome {
    let collector = Collector::start(protocol, vec![says]).await;
    let settings = OtlpSettings { timeout, ..settings(protocol, collector.port) };
    let sender = Sender::configure(&settings, resource(&settings, PROGRAM), &Environment::default());
    let mut sender = sender.unwrap();
    let request = sender.encoded(spans::of(&trace(), &Redactor::new([]), Content::LeftOut));
    sender.attempt(request).await
}

fn text<'s>(span: &'s Span, key: &str) -> Option<&'s str> {
    let found = span.attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

#[test]
fn a_record_is_an_invocation_its_questions_and_its_calls() {
    let spans = spans::of(&trace(), &Redactor::new([("KEY", "hunter22")]), Content::Sent);
    let names: Vec<_> = spans.iter().map(|span| (span.name.as_str(), span.kind)).collect();
    let wanted = [
        ("invoke_agent lead", Kind::Internal.into()),
        ("chat gemini-3.5-flash", Kind::Client.into()),
        ("execute_tool order", Kind::Client.into()),
        ("execute_tool", Kind::Internal.into()),
        ("chat gemini-3.5-flash", Kind::Client.into()),
    ];
    assert_eq!(names, wanted);
    let [root, first, order, unknown, second] = spans.as_slice() else { panic!("{spans:?}") };
    assert!(spans.iter().all(|span| span.trace_id == TRACE.to_be_bytes() && span.span_id.len() == 8));
    assert_eq!(
        (&root.span_id[..], &root.parent_span_id[..]),
        (&ROOT_SPAN.to_be_bytes()[..], &[0, 0, 0, 0, 0, 0, 0, 9][..])
    );
    assert_eq!((&order.span_id[..], &order.parent_span_id), (&TOOL_SPAN.to_be_bytes()[..], &root.span_id));
    assert_eq!((&first.parent_span_id, &unknown.parent_span_id), (&root.span_id, &root.span_id));
    assert!(first.span_id != second.span_id && first.span_id != root.span_id);
    // What called it is another program; what it calls is not.
    assert_eq!((root.flags, order.flags), (0x301, 0x101));
    let took = |span: &Span| {
        (span.start_time_unix_nano - root.start_time_unix_nano, span.end_time_unix_nano - span.start_time_unix_nano)
    };
    assert_eq!((took(root), took(order)), ((0, 250_000_000), (10_500_000, 20_000_000)));
    // It has no answer, and went on to the end.
    assert_eq!(took(second), (100_000_000, 150_000_000));
    assert_eq!(second.status.as_ref().unwrap().code, i32::from(StatusCode::Error));
    assert_eq!((text(second, "error.type"), text(first, "error.type")), (Some("model-unavailable"), None));
    assert_eq!(
        (text(first, "gen_ai.provider.name"), text(first, "gen_ai.request.model")),
        (Some("gcp.gemini"), Some("gemini-3.5-flash"))
    );
    assert_eq!(
        (text(order, "mcp.method.name"), text(order, "server.address")),
        (Some("tools/call"), Some("shop.example"))
    );
    assert_eq!((text(order, "gen_ai.tool.name"), text(order, "network.transport")), (Some("order"), Some("tcp")));
    assert_eq!(text(order, "gen_ai.tool.call.arguments"), Some(r#"{"card":"[redacted:KEY]"}"#));
    assert_eq!(text(unknown, "error.type"), Some("invalid"));
    assert!(text(root, "gen_ai.input.messages").unwrap().contains("[redacted:KEY] for a cake"));
    assert_eq!(spans, spans::of(&trace(), &Redactor::new([("KEY", "hunter22")]), Content::Sent));
}

#[test]
fn nothing_that_was_said_is_sent_unless_somebody_wants_it() {
    let spans = spans::of(&trace(), &Redactor::new([]), Content::LeftOut);
    let all = format!("{spans:?}");
    for said in ["hunter22", "cake", "ordered", "the service said"] {
        assert!(!all.contains(said), "{said}: {all}");
    }
    let mut quoting = trace();
    let error = quoting.error.as_mut().unwrap();
    (error.code, error.detail) = ("output-mismatch".to_owned(), "the reply `cake` does not fit".to_owned());
    let spans = spans::of(&quoting, &Redactor::new([]), Content::LeftOut);
    assert_eq!(spans[0].status.as_ref().unwrap().message, "The model's reply does not fit the schema");
}

#[tokio::test]
async fn what_collectors_answer_is_understood() {
    for protocol in BOTH {
        assert_eq!(outcome(protocol, Says::Taken, LONG).await, Outcome::Taken, "{protocol:?}");
        let Outcome::Partly { rejected, why } = outcome(protocol, Says::Partly(2), LONG).await else {
            panic!("{protocol:?}")
        };
        assert_eq!((rejected, why.as_str()), (2, "the collector rejected 2 spans: too old"));
        let later = outcome(protocol, Says::Later, LONG).await;
        assert!(
            matches!(&later, Outcome::Later { wait: Some(wait), .. } if wait.as_secs() == 7),
            "{protocol:?}: {later:?}"
        );
        let refused = outcome(protocol, Says::Refused, LONG).await;
        assert!(
            matches!(&refused, Outcome::Refused(why) if why.ends_with(r": no\u{a}room")),
            "{protocol:?}: {refused:?}"
        );
        for nonsense in [Says::Page, Says::Garbage, Says::Redirect, Says::Endless] {
            let outcome = outcome(protocol, nonsense, SHORT).await;
            assert!(
                !matches!(outcome, Outcome::Taken | Outcome::Partly { .. }),
                "{protocol:?} {nonsense:?}: {outcome:?}"
            );
        }
        let silent = outcome(protocol, Says::Nothing, SHORT).await;
        assert!(
            matches!(&silent, Outcome::Later { why, .. } if why.contains("within 0.4 s")),
            "{protocol:?}: {silent:?}"
        );
        let closed = outcome(protocol, Says::Closed, LONG).await;
        assert!(matches!(closed, Outcome::Later { .. }), "{protocol:?}: {closed:?}");
    }
}

#[tokio::test]
async fn spans_are_sent_again_until_they_are_taken_and_then_all_is_well() {
    for protocol in BOTH {
        let collector = Collector::start(protocol, vec![Says::Closed, Says::Unavailable, Says::Taken]).await;
        let exporter = exporter(protocol, collector.port);
        exporter.offer(trace());
        assert_eq!(exporter.flush(3 * LONG).await, Ok(()), "{protocol:?}");
        let state = exporter.state();
        assert_eq!((state.exported, state.dropped, state.waiting, state.failure), (5, 0, 0, None), "{protocol:?}");
        let [request] = collector.taken().try_into().unwrap();
        assert_eq!(request.fields["x-key"], "k3y-of-a-collector");
        let [of_program] = ExportTraceServiceRequest::resource_spans(request.message).try_into().unwrap();
        let named = |key: &str| {
            let attributes = &of_program.resource.as_ref().unwrap().attributes;
            let found: Vec<_> = attributes.iter().filter(|attribute| attribute.key == key).collect();
            assert_eq!(found.len(), 1, "{key}");
            found[0].value.clone().unwrap().value.unwrap()
        };
        for (key, value) in [("service.name", "till"), ("team", "shop"), ("deployment.environment.name", "staging")] {
            assert_eq!(named(key), Value::Text(value.to_owned()));
        }
        assert_eq!(of_program.scope_spans[0].spans.len(), 5);
    }
}

#[tokio::test]
async fn what_is_refused_is_dropped_counted_and_told_and_the_next_is_tried() {
    for protocol in BOTH {
        let collector = Collector::start(protocol, vec![Says::Refused, Says::Taken]).await;
        let exporter = exporter(protocol, collector.port);
        exporter.offer(trace());
        let lost = exporter.flush(3 * LONG).await.unwrap_err();
        assert!(lost.starts_with("5 spans could not be exported: the collector answered"), "{lost}");
        assert_eq!(exporter.trouble().as_deref(), Some("spans are not exported: 0 wait, 5 were dropped"));
        exporter.offer(trace());
        // What was lost before is not told again.
        assert_eq!(exporter.flush(3 * LONG).await, Ok(()));
        assert_eq!((exporter.trouble(), exporter.state().exported), (None, 5));
    }
}

/// A port that is taken, and at which nobody listens for as long as the socket is kept.
fn nobody() -> (tokio::net::TcpSocket, u16) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = socket.local_addr().unwrap().port();
    (socket, port)
}

#[tokio::test]
async fn a_collector_that_is_away_keeps_nobody_waiting_at_the_end() {
    let (_gone, port) = nobody();
    let exporter = exporter(Protocol::Grpc, port);
    for _ in 0..3 {
        exporter.offer(trace());
    }
    // Long enough that it was tried once.
    let lost = exporter.flush(Duration::from_secs(2)).await.unwrap_err();
    assert!(lost.starts_with("15 spans could not be exported: the collector cannot be reached: "), "{lost}");
}

#[tokio::test]
async fn what_finds_no_room_is_counted_and_never_waited_for() {
    let (_gone, port) = nobody();
    let exporter = exporter(Protocol::Http, port);
    for _ in 0..5_000 {
        exporter.offer(trace());
    }
    let state = exporter.state();
    assert!(state.dropped >= 5 * (5_000 - 4_096) && state.waiting + state.dropped == 25_000, "{state:?}");
}

#[tokio::test]
async fn long_records_are_sent_in_pieces() {
    let collector = Collector::start(Protocol::Grpc, vec![Says::Taken]).await;
    let exporter = exporter(Protocol::Grpc, collector.port);
    for _ in 0..300 {
        exporter.offer(trace());
    }
    assert_eq!(exporter.flush(3 * LONG).await, Ok(()));
    let sizes: Vec<_> = collector.taken().into_iter().map(collector::Taken::spans).collect();
    assert!(sizes.iter().sum::<usize>() == 1_500 && sizes.iter().all(|size| *size <= 512), "{sizes:?}");
}

#[tokio::test]
async fn what_nobody_wants_sampled_is_sent_where_the_operator_wants_all() {
    for (sampler, count) in [(Sampler::ParentBased, 0), (Sampler::Always, 1)] {
        let collector = Collector::start(Protocol::Http, vec![Says::Taken]).await;
        let settings = OtlpSettings { sampler, ..settings(Protocol::Http, collector.port) };
        let exporter = Exporter::begin(&settings, PROGRAM, &Environment::default()).unwrap();
        let mut unsampled = trace();
        unsampled.span.is_sampled = false;
        exporter.offer(unsampled);
        exporter.flush(3 * LONG).await.unwrap();
        assert_eq!(collector.taken().len(), count, "{sampler:?}");
    }
}

#[tokio::test]
async fn a_collector_that_repeats_a_secret_is_not_quoted_with_it() {
    let collector = Collector::start(Protocol::Http, vec![Says::Echo]).await;
    let environment = Environment::from_pairs([("KEY", "k3y-of-a-collector")]);
    environment.secret("KEY").unwrap();
    let exporter = Exporter::begin(&settings(Protocol::Http, collector.port), PROGRAM, &environment).unwrap();
    exporter.offer(trace());
    let lost = exporter.flush(3 * LONG).await.unwrap_err();
    assert!(lost.ends_with(": not with [redacted:KEY]"), "{lost}");
}
