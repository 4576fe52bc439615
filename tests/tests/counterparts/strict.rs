//! Our own `mockllm`, which is as strict as Gemini 3: a tool result whose call is sent back without its signature is
//! refused. It calls a tool that nobody declared, so the runner has to answer that there is none.

use std::process::Command;

use pace_tests::binary;
use serde_json::json;

use crate::AGENTS;
use crate::http::get;
use crate::program::Program;
use crate::runner::{Runner, Service, project};

fn mockllm(arguments: &[&str]) -> Program {
    Program::start(Command::new(binary("mockllm")).args(arguments))
}

#[test]
fn signatures_go_back_as_they_came() {
    let mock = mockllm(&["--strict", "--unasked"]);
    let runner = Runner::start(project(""), &Service::at(mock.port));
    for agent in AGENTS {
        let answer = runner.answer(agent, "what is the weather");
        assert_eq!(answer["response"], "Paris 21 C, Oslo 9 C.", "{agent}");
        let usage = &answer["usage"];
        assert_eq!((&usage["model_calls"], &usage["tool_calls"]), (&json!(2), &json!(2)), "{agent}");
        // The calls stay in the conversation, and their signatures with them.
        let again = runner.go_on(agent, &answer, "and tomorrow").json();
        assert_eq!(again["response"], "Paris 21 C, Oslo 9 C.", "{agent}: {again}");
    }
}

#[test]
fn calls_and_their_results_are_events() {
    let mock = mockllm(&["--strict", "--unasked"]);
    let runner = Runner::start(project(""), &Service::at(mock.port));
    for agent in AGENTS {
        let events = runner.stream(agent, "what is the weather");
        let names: Vec<_> =
            events.iter().map(|event| event.name.as_str()).filter(|name| name.starts_with("tool")).collect();
        assert_eq!(names, ["tool_call", "tool_call", "tool_result", "tool_result"], "{agent}: {events:?}");
    }
}

#[test]
fn the_mock_refuses_what_gemini_refuses() {
    let mock = mockllm(&["--strict"]);
    let call = json!({"functionCall": {"name": "get_weather", "args": {}}});
    let result = json!({"functionResponse": {"name": "get_weather", "response": {}}});
    let contents = json!([{"role": "model", "parts": [call]}, {"role": "user", "parts": [result]}]);
    let path = "/v1beta/models/gemini-3.5-flash:streamGenerateContent";
    let answer = crate::http::post(mock.port, path, &json!({ "contents": contents }));
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("thought_signature"), "{}", answer.body);
}

#[test]
fn a_service_that_recovers_is_asked_until_it_does() {
    let mock = mockllm(&[]);
    let flaky = project("");
    let paceline = std::fs::read_to_string(flaky.path().join("paceline.yaml")).expect("the project's file");
    flaky.write("paceline.yaml", &paceline.replace("provider:", "model: flaky-2, provider:"));
    let runner = Runner::start(flaky, &Service::at(mock.port));
    for (number, agent) in AGENTS.into_iter().enumerate() {
        assert_eq!(runner.answer(agent, "what is the weather")["response"], "Paris 21 C, Oslo 9 C.", "{agent}");
        assert_eq!(get(mock.port, "/stats").body, ((number + 1) * 3).to_string(), "{agent}");
    }
}
