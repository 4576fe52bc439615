//! Values that references bring into an argument, a variable or an address of a server, and that nobody is to be shown by it. A
//! credential always is one. A variable of the runner mostly is; but it may also say where things are, and a model that is told
//! of a folder or a host has to read its name.

use pace_ir::program::Template;
use pace_ir::program::template::TemplatePart;
use pace_mcp::Secret;
use url::Url;

use crate::environment::Environment;

/// What a value is replaced by, and the value.
pub type Hidden = (String, Secret);

/// Values in an argument or a variable: all but folders and files.
pub fn in_text(environment: &Environment, template: &Template) -> Vec<Hidden> {
    values(environment, template)
        .filter(|value| value.is_credential || !is_path(&value.text))
        .map(Value::hidden)
        .collect()
}

/// Values in an address: all but its host, and what follows `?` in one that is a reference as a whole.
pub fn in_address(environment: &Environment, template: &Template, url: &Url) -> Vec<Hidden> {
    let host = url.host_str().unwrap_or_default();
    let (mut hidden, mut is_whole) = (Vec::new(), false);
    for value in values(environment, template) {
        let is_host = host.contains(&value.text.to_ascii_lowercase());
        let has_host = !host.is_empty() && value.text.to_ascii_lowercase().contains(host);
        is_whole |= has_host && !is_host;
        if value.is_credential || !(is_host || has_host) {
            hidden.push(value.hidden());
        }
    }
    if is_whole {
        hidden.extend(url.query_pairs().map(|(name, value)| (name.into_owned(), Secret::new(value))));
    }
    hidden
}

struct Value {
    name: String,
    text: String,
    is_credential: bool,
}

impl Value {
    fn hidden(self) -> Hidden {
        (self.name, Secret::new(self.text))
    }
}

fn values(environment: &Environment, template: &Template) -> impl Iterator<Item = Value> {
    template.parts.iter().filter_map(|part| {
        let (name, is_credential) = match part {
            TemplatePart::Literal(_) => return None,
            TemplatePart::Env(name) => (name, false),
            TemplatePart::Credential(name) => (name, true),
        };
        // What is missing was told by whoever resolved it.
        let text = environment.referred(part).ok()??.expose().to_owned();
        Some(Value { name: name.clone(), text, is_credential })
    })
}

fn is_path(text: &str) -> bool {
    text.starts_with(['/', '~', '.']) || text.get(1..3) == Some(":\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(name: &str) -> TemplatePart {
        TemplatePart::Env(name.to_owned())
    }

    fn named(hidden: Vec<Hidden>) -> Vec<String> {
        hidden.into_iter().map(|(name, _)| name).collect()
    }

    fn environment() -> Environment {
        let variables = [
            ("KEY", "k3y-of-somebody"),
            ("FOLDER", "/srv/data"),
            ("HOST", "Tickets.example.com"),
            ("URL", "https://tickets.example.com/mcp?key=s3cret-value&x=1"),
        ];
        Environment::from_pairs(variables)
    }

    fn template(parts: Vec<TemplatePart>) -> Template {
        Template { parts }
    }

    #[test]
    fn an_argument_hides_keys_and_no_folders() {
        let parts = vec![TemplatePart::Literal("--key=".to_owned()), env("KEY"), env("FOLDER"), env("MISSING")];
        assert_eq!(named(in_text(&environment(), &template(parts))), ["KEY"]);
    }

    #[test]
    fn an_address_hides_keys_and_no_hosts() {
        let url = Url::parse("https://tickets.example.com/mcp?key=k3y-of-somebody").unwrap();
        let literal = |text: &str| TemplatePart::Literal(text.to_owned());
        let parts = vec![literal("https://"), env("HOST"), literal("/mcp?key="), env("KEY")];
        assert_eq!(named(in_address(&environment(), &template(parts), &url)), ["KEY"]);
        let url = Url::parse("https://tickets.example.com/mcp?key=s3cret-value&x=1").unwrap();
        assert_eq!(named(in_address(&environment(), &template(vec![env("URL")]), &url)), ["key", "x"]);
    }
}
