//! What an author wrote as `parameters` becomes the JSON Schema of an object: the short form, a name and a schema each, or
//! a JSON Schema as it is. What zod and others describe arrives here as a JSON Schema.

use std::collections::BTreeSet;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use pace_ir::text::{printable, shortened};
use serde_json::{Map, Value, json};

mod keywords;
mod meaning;

/// What is wrong with parameters, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Keys in what the author wrote, joined by `/`; empty for all of it.
    pub(crate) path: String,
    /// What of it.
    pub(crate) part: Part,
    /// What is wrong, after its name; nothing where it is no JSON Schema.
    pub(crate) what: Option<&'static str>,
    /// Why, for the place.
    pub(crate) why: String,
    /// What to do.
    pub(crate) help: Option<String>,
}

/// What of a property a fault is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Its name.
    Key,
    /// What stands there.
    Value,
}

impl Fault {
    /// Of a value that is no JSON Schema.
    pub(crate) fn new(path: &str, why: impl Into<String>, help: Option<String>) -> Self {
        Self { path: path.to_owned(), part: Part::Value, what: None, why: why.into(), help }
    }
}

/// The most faults told of one tool.
const MOST: usize = 10;

/// The one draft there is a word for: what the engine asks schema libraries for.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// How deep schemas may stand in each other. Readers of JSON give up a little later (`serde_json`: 128).
const MOST_DEPTH: usize = 100;

/// How many values a schema may have in it. What is asked of a model is some kilobytes.
const MOST_SIZE: usize = 10_000;

/// The fault of parameters that are nested too deeply to be read.
pub(crate) fn too_deep() -> Fault {
    let help = "give a part that refers to itself a name under `$defs`, and refer to it by `$ref`".to_owned();
    Fault {
        what: Some("is nested too deeply"),
        ..Fault::new("", format!("deeper than {MOST_DEPTH} levels"), Some(help))
    }
}

/// What to do about a schema that has no word for itself: zod's has from 4.2 on.
pub(crate) const SPEECHLESS: &str = "use zod 4.2 or newer, or what `z.toJSONSchema(…)` makes of it (zod 4, or `zod/v4` of zod 3.25), or write \
                                     a JSON Schema";

/// The schema of what a tool is called with. `is_seen` tells of a path whether it stands in the author's file: what a library
/// or a function made is judged with more caution.
///
/// # Errors
/// Every fault, up to [`MOST`].
pub(crate) fn normalise(written: Value, is_seen: &dyn Fn(&str) -> bool) -> Result<Value, Vec<Fault>> {
    if depth(&written) > MOST_DEPTH {
        return Err(vec![too_deep()]);
    }
    if size(&written) > MOST_SIZE {
        let help = "a model cannot choose among so much; take a text, and look it up in `execute`".to_owned();
        let why = format!("more than {MOST_SIZE} parts");
        return Err(vec![Fault { what: Some("is too large"), ..Fault::new("", why, Some(help)) }]);
    }
    let Value::Object(keys) = written else {
        return Err(vec![fault("", "expected an object of parameters", Some(SHORT))]);
    };
    if is_zod_3(&keys) {
        return Err(vec![fault("", "a schema of zod 3, which cannot say itself as JSON Schema", Some(SPEECHLESS))]);
    }
    // Of the short form, every value is a schema, and no list.
    if let Some(key) =
        CHOICES.iter().find(|key| !keys.contains_key("type") && keys.get(**key).is_some_and(Value::is_array))
    {
        let why = format!("expected an object of parameters, and this is `{key}`");
        return Err(vec![fault("", &why, Some(WRAPPED))]);
    }
    // A schema says `type: "object"`; of the short form, every value is a schema, also that of a parameter `type`.
    let (schema, form, mut found) = match keys.get("type") {
        Some(Value::String(kind)) if kind == "object" => (whole(keys), Form::Whole, Vec::new()),
        Some(Value::String(kind)) => {
            let why = format!("parameters are an object, not {}", in_words(kind));
            return Err(vec![fault("type", &why, Some(SHORT))]);
        }
        _ => {
            let (schema, faults) = short(keys);
            (schema, Form::Short, faults)
        }
    };
    let told = meta(&schema, form)
        .into_iter()
        .chain(meaning::faults(&schema, &|pointer| is_seen(&form.written_at(pointer))))
        .chain(misspelled(&schema, form));
    found.extend(told.map(|fault| Fault { path: form.written_at(&fault.path), ..fault }));
    if found.is_empty() {
        found.extend(unusable(&schema).map(|fault| Fault { path: form.written_at(&fault.path), ..fault }));
    }
    // To the author, what is wrong at one place is one mistake.
    let mut places = BTreeSet::new();
    found.retain(|fault| places.insert(fault.path.clone()));
    found.truncate(MOST);
    if found.is_empty() { Ok(schema) } else { Err(found) }
}

