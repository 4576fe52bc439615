//! `pace serve`: which bundle it takes, and what it says of sources that changed. How a bundle is served is judged at
//! `pace-runner`, which shares the code.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use pace_tests::Project;
use pace_tests::process::PATIENCE;
use pace_tests::program::{Said, end_of};

const SETTINGS: &str = "models: [{name: recorded, provider: replay, turns: turns.json}]\n";

fn project() -> Project {
    Project::new(&[
        ("agents/helper/spec.yaml", "name: helper\nmodel: recorded\ndescription: You help.\n"),
        ("paceline.yaml", SETTINGS),
        ("turns.json", r#"[{"user": "Hello", "model": "Good day."}]"#),
    ])
}

/// `pace serve` on any free port, and what it said until it listened.
struct Serving {
    child: Child,
    address: String,
    said: String,
}

impl Serving {
    fn start(mut command: Command) -> Self {
        command.env("PORT", "0").env_remove("HOST").env("LOG_FORMAT", "json");
        let child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        // From here on, whatever fails, the child is ended.
        let mut serving = Self { child, address: String::new(), said: String::new() };
        let address_in = |line: &str| {
            let log: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
            log["address"].as_str()?.strip_prefix("http://").map(str::to_owned)
        };
        let stderr = Said::on(serving.child.stderr.take());
        (serving.address, serving.said) = stderr.until_found("it listens", |said| {
            said.lines().find_map(address_in).map(|address| (address, said.to_owned()))
        });
        serving
    }

    fn ask(&self) -> String {
        self.say_hello("/agents/helper/chat")
    }

    fn say_hello(&self, path: &str) -> String {
        let body = r#"{"message": "Hello"}"#;
        let length = body.len();
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json");
        self.send(&format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}"))
    }

    fn send(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn stop(mut self) -> Option<i32> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        end_of(&mut self.child).code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _code = self.child.wait();
    }
}

#[test]
fn the_newest_build_is_served() {
    let project = project();
    assert_eq!(project.run(&["build", "-q"]).code, Some(0));
    let serving = Serving::start(project.pace(&["serve"]));
    assert!(!serving.said.contains("warning"), "{}", serving.said);
    let answer = serving.ask();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("{\"response\":\"Good day.\""), "{answer}");
    assert_eq!(serving.stop(), Some(0));
}

#[test]
fn a_bundle_can_be_named_from_anywhere() {
    let project = project();
    assert_eq!(project.run(&["build", "-q", "--output", "x.pace"]).code, Some(0));
    let folder = tempfile::tempdir().unwrap();
    let bundle = project.path().join("x.pace");
    let serving = Serving::start(pace_tests::pace(folder.path(), &["serve", bundle.to_str().unwrap()]));
    assert!(serving.ask().contains("Good day."));
    assert_eq!(serving.stop(), Some(0));
}

/// Wherever the command is given: its servers are programs and files of the project, and are shown what the project keeps for them.
#[test]
fn servers_start_in_the_project() {
    let spec = "name: helper\nmodel: recorded\ndescription: You help.\ntools:\n  \
                - {server: \"mcp://exec/python3\", alias: shop, access: read, args: [server.py], env: {KEY: \"${credential:DESK}\"}}\n";
    let turns = r#"[{"user": "Hello", "model": {"calls": [{"name": "shop_look", "arguments": {"what": "tea"}}]}},
        {"results": ["shop_look"], "model": "Good day."}]"#;
    let offer = r#"[{"name": "look", "description": "Looks.", "annotations": {"readOnlyHint": true},
        "inputSchema": {"type": "object", "properties": {"what": {"type": "string"}}}}]"#;
    let project = Project::new(&[
        ("agents/helper/spec.yaml", spec),
        ("paceline.yaml", SETTINGS),
        ("turns.json", turns),
        ("server.py", pace_tests::SHOP),
        ("offer.json", offer),
    ]);
    let kept = project.run_with(&["auth", "add", "--value", "DESK"], "desk-key-0123456789\n");
    assert_eq!(kept.code, Some(0), "{}", kept.err);
    let built = project.run(&["build", "-q"]);
    assert_eq!(built.code, Some(0), "{}", built.err);
    let elsewhere = tempfile::tempdir().unwrap();
    let root = project.path().to_str().unwrap();
    for command in [
        pace_tests::pace(elsewhere.path(), &["-C", root, "serve"]),
        pace_tests::pace(&project.path().join("agents"), &["serve"]),
    ] {
        let serving = Serving::start(command);
        let answer = serving.say_hello("/agents/helper/chat/stream");
        assert!(answer.contains("\"status\":\"done\"") && answer.contains("Good day."), "{answer}");
        assert_eq!(serving.stop(), Some(0));
    }
}

