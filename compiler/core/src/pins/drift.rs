//! How what a server offers now differs from what is pinned, in words, each with what it means for those who call it.

use std::collections::BTreeSet;
use std::fmt;

use pace_ir::program::{Access, Json};
use pace_ir::text::shortened;
use serde_json::{Map, Value};

use super::{Pin, ToolPin};

/// What a change means for an agent that was built with the pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Calls go on as they were.
    Compatible,
    /// Calls that were right may fail, or mean something else.
    Breaking,
    /// What counted as harmless no longer says that it is.
    Unsafe,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// What it means.
    pub severity: Severity,
    /// Which tool; none where it is about the server.
    pub tool: Option<String>,
    /// What changed.
    pub what: String,
}

impl Severity {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compatible => "compatible",
            Self::Breaking => "breaking",
            Self::Unsafe => "unsafe",
        }
    }
}

impl fmt::Display for Change {
    /// ``breaking: `read_file`: needs the new argument `path` ``.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.tool {
            Some(tool) => write!(formatter, "{}: `{}`: {}", self.severity.as_str(), shown(tool), self.what),
            None => write!(formatter, "{}: {}", self.severity.as_str(), self.what),
        }
    }
}

/// Every difference, those that matter most first, then by tool. Packages are not compared: what is installed is what is
/// pinned.
pub fn compare(pinned: &Pin, offered: &Pin) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut of_server = |severity, what: String| changes.push(Change { severity, tool: None, what });
    if pinned.name != offered.name {
        let (now, was) = (shown(&offered.name), shown(&pinned.name));
        of_server(Severity::Compatible, format!("the server calls itself `{now}`, was `{was}`"));
    }
    match (pinned.needs_credential, offered.needs_credential) {
        (false, true) => of_server(Severity::Breaking, "the server needs a credential now".to_owned()),
        (true, false) => of_server(Severity::Compatible, "the server needs no credential any more".to_owned()),
        _ => {}
    }
    let names: BTreeSet<_> = pinned.tools.keys().chain(offered.tools.keys()).collect();
    for name in names {
        let mut add = |severity, what: String| {
            changes.push(Change { severity, tool: Some(name.clone()), what });
        };
        match (pinned.tools.get(name), offered.tools.get(name)) {
            (Some(_), None) => add(Severity::Breaking, "is no longer offered".to_owned()),
            (None, Some(tool)) => add(Severity::Compatible, format!("is new ({})", tool.access.as_str())),
            (Some(was), Some(now)) => tool(was, now, &mut add),
            (None, None) => {}
        }
    }
    changes.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| (&a.tool, &a.what).cmp(&(&b.tool, &b.what))));
    changes
}

fn tool(was: &ToolPin, now: &ToolPin, add: &mut impl FnMut(Severity, String)) {
    match (was.access, now.access) {
        (Access::Read, Access::Write) => add(Severity::Unsafe, "lost its read-only hint".to_owned()),
        (Access::Write, Access::Read) => add(Severity::Compatible, "gained a read-only hint".to_owned()),
        _ => {}
    }
    if was.destructive != Some(true) && now.destructive == Some(true) {
        add(Severity::Unsafe, "says now that it may destroy".to_owned());
    } else if was.destructive != now.destructive {
        add(Severity::Compatible, hint("destructive", was.destructive, now.destructive));
    }
    for (name, was, now) in
        [("idempotent", was.idempotent, now.idempotent), ("open-world", was.open_world, now.open_world)]
    {
        if was != now {
            add(Severity::Compatible, hint(name, was, now));
        }
    }
    if was.title != now.title {
        let title =
            |title: &Option<String>| title.as_ref().map_or("none".to_owned(), |title| format!("`{}`", shown(title)));
        add(Severity::Compatible, format!("its title is {}, was {}", title(&now.title), title(&was.title)));
    }
    if was.description != now.description {
        let (is, before) = difference(&now.description, &was.description);
        add(Severity::Compatible, format!("its description says `{is}`, was `{before}`"));
    }
    arguments(&was.input, &now.input, add);
    match (&was.output, &now.output) {
        (None, Some(_)) => add(Severity::Compatible, "describes its results now".to_owned()),
        (Some(_), None) => add(Severity::Breaking, "no longer describes its results".to_owned()),
        (Some(was), Some(now)) if value(was) != value(now) => {
            add(Severity::Breaking, "describes its results in another way".to_owned());
        }
        _ => {}
    }
}

