//! Answers that come, break off, stall, or are asked for again.

use std::time::{Duration, Instant};

use pace_ir::program::Provider;

use super::server::{GOOD, HALF, Server, Step, begun, chunk, plain, stream};
use super::{ask, asked, models_at, runtime};
use crate::problem::Code;

fn gemini(server: &Server) -> super::Models {
    models_at(Provider::Gemini, &server.url(), &[])
}

#[test]
fn a_good_answer_comes_in_pieces_and_the_connection_is_used_again() {
    let server = Server::start(vec![stream(GOOD)]);
    let models = gemini(&server);
    let runtime = runtime();
    runtime.block_on(async {
        for _ in 0..3 {
            let heard = ask(&models).await;
            assert_eq!(heard.turn.unwrap().text, "Good day.");
            assert_eq!(heard.heard, ["Good ", "day."]);
        }
    });
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    assert!(server.closed.try_recv().is_err(), "a connection was closed between the requests");
    let head = requests[0].split_once("\r\n\r\n").unwrap().0.to_lowercase();
    assert!(head.starts_with("post /v1beta/models/fast-1:streamgeneratecontent?alt=sse http/1.1"), "{head}");
    assert!(head.contains("x-goog-api-key: s3cret") && head.contains("accept: text/event-stream"), "{head}");
}

#[test]
fn each_provider_is_asked_its_own_way() {
    let openai =
        "data: {\"choices\":[{\"delta\":{\"content\":\"Good day.\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let anthropic = "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"Good day.\"}}\n\n\
        data: {\"type\":\"message_stop\"}\n\n";
    for (provider, events, path, header) in [
        (Provider::OpenAi, openai, "/chat/completions", "authorization: bearer s3cret"),
        (Provider::Anthropic, anthropic, "/v1/messages", "x-api-key: s3cret"),
    ] {
        let server = Server::start(vec![stream(events)]);
        let models = models_at(provider, &server.url(), &[]);
        let runtime = runtime();
        runtime.block_on(async {
            for _ in 0..2 {
                assert_eq!(ask(&models).await.turn.unwrap().text, "Good day.");
            }
        });
        let head = server.requests()[0].to_lowercase();
        assert!(head.starts_with(&format!("post {path} http/1.1")) && head.contains(header), "{head}");
        assert!(server.closed.try_recv().is_err(), "the connection was closed after {path}");
    }
}

#[test]
fn a_rate_limit_is_waited_for_as_long_as_it_says() {
    let limited = |headers: &str| plain(429, headers, "{\"error\":{\"message\":\"slow down\"}}");
    let server = Server::start(vec![limited("Retry-After: 1\r\n"), limited(""), stream(GOOD)]);
    let begin = Instant::now();
    let heard = asked(&gemini(&server));
    assert_eq!(heard.turn.unwrap().text, "Good day.");
    assert_eq!(heard.heard, ["retry 2: rate limit", "retry 3: rate limit", "Good ", "day."]);
    assert!(heard.waits[0] >= Duration::from_secs(1), "{:?}", heard.waits);
    assert!(begin.elapsed() >= heard.waits.iter().sum::<Duration>());
}

#[test]
fn too_long_a_wait_is_told_at_once() {
    let body = r#"{"error":{"code":429,"message":"quota","details":[{"retryDelay":"3600s"}]}}"#;
    let server = Server::start(vec![plain(429, "", body)]);
    let problem = asked(&gemini(&server)).turn.unwrap_err();
    assert_eq!((problem.code, problem.retry_after), (Code::ModelRateLimited, Some(Duration::from_hours(1))));
    let help = "ask again later, or raise the limits of the key's account; the service asks to wait 1 h";
    assert_eq!(problem.help.as_deref(), Some(help));
    assert_eq!(server.requests().len(), 1);
    let server = Server::start(vec![plain(503, "Retry-After: 90\r\n", "")]);
    let problem = asked(&gemini(&server)).turn.unwrap_err();
    assert_eq!(problem.help.as_deref(), Some("ask again later; the service asks to wait 90 s"));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn what_is_no_event_is_not_broken_off() {
    let closed = |body: &str| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
        vec![Step::Send(format!("{head}{body}").into_bytes()), Step::Close]
    };
    let unended: Vec<Step> = begun("<html>busy").into_iter().chain([Step::Close]).collect();
    for reply in [stream("<html>busy"), closed("<html>busy"), unended] {
        let server = Server::start(vec![reply]);
        let problem = asked(&gemini(&server)).turn.unwrap_err();
        assert_eq!(problem.code, Code::ModelGarbled);
        assert!(problem.detail.ends_with("`<html>busy`, which is no stream of events"), "{problem:?}");
        assert_eq!(server.requests().len(), 1);
    }
    for reply in [closed(""), closed(": ping\n\n"), plain(200, "Content-Type: text/event-stream\r\n", "")] {
        let server = Server::start(vec![reply]);
        let heard = asked(&gemini(&server));
        let problem = heard.turn.unwrap_err();
        assert_eq!(problem.code, Code::EmptyAnswer);
        assert!(problem.detail.ends_with("sent an empty answer: not one event"), "{problem:?}");
        assert_eq!(heard.heard, ["retry 2: empty answer"]);
    }
}

