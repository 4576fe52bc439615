//! Real packages: the module in the bundle gives in Node what the packages themselves give there.

use std::process::Command;

use pace_tests::http::{Connection, stream};
use pace_tests::process::Runner;
use pace_tests::{Project, installed, link_packages, packages};
use serde_json::{Value, json};

use crate::{built, failed_with, project, source, tool};

/// By name: imports, and an expression over them.
const CASES: [(&str, &str, &str); 11] = [
    (
        "zod",
        "import { z } from \"zod\";",
        "z.object({ a: z.coerce.number(), b: z.string().default(\"x\") }).parse({ a: \"7\" })",
    ),
    (
        "dates",
        "import { addDays, format } from \"date-fns\";",
        "format(addDays(new Date(2024, 1, 28), 2), \"yyyy-MM-dd EEEE\")",
    ),
    (
        "lodash",
        "import { chunk, groupBy } from \"lodash-es\";",
        "[chunk([1, 2, 3, 4, 5], 2), groupBy([\"one\", \"two\", \"three\"], \"length\")]",
    ),
    ("ms", "import ms from \"ms\";", "[ms(\"2 days\"), ms(90_000, { long: true })]"),
    (
        "yaml",
        "import { parse, stringify } from \"yaml\";",
        "[parse(\"a: [1, {b: c}]\\nd: 2024-01-01\"), stringify({ x: [1, \"two\"], y: null })]",
    ),
    (
        "xml",
        "import { XMLParser } from \"fast-xml-parser\";",
        "new XMLParser({ ignoreAttributes: false }).parse(\"<a b='1'><c>2</c><c>x</c></a>\")",
    ),
    (
        "marked",
        "import { marked } from \"marked\";",
        "await marked.parse(\"# Title\\n\\n- a *b*\\n\\n| x | y |\\n|---|---|\\n| 1 | 2 |\")",
    ),
    (
        "jmespath",
        "import jmespath from \"jmespath\";",
        "jmespath.search({ a: [{ b: 1 }, { b: 2 }] }, \"a[?b > `1`].b | [0]\")",
    ),
    ("uuid", "import { v5, validate } from \"uuid\";", "[v5(\"x\", v5.URL), validate(\"no\")]"),
    ("big", "import Big from \"big.js\";", "new Big(\"0.1\").plus(\"0.2\").div(3).toFixed(12)"),
    ("csv", "import Papa from \"papaparse\";", "Papa.parse(\"a,b\\n1,\\\"x, y\\\"\\n\", { header: true }).data"),
];