/// What unions and intersections become.
const CHOICES: [&str; 3] = ["anyOf", "oneOf", "allOf"];

const WRAPPED: &str =
    "make it a property of one object, as in `z.object({ what: z.union([…]) })`; of an intersection, write one object";

const SHORT: &str = "write `parameters: { city: { type: \"string\", description: \"…\" } }`";

/// How parameters were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Whole,
    Short,
}

impl Form {
    /// The path in what the author wrote of a pointer into the schema that was made of it.
    fn written_at(self, pointer: &str) -> String {
        let path = match self {
            Self::Whole => pointer,
            Self::Short => pointer.strip_prefix("/properties").unwrap_or(pointer),
        };
        path.trim_start_matches('/').to_owned()
    }
}

fn fault(path: &str, why: &str, help: Option<&str>) -> Fault {
    Fault::new(path, why, help.map(str::to_owned))
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Object(keys) => 1 + keys.values().map(depth).max().unwrap_or_default(),
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Object(keys) => 1 + keys.values().map(size).sum::<usize>(),
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        _ => 1,
    }
}

/// Whether this is what JSON keeps of a schema of zod before 4: before 3.24 it says of itself nothing that `defineTool` knows.
fn is_zod_3(keys: &Map<String, Value>) -> bool {
    let name = keys.get("_def").and_then(|inside| inside.get("typeName")).and_then(Value::as_str);
    name.is_some_and(|name| name.starts_with("Zod"))
}

/// Keys that were meant as keywords, and `optional` where it means nothing.
fn misspelled(schema: &Value, form: Form) -> Vec<Fault> {
    let mut found = Vec::new();
    match (form, schema.get("properties").and_then(Value::as_object)) {
        (Form::Short, Some(properties)) => {
            for (name, schema) in properties {
                keywords::misspelled(schema, &format!("/properties/{name}"), &["optional"], &mut found);
            }
        }
        _ => keywords::misspelled(schema, "", &[], &mut found),
    }
    let told = found.into_iter().map(|keywords::Misspelled { pointer, key, meant }| Fault {
        part: Part::Key,
        what: Some("is no keyword of JSON Schema"),
        ..Fault::new(
            &pointer,
            "says nothing",
            Some(format!("did you mean `{meant}`? Otherwise name it `x-{}`", printable(&key))),
        )
    });
    told.collect()
}

fn in_words(kind: &str) -> String {
    match kind {
        "array" => "a list".to_owned(),
        "object" => "an object".to_owned(),
        "integer" => "a whole number".to_owned(),
        "string" | "number" | "boolean" => format!("a {kind}"),
        other => format!("`{other}`"),
    }
}

fn whole(mut keys: Map<String, Value>) -> Value {
    if keys.get("$schema").is_some_and(|draft| draft == DRAFT) {
        keys.shift_remove("$schema");
    }
    Value::Object(keys)
}

/// The short form: each parameter is required unless it says `optional: true`. What is none stands as a schema that says
/// nothing, so that the others can be judged.
fn short(keys: Map<String, Value>) -> (Value, Vec<Fault>) {
    let (mut properties, mut required, mut faults) = (Map::new(), Vec::new(), Vec::new());
    for (name, schema) in keys {
        let Value::Object(mut schema) = schema else {
            faults.push(no_schema(&name, &schema));
            properties.insert(name, json!({}));
            continue;
        };
        if is_zod_3(&schema) {
            let why = "a schema of zod 3, inside of Paceline's short form";
            faults.push(fault(
                &name,
                why,
                Some("make one schema of all parameters, with zod 4.2 or newer: `z.object({ … })`"),
            ));
            properties.insert(name, json!({}));
            continue;
        }
        match schema.shift_remove("optional") {
            None | Some(Value::Bool(false)) => {
                faults.extend(schema.get("default").map(|value| unused_default(&name, value)));
                required.push(Value::from(name.as_str()));
            }
            Some(Value::Bool(true)) => {}
            Some(_) => faults.push(fault(&format!("{name}/optional"), "expected `true` or `false`", None)),
        }
        properties.insert(name, Value::Object(schema));
    }
    (json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false}), faults)
}