#[test]
fn sources_that_say_something_else_are_named() {
    let project = project();
    assert_eq!(project.run(&["build", "-q"]).code, Some(0));
    project.write("turns.json", r#"[{"user": "Hello", "model": "Good evening."}]"#);
    project.write("agents/new/spec.yaml", "name: new\n");
    let serving = Serving::start(project.pace(&["serve"]));
    // In the log, where programs read it.
    let warning = "\"level\":\"WARN\",\"message\":\"the bundle is not what the sources say now: \
                   `agents/new/spec.yaml`, `turns.json`; run `pace build` and serve again, unless this is meant\"}\n";
    assert!(serving.said.contains(warning), "{}", serving.said);
    // What is served is the bundle.
    assert!(serving.ask().contains("Good day."));
    serving.stop();
}

#[test]
fn without_a_build_it_says_what_to_run() {
    let run = project().run(&["serve"]);
    let why = "error: the project has no bundle yet\n  help: run `pace build`, or name a bundle\n";
    assert_eq!((run.code, run.err.as_str()), (Some(2), why));
}

#[test]
fn another_bundle_than_the_expected_one_is_refused() {
    let project = project();
    assert_eq!(project.run(&["build", "-q"]).code, Some(0));
    let id = format!("b3:{}", "0".repeat(64));
    let run = project.run(&["serve", "--expect", &id]);
    assert_eq!((run.code, run.out.as_str()), (Some(3), ""));
    assert!(run.err.contains("was demanded"), "{}", run.err);
    let run = project.run(&["serve", "paceline.yaml"]);
    assert_eq!(run.code, Some(3));
    assert!(run.err.contains("this is not a bundle"), "{}", run.err);
}

#[test]
fn a_port_that_is_taken_is_said() {
    let project = project();
    assert_eq!(project.run(&["build", "-q"]).code, Some(0));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = project.pace(&["serve"]).env("PORT", &port).env_remove("HOST").output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.contains(&format!("error: the address `127.0.0.1:{port}` is taken")), "{err}");
}

const PAY: &str = r#"import { defineTool } from "@paceline/runtime";
export default defineTool({
  name: "pay",
  description: "Pays.",
  parameters: {},
  execute: async () => ({ paid: true }),
});
"#;

/// A project with a tool that reads and one that writes, built.
fn writing() -> Project {
    let project = project();
    let tools =
        "tools:\n  - {name: tools/look, access: read, net: []}\n  - {name: tools/pay, access: write, net: []}\n";
    let spec = format!("name: helper\nmodel: recorded\ndescription: You help.\n{tools}");
    project.write("agents/helper/spec.yaml", &spec);
    project.write("tools/pay.ts", PAY);
    project.write("tools/look.ts", &PAY.replace("\"pay\"", "\"look\""));
    assert_eq!(project.run(&["build", "-q"]).code, Some(0));
    project
}

#[test]
fn whether_writes_are_made_has_to_be_said() {
    let project = writing();
    let run = project.run(&["serve"]);
    let why = "error: the bundle has tools that write (`tools/pay`), and nobody said whether they may\n  help: give `--live-writes`";
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
    assert!(run.err.starts_with(why), "{}", run.err);
    for (flag, log) in [
        ("--live-writes", "writes are live: `tools/pay`"),
        ("--live-writes=tools/pay", "writes are live: `tools/pay`"),
        ("--stub-writes", "writes are stubbed, nothing is changed: `tools/pay`"),
    ] {
        let serving = Serving::start(project.pace(&["serve", flag]));
        assert!(serving.said.contains(&format!("\"message\":\"{log}\"")), "{}", serving.said);
        let mode = if flag == "--stub-writes" { "stubbed" } else { "live" };
        let tools = format!(
            r#""tools":[{{"name":"look","kind":"local","access":"read","mode":"live"}},{{"name":"pay","kind":"local","access":"write","mode":"{mode}"}}]"#
        );
        for path in ["/agents", "/agents/helper/status"] {
            let answer = serving.send(&format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"));
            assert!(answer.contains(&tools), "{answer}");
        }
    }
}

#[test]
fn people_are_told_of_the_tools() {
    let project = writing();
    let mut command = project.pace(&["serve", "--stub-writes"]);
    command.env("PORT", "0").env_remove("HOST").env("LOG_FORMAT", "text");
    let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let said = Said::on(child.stderr.take()).until_found("a line of tools", |said| {
        let whole = said.rsplit_once('\n').filter(|(whole, _)| whole.contains("tools: "));
        whole.map(|_| said.to_owned())
    });
    child.kill().unwrap();
    child.wait().unwrap();
    let agents = "  Agents:\n    helper  → /agents/helper/chat\n              \
                  tools: look (read, local), pay (write, local, stubbed)\n";
    assert!(
        said.contains("INFO writes are stubbed, nothing is changed: `tools/pay`") && said.contains(agents),
        "{said}"
    );
}
