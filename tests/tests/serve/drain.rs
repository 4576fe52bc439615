//! How a runner ends: asked once, asked twice, and not asked at all.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use pace_tests::port;
use serde_json::json;

use crate::http::{Connection, ask, get, post, say, stream};
use crate::process::{Runner, SetAtEnd};
use crate::project;

#[test]
fn what_runs_may_finish_and_nothing_new_begins() {
    let project = project();
    let mut runner = Runner::start(&project, &[]);
    let mut streamed = Connection::to(runner.address);
    streamed.send(stream("long").as_bytes());
    streamed.head().unwrap();
    let mut idle = Connection::to(runner.address);
    assert_eq!(idle.ask("GET /ready HTTP/1.1\r\nhost: localhost\r\n\r\n").status, 200);
    let mut silent = Connection::to(runner.address);
    runner.signal("TERM");
    runner.wait_for(|line| line["message"].as_str().is_some_and(|text| text.starts_with("shutting down")));

    assert!(idle.is_closed());
    let not_ready = get(runner.address, "/ready");
    assert_eq!((not_ready.problem().0, not_ready.problem().1.as_str()), (503, "shutting-down"));
    assert_eq!(not_ready.json()["reasons"], serde_json::json!(["the runner is shutting down"]));
    assert_eq!(not_ready.json()["request"].as_str(), not_ready.header("x-request-id"));
    assert_eq!(get(runner.address, "/health").status, 200);
    let refused = ask(runner.address, &say("hello"));
    assert_eq!((refused.problem().0, refused.problem().1.as_str()), (503, "shutting-down"));
    assert_eq!(refused.header("connection"), Some("close"));
    // One that was connected and had said nothing yet is heard.
    assert_eq!(silent.ask(&say("hello")).problem().1, "shutting-down");
    assert_eq!(streamed.events().last().unwrap().name, "done");
    assert_eq!(runner.code(), Some(0));
}

#[test]
fn the_time_to_drain_is_bounded() {
    let project = project();
    let mut runner = Runner::start(&project, &[("DRAIN_TIMEOUT", "200ms"), ("ADMIN_PORT", "0")]);
    let mut streamed = Connection::to(runner.address);
    streamed.send(stream("for ever").as_bytes());
    streamed.head().unwrap();
    let session = ask(runner.address, &say("hello")).json()["session"].clone();
    let next = json!({"message": "for ever", "session": session}).to_string();
    let mut plain = Connection::to(runner.address);
    plain.send(post("/agents/helper/chat", &next).as_bytes());
    // Whoever asked for the session in order to see that it is taken could take it first.
    runner.until_running(2);
    assert_eq!(runner.stop(), Some(0));
    let last = streamed.events().pop().unwrap();
    assert_eq!((last.name.as_str(), &last.data["code"]), ("error", &"shutting-down".into()));
    assert_eq!(plain.answer().unwrap().problem().1, "shutting-down");
    assert!(runner.lines().concat().contains(r#""cancelled":2"#), "{:?}", runner.lines());
}

#[test]
fn a_second_signal_ends_at_once() {
    let project = project();
    for (first, second) in [("TERM", "TERM"), ("INT", "INT")] {
        let mut runner = Runner::start(&project, &[("DRAIN_TIMEOUT", "1h")]);
        let mut streamed = Connection::to(runner.address);
        streamed.send(stream("for ever").as_bytes());
        streamed.head().unwrap();
        runner.signal(first);
        runner.wait_for(|line| line["message"].as_str().is_some_and(|text| text.starts_with("shutting down")));
        // What comes at once counts as the same one.
        std::thread::sleep(std::time::Duration::from_millis(600));
        runner.signal(second);
        assert_eq!(runner.code(), Some(130));
    }
}

/// A supervisor and a terminal may both pass a signal on: that is one, and what runs may finish.
#[test]
fn signals_that_come_together_are_one() {
    let project = project();
    let mut runner = Runner::start(&project, &[]);
    let mut slow = Connection::to(runner.address);
    slow.send(stream("wait").as_bytes());
    slow.head().unwrap();
    runner.signals(&["TERM", "INT"]);
    assert_eq!(slow.events().last().unwrap().name, "done");
    assert_eq!(runner.code(), Some(0));
}

#[test]
fn every_request_that_was_taken_is_answered() {
    let project = project();
    // Nobody else is given this port, and nobody meets itself there, when the runner has ended.
    let mut runner = Runner::start(&project, &[("PORT", &port::free().to_string())]);
    let (address, is_over) = (runner.address, AtomicBool::new(false));
    std::thread::scope(|scope| {
        let client = || {
            let (mut answered, mut refused) = (0, 0);
            while !is_over.load(Ordering::Relaxed) {
                // Nobody listens any more: this request was not taken.
                let Ok(stream) = std::net::TcpStream::connect(address) else { break };
                let mut connection = Connection::over(stream);
                let is_sent = connection.stream.get_mut().write_all(say("hello").as_bytes()).is_ok();
                let Some(answer) = connection.answer().filter(|_| is_sent) else {
                    // The system made the connection in the moment in which nobody accepted any more: it was the last.
                    assert!(std::net::TcpStream::connect(address).is_err(), "a request that was taken was lost");
                    break;
                };
                match answer.status {
                    200 => answered += 1,
                    503 => refused += 1,
                    _ => panic!("{answer:?}"),
                }
            }
            (answered, refused)
        };
        let clients: Vec<_> = (0..8).map(|_| scope.spawn(client)).collect();
        let _over = SetAtEnd(&is_over);
        // Some invocations hold the drain open while the load goes on: this one has begun when its head is there.
        let mut slow = Connection::to(address);
        slow.send(stream("wait").as_bytes());
        slow.head().unwrap();
        runner.signal("TERM");
        assert_eq!(slow.events().last().unwrap().data["response"], "waited");
        assert_eq!(runner.code(), Some(0));
        is_over.store(true, Ordering::Relaxed);
        let counts: Vec<_> = clients.into_iter().map(|client| client.join().unwrap()).collect();
        let answered: usize = counts.iter().map(|(answered, _)| answered).sum();
        assert!(answered > 0, "{counts:?}");
    });
}

#[test]
fn one_that_is_killed_leaves_its_address_free() {
    let project = project();
    let mut runner = Runner::start(&project, &[("PORT", &port::free().to_string())]);
    let mut streamed = Connection::to(runner.address);
    streamed.send(stream("for ever").as_bytes());
    streamed.head().unwrap();
    runner.signal("KILL");
    assert_eq!(runner.code(), None);
    let again = Runner::start(&project, &[("PORT", &runner.address.port().to_string())]);
    assert_eq!(ask(again.address, &say("hello")).status, 200);
}