/// A value for what is always given: who writes it expects it to be filled in.
fn unused_default(name: &str, value: &Value) -> Fault {
    let (shown, value) = (printable(name), value.to_string());
    let value = printable(&shortened(&value, 40));
    let help = format!("add `optional: true`, and fill it in yourself: `execute: ({{ {shown} = {value} }}) => …`");
    Fault {
        part: Part::Key,
        what: Some("is never used"),
        ..Fault::new(&format!("{name}/default"), "the parameter is required, so it is always given", Some(help))
    }
}

fn no_schema(name: &str, value: &Value) -> Fault {
    let help = match value {
        Value::String(kind) if KINDS.contains(&kind.as_str()) => format!("write `{name}: {{ type: \"{kind}\" }}`"),
        Value::Array(_) if name == "required" => "add `type: \"object\"` if this is meant as a JSON Schema".to_owned(),
        _ => format!("write `{name}: {{ type: \"string\", description: \"…\" }}`"),
    };
    fault(name, "expected the schema of one parameter", Some(&help))
}

const KINDS: [&str; 7] = ["string", "number", "integer", "boolean", "object", "array", "null"];

/// What the meta-schema refuses.
fn meta(schema: &Value, form: Form) -> Vec<Fault> {
    let Ok(meta) = jsonschema::meta::validator_for(schema) else {
        let why = format!("expected `{DRAFT}`, or draft 2019-09, 7, 6 or 4");
        return vec![fault("$schema", &why, Some("remove `$schema`"))];
    };
    let mut places = BTreeSet::new();
    let errors = meta.iter_errors(schema).take(MOST * 4);
    let found = errors.filter_map(|error| {
        let pointer = error.instance_path().to_string();
        // One place may break several rules of the meta-schema; to the author it is one mistake.
        let is_new = places.insert(pointer.clone());
        is_new.then(|| {
            let flag = error.instance().as_bool().filter(|_| pointer.ends_with("/required"));
            Fault::new(&pointer, why(&pointer, &error), flag.map(|flag| required(schema, form, &pointer, flag)))
        })
    });
    found.take(MOST).collect()
}

/// What to write instead of a `required` that says yes or no. That is how OpenAPI's parameters and forms have it.
fn required(schema: &Value, form: Form, pointer: &str, flag: bool) -> String {
    let path: Vec<_> = pointer.trim_start_matches('/').split('/').collect();
    match (path.as_slice(), form) {
        (["properties", _, "required"], Form::Short) if flag => {
            "leave it out: a parameter is required that does not say `optional: true`".to_owned()
        }
        (["properties", _, "required"], Form::Short) => "write `optional: true` instead".to_owned(),
        ([.., "properties", name, "required"], _) if flag => {
            format!("name it in the list of the object around it: `required: [\"{}\"]`", printable(name))
        }
        ([.., "properties", _, "required"], _) => {
            "leave it out: only what the object around it lists under `required` is required".to_owned()
        }
        _ => {
            let own = pointer.strip_suffix("/required").and_then(|own| schema.pointer(own));
            let first = own.and_then(|own| own.get("properties")?.as_object()?.keys().next());
            let name = first.map_or_else(|| "…".to_owned(), |name| printable(name));
            format!("list the names of properties: `required: [\"{name}\"]`")
        }
    }
}

/// What only shows when a schema is made ready for use, such as anchors that there are not.
fn unusable(schema: &Value) -> Option<Fault> {
    let error = jsonschema::options().build(schema).err()?;
    Some(Fault::new(&error.instance_path().to_string(), printable(&shortened(&error.to_string(), 200)), None))
}

