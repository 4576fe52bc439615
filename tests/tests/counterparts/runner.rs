//! `pace-runner` on a project of three agents, one for each interface, and what can be asked of it.

use std::process::Command;

use pace_tests::{Project, binary};
use serde_json::{Value, json};

use crate::http::{self, Answer, Event};
use crate::program::Program;

const PROJECT: &str = "\
project: counterparts
models:
  - {name: model-of-gemini, provider: gemini}
  - {name: model-of-openai, provider: openai}
  - {name: model-of-anthropic, provider: anthropic}
";

/// A runner for one test.
#[derive(Debug)]
pub(crate) struct Runner {
    pub(crate) program: Program,
    _project: Project,
}

/// What a runner is told of a model's service.
#[derive(Debug)]
pub(crate) struct Service {
    /// The base URLs of the three interfaces.
    pub(crate) bases: [String; 3],
    /// The key for all of them.
    pub(crate) key: &'static str,
}

impl Service {
    /// A service that serves all interfaces where the providers do.
    pub(crate) fn at(port: u16) -> Self {
        let base = format!("http://127.0.0.1:{port}");
        Self { bases: [base.clone(), format!("{base}/v1"), base], key: "right" }
    }
}

/// The project, with more lines in each agent's spec.
pub(crate) fn project(more: &str) -> Project {
    let project = Project::new(&[("paceline.yaml", PROJECT)]);
    for agent in crate::AGENTS {
        let spec = format!("name: {agent}\nmodel: model-of-{agent}\ndescription: You answer in few words.\n{more}");
        project.write(&format!("agents/{agent}/spec.yaml"), &spec);
    }
    project
}

impl Runner {
    /// Serves the project.
    #[track_caller]
    pub(crate) fn start(project: Project, service: &Service) -> Self {
        let built = project.run(&["-q", "build", "--output", "test.pace"]);
        assert_eq!(built.code, Some(0), "{}", built.err);
        let mut command = Command::new(binary("pace-runner"));
        command.arg(project.path().join("test.pace")).env_clear().envs([
            ("PORT", "0"),
            ("LOG_FORMAT", "json"),
            ("PACE_STATE_DIR", "memory"),
        ]);
        for key in ["GOOGLE_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY"] {
            command.env(key, service.key);
        }
        let variables = ["GOOGLE_GEMINI_BASE_URL", "OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"];
        command.envs(variables.into_iter().zip(&service.bases));
        Self { program: Program::start(&mut command), _project: project }
    }

    /// Sends a message in a new session.
    pub(crate) fn chat(&self, agent: &str, message: &str) -> Answer {
        http::post(self.program.port, &format!("/agents/{agent}/chat"), &json!({ "message": message }))
    }

    /// Sends a message in the session of an earlier answer.
    pub(crate) fn go_on(&self, agent: &str, earlier: &Value, message: &str) -> Answer {
        let body = json!({"message": message, "session": earlier["session"]});
        http::post(self.program.port, &format!("/agents/{agent}/chat"), &body)
    }

    /// Sends a message and follows the answer.
    #[track_caller]
    pub(crate) fn stream(&self, agent: &str, message: &str) -> Vec<Event> {
        http::events(self.program.port, &format!("/agents/{agent}/chat/stream"), &json!({ "message": message }))
    }

    /// Sends a message, and expects an answer.
    #[track_caller]
    pub(crate) fn answer(&self, agent: &str, message: &str) -> Value {
        let answer = self.chat(agent, message);
        assert_eq!(answer.status, 200, "{agent}: {}", answer.body);
        answer.json()
    }

    /// Sends a message, and expects a problem of this code.
    #[track_caller]
    pub(crate) fn assert_problem(&self, agent: &str, message: &str, code: &str) {
        let answer = self.chat(agent, message);
        assert_eq!(answer.json()["code"], code, "{agent}, `{message}`: {}", answer.body);
        assert_eq!(answer.json()["status"], answer.status, "{agent}, `{message}`");
    }
}

/// The text of a streamed answer, piece by piece.
pub(crate) fn texts(events: &[Event]) -> Vec<&str> {
    events.iter().filter(|event| event.name == "text").filter_map(|event| event.data["text"].as_str()).collect()
}

/// The last event of a stream.
#[track_caller]
pub(crate) fn last(events: &[Event]) -> &Event {
    events.last().expect("a stream has an end")
}
