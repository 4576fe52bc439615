//! What packages ask for where they catch that it is not there, and can do without: the tool is built without it, and the package finds
//! out as it does in Node.js.

use pace_tests::{Project, Run};
use serde_json::{Value, json};

use crate::{built, failed_with, project, tool};

/// A project with the package `outer`, whose one module this is.
fn with_package(module: &str) -> Project {
    let project = project(&[("ask", &tool("ask", "import outer from \"outer\";", "outer()"))]);
    project.write("node_modules/outer/package.json", r#"{"name": "outer", "version": "1.0.0", "main": "index.js"}"#);
    project.write("node_modules/outer/index.js", module);
    project
}

fn given(project: &Project) -> Value {
    let run: Run = project.run(&["tool", "run", "tools/ask"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    serde_json::from_str(&run.out).unwrap()
}

const TRIES: &str = r#"
const said = [];
let found = null;
try {
  found = require("inner");
} catch (error) {
  said.push([error instanceof Error, error.code, error.message]);
}
module.exports = function () {
  const again = said.slice();
  try { require("inner"); } catch (error) { again.push(error.code); }
  try { again.push(typeof require("inner/part").x); } catch (error) { again.push(error.message); }
  try { again.push(typeof require("./native.node")); } catch (error) { again.push(error.message); }
  try { again.push(typeof require("node:fs").readFileSync); } catch (error) { again.push(error.message); }
  try { again.push(typeof require("fs").readFileSync); } catch (error) { again.push(error.message); }
  return { found: found && found.name, again };
};
"#;

#[test]
fn what_a_package_tries_may_be_absent() {
    let project = with_package(TRIES);
    let wanted = json!({"found": null, "again": [
        [true, "MODULE_NOT_FOUND", "Cannot find module 'inner'"],
        "MODULE_NOT_FOUND",
        "Cannot find module 'inner/part'",
        "Cannot find module './native.node'",
        "Cannot find module 'node:fs'",
        "Cannot find module 'fs'",
    ]});
    assert_eq!(given(&project), wanted);
    // What the machine has of it changes nothing: a native addon cannot be part of a tool.
    project.write("node_modules/outer/native.node", "\u{7f}ELF");
    assert_eq!(given(&project), wanted);
}

#[test]
fn what_a_package_imports_while_it_runs_may_be_absent() {
    let module = r#"
module.exports = async function () {
  const said = [];
  try { await import("inner"); } catch (error) { said.push([error instanceof Error, error.code, error.message]); }
  try { const { x } = await import("node:fs").then((fs) => fs.default); said.push(x); } catch (error) { said.push(error.message); }
  said.push(await import("inner/part").then((part) => part.x).catch((error) => error.message));
  return said;
};
"#;
    let project = with_package(module);
    let absent = "Cannot find package 'inner'";
    let wanted = json!([
        [true, "ERR_MODULE_NOT_FOUND", absent],
        "Cannot find package 'node:fs'",
        "Cannot find package 'inner/part'"
    ]);
    assert_eq!(given(&project), wanted);
    project.write("node_modules/inner/package.json", r#"{"name": "inner", "version": "1.0.0", "type": "module"}"#);
    project.write("node_modules/inner/part.js", "export const x = 1;\n");
    assert_eq!(given(&project)[2], json!(1));
}

#[test]
fn what_is_installed_later_is_noticed() {
    let project = with_package(TRIES);
    built(&project);
    project.write("node_modules/inner/package.json", r#"{"name": "inner", "version": "1.0.0", "main": "index.js"}"#);
    project.write("node_modules/inner/index.js", "exports.name = 'inner';\n");
    let whole = given(&project);
    assert_eq!((&whole["found"], &whole["again"][0]), (&json!("inner"), &json!("Cannot find module 'inner/part'")));
    project.write("node_modules/inner/part.js", "exports.x = 1;\n");
    assert_eq!(given(&project)["again"][0], json!("number"));
}

#[test]
fn what_a_package_needs_outside_of_a_try_is_told() {
    for (module, code, words) in [
        ("const inner = require('inner');\nmodule.exports = () => inner;\n", "P0512", "`inner`, which `outer` needs"),
        ("try { require('inner') } catch {}\nmodule.exports = () => require('inner');\n", "P0512", "`inner`"),
        ("try { module.exports = () => require('inner') } catch {}\n", "P0512", "`inner`"),
        ("try { module.exports = import('inner') } catch {}\n", "P0512", "`inner`"),
        ("try { require('fs') } finally { module.exports = 1 }\n", "P0513", "the package `outer` needs Node.js"),
        ("try { require('../../secret') } catch {}\nmodule.exports = 1;\n", "P0521", "leads out of the package"),
    ] {
        let project = with_package(module);
        project.write("secret.js", "module.exports = 1;\n");
        let run = project.run(&["build"]);
        failed_with(&run, code);
        assert!(run.err.split_whitespace().collect::<Vec<_>>().join(" ").contains(words), "{module}\n{}", run.err);
        assert!(run.err.contains("tools/ask.ts:2:"), "{}", run.err);
    }
}

#[test]
fn what_a_package_json_leads_to_is_noticed_when_it_comes() {
    let asks = |specifier: &str| {
        format!(
            "let found;\ntry {{ found = require(\"{specifier}\") }} catch {{ found = 'none' }}\nmodule.exports = () => found;\n"
        )
    };
    let manifest = |more: &str| format!(r#"{{"name": "outer", "version": "1.0.0", "main": "index.js", {more}}}"#);
    let plain = manifest(r#""license": "MIT""#);
    for (specifier, outer, unbuilt, file) in [
        ("unbuilt", plain.clone(), r#""main": "dist/main.js""#, "unbuilt/dist/main.js"),
        ("unbuilt", plain.clone(), r#""exports": {".": "./lib/q.js"}"#, "unbuilt/lib/q.js"),
        ("unbuilt/part", plain.clone(), r#""exports": {"./*": "./lib/*.js"}"#, "unbuilt/lib/part.js"),
        ("nothing", manifest(r#""browser": {"nothing": "./shim.js"}"#), r#""main": "x""#, "outer/shim.js"),
        ("#x", manifest(r##""imports": {"#x": "./shim.js"}"##), r#""main": "x""#, "outer/shim.js"),
        (
            "outer/x",
            manifest(r#""exports": {".": "./index.js", "./x": "./shim.js"}"#),
            r#""main": "x""#,
            "outer/shim.js",
        ),
    ] {
        let project = with_package(&asks(specifier));
        project.write("node_modules/outer/package.json", &outer);
        project.write("node_modules/unbuilt/package.json", &format!(r#"{{"name": "unbuilt", {unbuilt}}}"#));
        assert_eq!(given(&project), json!("none"), "{specifier} {file}");
        project.write(&format!("node_modules/{file}"), "module.exports = 'built';\n");
        assert_eq!(given(&project), json!("built"), "{specifier} {file}");
    }
}

#[test]
fn a_package_that_asks_for_much_is_read_once() {
    let asks: Vec<_> = (0..400).map(|at| format!("try {{ require('absent-{at}') }} catch {{}}\n")).collect();
    let mut module = asks.concat();
    module.push_str(&"exports.x = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];\n".repeat(20_000));
    module.push_str("module.exports = () => 'all';\n");
    assert_eq!(given(&with_package(&module)), json!("all"));
}

#[test]
fn what_an_author_asks_for_has_to_be_there() {
    for asks in ["require", "await import"] {
        for specifier in ["../lib/there.js", "@paceline/other", "zod", "https://esm.sh/zod", "#lib", ""] {
            let text =
                format!("let lib: any;\ntry {{\n  lib = {asks}(\"{specifier}\");\n}} catch {{\n  lib = null;\n}}");
            let project = project(&[("ask", &tool("ask", &text, "lib"))]);
            let run = project.run(&["build"]);
            failed_with(&run, "P0512");
            assert!(run.err.contains(specifier) && run.err.contains("tools/ask.ts:4:"), "{}", run.err);
        }
    }
}
