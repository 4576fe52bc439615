//! How what a server offers now differs from what is pinned, in words, each with what it means for those who call it.

use std::collections::BTreeSet;
use std::fmt;

use pace_ir::drift;
pub use pace_ir::drift::Severity;
use pace_ir::program::{Access, Json};
use pace_ir::text::shortened;
use serde_json::Value;

use super::{Pin, ToolPin};

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
    for (severity, what) in drift::arguments(&value(&was.input), &value(&now.input)) {
        add(severity, what);
    }
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

/// A schema as a value: equal whatever the order of its keys.
fn value(json: &Json) -> Value {
    serde_json::from_str(&json.0).unwrap_or_else(|_| Value::from(json.0.as_str()))
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
