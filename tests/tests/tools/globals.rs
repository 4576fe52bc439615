//! What the types declare and what the sandbox has, held against each other: every global, its members and those of what it
//! makes. What is on one side alone is listed here with a reason, or it is a mistake.

use std::collections::{BTreeMap, BTreeSet};

use crate::project;
use pace_tests::{link_packages, packages};
use serde_json::Value;

/// What the sandbox has and the types do not declare.
const UNTYPED: [(&str, &[&str]); 5] = [
    ("known to TypeScript without a declaration", &["globalThis", "undefined"]),
    (
        "the engine's own, in no standard",
        &[
            "Error.captureStackTrace",
            "Error.prepareStackTrace",
            "Error.stackTraceLimit",
            "Function#columnNumber",
            "Function#fileName",
            "Function#lineNumber",
            "InternalError",
            "InternalError#cause",
            "InternalError#message",
            "InternalError#stack",
        ],
    ),
    (
        "the sandbox's own, for what is returned and shown",
        &[
            "ArrayBuffer#toJSON",
            "Error#toJSON",
            "Event#stopped",
            "Headers#toJSON",
            "Map#toJSON",
            "Promise#toJSON",
            "Response#toJSON",
            "Set#toJSON",
            "URLSearchParams#toJSON",
        ],
    ),
    ("superseded long ago, and in no library of TypeScript", &["Date#getYear", "Date#setYear", "Date#toGMTString"]),
    (
        "newer than the library of TypeScript",
        &[
            "ArrayBuffer#immutable",
            "ArrayBuffer#sliceToImmutable",
            "ArrayBuffer#transferToImmutable",
            "Iterator.concat",
            "Iterator.zip",
            "Iterator.zipKeyed",
            "JSON.isRawJSON",
            "JSON.rawJSON",
            "Math.sumPrecise",
        ],
    ),
];

/// What the types declare and the sandbox does not have.
const ABSENT: [(&str, &[&str]); 2] = [
    ("of each iterator, and not of what all have in common", &["Iterator#next", "Iterator#return", "Iterator#throw"]),
    ("of every error by its type, and given to this one by nobody", &["SuppressedError#cause"]),
];

/// A tool that tells what there is. Objects stand for what constructors make, where fields matter.
const TOOL: &str = r#"import { defineTool } from "@paceline/runtime";
const names = (of: object) => Reflect.ownKeys(of).filter((key) => typeof key === "string");
const chain = (of: object | null, end: object = Object.prototype): object[] =>
  of === null || of === end ? [] : [of, ...chain(Object.getPrototypeOf(of), end)];
const signal = AbortSignal.abort();
const samples: Record<string, object> = {
  AggregateError: new AggregateError([], "x", { cause: 1 }), Array: [], AbortSignal: signal, Event: new Event("x"),
  DOMException: new DOMException("x", { cause: 1 }), Function: function () {}, RegExp: /x/, String: Object(""),
  SuppressedError: new SuppressedError(1, 2, "x"),
};
for (const name of names(globalThis).filter((name) => name.endsWith("Error") && !(name in samples)))
  samples[name] = new (globalThis as any)[name]("x", { cause: 1 });
const symbols = ["iterator", "asyncIterator", "dispose", "asyncDispose"];
const one = (value: any, name: string) => {
  const made = typeof value === "function" && value.prototype ? samples[name] ?? value.prototype : undefined;
  const known = symbols.filter((symbol) => made && (Symbol as any)[symbol] in made).map((symbol) => `Symbol.${symbol}`);
  return {
    kind: typeof value,
    own: typeof value === "function" ? chain(value, Function.prototype).flatMap(names)
      : name !== "globalThis" && typeof value === "object" ? names(value) : [],
    made: made && [...(made === Object.prototype ? [made] : chain(made)).flatMap(names), ...known],
  };
};
export default defineTool({
  name: "globals",
  description: "Tells what there is.",
  parameters: {},
  execute: async () => ({
    ...Object.fromEntries(names(globalThis).map((name) => [name, one((globalThis as any)[name], name)])),
    "crypto.subtle": one(crypto.subtle, "subtle"),
    "": one(Object, "Object"),
  }),
});
"#;

#[derive(Debug)]
struct Global {
    kind: String,
    own: BTreeSet<String>,
    made: Option<BTreeSet<String>>,
}

impl Global {
    fn read(value: &Value) -> Self {
        let names = |value: &Value| {
            value.as_array().map(|all| all.iter().map(|name| name.as_str().unwrap().to_owned()).collect())
        };
        let kind = value["kind"].as_str().unwrap().to_owned();
        Self { kind, own: names(&value["own"]).unwrap(), made: names(&value["made"]) }
    }
}

/// What every function has, and what leads from what is made back to what made it.
const EVERYWHERE: [&str; 4] = ["constructor", "length", "name", "prototype"];