fn why(pointer: &str, error: &jsonschema::ValidationError<'_>) -> String {
    let keyword = pointer.rsplit('/').next().unwrap_or_default();
    match (keyword, error.kind()) {
        ("type", _) => {
            "expected `string`, `number`, `integer`, `boolean`, `object`, `array` or `null`, or a list of them"
                .to_owned()
        }
        ("required", ValidationErrorKind::Type { .. }) => "expected a list of names".to_owned(),
        (_, ValidationErrorKind::Type { kind: TypeKind::Single(kind) }) => {
            format!("expected {}", in_words(&kind.to_string()))
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(written: Value) -> Vec<(String, String)> {
        let faults = normalise(written, &|_| true).unwrap_err();
        faults.into_iter().map(|fault| (fault.path, fault.help.unwrap_or(fault.why))).collect()
    }

    #[test]
    fn parameters_are_one_object_of_some_size() {
        let object = json!({"type": "object", "properties": {}});
        for written in
            [json!({"$schema": DRAFT, "anyOf": [object]}), json!({"oneOf": [object]}), json!({"allOf": [object]})]
        {
            assert_eq!(refused(written), [(String::new(), WRAPPED.to_owned())]);
        }
        // A parameter may be called so.
        assert!(normalise(json!({"anyOf": {"type": "string"}}), &|_| true).is_ok());
        let many = |count| Value::Object((0..count).map(|at| (format!("k{at}"), json!({"type": "string"}))).collect());
        assert!(normalise(many(4_000), &|_| true).is_ok());
        assert_eq!(normalise(many(5_000), &|_| true).unwrap_err()[0].what, Some("is too large"));
    }

    #[test]
    fn the_short_form_requires_all_that_is_not_optional() {
        let written = json!({
            "city": {"type": "string", "description": "City name"},
            "days": {"type": "integer", "optional": true},
            "type": {"type": "string"},
        });
        let schema = json!({
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "City name"},
                "days": {"type": "integer"},
                "type": {"type": "string"},
            },
            "required": ["city", "type"],
            "additionalProperties": false,
        });
        assert_eq!(normalise(written, &|_| true), Ok(schema));
        let none = json!({"type": "object", "properties": {}, "required": [], "additionalProperties": false});
        assert_eq!(normalise(json!({}), &|_| true), Ok(none));
    }

    #[test]
    fn a_schema_is_kept_as_it_is() {
        let written =
            json!({"$schema": DRAFT, "type": "object", "properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {}}});
        let mut kept = written.clone();
        kept.as_object_mut().unwrap().shift_remove("$schema");
        assert_eq!(normalise(written, &|_| true), Ok(kept));
    }

    #[test]
    fn a_default_that_nothing_fills_in_is_a_fault() {
        let help = "add `optional: true`, and fill it in yourself: `execute: ({ days = 3 }) => …`";
        let days = json!({"days": {"type": "integer", "default": 3}});
        assert_eq!(refused(days), [("days/default".to_owned(), help.to_owned())]);
        assert!(normalise(json!({"days": {"type": "integer", "default": 3, "optional": true}}), &|_| true).is_ok());
        let whole = json!({"type": "object", "properties": {"days": {"default": 3}}, "required": ["days"]});
        assert!(normalise(whole, &|_| true).is_ok());
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |levels: usize| (0..levels).fold(json!({}), |inner, _| json!({"not": inner}));
        assert!(normalise(json!({"a": nested(90)}), &|_| true).is_ok());
        assert_eq!(normalise(json!({"a": nested(200)}), &|_| true), Err(vec![too_deep()]));
    }

    #[test]
    fn faults_are_at_what_the_author_wrote() {
        let types = "expected `string`, `number`, `integer`, `boolean`, `object`, `array` or `null`, or a list of them";
        let one = |path: &str, words: &str| vec![(path.to_owned(), words.to_owned())];
        assert_eq!(refused(json!({"city": "string"})), one("city", "write `city: { type: \"string\" }`"));
        assert_eq!(refused(json!({"city": {"type": "text"}})), one("city/type", types));
        let schema = json!({"type": "object", "properties": {"city": {"type": "text"}}});
        assert_eq!(refused(schema), one("properties/city/type", types));
        assert_eq!(refused(json!({"type": "array"})), one("type", SHORT));
        assert_eq!(refused(json!([])), one("", SHORT));
        let zod = json!({"_def": {"checks": [], "typeName": "ZodString", "coerce": false}});
        assert_eq!(
            refused(json!({"city": zod})),
            one("city", "make one schema of all parameters, with zod 4.2 or newer: `z.object({ … })`")
        );
        let zod = json!({"_def": {"unknownKeys": "strip", "typeName": "ZodObject"}, "_cached": null});
        assert_eq!(refused(zod), one("", SPEECHLESS));
        let pattern = json!({"city": {"type": "string", "pattern": "("}});
        assert_eq!(refused(pattern), one("city/pattern", "not a regular expression"));
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let short = json!({
            "a": "string", "b": {"type": "text"}, "c": {"pattern": "("}, "d": {"pattern": "["}, "e": {"default": 1},
            "f": {"typ": 1}, "g": {"enum": []},
        });
        let paths: Vec<_> = refused(short).into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["a", "e/default", "b/type", "c/pattern", "d/pattern", "g/enum", "f/typ"]);
    }

    #[test]
    fn a_required_that_says_yes_or_no_is_explained() {
        let help = |written: Value| refused(written).remove(0).1;
        let short = "leave it out: a parameter is required that does not say `optional: true`";
        assert_eq!(help(json!({"a": {"required": true}})), short);
        assert_eq!(help(json!({"a": {"required": false}})), "write `optional: true` instead");
        let nested = "name it in the list of the object around it: `required: [\"b\"]`";
        assert_eq!(help(json!({"a": {"type": "object", "properties": {"b": {"required": true}}}})), nested);
        assert_eq!(help(json!({"type": "object", "properties": {"b": {"required": true}}})), nested);
        let own = "list the names of properties: `required: [\"b\"]`";
        assert_eq!(help(json!({"type": "object", "properties": {"b": {}}, "required": true})), own);
    }

    #[test]
    fn what_nobody_can_mean_is_refused() {
        let of = |schema: Value| {
            let written = json!({"type": "object", "properties": {"a": schema}});
            let faults = normalise(written, &|_| true).err().unwrap_or_default();
            faults.into_iter().map(|fault| fault.path.replace("properties/a/", "")).collect::<Vec<_>>()
        };
        for (schema, path) in [
            (json!({"minLength": 3, "maxLength": 2}), "minLength"),
            (json!({"minItems": 3, "maxItems": 2}), "minItems"),
            (json!({"minimum": 0.5, "maximum": 0}), "minimum"),
            (json!({"exclusiveMinimum": 1, "maximum": 1}), "exclusiveMinimum"),
            (json!({"items": {"enum": []}}), "items/enum"),
            (json!({"type": "integer", "default": "3"}), "default"),
            (json!({"enum": ["a", "b"], "default": "c"}), "default"),
            (json!({"properties": {"b": {}}, "required": ["b", "c"]}), "required/1"),
            (json!({"$ref": "https://example.com/a.json"}), "$ref"),
            (json!({"$ref": "#/$defs/b"}), "$ref"),
        ] {
            assert_eq!(of(schema.clone()), [path], "{schema}");
        }
        for schema in [
            json!({"minLength": 3, "maxLength": 3, "minimum": 1, "exclusiveMaximum": 2}),
            json!({"type": ["integer", "null"], "default": null}),
            json!({"type": "string", "nullable": true, "default": null}),
            json!({"properties": {"b": {}}, "anyOf": [{"required": ["b"]}, {"required": ["c"]}]}),
            json!({"properties": {"b": {}}, "required": ["c"], "allOf": [{"properties": {"c": {}}}]}),
            json!({"allOf": [{"properties": {"b": {}}}, {"properties": {"c": {}}, "required": ["b"]}]}),
            json!({"propertyNames": {"enum": ["b"]}, "additionalProperties": {"type": "string"}, "required": ["b"]}),
            json!({"properties": {"b": {}}, "required": ["c"], "additionalProperties": true}),
            json!({"properties": {"b": {}}, "required": ["c"], "unevaluatedProperties": {"type": "string"}}),
            json!({"type": ["string", "null"], "minLength": 3, "maxLength": 2}),
            json!({"not": {"enum": []}}),
            json!({"$ref": "https://json-schema.org/draft/2020-12/schema"}),
            json!({"$ref": ""}),
            json!({"properties": {"enum": {"type": "array"}, "default": {"type": "integer"}}, "required": ["enum"]}),
        ] {
            assert_eq!(of(schema.clone()), [""; 0], "{schema}");
        }
    }

    #[test]
    fn a_default_of_a_library_may_be_what_it_makes_of_a_value() {
        let written = json!({"type": "object", "properties": {"a": {"type": "string", "default": 3}}});
        assert!(normalise(written.clone(), &|_| false).is_ok());
        assert!(normalise(written, &|_| true).is_err());
    }
}
