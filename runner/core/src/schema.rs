//! JSON Schemas that models have to fit: an agent's `output`, a tool's `parameters`. A bundle is trusted no further than its
//! author, and a model not at all, so that checking one against the other takes bounded time and memory.

mod breadth;

use std::sync::OnceLock;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, Validator};
use pace_ir::text::shortened;
use serde_json::Value;

use breadth::Breadth;

/// The most mistakes a model is told of at once.
const MOST_MISTAKES: usize = 5;
/// The most characters of one mistake: it may quote the whole value.
const MOST_WORDS: usize = 300;
/// The most values of a list that a model is told when it chose none of them.
const MOST_CHOICES: usize = 40;
/// The most characters of these together; the last one told may go beyond by its own, at most [`MOST_WORDS`].
const MOST_CHOICE_WORDS: usize = 1024;
/// The most steps of one check: parts of the schema times parts of the value. About a tenth of a second.
const MOST_STEPS: u64 = 2_000_000;
/// The most steps after which mistakes are listed. What is found on the way is kept until then, some hundred bytes a step.
const MOST_LISTED: u64 = 50_000;
/// The most parts a value may have under a schema of [`Breadth::Open`].
const MOST_PARTS: u64 = 20_000;
/// How often one pattern may backtrack over one text; what needs more does not fit. An address of mail takes some dozens.
const MOST_BACKTRACKS: usize = 10_000;
/// How many bytes of a text count as one more part: patterns look at all of them.
const PART_OF_TEXT: usize = 64;
/// How deep a value may be nested under a schema of [`Breadth::Open`]. Its validation can double with every level, and a
/// caller can ask a model for any depth; at this one the worst takes a moment, and trees of a dozen levels still fit.
const MOST_LEVELS: usize = 24;

/// A schema, ready to be checked against.
#[derive(Debug)]
pub struct Schema {
    value: Value,
    breadth: Breadth,
    /// Made at the first value: most starts of a runner are for others.
    validator: OnceLock<Result<Validator, String>>,
}

impl Schema {
    /// A schema from a bundle.
    ///
    /// # Errors
    /// The text is no JSON; no compiler writes such a bundle.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text).map(Self::of)
    }

    /// A schema that is there already.
    pub fn of(value: Value) -> Self {
        Self { breadth: Breadth::of(&value), value, validator: OnceLock::new() }
    }

    /// As a model is told it.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Whether a value fits.
    ///
    /// # Errors
    /// What is wrong with it, in words for the model: at most five mistakes, one a line.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        let parts = parts(value);
        let steps = match self.breadth {
            Breadth::Bounded(steps) => parts.saturating_mul(steps),
            Breadth::Open if levels(value) > MOST_LEVELS => {
                return Err(format!("it is nested deeper than {MOST_LEVELS} levels"));
            }
            Breadth::Open if parts <= MOST_PARTS => MOST_STEPS,
            Breadth::Open => u64::MAX,
        };
        if steps > MOST_STEPS {
            return Err("it is too long to be checked; make it shorter".to_owned());
        }
        let validator = self.validator.get_or_init(|| {
            // Patterns come from a bundle, values from a model. Look-around, which zod's `email()` is made of, needs an engine
            // that backtracks; all other patterns run without.
            let patterns = PatternOptions::fancy_regex().backtrack_limit(MOST_BACKTRACKS);
            let options = jsonschema::options().with_pattern_options(patterns);
            options.build(&self.value).map_err(|error| error.to_string())
        });
        let validator = validator.as_ref().map_err(|error| format!("the schema cannot be used: {error}"))?;
        // Answers yes or no without keeping what it finds on the way, which may be more than memory holds.
        if validator.is_valid(value) {
            return Ok(());
        }
        if steps > MOST_LISTED {
            return Err("it does not fit the schema".to_owned());
        }
        let mistakes = validator.iter_errors(value).take(MOST_MISTAKES).map(|error| at(&error));
        Err(mistakes.collect::<Vec<_>>().join("\n"))
    }
}

fn at(error: &jsonschema::ValidationError<'_>) -> String {
    let place = error.instance_path().to_string();
    let place = if place.is_empty() { place } else { format!("at {place}: ") };
    match error.kind() {
        // Without the list a model can only guess.
        ValidationErrorKind::Enum { options } => {
            let given = shortened(&format!("{place}{}", error.instance()), MOST_WORDS);
            format!("{given} is not one of {}", choices(options))
        }
        _ => shortened(&format!("{place}{error}"), MOST_WORDS),
    }
}

/// The values to choose from, as many as a model can be told.
fn choices(options: &Value) -> String {
    let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
    let (mut told, mut length) = (Vec::new(), 0);
    for option in options.iter().take(MOST_CHOICES) {
        if length >= MOST_CHOICE_WORDS {
            break;
        }
        let option = shortened(&option.to_string(), MOST_WORDS);
        length += option.chars().count() + 2;
        told.push(option);
    }
    match (options.len() - told.len(), told.split_last()) {
        (0, Some((last, []))) => last.clone(),
        (0, Some((last, first))) => format!("{} or {last}", first.join(", ")),
        (more, _) => format!("{} and {more} more", told.join(", ")),
    }
}

