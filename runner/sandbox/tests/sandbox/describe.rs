//! What a module says about itself.

use pace_sandbox::{Description, Exported, ToolErrorKind};

use crate::support::{engine, limits, module};

fn describe(source: &str) -> Description {
    module(source).describe(limits()).unwrap()
}

#[test]
fn a_tool_describes_itself() {
    let described = describe(
        "const defineTool = (t) => Object.assign(t, { [Symbol.for('paceline.tool')]: true }); \
         export default defineTool({ name: 'add', description: 'Adds.', parameters: { a: { type: 'number' } }, execute() {} });",
    );
    let expected = Description {
        exported: Exported::Tool,
        name: Some("\"add\"".into()),
        description: Some("\"Adds.\"".into()),
        parameters: Some(r#"{"a":{"type":"number"}}"#.into()),
    };
    assert_eq!(described, expected);
}

#[test]
fn what_is_no_tool_is_told_as_it_is() {
    assert_eq!(describe("export const a = 1;").exported, Exported::Nothing);
    assert_eq!(describe("export default null;").exported, Exported::Other("null".into()));
    assert_eq!(describe("export default () => 1;").exported, Exported::Other("function".into()));
    assert_eq!(describe("export default [];").exported, Exported::Other("array".into()));
    assert_eq!(describe("export default { name: 'x' };").exported, Exported::Other("object".into()));
    let odd = describe("export default { name: 7, execute() {} };");
    assert_eq!((odd.exported, odd.name.as_deref(), odd.description), (Exported::Executable, Some("7"), None));
}

#[test]
fn a_standard_schema_gives_its_json_schema() {
    let described = describe(
        "const input = ({ target }) => ({ type: 'object', target }); \
         export default { parameters: { '~standard': { version: 1, jsonSchema: { input } } }, execute() {} };",
    );
    assert_eq!(described.parameters.as_deref(), Some(r#"{"type":"object","target":"draft-2020-12"}"#));
}

#[test]
fn describing_knows_neither_network_nor_chance() {
    let source = "const results = []; for (const url of ['http://127.0.0.1:1', 'https://example.com']) \
         await fetch(url).catch((error) => results.push(error.message)); \
         await new Promise((resolve) => setTimeout(resolve, 60_000)); \
         export default { name: [Math.random(), Date.now(), env, results], execute() {} };";
    let first = describe(source);
    assert_eq!(first, describe(source));
    assert!(first.name.unwrap().contains("no network while it is described"));
}

#[test]
fn a_module_that_throws_says_what() {
    let error = module("export default 1;\nthrow new Error('at the top');").describe(limits()).unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ToolErrorKind::Threw, "Error: at the top"));
    assert!(error.stack.contains("tool.js:2:"), "{}", error.stack);
}

#[test]
fn what_does_not_compile_names_its_place() {
    let error = engine().compile("tool.js", "export default {\n  a: 1,\n  b c\n};").unwrap_err();
    assert!(error.message.starts_with("SyntaxError: "), "{error:?}");
    assert_eq!(error.line, Some(3), "{error:?}");
    let source = "import x from 'elsewhere'; export default x;";
    let bytecode = engine().compile("tool.js", source).map(|bytecode| engine().load(&bytecode.0).unwrap());
    let refused = match bytecode {
        Ok(tool) => tool.describe(limits()).unwrap_err().message,
        Err(error) => error.message,
    };
    assert!(refused.contains("elsewhere"), "{refused}");
    assert!(engine().compile("tool.js", &"(".repeat(100_000)).is_err());
}

#[test]
fn equal_sources_give_equal_bytecode() {
    let source = "export default { execute: ({ a, b }) => a + b };";
    assert_eq!(engine().compile("tool.js", source).unwrap(), engine().compile("tool.js", source).unwrap());
}
