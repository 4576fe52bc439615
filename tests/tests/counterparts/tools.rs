//! A compiled tool between the runner and services from other hands: declared as each interface wants it, called, and its
//! results brought back so that the service knows which call they belong to.

use std::process::Command;

use pace_tests::{Project, binary};
use serde_json::{Value, json};

use crate::AGENTS;
use crate::aimock::{aimock, journal};
use crate::program::Program;
use crate::runner::{Runner, Service, project};

/// A project whose agents may call `get_weather`, which is what both mocks call.
fn with_tool() -> Project {
    let project = project("tools:\n  - {name: tools/get-weather, access: read, net: []}\n");
    let tool = "import { defineTool } from \"@paceline/runtime\";\n\nexport default defineTool({\n  name: \
                \"get_weather\",\n  description: \"The weather in a city\",\n  parameters: { city: { type: \"string\", \
                description: \"Its name\" } },\n  execute: ({ city }) => ({ city, temperature: city.length }),\n});\n";
    project.write("tools/get-weather.ts", tool);
    project
}

#[test]
fn a_tool_is_declared_called_and_answered_over_each_interface() {
    let call = |city: &str| json!({"name": "get_weather", "arguments": json!({ "city": city }).to_string()});
    let fixtures = json!([
        {"match": {"toolResultContains": "\"temperature\":5"}, "response": {"content": "Oslo 4, Paris 5."}},
        {"match": {"userMessage": "weather"}, "response": {"toolCalls": [call("Oslo"), call("Paris")]}},
    ]);
    let Some((mock, _folder)) = aimock(&fixtures, &[]) else { return };
    let runner = Runner::start(with_tool(), &Service::at(mock.port));
    for agent in AGENTS {
        let answer = runner.answer(agent, "what is the weather");
        assert_eq!(answer["response"], "Oslo 4, Paris 5.", "{agent}");
        assert_eq!((&answer["usage"]["model_calls"], &answer["usage"]["tool_calls"]), (&json!(2), &json!(2)));
        let heard = journal(&mock).pop().expect("a request")["body"].clone();
        let declared = &heard["tools"][0]["function"];
        assert_eq!((&declared["name"], heard["tools"].as_array().map(Vec::len)), (&json!("get_weather"), Some(1)));
        // Of Gemini's two keys for a schema, the mock writes down the older, which cannot say all that a schema can.
        if agent != "gemini" {
            assert_eq!(declared["parameters"]["required"], json!(["city"]), "{agent}: {declared}");
        }
        let messages = heard["messages"].as_array().expect("messages").clone();
        let calls = messages.iter().find_map(|message| message["tool_calls"].as_array()).expect("the calls");
        let results: Vec<_> = messages.iter().filter(|message| message["role"] == "tool").collect();
        let ids = |values: &[&Value], key: &str| values.iter().map(|value| value[key].clone()).collect::<Vec<_>>();
        let called = ids(&calls.iter().collect::<Vec<_>>(), "id");
        assert_eq!(ids(&results, "tool_call_id"), called, "{agent}: {messages:?}");
        let contents: Vec<_> = results.iter().map(|result| result["content"].to_string()).collect();
        assert!(contents[0].contains("Oslo") && contents[1].contains("Paris"), "{agent}: {contents:?}");
    }
}

#[test]
fn the_results_of_a_declared_tool_satisfy_the_strict_mock() {
    let mock = Program::start(Command::new(binary("mockllm")).arg("--strict"));
    let runner = Runner::start(with_tool(), &Service::at(mock.port));
    for agent in AGENTS {
        let events = runner.stream(agent, "what is the weather");
        let results: Vec<_> = events.iter().filter(|event| event.name == "tool_result").collect();
        let statuses: Vec<_> = results.iter().map(|event| event.data["status"].clone()).collect();
        assert_eq!(statuses, ["done", "done"], "{agent}: {events:?}");
        assert_eq!(events.last().expect("an end").data["response"], "Paris 21 C, Oslo 9 C.", "{agent}");
    }
}
