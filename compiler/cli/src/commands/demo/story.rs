//! What the demo shows, in order.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use pace_diag::render::{self, Action, Warnings};
use pace_runner::Runner;
use pace_runner::authenticate::Identity;
use pace_runner::conversation::{ToolCall, ToolResult};
use pace_runner::events::CallStatus;
use pace_runner::id::InvocationId;
use pace_runner::serve::{ServeSettings, Server};
use pace_runner::trace::stored;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::client::{Client, Heard, Reply, detail};
use super::screen::Screen;
use super::stage::{Build, Stage, open, records};
use crate::commands::build::counted;
use crate::commands::chat::calls;
use crate::commands::trace;
use crate::exit::Ended;
use crate::output::{self, Output};
use crate::summary;
use crate::wrap::wrapped;

/// Tells it.
pub(super) async fn tell(stage: &Stage, screen: &Screen, output: Output) -> anyhow::Result<()> {
    screen.line(
        &screen.bold("Paceline: a project is built, served and talked to. No key, no network: answers are recorded."),
    );
    spec(stage, screen)?;
    let build = built(stage, screen)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let (client, serving, runner) = served((stage, &build), screen, stopped).await?;
    let conversation = conversation(client, screen).await;
    // The runner drains also when the conversation failed; its own end has nothing to add to that.
    let _gone = stop.send(());
    let ended = serving.await;
    let stored = runner.state().end(STORED_WITHIN).await;
    let delegated = conversation?;
    ended.context("the runner broke down")?.context("the runner failed")?;
    stored.map_err(|lost| Ended::errors(lost, None))?;
    traces(&stage.root(), &runner, &delegated, (screen, output)).await?;
    mistake(stage, screen, output)
}

/// How long the last traces may take to be stored.
const STORED_WITHIN: Duration = Duration::from_secs(5);

/// What the runner put on record: what it denied, and the tree of one invocation.
async fn traces(
    root: &Path,
    runner: &Runner,
    invocation: &Value,
    (screen, output): (&Screen, Output),
) -> anyhow::Result<()> {
    let store = records(root, runner.bundle().meta.project.as_str()).await?;
    let width = Some(screen.width().saturating_sub(2));
    screen.heading("All of it is on record. `pace trace list --status denied`: what was not allowed, and why");
    screen.lines(&wrapped(&trace::denied(&store, output.glyphs()).await?, width));
    screen.heading("`pace trace show`: an invocation with its calls, and the agent that one of them was");
    let id: InvocationId = invocation.as_str().unwrap_or_default().parse().context("the runner named no invocation")?;
    screen.lines(&wrapped(&trace::shown(&store, stored::key(id), output.glyphs()).await?, width));
    // What is not closed in time is closed by the end of the process.
    let _late = store.close().await;
    Ok(())
}

/// Says how long it took and what to try.
pub(super) fn end(screen: &Screen, took: Duration) {
    screen.line(&format!(
        "\n{}\n  pace init hello && cd hello\n  pace chat helper      {}\n  pace serve            {}\n  \
         pace init sky --template weather     {}",
        screen.bold(&format!("That was all, in {:.1} s, and nothing of it is left. Now your own:", took.as_secs_f64())),
        screen.dim("with GOOGLE_API_KEY set; a key is free at https://aistudio.google.com/apikey"),
        screen.dim("after `pace build`: the same agent over HTTP"),
        screen.dim("an agent with a tool of its own"),
    ));
    screen.line("  or with Ollama on your machine, in `paceline.yaml`:");
    screen.line("    models: [{name: local, provider: openai, model: llama3.2, base_url: http://localhost:11434/v1}]");
    screen.line("  and then `pace chat helper --model local`");
    screen.line("  or with neither: `pace init shop --template showcase`, whose answers are recorded");
    if !is_on_path("pace") {
        screen.line(&screen.dim("  (`cargo install --path compiler/cli` puts `pace` on your path)"));
    }
}

fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn spec(stage: &Stage, screen: &Screen) -> anyhow::Result<()> {
    screen.heading("An agent is a few lines of YAML, and can call what they list: nothing else");
    let text = stage.text("agents/helper/spec.yaml")?;
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#') && !line.trim().is_empty());
    show(screen, "agents/helper/spec.yaml", lines.take_while(|line| !line.starts_with("limits")));
    screen.heading("A tool is a function in TypeScript");
    let text = stage.text("tools/find-part.ts")?;
    let lines = text.lines().skip_while(|line| !line.starts_with("export"));
    let head = lines.take_while(|line| !line.starts_with("    const"));
    show(screen, "tools/find-part.ts", head.chain(["    …"]));
    screen.lines("beside them: two more agents, two more tools, an MCP server, and a loop");
    Ok(())
}

fn show<'t>(screen: &Screen, path: &str, lines: impl Iterator<Item = &'t str>) {
    let lines: Vec<_> = lines.map(|line| format!("  {line}\n")).collect();
    screen.lines(&format!("{path}\n{}", lines.concat()));
}

fn built(stage: &Stage, screen: &Screen) -> anyhow::Result<Build> {
    screen.heading("`pace build` checks all that can be known by now, compiles the tools, and writes one file");
    let build = stage.build()?;
    let verified = &build.built.emitted.verified;
    let name = build.bundle.file_name().unwrap_or_default().to_string_lossy();
    screen.lines(&format!(
        "✓ {} in {}: `{name}`, {} bytes, named by its content",
        counted(build.built.counts),
        milliseconds(build.took),
        verified.length(),
    ));
    screen.line(&wrapped(summary::who_can(verified.bundle()).trim_end(), Some(screen.width())));
    Ok(build)
}

