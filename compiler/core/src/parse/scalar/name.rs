//! Names and principals.

use std::str::FromStr;

use pace_diag::{Applicability, Diagnostic, Reported, code};
use pace_ir::program::name::{MalformedName, ToolName};
use pace_ir::program::principal::MalformedPrincipal;
use pace_ir::program::{AgentName, LoopName, ModelName, Principal, ProjectName, ServiceAccountName};
use pace_syntax::NodeId;
use serde_json::{Value, json};

use crate::parse::decode::{Decode, Reader};
use crate::parse::shape::Shapes;

/// Reads a name and offers the nearest one that would do.
fn name<T: FromStr<Err = MalformedName>>(node: NodeId, reader: &mut Reader<'_>, what: &str) -> Result<T, Reported> {
    let text = reader.string(node)?;
    text.parse().map_err(|why: MalformedName| {
        let diagnostic = Diagnostic::new(&code::MALFORMED_NAME, format!("`{text}` cannot be the name of {what}"))
            .at(reader.span(node), format!("a name is {why}"));
        let better = labelled(text);
        let diagnostic = if better.parse::<T>().is_ok() {
            diagnostic.fix(format!("use `{better}`"), Applicability::Unsafe, reader.span(node), better)
        } else {
            diagnostic
        };
        reader.sink.error(diagnostic)
    })
}

/// The label nearest to a text: lower case, a hyphen before each capital inside, everything else a hyphen. Empty for a text
/// with letters that a label cannot have: what is left without them is no name anybody would want.
fn labelled(text: &str) -> String {
    if !text.is_ascii() {
        return String::new();
    }
    let mut mapped = String::new();
    let mut after_small = false;
    for c in text.chars() {
        if after_small && c.is_ascii_uppercase() {
            mapped.push('-');
        }
        mapped.push(if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
        after_small = c.is_ascii_lowercase();
    }
    let words: Vec<_> = mapped.split('-').filter(|word| !word.is_empty()).collect();
    words.join("-")
}

macro_rules! decode_name {
    ($type:ty, $what:literal) => {
        impl Decode for $type {
            fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
                name(node, reader, $what)
            }

            fn shape(_: &mut Shapes) -> Value {
                json!({"type": "string", "pattern": <$type>::PATTERN})
            }
        }
    };
}

decode_name!(AgentName, "an agent");
decode_name!(LoopName, "a loop");
decode_name!(ServiceAccountName, "a service account");
decode_name!(ProjectName, "a project");
decode_name!(ModelName, "a model");
decode_name!(ToolName, "a tool");

impl Decode for Principal {
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        let text = reader.string(node)?;
        text.parse().map_err(|why: MalformedPrincipal| {
            let span = reader.span(node);
            let diagnostic = Diagnostic::new(&code::MALFORMED_PRINCIPAL, format!("`{text}` is not a principal"))
                .at(span, why.to_string());
            reader.sink.error(match near_kind(text) {
                Some(near) => diagnostic.fix(format!("did you mean `{near}`?"), Applicability::Unsafe, span, near),
                None => diagnostic.help(intended(text)),
            })
        })
    }

    fn shape(_: &mut Shapes) -> Value {
        let pattern = "^(user:\\S+|group:\\S+|serviceaccount:[a-z0-9][a-z0-9-]{0,62}|authenticated|anonymous)$";
        json!({"type": "string", "pattern": pattern})
    }
}

/// The principal of a text with a kind that is almost one: `Group:x`, `service-account:x`.
fn near_kind(text: &str) -> Option<String> {
    let (kind, name) = text.split_once(':')?;
    let kind = match kind.trim().to_ascii_lowercase().replace(['-', '_', ' '], "").as_str() {
        "user" | "users" => "user",
        "group" | "groups" => "group",
        "serviceaccount" | "serviceaccounts" | "sa" => "serviceaccount",
        _ => return None,
    };
    let near = format!("{kind}:{}", name.trim());
    near.parse::<Principal>().is_ok().then_some(near)
}

/// What to write instead.
fn intended(text: &str) -> String {
    let plain = !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == ':');
    match text {
        "everyone" | "everybody" | "anyone" | "all" | "public" | "*" => {
            "write `authenticated` for everyone who signs in, `anonymous` for everyone else".to_owned()
        }
        _ if text.eq_ignore_ascii_case("authenticated") => "did you mean `authenticated`?".to_owned(),
        _ if text.eq_ignore_ascii_case("anonymous") => "did you mean `anonymous`?".to_owned(),
        _ if plain && text.contains('@') => format!("write `user:{text}`"),
        _ if plain => format!("write `user:{text}`, `group:{text}` or `serviceaccount:{text}`"),
        _ => "write `user:<id>`, `group:<name>`, `serviceaccount:<name>`, `authenticated` or `anonymous`".to_owned(),
    }
}
