//! What the bundler computes is what the engine would have: the same expressions twice in one tool, of constants and of values that
//! are known only when it runs.

use super::*;

/// Strings that are numbers to ECMAScript, or nearly.
const TEXTS: [&str; 24] = [
    "12",
    "12 ",
    " 12",
    "12\\n",
    "\\u00a012\\u00a0",
    "\\ufeff3",
    "\\u00853",
    "3\\u0085",
    "\\v7\\v",
    "",
    "  ",
    "0x10",
    "0x10 ",
    "0b11",
    "0o7 ",
    "1_000",
    "-0x1",
    "+5",
    "-5 ",
    "1e3 ",
    "Infinity ",
    "inf",
    "012",
    "1n",
];

/// What is done with two of them.
const OPERATIONS: [&str; 14] = [
    "Number(A)",
    "+A",
    "A > 2",
    "A == 3",
    "A ** 2",
    "A - B",
    "A * 1",
    "A < B",
    "5n < A",
    "12n == A",
    "A.trim().length",
    "A.slice(0, NaN)",
    "-A",
    "~A",
];

#[test]
fn constants_are_what_they_would_be_at_run_time() {
    let mut pairs = Vec::new();
    for (at, text) in TEXTS.iter().enumerate() {
        let other = TEXTS[(at * 7 + 3) % TEXTS.len()];
        for operation in OPERATIONS {
            let folded =
                operation.replace('A', &format!("(\"{text}\" as any)")).replace('B', &format!("(\"{other}\" as any)"));
            let run = operation.replace('A', "text").replace('B', "other");
            // Not `eval`: the values come through a call that the bundler cannot see through.
            let values = format!("known(\"{text}\"), known(\"{other}\")");
            pairs.push(format!("[() => {folded}, ((text: any, other: any) => () => {run})({values})]"));
        }
    }
    let imports = format!(
        "const known = (text: string): any => JSON.parse(JSON.stringify({{ text }})).text;\n\
         const pairs: [() => any, () => any][] = [\n{}\n];\n\
         const seen = (compute: () => any) => {{ try {{ return typeof compute() + String(compute()); }} catch (e) {{ return String(e); }} }};",
        pairs.join(",\n")
    );
    let differ = "pairs.map(([a, b], i) => ({ i, a: seen(a), b: seen(b) })).filter(({ a, b }) => a !== b)";
    let text = tool("fold", &imports, &format!("({{ of: pairs.length, differ: {differ} }})"));
    let project = project(&[("fold", &text)]);
    let run = project.run(&["tool", "run", "tools/fold", "{}"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert_eq!(run.out.trim(), format!("{{\"of\":{},\"differ\":[]}}", TEXTS.len() * OPERATIONS.len()), "{}", run.err);
}
