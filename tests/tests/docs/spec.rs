//! `docs/reference/spec.md`: every key of every file, from the JSON Schemas that `pace schema` prints. A construct that is
//! not known here fails the test, so that no key goes undescribed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::binaries::print;

const OPENING: &str = "# Keys

Made from `pace schema agent`, `loop` and `project`, which editors can use. Files are YAML 1.2, one document each; unknown keys
are errors. Strings are literal, except that where a text says *by reference* or names `${env:NAME}`, `${env:NAME}` and
`${credential:NAME}` are resolved by the runner and never stored.
";

/// Files, the argument of `pace schema` for each.
const FILES: [(&str, &str); 3] =
    [("agents/*/spec.yaml", "agent"), ("loops/*.yaml", "loop"), ("paceline.yaml", "project")];

/// What is still to be told, in the order it was met, and what was told already.
#[derive(Default)]
struct Told {
    waiting: Vec<String>,
    done: BTreeMap<String, Value>,
}

/// The page.
pub(crate) fn page() -> String {
    let mut told = Told::default();
    let mut page = OPENING.to_owned();
    for (file, name) in FILES {
        let schema: Value = serde_json::from_str(&print("pace", &["schema", name])).unwrap();
        let definitions = schema["$defs"].as_object().unwrap();
        let root = referred(&schema).unwrap();
        write!(page, "\n## {file}\n\n{}", told.keys(&definitions[&root])).unwrap();
        while !told.waiting.is_empty() {
            let next = told.waiting.remove(0);
            let definition = &definitions[&next];
            match told.done.insert(next.clone(), definition.clone()) {
                Some(before) => assert_eq!(&before, definition, "two files mean different things by `{next}`"),
                None => write!(page, "\n### {}\n\n{}", title(&next), told.keys(definition)).unwrap(),
            }
        }
    }
    page
}

impl Told {
    /// What a definition says of itself, and its keys.
    fn keys(&mut self, definition: &Value) -> String {
        let mut text = format!("{}\n", definition["description"].as_str().unwrap());
        let Some(properties) = definition["properties"].as_object() else { return text };
        text += "\n| key | type | required | meaning |\n|---|---|---|---|\n";
        for (key, schema) in properties {
            let required = strings(&definition["required"]).contains(&key.as_str());
            let required = if required { "yes" } else { "" };
            let meaning = schema["description"].as_str().unwrap_or_default();
            let kind = self.kind(schema);
            writeln!(text, "| `{key}` | {} | {required} | {} |", cell(&kind), cell(meaning)).unwrap();
        }
        text
    }

    /// The type of a value in words.
    fn kind(&mut self, schema: &Value) -> String {
        if let Some(name) = referred(schema) {
            return self.link(&name);
        }
        if let Some(constant) = schema.get("const") {
            return format!("`{}`", constant.as_str().unwrap());
        }
        if let Some(values) = schema.get("enum") {
            return strings(values).iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let [only] = parts.as_slice() else { panic!("several parts: {schema}") };
            return format!("{} with {}", self.kind(only), one_of(&schema["anyOf"]));
        }
        if let Some(kinds) = schema["anyOf"].as_array() {
            return kinds.iter().map(|kind| self.kind(kind)).collect::<Vec<_>>().join(" or ");
        }
        match schema["type"].as_str() {
            Some("string") => string(schema),
            Some("integer" | "number") => number(schema),
            Some("boolean") => "`true` or `false`".to_owned(),
            Some("array") => format!("list of {}", self.kind(&schema["items"])),
            Some("object") if schema["additionalProperties"].is_object() => {
                format!("map to {}", self.kind(&schema["additionalProperties"]))
            }
            Some("object") => "map".to_owned(),
            _ => panic!("this test does not know how to describe {schema}"),
        }
    }

    fn link(&mut self, name: &str) -> String {
        if !self.waiting.iter().any(|waiting| waiting == name) {
            self.waiting.push(name.to_owned());
        }
        let title = title(name);
        format!("[{title}](#{})", title.to_lowercase().replace(' ', "-"))
    }
}

/// The definition a schema refers to.
fn referred(schema: &Value) -> Option<String> {
    schema["$ref"].as_str()?.strip_prefix("#/$defs/").map(str::to_owned)
}

/// `ToolEntryKeys` in words: `Tool entry`.
fn title(name: &str) -> String {
    let name = name.strip_suffix("Keys").unwrap_or(name);
    let mut title = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !title.is_empty() {
            title.push(' ');
            title.extend(letter.to_lowercase());
        } else {
            title.push(letter);
        }
    }
    title
}

/// `[{required: [server]}, {required: [name]}]` in words.
fn one_of(choices: &Value) -> String {
    let choices = choices.as_array().unwrap().iter().flat_map(|choice| strings(&choice["required"]));
    choices.map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" or ")
}

fn string(schema: &Value) -> String {
    let examples = strings(&schema["examples"]);
    match schema["pattern"].as_str() {
        _ if !examples.is_empty() => {
            format!("string such as {}", examples.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", "))
        }
        Some(r"\S") => "string, not blank".to_owned(),
        Some(pattern) => format!("string, `{pattern}`"),
        None if schema["minLength"].is_u64() => "string, not empty".to_owned(),
        None => "string".to_owned(),
    }
}

fn number(schema: &Value) -> String {
    let kind = schema["type"].as_str().unwrap();
    let bound = |name: &str| schema[name].as_f64().map(|bound| bound.to_string());
    match (bound("minimum"), bound("exclusiveMinimum"), bound("maximum")) {
        (Some(low), None, Some(high)) if low == high => format!("{kind}, {low}"),
        (Some(low), None, Some(high)) => format!("{kind}, {low} to {high}"),
        (None, Some(low), Some(high)) => format!("{kind}, over {low}, at most {high}"),
        bounds => panic!("this test does not know how to describe {bounds:?}"),
    }
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().map(|text| text.as_str().unwrap()).collect()
}

/// Text in a table: a bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[test]
fn types_are_told_in_words() {
    let told = |json: &str| Told::default().kind(&serde_json::from_str(json).unwrap());
    assert_eq!(
        told(r##"{"type": "array", "items": {"$ref": "#/$defs/ToolEntryKeys"}}"##),
        "list of [Tool entry](#tool-entry)"
    );
    assert_eq!(told(r#"{"enum": ["a", "b"]}"#), "`a`, `b`");
    assert_eq!(told(r#"{"type": "number", "exclusiveMinimum": 0, "maximum": 1}"#), "number, over 0, at most 1");
    assert_eq!(told(r#"{"anyOf": [{"const": "none"}, {"type": "string"}]}"#), "`none` or string");
    assert_eq!(cell("a|b"), "a\\|b");
}
