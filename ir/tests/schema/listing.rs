//! The canonical text of a section's stored types: the root first, the others by name. No docs, attributes or
//! visibility.

use std::collections::{BTreeMap, BTreeSet};

use pace_ir::bundle::sections::Known;

use crate::source::{Field, Form, Stored, Types};

/// What `FORMAT.md` says how to encode. Anything else has to be a stored type.
const BASIC: [&str; 13] =
    ["String", "bool", "u8", "u16", "u32", "u64", "i32", "i64", "f64", "Option", "Vec", "BTreeMap", "BTreeSet"];

/// The types reachable from a root.
pub(crate) struct Listing<'a> {
    root: &'a str,
    types: BTreeMap<String, &'a Stored>,
}

impl<'a> Listing<'a> {
    pub(crate) fn of(root: &'a str, types: &'a Types) -> Self {
        let mut listing = Self { root, types: BTreeMap::new() };
        let mut left = vec![root.to_owned()];
        while let Some(name) = left.pop() {
            let stored = types.get(&name).unwrap_or_else(|| panic!("`{name}` is stored and has no codec in the crate"));
            left.extend(mentioned(stored).into_iter().filter(|name| !listing.types.contains_key(name)));
            listing.types.insert(name, stored);
        }
        listing
    }

    pub(crate) fn to_text(&self, known: &Known) -> String {
        let mut text = format!("section {} version {}\n", known.id, known.version);
        let others = self.types.iter().filter(|(name, _)| *name != self.root);
        for (name, stored) in self.types.get_key_value(self.root).into_iter().chain(others) {
            text.push('\n');
            text.push_str(&print(name, stored));
        }
        text
    }

    /// A type that contains itself, through others perhaps.
    pub(crate) fn cycle(&self) -> Option<&str> {
        let inside = |name: &str| {
            let mut seen = BTreeSet::new();
            let mut left: Vec<String> = self.types.get(name).map(|stored| mentioned(stored)).unwrap_or_default();
            while let Some(next) = left.pop() {
                if let Some(stored) = self.types.get(&next)
                    && seen.insert(next)
                {
                    left.extend(mentioned(stored));
                }
            }
            seen.contains(name)
        };
        self.types.keys().map(String::as_str).find(|name| inside(name))
    }
}

/// The stored types that `stored` names.
fn mentioned(stored: &Stored) -> Vec<String> {
    let fields: Vec<&Field> = match stored {
        Stored::Struct(fields, _) => fields.iter().collect(),
        Stored::Enum(variants) => variants.iter().flat_map(|(_, fields, _)| fields).collect(),
        Stored::Name(_) | Stored::ByHand(_) => Vec::new(),
    };
    let words = fields.into_iter().flat_map(|field| field.ty.split(|c: char| !c.is_alphanumeric() && c != '_'));
    let is_type = |word: &&str| word.starts_with(|c: char| c.is_alphabetic()) && !BASIC.contains(word);
    words.filter(is_type).map(str::to_owned).collect()
}

fn print(name: &str, stored: &Stored) -> String {
    match stored {
        Stored::Struct(parts, form) => format!("struct {name}{}\n", fields(parts, *form, "\n  ", "\n")),
        Stored::Enum(variants) => {
            let line = |(at, (variant, parts, form)): (usize, &(String, Vec<Field>, Form))| {
                format!("  {at} {variant}{}\n", fields(parts, *form, " ", ","))
            };
            format!("enum {name}\n{}", variants.iter().enumerate().map(line).collect::<String>())
        }
        Stored::Name(pattern) => format!("text {name} {pattern}\n"),
        Stored::ByHand(bodies) => format!("by hand {name}\n  {}\n", bodies.join("\n  ")),
    }
}

fn fields(fields: &[Field], form: Form, lead: &str, separator: &str) -> String {
    match form {
        Form::Unit => String::new(),
        Form::Unnamed => format!("({})", fields.iter().map(|field| field.ty.as_str()).collect::<Vec<_>>().join(",")),
        Form::Named => {
            let parts: Vec<String> = fields.iter().map(|field| format!("{}:{}", field.name, field.ty)).collect();
            let separator = if separator == "\n" { lead } else { separator };
            format!("{lead}{}", parts.join(separator))
        }
    }
}