fn hint(name: &str, was: Option<bool>, now: Option<bool>) -> String {
    let word = |said: Option<bool>| said.map_or("nothing", |said| if said { "true" } else { "false" });
    format!("its {name} hint says {}, was {}", word(now), word(was))
}

/// Two schemas of arguments.
fn arguments(was: &Json, now: &Json, add: &mut impl FnMut(Severity, String)) {
    let (was, now) = (value(was), value(now));
    if was == now {
        return;
    }
    let before = (properties(&was), required(&was));
    let after = (properties(&now), required(&now));
    let names: BTreeSet<_> = before.0.keys().chain(after.0.keys()).collect();
    let mut told = false;
    let mut say = |severity, what| {
        told = true;
        add(severity, what);
    };
    for name in names {
        let (must, had_to) = (after.1.contains(name.as_str()), before.1.contains(name.as_str()));
        let shown = shown(name);
        match (before.0.get(name), after.0.get(name)) {
            (None, Some(_)) if must => say(Severity::Breaking, format!("needs the new argument `{shown}`")),
            (None, Some(_)) => {
                say(Severity::Compatible, format!("takes the new argument `{shown}`, which may be left out"));
            }
            (Some(_), None) => say(Severity::Breaking, format!("no longer takes the argument `{shown}`")),
            (Some(was), Some(now)) => {
                if must && !had_to {
                    say(Severity::Breaking, format!("needs the argument `{shown}`, which could be left out"));
                } else if had_to && !must {
                    say(Severity::Compatible, format!("the argument `{shown}` may be left out"));
                }
                argument(&shown, was, now, &mut say);
            }
            (None, None) => {}
        }
    }
    if !told {
        add(Severity::Breaking, "describes its arguments in another way".to_owned());
    }
}

fn argument(name: &str, was: &Value, now: &Value, say: &mut impl FnMut(Severity, String)) {
    if without_description(was) == without_description(now) {
        if was != now {
            say(Severity::Compatible, format!("describes the argument `{name}` in other words"));
        }
        return;
    }
    let kind = |schema: &Value| schema.get("type").map_or("of any kind".to_owned(), Value::to_string);
    let (is, before) = (kind(now), kind(was));
    if is == before {
        say(Severity::Breaking, format!("takes other values for the argument `{name}`"));
    } else {
        let plain = |kind: String| shown(&kind.replace('"', ""));
        say(Severity::Breaking, format!("the argument `{name}` is {}, was {}", plain(is), plain(before)));
    }
}

fn without_description(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(object) = schema.as_object_mut() {
        object.remove("description");
        object.remove("title");
    }
    schema
}

/// A schema as a value: equal whatever the order of its keys.
fn value(json: &Json) -> Value {
    serde_json::from_str(&json.0).unwrap_or_else(|_| Value::from(json.0.as_str()))
}

fn properties(schema: &Value) -> Map<String, Value> {
    schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn required(schema: &Value) -> BTreeSet<&str> {
    let list = schema.get("required").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// How many characters of two texts are shown.
const SHOWN: usize = 60;

/// Two texts where they begin to differ, with a few words before.
fn difference(one: &str, other: &str) -> (String, String) {
    let same = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let skipped = if same > SHOWN / 2 { same - SHOWN / 3 } else { 0 };
    let part = |text: &str| {
        let rest: String = text.chars().skip(skipped).collect();
        format!("{}{}", if skipped > 0 { "…" } else { "" }, shortened(&rest, SHOWN))
    };
    (part(one), part(other))
}

fn shown(text: &str) -> String {
    shortened(text, SHOWN)
}
