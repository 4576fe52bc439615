//! Bytecode that nobody compiled: changed at random, cut, and put together from pieces. Whatever it does to the instance it
//! runs in, the process lives, each call ends in its time, and no other tool notices. Each is called often enough that the
//! last call begins from the memory it was loaded into.

use std::time::{Duration, Instant};

use pace_sandbox::{Call, Limits, ToolErrorKind};

use crate::support::{call, engine, run, tool};

/// How many are tried; more with `PACE_TEST_MUTATIONS`.
const MUTATIONS: usize = 400;
/// How often each is called: evaluated, loaded, from memory.
const CALLS: usize = 3;

/// Between them they use most of what the engine has.
const SOURCES: [&str; 4] = [
    "export default { execute: ({ n }) => { let s = 0; for (let i = 0; i < n; i++) s += i; return { s, t: 'x' + s }; } };",
    "class A { #x = 1; static s = new Map([[1, [2]]]); get x() { return this.#x; } *each() { yield* [1, 2]; } } \
     class B extends A { constructor() { super(); this.y = super.x; } async *more() { for await (const v of this.each()) yield v; } } \
     const tag = (parts, ...values) => parts.raw.join('|') + values; \
     export default { execute: async ({ n = 2, ...rest }) => { const all = []; for await (const v of new B().more()) all.push(v ** n); \
       label: for (const k in { a: 1, b: 2 }) { switch (k) { case 'a': continue label; default: break label; } } \
       return [all, tag`a${n}b`, { ...rest }, A.s.get(1)?.[0] ?? null, 2n ** 70n > 1n, /(?<y>\\d{4})-\\d+/u.exec('2026-11').groups.y]; } };",
    "const big = Array.from({ length: 200 }, (_, i) => ({ [`key${i}`]: i, f: () => i })); \
     const look = new WeakMap(big.map((o, i) => [o, i])); \
     export default { execute: async ({ n }) => { try { return await Promise.any([Promise.reject(1), \
       (async () => { await null; if (n > 5) throw new RangeError('no'); return big.map((o) => o.f() + look.get(o)).reduce((a, b) => a + b); })()]); } \
       catch (error) { return error.errors?.length; } finally { big.length = 0; } } };",
    "const bytes = new Uint8Array(64); new DataView(bytes.buffer).setFloat64(8, Math.PI); const f = new Float32Array(bytes.buffer); \
     const proxy = new Proxy({}, { get: (_, key) => key.toString().length }); const sorted = [3, 1, 2].sort((a, b) => a - b); \
     export default { execute: ({ n }) => [JSON.parse(JSON.stringify({ n, d: new Date(0), s: '\\u{1F600}' })), f[2], proxy.hello, sorted, \
       structuredClone(new Set([1])).size, [...'añ'].map((c) => c.codePointAt(0)), new Function('return 7')(), eval('n + 1'), \
       (() => { const g = (function* () { try { yield 1; } finally { bytes.fill(9); } })(); g.next(); g.return(); return bytes[0]; })()] };",
];

/// Numbers that look like chance and are the same in each run (xorshift64*).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    /// Below `most`, which is not 0.
    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next()).unwrap() % most
    }
}

/// One to eight changes of some kind.
fn mutate(numbers: &mut Numbers, bytecode: &[u8], other: &[u8]) -> Vec<u8> {
    let mut broken = bytecode.to_vec();
    for _ in 0..=numbers.below(8) {
        let at = numbers.below(broken.len());
        match numbers.below(8) {
            0 | 1 => broken[at] ^= 1 << numbers.below(8),
            2 => broken[at] = u8::try_from(numbers.below(256)).unwrap(),
            // The ends of ranges, where lengths and indices are.
            3 => broken[at] = [0, 1, 0x7F, 0x80, 0xFF][numbers.below(5)],
            4 => broken.truncate(at.max(1)),
            5 => drop(broken.splice(at..at, (0..numbers.below(9)).map(|_| 0xFF).collect::<Vec<_>>())),
            6 => drop(broken.drain(at..broken.len().min(at + 1 + numbers.below(4)))),
            _ => {
                let from = numbers.below(other.len());
                let piece = &other[from..other.len().min(from + 1 + numbers.below(64))];
                let end = broken.len().min(at + piece.len());
                drop(broken.splice(at..end, piece.iter().copied()));
            }
        }
        if broken.is_empty() {
            broken.push(0);
        }
    }
    broken
}

async fn call_often(bytecode: Vec<u8>) {
    let tool = engine().load(&bytecode).unwrap();
    for _ in 0..CALLS {
        let limits = Limits { time: Duration::from_millis(100), memory: 8 << 20, ..Limits::default() };
        let started = Instant::now();
        let _ = tool.call(Call { arguments: r#"{"n":3,"m":null}"#.into(), limits, ..call() }).await;
        // Not a figure: what no clock could end would show.
        assert!(started.elapsed() < Duration::from_mins(2), "{:?} for {bytecode:02x?}", started.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_bytecode_hurts_only_itself() {
    let mutations = std::env::var("PACE_TEST_MUTATIONS").map_or(MUTATIONS, |text| text.parse().unwrap());
    let whole = SOURCES.map(|source| engine().compile("tool.js", source).unwrap().0);
    let healthy = tool("return [args, typeof Object.prototype.extra, Object.keys(globalThis).length];");
    let expected = healthy.call(call()).await.unwrap();
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    for round in 0..mutations.div_ceil(4) {
        let broken = [0; 4].map(|_| {
            let (one, other) = (numbers.below(whole.len()), numbers.below(whole.len()));
            mutate(&mut numbers, &whole[one], &whole[other])
        });
        let calls = broken.map(|bytecode| tokio::spawn(call_often(bytecode)));
        for call in calls {
            call.await.unwrap();
        }
        assert_eq!(healthy.call(call()).await.unwrap(), expected, "after round {round}");
    }
    assert!(healthy.held().is_some());
    assert_eq!(run("return 'still here'").await.unwrap(), "\"still here\"");
}

/// Unchanged, they do what they say: otherwise the test above would try little.
#[tokio::test(flavor = "multi_thread")]
async fn whole_bytecode_runs() {
    for (source, expected) in SOURCES.into_iter().zip([
        r#"{"s":3,"t":"x3"}"#,
        r#"[[1,8],"a|b3",{"m":null},2,true,"2026"]"#,
        "39800",
        r#"[{"n":3,"d":"1970-01-01T00:00:00.000Z","s":"😀"},-8.36147406512941e+35,5,[1,2,3],1,[97,241],7,4,9]"#,
    ]) {
        let tool = engine().load(&engine().compile("tool.js", source).unwrap().0).unwrap();
        for _ in 0..CALLS {
            let said = tool.call(Call { arguments: r#"{"n":3,"m":null}"#.into(), ..call() }).await.unwrap();
            assert_eq!(said, expected, "{source}");
        }
        assert!(tool.held().is_some(), "{source}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_bytecode_says_so() {
    let whole = engine().compile("tool.js", SOURCES[0]).unwrap().0;
    for broken in [&whole[..whole.len() / 2], &[], &[0; 64], b"export default 1"] {
        let tool = engine().load(broken).unwrap();
        for _ in 0..CALLS {
            let error = tool.call(call()).await.unwrap_err();
            assert!(matches!(error.kind, ToolErrorKind::Module | ToolErrorKind::Crashed), "{error:?}");
        }
        assert_eq!(tool.held(), None);
    }
}