/// How many parts a value has: one for each value in it, more for long texts.
fn parts(value: &Value) -> u64 {
    let long = |text: &str| u64::try_from(text.len() / PART_OF_TEXT).unwrap_or(u64::MAX);
    match value {
        Value::Array(items) => items.iter().fold(1, |sum, item| sum.saturating_add(parts(item))),
        Value::Object(entries) => {
            entries.iter().fold(1, |sum, (key, item)| sum.saturating_add(long(key)).saturating_add(parts(item)))
        }
        Value::String(text) => long(text).saturating_add(1),
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
    }
}

/// How deep a value is nested: 0 for a text. `serde_json` reads no deeper than 128.
fn levels(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(levels).max().unwrap_or_default(),
        Value::Object(entries) => 1 + entries.values().map(levels).max().unwrap_or_default(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn mistakes_are_told_where_they_are_and_cut() {
        let schema =
            Schema::parse(r#"{"properties":{"city":{"type":"string","pattern":"^[A-Z]"}},"required":["city"]}"#);
        let schema = schema.unwrap();
        assert_eq!(schema.check(&json!({"city": "Paris"})), Ok(()));
        for (value, why) in [
            (json!({}), "\"city\" is a required property"),
            (json!({"city": 1}), "at /city: 1 is not of type \"string\""),
            (json!({"city": "paris"}), "at /city: \"paris\" does not match \"^[A-Z]\""),
        ] {
            assert_eq!(schema.check(&value), Err(why.to_owned()), "{value}");
        }
        let long = json!({"city": "x".repeat(100_000)});
        assert_eq!(schema.check(&long).unwrap_err().chars().count(), MOST_WORDS + 1);
    }

    #[test]
    fn a_model_is_told_what_it_can_choose_from() {
        let mistake =
            |options: Value| Schema::of(json!({"properties": {"how": {"enum": options}}})).check(&json!({"how": "zz"}));
        assert_eq!(mistake(json!(["a"])).unwrap_err(), r#"at /how: "zz" is not one of "a""#);
        let nine: Vec<_> = ('a'..='i').map(String::from).collect();
        let told = r#"at /how: "zz" is not one of "a", "b", "c", "d", "e", "f", "g", "h" or "i""#;
        assert_eq!(mistake(json!(nine)).unwrap_err(), told);
        let many = mistake(json!((0..1_000).collect::<Vec<_>>())).unwrap_err();
        assert!(many.ends_with("38, 39 and 960 more"), "{many}");
        let long =
            mistake(json!((0..9).map(|number| number.to_string().repeat(10_000)).collect::<Vec<_>>())).unwrap_err();
        assert!(long.ends_with(" and 5 more") && long.chars().count() < 2_000, "{long}");
    }

    /// Each level of a value is tried in both branches, and each of these goes into the next one.
    #[test]
    fn a_schema_that_doubles_with_every_level_stays_bounded() {
        let text = r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"$defs":{"n":{"anyOf":[
            {"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"required":["x"]},
            {"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"required":["y"]}]}}}"##;
        let schema = Schema::parse(text).unwrap();
        let nested = |levels: usize| {
            let text = format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
            schema.check(&serde_json::from_str(&text).unwrap())
        };
        assert_eq!(nested(10), Err("it does not fit the schema".to_owned()));
        assert_eq!(nested(16), Err("it does not fit the schema".to_owned()));
        assert_eq!(nested(100), Err("it is nested deeper than 24 levels".to_owned()));
        assert!(schema.check(&json!({})).is_ok());
    }

    #[test]
    fn patterns_with_look_around_are_kept_and_bounded() {
        let email = r"^(?!\.)(?!.*\.\.)([A-Za-z0-9_'+\-\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}$";
        let schema = |pattern: &str| Schema::parse(&json!({"type": "string", "pattern": pattern}).to_string()).unwrap();
        assert_eq!(schema(email).check(&json!("ann.lee@example.com")), Ok(()));
        assert!(schema(email).check(&json!(".ann@example.com")).is_err());
        let slow = r"^(?=x)(x+x+)+y$";
        assert!(schema(slow).check(&json!("x".repeat(1_000))).is_err());
        let many = Schema::parse(&json!({"items": {"pattern": slow}}).to_string()).unwrap();
        let texts = Value::Array(vec![json!("x".repeat(40)); 100_000]);
        assert_eq!(many.check(&texts), Err("it is too long to be checked; make it shorter".to_owned()));
    }

    /// Each branch that does not fit is kept for each item, unless somebody counts first.
    #[test]
    fn many_branches_for_many_items_stay_bounded() {
        let branches: Vec<_> =
            (0..500).map(|number| json!({"type": "object", "required": [format!("k{number}")]})).collect();
        let schema = Schema::parse(&json!({"type": "array", "items": {"anyOf": branches}}).to_string()).unwrap();
        let items = |count: usize| Value::Array(vec![json!(1); count]);
        assert_eq!(schema.check(&items(200_000)), Err("it is too long to be checked; make it shorter".to_owned()));
        assert_eq!(schema.check(&items(500)), Err("it does not fit the schema".to_owned()));
        assert!(schema.check(&items(5)).unwrap_err().starts_with("at /0: 1 is not valid under any of the schemas"));
        let long = json!(["x".repeat(16 << 20)]);
        assert!(schema.check(&long).is_err());
    }
}