#[test]
fn patience_ends() {
    let server = Server::start(vec![plain(503, "", "{\"error\":{\"message\":\"busy\"}}")]);
    let heard = asked(&gemini(&server));
    let problem = heard.turn.unwrap_err();
    let host = format!("127.0.0.1:{}", server.port);
    assert_eq!(problem.detail, format!("the service of `fast` at `{host}` is overloaded (503): busy"));
    assert_eq!(heard.heard.len(), 3);
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn what_was_heard_is_not_asked_for_again() {
    let mut cut = begun(HALF);
    cut.push(Step::Close);
    let server = Server::start(vec![cut, stream(GOOD)]);
    let heard = asked(&gemini(&server));
    assert_eq!(heard.turn.unwrap_err().code, Code::ModelCutOff);
    assert_eq!(heard.heard, ["Good "]);
    assert_eq!(server.requests().len(), 1);
    // The same where the body ends as it should and the answer does not, and inside of an event.
    for events in [HALF.to_owned(), format!("{HALF}data: {{\"candi")] {
        let server = Server::start(vec![stream(&events)]);
        assert_eq!(asked(&gemini(&server)).turn.unwrap_err().code, Code::ModelCutOff, "{events}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn an_error_in_the_stream_is_the_services() {
    let error = "data: {\"error\":{\"code\":503,\"message\":\"overloaded\",\"status\":\"UNAVAILABLE\"}}\n\n";
    let server = Server::start(vec![stream(error), stream(GOOD)]);
    assert_eq!(asked(&gemini(&server)).heard, ["retry 2: overloaded", "Good ", "day."]);
    let server = Server::start(vec![stream(&format!("{HALF}{error}")), stream(GOOD)]);
    let heard = asked(&gemini(&server));
    assert_eq!((heard.turn.unwrap_err().code, heard.heard.len()), (Code::ModelUnavailable, 1));
}

#[test]
fn a_connection_closed_before_the_answer_is_tried_again() {
    let server =
        Server::start(vec![vec![Step::Close], begun("").into_iter().chain([Step::Close]).collect(), stream(GOOD)]);
    let heard = asked(&gemini(&server));
    assert_eq!(heard.turn.unwrap().text, "Good day.");
    assert_eq!(heard.heard[..2], ["retry 2: connection closed", "retry 3: connection closed"]);
}

#[test]
fn silence_ends_in_a_time_out() {
    let silent = vec![Step::Pause(Duration::from_mins(2))];
    let server = Server::start(vec![silent]);
    let problem = asked(&gemini(&server)).turn.unwrap_err();
    let host = format!("127.0.0.1:{}", server.port);
    assert_eq!(problem.code, Code::ModelTimeout);
    assert_eq!(problem.detail, format!("the service of `fast` at `{host}` did not begin to answer within 2 s"));
    for (events, words) in [("", "did not begin to answer"), (HALF, "did not go on with its answer")] {
        let mut stalled = begun(events);
        stalled.push(Step::Pause(Duration::from_mins(2)));
        let server = Server::start(vec![stalled]);
        let problem = asked(&gemini(&server)).turn.unwrap_err();
        assert_eq!(problem.code, Code::ModelTimeout);
        assert!(problem.detail.contains(words), "{problem:?}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn a_whole_answer_is_kept_when_the_connection_is_not_closed_after_it() {
    let mut open = begun(GOOD);
    open.push(Step::Pause(Duration::from_mins(2)));
    let server = Server::start(vec![open]);
    assert_eq!(asked(&gemini(&server)).turn.unwrap().text, "Good day.");
}

#[test]
fn a_slow_answer_is_waited_for() {
    let mut slow = begun(HALF);
    let rest = GOOD.strip_prefix(HALF).unwrap();
    for piece in rest.as_bytes().chunks(20) {
        slow.push(Step::Pause(Duration::from_millis(60)));
        slow.push(Step::Send(chunk(std::str::from_utf8(piece).unwrap())));
    }
    slow.push(Step::Send(b"0\r\n\r\n".to_vec()));
    let server = Server::start(vec![slow]);
    assert_eq!(asked(&gemini(&server)).turn.unwrap().text, "Good day.");
}

#[test]
fn dropping_the_future_closes_the_connection() {
    for events in ["", HALF] {
        let mut slow = if events.is_empty() { Vec::new() } else { begun(events) };
        // The server reads for the end of the connection as soon as the reply is over.
        slow.push(Step::Pause(Duration::from_millis(100)));
        let server = Server::start(vec![slow]);
        let models = gemini(&server);
        runtime().block_on(async {
            let cancelled = tokio::time::timeout(Duration::from_millis(250), ask(&models)).await;
            assert!(cancelled.is_err());
            // The runtime goes on, as a runner's does: the connection is closed by the dropping alone.
            tokio::task::spawn_blocking(move || server.closed.recv_timeout(Duration::from_mins(1)))
                .await
                .unwrap()
                .unwrap();
        });
    }
}
