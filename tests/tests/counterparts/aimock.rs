//! npm `@copilotkit/aimock`: all three interfaces, from one file of answers.

use std::process::Command;
use std::time::Duration;

use pace_tests::{Project, installed};
use serde_json::{Value, json};

use crate::AGENTS;
use crate::http::get;
use crate::program::Program;
use crate::runner::{Runner, Service, last, project, texts};

/// The mock with these answers. Nothing, where it is not installed.
pub(crate) fn aimock(fixtures: &Value, arguments: &[&str]) -> Option<(Program, Project)> {
    let node = installed("PACE_TEST_NODE", "Node.js")?;
    let script = installed("PACE_TEST_AIMOCK", "the mock `aimock`")?;
    let folder = Project::new(&[("fixtures.json", &json!({ "fixtures": fixtures }).to_string())]);
    let mut command = Command::new(node);
    command.arg(script).args(["--port", "0", "--validate-on-load", "--strict", "--fixtures"]);
    command.arg(folder.path().join("fixtures.json")).args(arguments).env("AIMOCK_API_KEYS", "right");
    Some((Program::start(&mut command), folder))
}

fn service(mock: &Program) -> Service {
    Service::at(mock.port)
}

/// The requests that the mock got, each in OpenAI's form whatever it came in.
pub(crate) fn journal(mock: &Program) -> Vec<Value> {
    let journal = get(mock.port, "/__aimock/journal").json();
    journal.as_array().expect("a list").clone()
}

/// Tokens in the words of each interface.
fn usage() -> Value {
    json!({
        "promptTokenCount": 21, "candidatesTokenCount": 9, "totalTokenCount": 30,
        "prompt_tokens": 21, "completion_tokens": 9, "total_tokens": 30,
        "input_tokens": 21, "output_tokens": 9,
    })
}

#[test]
fn an_answer_has_its_text_and_its_usage() {
    let fixtures =
        json!([{"match": {"userMessage": "hello"}, "response": {"content": "Hello, you.", "usage": usage()}}]);
    let Some((mock, _folder)) = aimock(&fixtures, &[]) else { return };
    let runner = Runner::start(project(""), &service(&mock));
    for agent in AGENTS {
        let answer = runner.answer(agent, "hello");
        assert_eq!(answer["response"], "Hello, you.", "{agent}");
        let usage = &answer["usage"];
        assert_eq!((&usage["input_tokens"], &usage["output_tokens"]), (&json!(21), &json!(9)), "{agent}: {usage}");
        assert_eq!(usage["model_calls"], 1, "{agent}");
    }
}

#[test]
fn a_stream_comes_piece_by_piece() {
    let text = "One two three four five six seven.";
    let slow = json!({"ttft": 50, "tps": 10});
    let fixtures =
        json!([{"match": {"userMessage": "count"}, "response": {"content": text}, "streamingProfile": slow}]);
    let Some((mock, _folder)) = aimock(&fixtures, &["--chunk-size", "5"]) else { return };
    let runner = Runner::start(project(""), &service(&mock));
    for agent in AGENTS {
        let events = runner.stream(agent, "count");
        assert_eq!(texts(&events).concat(), text, "{agent}");
        assert_eq!(texts(&events).len(), text.len().div_ceil(5), "{agent}: {events:?}");
        let first = events.iter().find(|event| event.name == "text").expect("a piece");
        let last = last(&events);
        assert_eq!((last.name.as_str(), &last.data["response"]), ("done", &json!(text)), "{agent}");
        // The mock takes 100 ms for each piece: whoever got them all at once got them late.
        assert!(last.at.duration_since(first.at) > Duration::from_millis(300), "{agent}: nothing came in between");
    }
}

#[test]
fn a_session_is_told_to_the_model_again() {
    let answer = |to: &str, text: &str| json!({"match": {"userMessage": to}, "response": {"content": text}});
    let fixtures = json!([answer("I am Ada", "Hello, Ada."), answer("who am I", "You are Ada.")]);
    let Some((mock, _folder)) = aimock(&fixtures, &[]) else { return };
    let runner = Runner::start(project(""), &service(&mock));
    for agent in AGENTS {
        let first = runner.answer(agent, "I am Ada");
        let second = runner.go_on(agent, &first, "who am I").json();
        assert_eq!((&second["response"], &second["session"]), (&json!("You are Ada."), &first["session"]), "{agent}");
        let heard = journal(&mock).pop().expect("a request");
        let messages = heard["body"]["messages"].as_array().expect("messages").clone();
        let said: Vec<_> = messages.iter().map(|message| (&message["role"], message["content"].as_str())).collect();
        let wanted = [
            ("system", "You answer in few words."),
            ("user", "I am Ada"),
            ("assistant", "Hello, Ada."),
            ("user", "who am I"),
        ];
        assert_eq!(said.len(), wanted.len(), "{agent}: {said:?}");
        for ((role, content), (wanted_role, wanted_content)) in said.iter().zip(wanted) {
            assert_eq!(*role, wanted_role, "{agent}: {said:?}");
            assert!(content.is_some_and(|content| content.trim() == wanted_content), "{agent}: {said:?}");
        }
    }
}

