//! Calls that begin from the memory of a loaded module. Nobody can tell them from calls that evaluate it, and what belongs to
//! one call is never in that memory.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use pace_sandbox::{Call, Clock, Engine, EngineSettings, Limits, Tool, ToolError, ToolErrorKind};

use crate::support::{Kept, call, engine, limits, module, with_secrets};

/// An engine that evaluates the module in each call.
fn plain() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(&EngineSettings { images: 0, ..EngineSettings::default() }).unwrap())
}

/// The same module, to be called from memory and to be evaluated in each call.
fn both(source: &str) -> [Tool; 2] {
    let bytecode = engine().compile("tool.js", source).unwrap();
    [engine(), plain()].map(|engine| engine.load(&bytecode.0).unwrap())
}

fn fixed() -> Call {
    let env = [("UNITS".to_owned(), "metric".to_owned())].into();
    Call { arguments: r#"{"n":1}"#.into(), env, clock: Clock::Fixed { now: 1_767_225_600_000, seed: 7 }, ..call() }
}

/// Calls a tool, and says what it wrote too.
async fn said(tool: &Tool) -> (Result<String, ToolError>, usize) {
    let kept = Arc::new(Kept::default());
    let ended = tool.call(Call { console: Arc::clone(&kept) as _, ..fixed() }).await;
    (ended, kept.lines().len())
}

/// Modules that ask for nothing.
const QUIET: [&str; 16] = [
    "export default { execute: ({ n }) => n + 1 };",
    "let n = 0; const all = new Map(); export default { execute: () => { all.set(n++, {}); return [n, all.size]; } };",
    "const id = () => crypto.randomUUID(); export default { execute: () => [id(), Math.random(), Date.now(), env] };",
    "const text = await crypto.subtle.digest('SHA-256', new TextEncoder().encode('x')); \
     export default { execute: () => [...new Uint8Array(text)] };",
    "const url = new URL('https://a.example/b?c=d'); export default { execute: (_, { env }) => [url.searchParams.get('c'), env] };",
    "console.group(); export default { execute: () => { console.log('indented'); return 1; } };",
    "clearTimeout(1); const late = async () => { await null; return 1; }; let seen; late().then((v) => { seen = v; }); \
     export default { execute: () => seen };",
    "const { get } = Object.getOwnPropertyDescriptor(globalThis, 'env'); export default { execute: () => get() };",
    "const wait = (ms) => new Promise((r) => setTimeout(r, ms)); \
     export default { execute: async () => { const before = Date.now(); await wait(5); return Date.now() - before; } };",
    "JSON.parse = () => 'mine'; export default { execute: (args) => [args, env, JSON.parse('1')] };",
    "Object.freeze = (o) => o; Date.now = () => 5; export default { execute: () => [Object.isFrozen(env), performance.now()] };",
    "Object.prototype.extra = 1; Array.prototype.push = () => 0; export default { execute: (args) => [args.extra, args.n] };",
    "export default { execute: () => { throw new TypeError('in the call'); } };",
    "export default { execute: async () => { await new Promise(() => {}); } };",
    "let tool = { execute: () => 1 }; export { tool as default }; tool = { execute: () => 2 };",
    "const held = { x: new WeakRef({}), r: new FinalizationRegistry(() => {}) }; \
     export default { execute: () => [typeof held.x.deref(), new Error('e').stack.includes('tool.js')] };",
];

/// Modules whose top level asks the host, reads what belongs to a call, or fails.
const ASKING: [&str; 26] = [
    "const at = Date.now(); export default { execute: () => at };",
    "const at = new Date(); export default { execute: () => at };",
    "const at = performance.now(); export default { execute: () => at };",
    "const at = performance.timeOrigin; export default { execute: () => at };",
    "const at = JSON.stringify(performance); export default { execute: () => at };",
    "const n = Math.random(); export default { execute: () => n };",
    "const id = crypto.randomUUID(); export default { execute: () => id };",
    "const n = crypto.getRandomValues(new Uint8Array(4)); export default { execute: () => [...n] };",
    "const units = env.UNITS; export default { execute: () => units };",
    "const mine = env; export default { execute: () => mine };",
    "const mine = globalThis['e' + 'nv']; export default { execute: () => mine };",
    "const { get } = Object.getOwnPropertyDescriptor(globalThis, 'env'); const mine = get(); export default { execute: () => mine };",
    "console.log('loaded'); export default { execute: () => 1 };",
    "console.time(); export default { execute: () => { console.timeEnd(); return 1; } };",
    "let fired = 0; setTimeout(() => { fired++; }, 1); \
     export default { execute: () => new Promise((r) => setTimeout(() => r(fired), 5)) };",
    "await new Promise((r) => setTimeout(r, 3)); export default { execute: () => Date.now() };",
    "const signal = AbortSignal.timeout(1); export default { execute: () => signal.aborted };",
    "const failed = await fetch('http://127.0.0.1:1').catch((e) => e.message); export default { execute: () => failed };",
    "const later = fetch('http://127.0.0.1:1'); later.catch(() => {}); \
     export default { execute: () => later.catch((e) => e.message) };",
    "export default { execute: () => 1 }; throw new RangeError('at the top');",
    "export default { execute: () => 1 }; await Promise.reject('rejected');",
    "await new Promise(() => {}); export default { execute: () => 1 };",
    "const f = () => f() + 1; f(); export default { execute: () => 1 };",
    "const all = []; for (;;) all.push(new Uint8Array(1 << 20)); export default {};",
    "let most = 0; try { const all = []; for (;;) { all.push(new Uint8Array(1 << 20)); most++; } } catch {} \
     export default { execute: () => most };",
    "const x = y; const y = 1; export default { execute: () => x };",
];

#[tokio::test(flavor = "multi_thread")]
async fn nobody_can_tell_how_a_module_was_loaded() {
    for (is_quiet, source) in QUIET.map(|source| (true, source)).into_iter().chain(ASKING.map(|source| (false, source)))
    {
        let [from_memory, evaluated] = both(source);
        let expected = said(&evaluated).await;
        for _ in 0..4 {
            assert_eq!(said(&from_memory).await, expected, "{source}");
            assert_eq!(said(&evaluated).await, expected, "{source}");
        }
        assert_eq!(from_memory.held().is_some(), is_quiet, "{source}");
        assert_eq!(evaluated.held(), None, "{source}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_that_cannot_be_called_are_told_the_same() {
    for source in ["export const a = 1;", "export default 1;", "export default { execute: 1 };", "export default null;"]
    {
        let [from_memory, evaluated] = both(source);
        for _ in 0..3 {
            let error = from_memory.call(call()).await.unwrap_err();
            assert_eq!(error.kind, ToolErrorKind::Module);
            assert_eq!(error, evaluated.call(call()).await.unwrap_err());
        }
    }
}

/// Each call has secrets, arguments and state of its own and looks for those of the others, wherever they could be.
#[tokio::test(flavor = "multi_thread")]
async fn principals_stay_apart() {
    let nosy = module(
        "const seen = []; let last = null; globalThis.kept ??= []; class Keeper { static of = []; } \
         export default { execute: async (args, context) => { \
           const found = [seen, last, globalThis.kept, Keeper.of, Array.prototype.left, Object.getOwnPropertyNames(globalThis).filter((n) => n.startsWith('left'))]; \
           const id = crypto.randomUUID(); \
           for (const list of [seen, globalThis.kept, Keeper.of]) list.push(context.env.TOKEN, args, id); \
           last = context; Array.prototype.left = args; globalThis['left' + args.mine] = id; \
           await new Promise((r) => setTimeout(r, 2)); \
           return [found.map((f) => f?.length ?? f ?? null), context.env.TOKEN === args.mine, id, Math.random()]; } };",
    );
    let mut answers = std::collections::BTreeSet::new();
    for round in 0..4 {
        let calls = (0..16).map(|number| {
            let (nosy, token) = (nosy.clone(), format!("token-{round}-{number}"));
            let arguments = format!(r#"{{"mine":"{token}"}}"#);
            tokio::spawn(async move { nosy.call(Call { arguments, ..with_secrets(&[("TOKEN", &token)]) }).await })
        });
        for one in calls.collect::<Vec<_>>() {
            let answer = one.await.unwrap().unwrap();
            // What it found was its own: three values it has pushed itself, and nothing before.
            assert!(answer.starts_with("[[3,null,3,3,null,0],true,\""), "{answer}");
            assert!(answers.insert(answer), "an id came twice");
        }
    }
    assert!(nosy.held().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_counts_what_was_loaded() {
    let source = "const table = new Uint8Array(3 << 20).fill(1); \
         export default { execute: ({ more }) => new Uint8Array(more).fill(1).length + table.length };";
    let [from_memory, evaluated] = both(source);
    let with = |memory: u64, more: usize| Call {
        arguments: format!(r#"{{"more":{more}}}"#),
        limits: Limits { memory, ..limits() },
        ..call()
    };
    for _ in 0..3 {
        assert_eq!(from_memory.call(with(64 << 20, 1)).await.unwrap(), "3145729");
    }
    assert!(from_memory.held().is_some_and(|bytes| bytes > 3 << 20));
    for memory in [2 << 20, 3 << 20, 5 << 20, 8 << 20, 16 << 20, 64 << 20] {
        for more in [1, 2 << 20, 40 << 20] {
            let (one, other) = (from_memory.call(with(memory, more)).await, evaluated.call(with(memory, more)).await);
            assert_eq!(one, other, "{memory} bytes of memory, {more} more");
        }
    }
    // The other way round: whoever comes first with little memory spoils nothing for those with more.
    let [small, _] = both(source);
    for _ in 0..3 {
        assert_eq!(small.call(with(3 << 20, 1)).await.unwrap_err().kind, ToolErrorKind::Memory);
    }
    assert_eq!(small.call(with(64 << 20, 1)).await.unwrap(), "3145729");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_tools_hold_is_bounded() {
    let most = 600 << 10;
    let engine = Engine::new(&EngineSettings { images: most, ..EngineSettings::default() }).unwrap();
    let tool = |number: usize| {
        let source =
            format!("const table = new Uint8Array(100 << 10).fill(1); export default {{ execute: () => {number} }};");
        engine.load(&engine.compile("tool.js", &source).unwrap().0).unwrap()
    };
    let mut tools: Vec<Tool> = (0..8).map(tool).collect();
    for _ in 0..3 {
        for (number, tool) in tools.iter().enumerate() {
            assert_eq!(tool.call(call()).await.unwrap(), number.to_string());
        }
    }
    let held: Vec<usize> = tools.iter().filter_map(Tool::held).collect();
    assert!(!held.is_empty() && held.len() < tools.len() && held.iter().sum::<usize>() <= most, "{held:?}");
    // What a tool held is free when it is gone.
    tools.clear();
    let late = tool(9);
    for _ in 0..2 {
        late.call(call()).await.unwrap();
    }
    assert!(late.held().is_some());
    // More than one tool may hold, and more than it may need to come to it.
    for length in [9 << 20, 40 << 20] {
        let source = format!(
            "const table = new Uint8Array({length}).fill(1); export default {{ execute: () => table.length }};"
        );
        let large = module(&source);
        for _ in 0..3 {
            assert_eq!(large.call(call()).await.unwrap(), length.to_string());
        }
        assert_eq!(large.held(), None);
    }
}

/// A call that is dropped while it loads leaves the loading to another one; a module that computes for ever while it is
/// loaded ends each call in its time.
#[tokio::test(flavor = "multi_thread")]
async fn loading_can_be_given_up() {
    let slow = module("let s = 0; for (let i = 0; i < 4e6; i++) s += i % 7; export default { execute: () => s };");
    let long = || Call { limits: Limits { time: Duration::from_mins(2), ..Limits::default() }, ..call() };
    assert_eq!(slow.call(long()).await.unwrap(), "11999994");
    for _ in 0..3 {
        let dropped = tokio::time::timeout(Duration::from_millis(1), slow.call(long())).await;
        assert!(dropped.is_err(), "{dropped:?}");
    }
    for _ in 0..2 {
        assert_eq!(slow.call(long()).await.unwrap(), "11999994");
    }
    assert!(slow.held().is_some());

    let endless = module("for (;;); export default {};");
    for _ in 0..3 {
        let (started, limits) = (Instant::now(), Limits { time: Duration::from_millis(200), ..Limits::default() });
        let error = endless.call(Call { limits, ..call() }).await.unwrap_err();
        assert_eq!(
            (error.kind, error.message.as_str()),
            (ToolErrorKind::Time, "the tool did not end within 200ms (its `timeout`)")
        );
        // Not a figure: what runs for ever would show.
        assert!(started.elapsed() < Duration::from_mins(2));
    }
    assert_eq!(endless.held(), None);
}

/// What is stored besides memory is nothing: the engine has one mutable global, its stack pointer, which is where it was
/// whenever a function has returned - nothing in it unwinds -; one table, which never changes; and nothing else that code could
/// use up. So an instance whose memory is set back is a fresh one.
#[test]
fn memory_is_all_there_is_to_store() {
    use wasmparser::{Operator, Parser, Payload};
    let wasm = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/engine/engine.wasm")).unwrap();
    let (mut functions, mut tables, mut globals) = (0, 0, 0);
    for payload in Parser::new(0).parse_all(&wasm) {
        match payload.unwrap() {
            Payload::TableSection(section) => {
                for table in section {
                    let table = table.unwrap().ty;
                    assert_eq!(table.maximum, Some(table.initial));
                    tables += 1;
                }
            }
            Payload::GlobalSection(section) => globals += section.count(),
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    assert!(matches!(import.unwrap().ty, wasmparser::TypeRef::Func(_)));
                }
            }
            // Without it, no code may read or drop parts of the data.
            Payload::DataCountSection { .. } => panic!("code may drop data"),
            Payload::StartSection { .. } | Payload::TagSection(_) => panic!("code that starts, or unwinds"),
            Payload::CodeSectionEntry(body) => {
                functions += 1;
                for operator in body.get_operators_reader().unwrap() {
                    let operator = operator.unwrap();
                    assert!(
                        !matches!(
                            operator,
                            Operator::TableSet { .. }
                                | Operator::TableGrow { .. }
                                | Operator::TableFill { .. }
                                | Operator::TableCopy { .. }
                                | Operator::TableInit { .. }
                                | Operator::ElemDrop { .. }
                        ),
                        "{operator:?}"
                    );
                }
            }
            _ => {}
        }
    }
    assert_eq!((tables, globals), (1, 1));
    assert!(functions > 1000);
}
