//! Agents, loops and models.

use pace_ir::Digest;
use pace_ir::program::scheduled_loop::Concurrency;
use pace_ir::program::{Json, MicroUsd, Milliseconds, Price, Role, Template};
use pace_ir::schedule::{Schedule, Timezone};

use super::super::edits::{access, daily, daily_access, front, model};
use super::super::sample::{acl, env, name, seconds};
use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    [agents(), lists(), loops(), models()].into_iter().flatten().collect()
}

fn agents() -> Vec<Row> {
    vec![
        row("model", |b| front(b).model = name("slow"), &["agent `front`: ~ model is `slow`, was `fast`"]),
        row("summary", |b| front(b).summary = "Aids".to_owned(), &["agent `front`: ~ summary is `Aids`, was `Helps`"]),
        row(
            "prompt",
            |b| front(b).prompt.push_str("\nAlways."),
            &["agent `front`: ~ prompt is another: 1 line added, 0 lines removed"],
        ),
        row(
            "prompt in another order",
            |b| front(b).prompt = "Briefly.\nYou help.".to_owned(),
            &["agent `front`: ~ prompt is another: same lines, in another order or with other line ends"],
        ),
        row("skill lost", |b| front(b).skills.clear(), &["agent `front`: - no longer has the skill `./skills/brief`"]),
        row(
            "skill gained",
            |b| front(b).skills.push("./skills/long".to_owned()),
            &["agent `front`: + has the skill `./skills/long`"],
        ),
        row(
            "temperature",
            |b| front(b).generation.temperature = Some(0.5),
            &["agent `front`: ~ `temperature` is 0.5, was the provider's own"],
        ),
        row(
            "top_p",
            |b| front(b).generation.top_p = Some(0.5),
            &["agent `front`: ~ `top_p` is 0.5, was the provider's own"],
        ),
        row(
            "thinking",
            |b| front(b).generation.thinking_budget = Some(-1),
            &["agent `front`: ~ `thinking_budget` is -1, was the provider's own"],
        ),
        row(
            "stop",
            |b| front(b).generation.stop = vec!["END".to_owned()],
            &["agent `front`: ~ `stop` is `END`, was empty"],
        ),
        row(
            "output tokens bounded",
            |b| front(b).generation.max_output_tokens = Some(100),
            &["agent `front`: - `max_output_tokens` is 100, was not set"],
        ),
        row(
            "output schema removed",
            |b| front(b).output = None,
            &["agent `front`: + replies no longer have to fit a schema"],
        ),
        row(
            "output schema changed",
            |b| front(b).output = Some(Json("true".to_owned())),
            &["agent `front`: ~ the schema of replies is another"],
        ),
        row(
            "output property added",
            |b| front(b).output = Some(Json(r#"{"properties":{"a":{},"b":{}},"required":["a"]}"#.to_owned())),
            &["agent `front`: ~ the schema of replies is another: `a`, `b` are new, `a` is now required"],
        ),
        row("turns raised", |b| front(b).limits.max_turns = 64, &["agent `front`: + `max_turns` is 64, was 32"]),
        row(
            "timeout lowered",
            |b| front(b).limits.timeout = Milliseconds(60_000),
            &["agent `front`: - `timeout` is 1m, was 10m"],
        ),
        row(
            "tokens bounded",
            |b| front(b).limits.max_tokens = Some(1000),
            &["agent `front`: - `max_tokens` is 1000, was not set"],
        ),
        row(
            "cost unbounded",
            |b| front(b).limits.max_cost = None,
            &["agent `front`: + `max_cost_usd` is not set, was $0.50"],
        ),
        row(
            "cost lowered",
            |b| front(b).limits.max_cost = Some(MicroUsd(100_000)),
            &["agent `front`: - `max_cost_usd` is $0.10, was $0.50"],
        ),
        row(
            "tool calls bounded",
            |b| front(b).limits.max_tool_calls = Some(3),
            &["agent `front`: - `max_tool_calls` is 3, was not set"],
        ),
    ]
}

fn lists() -> Vec<Row> {
    const OPS: (&str, Role) = ("group:ops", Role::Execute);
    const BOT: (&str, Role) = ("serviceaccount:bot", Role::Execute);
    vec![
        row(
            "list removed",
            |b| access(b, "front").acl = None,
            &[
                "agent `front`: + has no `acl` any more: whoever the listener admits may execute it",
                "who can do what: + everyone else may reach the agent `back` through `front` (write)",
                "who can do what: + everyone else may use `tools/x` of the agent `front` (read)",
                "who can do what: + everyone else may use `npm:files#list` of the agent `front` (read)",
            ],
        ),
        row(
            "list closed to all",
            |b| access(b, "front").acl = Some(acl(&[])),
            &[
                "agent `front`: - `group:ops` may no longer execute it",
                "agent `front`: - `serviceaccount:bot` may no longer execute it",
                "who can do what: - `user:ann`, `group:ops`, `serviceaccount:bot` may no longer reach the agent `back` through `front` (write)",
                "who can do what: - `user:ann`, `group:ops` may no longer use `tools/y` of the agent `back` through `front` (write)",
                "who can do what: - `user:ann`, `group:ops`, `serviceaccount:bot` may no longer use `tools/x` of the agent `front` (read)",
                "who can do what: - `user:ann`, `group:ops`, `serviceaccount:bot` may no longer use `npm:files#list` of the agent `front` (read)",
            ],
        ),
        row(
            "principal added",
            |b| access(b, "front").acl = Some(acl(&[OPS, BOT, ("user:x", Role::Execute)])),
            &[
                "agent `front`: + `user:x` may execute it",
                "who can do what: + `user:x` may reach the agent `back` through `front` (write)",
                "who can do what: + `user:x` may use `tools/x` of the agent `front` (read)",
                "who can do what: + `user:x` may use `npm:files#list` of the agent `front` (read)",
            ],
        ),
        row(
            "reader added",
            |b| access(b, "front").acl = Some(acl(&[OPS, BOT, ("user:x", Role::Read)])),
            &["agent `front`: + `user:x` may see its traces and sessions"],
        ),
        row(
            "principal replaced by everyone known",
            |b| access(b, "front").acl = Some(acl(&[("authenticated", Role::Execute)])),
            &[
                "agent `front`: + `authenticated` may execute it",
                "agent `front`: ~ no longer names `group:ops`, who can execute it anyway",
                "agent `front`: ~ no longer names `serviceaccount:bot`, who can execute it anyway",
                "who can do what: + everyone else with a credential may reach the agent `back` through `front` (write)",
                "who can do what: + everyone else with a credential may use `tools/x` of the agent `front` (read)",
                "who can do what: + everyone else with a credential may use `npm:files#list` of the agent `front` (read)",
            ],
        ),
        row(
            "anonymous admitted",
            |b| access(b, "front").acl = Some(acl(&[OPS, BOT, ("anonymous", Role::Execute)])),
            &[
                "agent `front`: + `anonymous` may execute it",
                "who can do what: + `anonymous` may reach the agent `back` through `front` (write)",
                "who can do what: + `anonymous` may use `tools/x` of the agent `front` (read)",
                "who can do what: + `anonymous` may use `npm:files#list` of the agent `front` (read)",
            ],
        ),
        row(
            "other identity",
            |b| access(b, "back").run_as = name("bot"),
            &["agent `back`: ~ `run_as` is `bot`, was `back`"],
        ),
    ]
}

fn loops() -> Vec<Row> {
    vec![
        row(
            "schedule",
            |b| daily(b).schedule = Schedule::parse("0 9 * * *").unwrap(),
            &["loop `daily`: ~ schedule is `0 9 * * *`, was `0 8 * * *`"],
        ),
        row(
            "time zone",
            |b| daily(b).timezone = Timezone::parse("Europe/Berlin").unwrap(),
            &["loop `daily`: ~ time zone is `Europe/Berlin`, was `UTC`"],
        ),
        row("loop's agent", |b| daily(b).agent = name("back"), &["loop `daily`: ~ agent is `back`, was `front`"]),
        row(
            "instruction",
            |b| daily(b).instruction = "Report all.".to_owned(),
            &["loop `daily`: ~ instruction is another: 1 line added, 1 line removed"],
        ),
        row(
            "concurrency allowed",
            |b| daily(b).concurrency = Concurrency::Allow,
            &["loop `daily`: + `concurrency` is `allow`, was `forbid`"],
        ),
        row(
            "concurrency replaced",
            |b| daily(b).concurrency = Concurrency::Replace,
            &["loop `daily`: ~ `concurrency` is `replace`, was `forbid`"],
        ),
        row(
            "catch-up window",
            |b| daily(b).catch_up.window = Milliseconds(7_200_000),
            &["loop `daily`: + `catch_up.window` is 2h, was 1h"],
        ),
        row("catch-up count", |b| daily(b).catch_up.max = 0, &["loop `daily`: - `catch_up.max` is 0, was 1"]),
        row(
            "loop's timeout",
            |b| daily(b).timeout = Some(seconds(60)),
            &["loop `daily`: - `timeout` is 1m, was not set"],
        ),
        row("disabled", |b| daily(b).enabled = false, &["loop `daily`: - the schedule is disabled, was enabled"]),
        row(
            "trigger",
            |b| daily_access(b).acl = Some(acl(&[("user:x", Role::Execute), ("user:y", Role::Read)])),
            &[
                "loop `daily`: - the operator of the machine may trigger it only if its `acl` says so",
                "loop `daily`: + `user:x` may trigger it",
                "loop `daily`: + `user:y` may see its traces",
            ],
        ),
        row(
            "loop's identity",
            |b| daily_access(b).run_as = name("back"),
            &["loop `daily`: ~ `run_as` is `back`, was `bot`"],
        ),
        row(
            "loop removed",
            |b| {
                b.program.loops.clear();
                b.auth.loops.clear();
            },
            &["loop `daily`: - is gone: runs `front` at `0 8 * * *` as `serviceaccount:bot`"],
        ),
    ]
}

fn models() -> Vec<Row> {
    const PRICE: Price =
        Price { input: MicroUsd(1_000_000), cached_input: Some(MicroUsd(100_000)), output: MicroUsd(2_000_000) };
    vec![
        row(
            "provider's model",
            |b| model(b).model = "large".to_owned(),
            &["model `fast`: ~ model is `large`, was `small`"],
        ),
        row(
            "provider",
            |b| model(b).provider = pace_ir::program::Provider::Anthropic,
            &["model `fast`: ~ provider is `anthropic`, was `openai`"],
        ),
        row(
            "address",
            |b| model(b).base_url = Some(Template::literal("https://b.example.com")),
            &["model `fast`: ~ `base_url` is `https://b.example.com`, was `https://a.example.com`"],
        ),
        row(
            "other key",
            |b| model(b).api_key = Some(env("OTHER")),
            &[
                "model `fast`: + `api_key` reads `${env:OTHER}`",
                "model `fast`: - `api_key` no longer reads `${env:MODEL_KEY}`",
            ],
        ),
        row("no key", |b| model(b).api_key = None, &["model `fast`: - `api_key` no longer reads `${env:MODEL_KEY}`"]),
        row(
            "price",
            |b| model(b).price = Some(PRICE),
            &["model `fast`: ~ price of a million tokens is $1.00 in, $0.10 cached, $2.00 out, was not known"],
        ),
        row(
            "turns",
            |b| model(b).turns = Some(Digest::of(b"turns")),
            &["model `fast`: ~ the recorded turns are others"],
        ),
        row(
            "new model",
            |b| {
                let fast = model(b).clone();
                b.program.models.insert(name("slow"), fast);
            },
            &[
                "model `slow`: ~ is new: `small` of openai",
                "model `slow`: ~ `base_url` is `https://a.example.com`, was not set",
                "model `slow`: + `api_key` reads `${env:MODEL_KEY}`",
            ],
        ),
    ]
}