/// The questions that `tsc` answers with its errors: of each global the members, and those of what it makes. A union of
/// literals in an error is as good as a list.
fn questions(there: &BTreeMap<String, Global>) -> Vec<(String, String)> {
    let mut asked = Vec::new();
    for (name, global) in there.iter().filter(|(name, _)| !name.is_empty() && *name != "env" && *name != "globalThis") {
        if global.kind == "object" || global.kind == "function" {
            asked.push((format!("{name}."), format!("`${{keyof typeof {name} & string}}`")));
        }
        if global.made.is_some() {
            let symbols = ["iterator", "asyncIterator", "dispose", "asyncDispose"].map(|symbol| {
                format!("(typeof Symbol.{symbol} extends keyof (typeof {name})[\"prototype\"] ? \"Symbol.{symbol}\" : never)")
            });
            let members = format!("`${{keyof (typeof {name})[\"prototype\"] & string}}`");
            asked.push((format!("{name}#"), format!("{members} | {}", symbols.join(" | "))));
        }
    }
    asked
}

/// The names in quotes of an error's message.
fn literals(message: &str) -> BTreeSet<String> {
    message.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// What the types declare: `Array.from`, `Array#map`, and the globals by their names.
fn typed(project: &pace_tests::Project, there: &BTreeMap<String, Global>) -> BTreeSet<String> {
    let read = |name: &str| std::fs::read_to_string(project.path().join(".pace/types").join(name)).unwrap();
    let text = read("ecmascript.d.ts") + &read("globals.d.ts");
    let words = ["var ", "const ", "function ", "class ", "namespace ", "abstract class "];
    let declared = text.lines().filter_map(|line| {
        let rest = line.strip_prefix("declare ")?;
        let name = words.iter().find_map(|word| rest.strip_prefix(word))?;
        name.split(|c: char| !c.is_alphanumeric()).next().map(str::to_owned)
    });
    let mut all: BTreeSet<_> = declared.collect();
    let asked: Vec<_> = questions(there)
        .into_iter()
        .filter(|(start, _)| all.contains(start.split(['.', '#']).next().unwrap()))
        .collect();
    let lines = asked.iter().enumerate().map(|(at, (_, question))| format!("export const a{at}: {question} = 0;\n"));
    project.write("tools/questions.test-d.ts", &lines.collect::<String>());
    let settings = std::fs::read_to_string(project.path().join("tsconfig.json")).unwrap();
    project.write("tsconfig.json", &settings.replace("\"strict\"", "\"noErrorTruncation\": true, \"strict\""));
    let run = project.run(&["check", "--types", "--message-format", "json"]);
    let mut answered = 0;
    for line in run.out.lines() {
        let told: Value = serde_json::from_str(line).unwrap();
        let Some(message) = told["message"].as_str().filter(|_| told["code"] == "P0523") else { continue };
        let (start, _) =
            &asked[usize::try_from(told["labels"][0]["at"]["start"]["line"].as_u64().unwrap()).unwrap() - 1];
        assert!(message.starts_with("type `0` is not assignable to type `"), "{start}: {message}");
        all.extend(literals(message).iter().map(|name| format!("{start}{name}")));
        answered += 1;
    }
    assert_eq!(answered, asked.len(), "{}", run.err);
    all
}

/// What there is, in the same words.
fn there_is(there: &BTreeMap<String, Global>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (name, global) in there.iter().filter(|(name, _)| !name.is_empty()) {
        if !name.contains('.') {
            all.insert(name.clone());
        }
        all.extend(global.own.iter().map(|member| format!("{name}.{member}")));
        all.extend(global.made.iter().flatten().map(|member| format!("{name}#{member}")));
    }
    all
}

#[test]
fn types_declare_what_the_sandbox_has_and_nothing_else() {
    let Some(packages) = packages() else { return };
    let project = project(&[("globals", TOOL)]);
    link_packages(project.path(), &packages);
    let run = project.run(&["tool", "run", "tools/globals"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let told: BTreeMap<String, Value> = serde_json::from_str(&run.out).unwrap();
    let there: BTreeMap<_, _> = told.iter().map(|(name, value)| (name.clone(), Global::read(value))).collect();
    crate::built(&project);
    let (is, typed) = (there_is(&there), typed(&project, &there));
    // What everything has is there without being listed, and types need not say it.
    let of_all = |name: &&String| {
        let Some((of, member)) = name.split_once(['.', '#']) else { return false };
        let is_error = of.ends_with("Error") || of == "DOMException";
        let is_inherited = of != "Error"
            && (name.contains('.') && there["Error"].own.contains(member) || is_error && member == "toJSON");
        is_inherited || EVERYWHERE.contains(&member) || there[""].made.iter().flatten().any(|of| of == member)
    };
    let untyped: Vec<&str> = is.difference(&typed).filter(|name| !of_all(name)).map(String::as_str).collect();
    let absent: Vec<&str> = typed.difference(&is).filter(|name| !of_all(name)).map(String::as_str).collect();
    let listed = |list: &[(&str, &[&'static str])]| {
        let mut all: Vec<&str> = list.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        all.sort_unstable();
        all
    };
    assert_eq!(untyped, listed(&UNTYPED), "the sandbox has what no type declares");
    assert_eq!(absent, listed(&ABSENT), "types declare what the sandbox does not have");
}