#[test]
fn a_limited_rate_is_waited_for() {
    let limited = json!({"error": {"message": "Rate limited", "type": "rate_limit_error"}, "status": 429});
    let fixtures: Vec<Value> = AGENTS
        .iter()
        .flat_map(|agent| {
            let message = format!("limited {agent}");
            [
                json!({"match": {"userMessage": message, "sequenceIndex": 0}, "response": limited}),
                json!({"match": {"userMessage": message}, "response": {"content": "Now."}}),
            ]
        })
        .collect();
    let Some((mock, _folder)) = aimock(&json!(fixtures), &[]) else { return };
    let runner = Runner::start(project(""), &service(&mock));
    for agent in AGENTS {
        let before = journal(&mock).len();
        assert_eq!(runner.answer(agent, &format!("limited {agent}"))["response"], "Now.");
        let attempts = journal(&mock).split_off(before);
        let statuses: Vec<_> = attempts.iter().map(|attempt| attempt["response"]["status"].clone()).collect();
        assert_eq!(statuses, [429, 200], "{agent}");
        let times: Vec<_> = attempts.iter().filter_map(|attempt| attempt["timestamp"].as_u64()).collect();
        // It said `Retry-After: 1`.
        assert!(times[1] - times[0] >= 990, "{agent} came again after {} ms", times[1] - times[0]);
    }
}

#[test]
fn errors_have_their_own_words() {
    let cases = [
        (400, "model-rejected", 1),
        (401, "model-unauthorized", 1),
        (403, "model-forbidden", 1),
        (404, "model-not-found", 1),
        (500, "model-unavailable", 3),
    ];
    let fixtures: Vec<Value> = cases
        .iter()
        .map(|(status, ..)| {
            let error = json!({"message": format!("the mock says {status}"), "type": "some_error"});
            let message = format!("fail with {status}");
            json!({"match": {"userMessage": message}, "response": {"error": error, "status": status}})
        })
        .collect();
    let Some((mock, _folder)) = aimock(&json!(fixtures), &[]) else { return };
    let runner = Runner::start(project(""), &service(&mock));
    for agent in AGENTS {
        for (status, code, least) in cases {
            let before = journal(&mock).len();
            runner.assert_problem(agent, &format!("fail with {status}"), code);
            let attempts = journal(&mock).len() - before;
            // What may get better is tried again, what may not is not.
            assert!(if least == 1 { attempts == 1 } else { attempts >= least }, "{agent}, {status}: {attempts} times");
        }
    }
}

#[test]
fn a_wrong_key_is_named_and_never_shown() {
    let fixtures = json!([{"match": {"userMessage": "hello"}, "response": {"content": "Hello."}}]);
    let Some((mock, _folder)) = aimock(&fixtures, &[]) else { return };
    let runner = Runner::start(project(""), &Service { key: "wrong-and-secret", ..service(&mock) });
    for agent in AGENTS {
        let answer = runner.chat(agent, "hello");
        assert_eq!(answer.json()["code"], "model-unauthorized", "{}", answer.body);
        assert!(!answer.body.contains("wrong-and-secret"), "{}", answer.body);
    }
}

#[test]
fn what_is_no_answer_is_called_so() {
    for (fault, codes) in
        [("--chaos-malformed", &["model-garbled"][..]), ("--chaos-disconnect", &["model-unreachable", "model-cut-off"])]
    {
        let fixtures = json!([{"match": {"userMessage": "hello"}, "response": {"content": "Hello."}}]);
        let Some((mock, _folder)) = aimock(&fixtures, &[fault, "1"]) else { return };
        let runner = Runner::start(project(""), &service(&mock));
        for agent in AGENTS {
            let answer = runner.chat(agent, "hello");
            let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
            assert!(codes.contains(&code.as_str()), "{agent}, {fault}: {}", answer.body);
        }
    }
}