type Serving = tokio::task::JoinHandle<std::io::Result<pace_runner::serve::Drained>>;

async fn served(
    (stage, build): (&Stage, &Build),
    screen: &Screen,
    stopped: oneshot::Receiver<()>,
) -> anyhow::Result<(Client, Serving, Arc<Runner>)> {
    screen.heading("The runner verifies every byte of that file, and serves it");
    let begun = Instant::now();
    let runner = open(&stage.root(), &build.bundle).await?;
    let server =
        Server::bind(Arc::clone(&runner), Identity::Anonymous, &ServeSettings { port: 0, ..ServeSettings::default() })?;
    let client = Client(server.address());
    let serving = tokio::spawn(server.run(async {
        let _told = stopped.await;
    }));
    if !client.is_ready().await? {
        bail!("the runner is not ready");
    }
    screen.lines(&format!("✓ ready after {} at http://{}", milliseconds(begun.elapsed()), client.0));
    Ok((client, serving, runner))
}

/// Talks to the agents; gives the invocation in which one called another.
async fn conversation(client: Client, screen: &Screen) -> anyhow::Result<Value> {
    screen.heading("POST /agents/helper/chat/stream: it calls a tool, and answers as the words arrive");
    let first = streamed(client, screen, "My Brompton squeaks. What can I do?", None).await?;
    screen.heading("An MCP server is a tool as well: this one is a program in the project, pinned in `mcp.lock`");
    let first = if is_on_path("node") {
        streamed(client, screen, "Is the oil in stock?", first.get("session")).await?
    } else {
        screen.lines("(left out: it is written in JavaScript, and `node` is not installed here)");
        first
    };
    screen.heading("The session remembers, and a call that writes is stubbed: told, and not made");
    let second = streamed(client, screen, "Book me a repair of it on Friday.", first.get("session")).await?;
    screen.heading("The agent has the tool; `tool_grants` say who gets it, and refuse the others");
    streamed(client, screen, "And a discount of 10 percent?", second.get("session")).await?;
    screen.heading("`triage` has an `output` schema, so its answer is data that fits");
    let message = "My parcel is two weeks late, and I need it for a trip on Friday!";
    let Reply { status, body } = asked(client, screen, "triage", message).await?;
    let Some(data) = body.get("output").filter(|_| status == 200) else { bail!(unexpected(status, &body)) };
    let mut speech = screen.says("triage");
    speech.add(&serde_json::to_string_pretty(data)?);
    speech.end();
    screen.heading("Agents call agents: `helper` has the tool `triage`, which works for whoever asked");
    let complaint = streamed(client, screen, "Can you pass on a complaint about my parcel?", None).await?;
    screen.heading("`refunds` is for `group:support`: others are refused, and told why");
    let Reply { status, body } = asked(client, screen, "refunds", "I want a refund of 40 dollars.").await?;
    if status != 403 {
        bail!(unexpected(status, &body));
    }
    screen.lines(&format!("{}: {}", screen.bold("403"), detail(&body)));
    Ok(complaint.get("invocation").cloned().unwrap_or_default())
}

async fn streamed(client: Client, screen: &Screen, message: &str, session: Option<&Value>) -> anyhow::Result<Value> {
    say(screen, message);
    let mut body = json!({ "message": message });
    if let (Some(session), Some(body)) = (session, body.as_object_mut()) {
        body.insert("session".to_owned(), session.clone());
    }
    let (mut speech, mut pending) = (None, Vec::new());
    let answer = client.stream("helper", &body, |heard| match heard {
        Heard::Text(text) => speech.get_or_insert_with(|| screen.says("helper")).add(text),
        Heard::Call(call) => pending.push(call),
        Heard::Result(result, status) => {
            if let Some(speech) = speech.take() {
                speech.end();
            }
            if let Some(call) = pending.iter().find(|call| call.id == result.id) {
                came(screen, call, &result, status);
            }
        }
    });
    let answer = answer.await;
    if let Some(speech) = speech {
        speech.end();
    }
    answer
}

/// One line about a call, as `pace chat` has it.
fn came(screen: &Screen, call: &ToolCall, result: &ToolResult, status: &str) {
    let all = [CallStatus::Done, CallStatus::Failed, CallStatus::Invalid, CallStatus::Denied, CallStatus::Stubbed];
    let status = all.into_iter().find(|known| known.as_str() == status);
    let called = calls::called(call);
    let words = status.and_then(|status| calls::came(&called, &called, result, status));
    let words = words.unwrap_or_else(|| format!("calls {called}"));
    screen.line(&screen.dim(&wrapped(&format!("  [{words}]"), Some(screen.width()))));
}

async fn asked(client: Client, screen: &Screen, agent: &str, message: &str) -> anyhow::Result<Reply> {
    say(screen, message);
    client.chat(agent, &json!({ "message": message })).await
}

fn say(screen: &Screen, message: &str) {
    let mut speech = screen.says("You");
    speech.add(message);
    speech.end();
}

fn unexpected(status: u16, body: &Value) -> Ended {
    Ended::errors(format!("the runner answered with {status}: {}", detail(body)), None)
}

/// The real thing: what `pace build` says of the copy.
fn mistake(stage: &Stage, screen: &Screen, output: Output) -> anyhow::Result<()> {
    screen.heading("One slip of the hand, and the build says where and what to do");
    let outcome = stage.build_with_a_slip()?;
    let shown = outcome.shown();
    let report = output::report(&outcome, &shown, Action::Build, Warnings::Allowed);
    screen.lines(&render::human(&report, output.colour_of_data(), output.glyphs()));
    Ok(())
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1_000.0)
}