/// What Node prints for a program in a folder with packages.
fn node(project: &Project, program: &str, text: &str) -> Option<Value> {
    let node = installed("PACE_TEST_NODE", "Node.js")?;
    project.write(program, text);
    let output = Command::new(node).arg(program).current_dir(project.path()).output().unwrap();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn a_bundled_tool_gives_what_node_gives() {
    let Some(packages) = packages() else { return };
    let tools: Vec<_> = CASES.iter().map(|(name, imports, value)| (*name, tool(name, imports, value))).collect();
    let project = project(&tools.iter().map(|(name, text)| (*name, text.as_str())).collect::<Vec<_>>());
    link_packages(project.path(), &packages);
    let bundle = built(&project);
    for (name, imports, value) in CASES {
        let direct = format!("{imports}\nconsole.log(JSON.stringify({value}));\n");
        let Some(wanted) = node(&project, "direct.mjs", &direct) else { return };
        project.write("bundled/tool.mjs", &source(bundle.bundle(), &format!("tools/{name}")));
        let call =
            "import tool from \"./bundled/tool.mjs\";\nconsole.log(JSON.stringify(await tool.execute({}, {})));\n";
        assert_eq!(node(&project, "call.mjs", call), Some(wanted), "{name}");
    }
    let components = &bundle.bundle().sbom.as_ref().unwrap().components;
    assert!(components.keys().any(|package| package.starts_with("pkg:npm/date-fns@")), "{:?}", components.keys());
}

/// Through the runner: what the model is told is what the packages give in Node.
#[test]
fn a_tool_in_the_sandbox_gives_what_node_gives() {
    let Some(packages) = packages() else { return };
    let tools: Vec<_> = CASES.iter().map(|(name, imports, value)| (*name, tool(name, imports, value))).collect();
    let project = project(&tools.iter().map(|(name, text)| (*name, text.as_str())).collect::<Vec<_>>());
    link_packages(project.path(), &packages);
    let names: Vec<_> = CASES.iter().map(|(name, ..)| *name).collect();
    let calls: Vec<_> = names.iter().map(|name| json!({"name": name, "arguments": {}})).collect();
    let turns = json!([{"user": "go", "model": {"calls": calls}}, {"results": names, "model": "done"}]).to_string();
    project.write("turns.json", &turns);
    project.write("paceline.yaml", "models:\n  - {name: recorded, provider: replay, turns: turns.json}\n");
    let path = project.path().join("agents/helper/spec.yaml");
    let spec = std::fs::read_to_string(&path).unwrap().replace("gemini-3.5-flash", "recorded");
    std::fs::write(path, spec).unwrap();
    let runner = Runner::start(&project, &[]);
    let mut connection = Connection::to(runner.address);
    connection.send(stream("go").as_bytes());
    connection.head().unwrap();
    let events = connection.events();
    let given = |name: &str| {
        let result = events.iter().find(|event| event.name == "tool_result" && event.data["name"] == name);
        result.map(|event| event.data["content"].clone())
    };
    for (name, imports, value) in CASES {
        let direct = format!("{imports}\nconsole.log(JSON.stringify({value}));\n");
        let Some(wanted) = node(&project, "direct.mjs", &direct) else { return };
        assert_eq!(given(name), Some(wanted), "{name}");
    }
}

#[test]
fn parameters_of_zod_are_what_zod_says() {
    let Some(packages) = packages() else { return };
    let schema = "z.object({ city: z.string().min(2).describe(\"City name\"), days: z.int().default(3), unit: \
                  z.enum([\"C\", \"F\"]).optional() })";
    let text =
        tool("weather", "import { z } from \"zod\";", "1").replace("parameters: {}", &format!("parameters: {schema}"));
    let project = project(&[("weather", &text)]);
    link_packages(project.path(), &packages);
    let bundle = built(&project);
    let parameters = &bundle.bundle().tools.local["tools/weather"].parameters;
    let ask = format!(
        "import {{ z }} from \"zod\";\nconst s = {schema}[\"~standard\"].jsonSchema.input({{ target: \"draft-2020-12\" \
         }});\ndelete s.$schema;\nconsole.log(JSON.stringify(s));\n"
    );
    let Some(wanted) = node(&project, "ask.mjs", &ask) else { return };
    assert_eq!(serde_json::from_str::<Value>(&parameters.0).unwrap(), wanted);
}

/// What would be a mistake in a schema that somebody writes by hand, and is right in one that zod makes.
#[test]
fn a_schema_of_zod_is_not_judged_as_if_it_was_written() {
    let Some(packages) = packages() else { return };
    let schema = "z.object({
      length: z.string().transform((text) => text.length).default(3),
      count: z.coerce.number().default(5),
      one: z.discriminatedUnion(\"kind\", [z.object({ kind: z.literal(\"x\"), p: z.string() }), z.object({ kind: z.literal(\"y\") })]),
      named: z.record(z.enum([\"u\", \"v\"]), z.string()),
      both: z.intersection(z.object({ l: z.string() }), z.object({ m: z.string() })),
      tree: Tree, user: User, users: z.array(User).min(1).max(4),
      mail: z.email().optional(), none: z.number().positive().nullable().default(null), caught: z.enum([\"a\"]).catch(\"a\"),
    })";
    let imports = "import { z } from \"zod\";
      const Tree: z.ZodType = z.lazy(() => z.object({ children: z.array(Tree), name: z.string() }));
      const User = z.object({ id: z.uuid() }).meta({ id: \"User\" });";
    let text = tool("weather", &format!("{imports}\nconst parameters = {schema};"), "1")
        .replace("parameters: {}", "parameters");
    assert!(text.contains("parameters,"), "{text}");
    let project = project(&[("weather", &text)]);
    link_packages(project.path(), &packages);
    built(&project);
}

#[test]
fn schemas_that_are_none_are_pointed_at() {
    let Some(packages) = packages() else { return };
    for (imports, parameters, words) in [
        ("import { z } from \"zod\";", "{ city: z.string() }", "make one schema of all parameters"),
        ("import { z } from \"zod\";", "z.object({ at: z.date() })", "no JSON Schema can be made of it"),
        ("import * as z from \"zod/mini\";", "z.object({ city: z.string() })", "cannot say itself as JSON Schema"),
        ("import { z } from \"zod\";", "z.string()", "parameters are an object, not a string"),
    ] {
        let text = tool("weather", imports, "1").replace("parameters: {}", &format!("parameters: {parameters}"));
        let project = project(&[("weather", &text)]);
        link_packages(project.path(), &packages);
        let run = project.run(&["build"]);
        failed_with(&run, "P0516");
        assert!(run.err.split_whitespace().collect::<Vec<_>>().join(" ").contains(words), "{}", run.err);
        assert!(run.err.contains("tools/weather.ts:7:"), "{}", run.err);
    }
}

#[test]
fn a_package_that_needs_node_is_named() {
    let Some(packages) = packages() else { return };
    let project = project(&[("spawn", &tool("spawn", "import spawn from \"cross-spawn\";", "spawn(\"ls\")"))]);
    link_packages(project.path(), &packages);
    let run = project.run(&["build"]);
    failed_with(&run, "P0513");
    assert!(run.err.contains("the package `cross-spawn` needs Node.js"), "{}", run.err);
    assert!(run.err.contains("`child_process`"), "{}", run.err);
}
