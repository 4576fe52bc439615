//! PyPI `llmock`: fails on purpose, and judges what its clients made of it.

use std::path::PathBuf;
use std::process::Command;

use pace_tests::installed;

use crate::AGENTS;
use crate::program::Program;
use crate::runner::{Runner, Service, last, project, texts};

/// The mock, and the program that asks it for its verdict. Nothing, where it is not installed.
fn llmock(arguments: &[&str]) -> Option<(Program, PathBuf)> {
    let program = installed("PACE_TEST_LLMOCK", "the mock `llmock`")?;
    let mut command = Command::new(&program);
    command.args(["serve", "--port", "0", "--response-style", "echo"]).args(arguments);
    Some((Program::start(&mut command), program))
}

fn runner(mock: &Program) -> Runner {
    let bases = [mock.at("/gemini"), mock.at("/v1"), mock.at("/anthropic")];
    Runner::start(project(""), &Service { bases, key: "right" })
}

/// Asserts that the mock finds no fault with its clients.
#[track_caller]
fn assert_no_fault(mock: &Program, program: &PathBuf) {
    let report = Command::new(program).args(["report", "--strict", "--url", &mock.at("")]).output();
    let report = report.expect("`llmock report` runs");
    assert!(report.status.success(), "{}", String::from_utf8_lossy(&report.stdout));
}

#[test]
fn all_interfaces_answer() {
    let Some((mock, program)) = llmock(&[]) else { return };
    let runner = runner(&mock);
    for agent in AGENTS {
        let answer = runner.answer(agent, "the quick brown fox");
        let response = answer["response"].as_str().expect("a text");
        assert!(response.contains("the quick brown fox"), "{agent}: {response}");
        assert!(answer["usage"]["output_tokens"].as_u64() > Some(0), "{agent}: {answer}");
        let events = runner.stream(agent, "jumps over the lazy dog");
        assert!(texts(&events).len() > 1, "{agent}: {events:?}");
        assert_eq!(last(&events).data["response"], texts(&events).concat(), "{agent}");
    }
    assert_no_fault(&mock, &program);
}

#[test]
fn retries_are_as_they_should_be() {
    let faults = ["--error-rate", "429=0.4", "--error-rate", "503=0.2", "--report"];
    let Some((mock, program)) = llmock(&faults) else { return };
    let runner = runner(&mock);
    // All at once, since each waits for seconds. A different message each: the mock takes the same one for a retry.
    let ask = |agent: &'static str, number: u32| {
        let answer = runner.chat(agent, &format!("message {number} to {agent}"));
        let code = answer.json()["code"].as_str().map(str::to_owned);
        match code.as_deref() {
            None => assert_eq!(answer.status, 200, "{}", answer.body),
            Some("model-rate-limited" | "model-unavailable") => {}
            Some(_) => panic!("{agent}: {}", answer.body),
        }
        answer.status == 200
    };
    let answered = std::thread::scope(|scope| {
        let tasks: Vec<_> = AGENTS.iter().flat_map(|agent| (0..6).map(move |number| (*agent, number))).collect();
        let running: Vec<_> =
            tasks.into_iter().map(|(agent, number)| scope.spawn(move || ask(agent, number))).collect();
        running.into_iter().filter_map(|one| one.join().ok()).filter(|answered| *answered).count()
    });
    assert!(answered >= 9, "only {answered} of 18 were answered in the end");
    assert_no_fault(&mock, &program);
}

#[test]
fn refusals_are_not_asked_again() {
    let Some((mock, program)) = llmock(&["--error-rate", "400=1"]) else { return };
    let runner = runner(&mock);
    for agent in AGENTS {
        runner.assert_problem(agent, "hello", "model-rejected");
    }
    assert_no_fault(&mock, &program);
}

#[test]
fn streams_that_break_are_no_answers() {
    for (fault, codes) in [
        ("truncate=1", &["model-cut-off"][..]),
        ("disconnect=1", &["model-cut-off"]),
        ("malformed=1", &["model-garbled"]),
    ] {
        let Some((mock, _)) = llmock(&["--stream-fault", fault]) else { return };
        let runner = runner(&mock);
        for agent in AGENTS {
            let events = runner.stream(agent, "a message of quite a few words");
            let last = last(&events);
            let code = last.data["code"].as_str().unwrap_or_default();
            assert!(last.name == "error" && codes.contains(&code), "{agent}, {fault}: {events:?}");
            // What was said stands, and the session goes on from before the message.
            let answer = runner.chat(agent, "a message of quite a few words");
            assert!(codes.contains(&answer.json()["code"].as_str().unwrap_or_default()), "{}", answer.body);
        }
    }
}
