//! Which writes are made, and which are only told. The choice is made once, when a runner starts; here it is read and held
//! against what the bundle has.

use std::collections::BTreeSet;

use pace_ir::Bundle;
use pace_ir::access::{Rules, Tool};
use pace_ir::program::{Access, AgentName, GrantTarget};
use pace_ir::text::quoted;

use crate::environment::Environment;
use crate::setup::SetupError;

/// The most names that a message lists.
const MOST_NAMES: usize = 8;

/// Which writes are made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Writes {
    /// None: the model is told what would have been.
    #[default]
    Stubbed,
    /// All.
    Live,
    /// Those of these tools and servers, by the names that `tool_grants` uses.
    Only(BTreeSet<String>),
}

impl Writes {
    /// `all`, `none`, or names with commas between; nothing for a text without a name.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "all" => return Some(Self::Live),
            "none" => return Some(Self::Stubbed),
            _ => {}
        }
        let names: BTreeSet<_> =
            text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        (!names.is_empty()).then_some(Self::Only(names))
    }

    /// Whether the writes of a tool are made.
    pub fn is_live(&self, tool: &Tool) -> bool {
        match self {
            Self::Stubbed => false,
            Self::Live => true,
            Self::Only(names) => spellings(tool).iter().any(|name| names.contains(name)),
        }
    }

    /// Whether any tool of these agents writes live. Which they are, [`Scope::agents`](crate::instantiate::Scope::agents) says: what
    /// nobody can have called here needs no record.
    pub fn are_live<'b>(&self, bundle: &'b Bundle, agents: impl IntoIterator<Item = &'b AgentName>) -> bool {
        writing_of(bundle, agents).iter().any(|tool| self.is_live(tool))
    }

    /// Holds the names against what the bundle has.
    ///
    /// # Errors
    /// One of them is no tool that writes: what was meant to be live would not be.
    pub fn check(&self, bundle: &Bundle, environment: &Environment) -> Result<(), SetupError> {
        self.judge(bundle, environment, None)
    }

    /// The same where one tool is called and nothing else, or one server's: what the environment says of others is no matter of
    /// this call, and the bundle need not have them.
    ///
    /// # Errors
    /// A flag names another tool, or one that does not write; or the environment says what is no name.
    pub fn check_one(&self, bundle: &Bundle, environment: &Environment, called: &str) -> Result<(), SetupError> {
        self.judge(bundle, environment, Some(called))
    }

    fn judge(&self, bundle: &Bundle, environment: &Environment, called: Option<&str>) -> Result<(), SetupError> {
        let Self::Only(names) = self else { return Ok(()) };
        // A flag stands on the line that was typed; a variable may have been set long ago.
        let chosen = environment.text("LIVE_WRITES").ok().flatten().and_then(Self::parse);
        let is_set = chosen.as_ref() == Some(self);
        let (source, within) = if is_set { (Source::Environment, " in `LIVE_WRITES`") } else { (Source::Flag, "") };
        let writing = writing(bundle);
        let known: BTreeSet<String> = writing.iter().flat_map(spellings).collect();
        let matters = |name: &str| called.is_none() || source == Source::Flag || is_answer(name);
        let wrong = names.iter().filter(|name| !known.contains(*name) && matters(name));
        let errors = wrong.map(|name| {
            if is_answer(name) {
                let help = "write `all` to let all tools write, `none` to let none, or the names of tools";
                return SetupError::new(format!("`{name}`{within} does not say which tools write live"), help);
            }
            let message = |what: &str| format!("`{}`{within} is to write live, and {what}", quoted(name));
            if let Some(called) = called.filter(|_| !is_read(bundle, name)) {
                let help = if known.contains(called) {
                    format!("name `{}`, or nothing: `--live-writes`", quoted(called))
                } else {
                    "leave the choice out: what is called does not write".to_owned()
                };
                return SetupError::new(message(&format!("`{}` is called, which is another", quoted(called))), help);
            }
            let what = if is_read(bundle, name) { "only reads" } else { "is no tool of this bundle that writes" };
            let help = match known.iter().take(MOST_NAMES).map(|name| format!("`{name}`")).collect::<Vec<_>>() {
                names if names.is_empty() => "this bundle has no tools that write; leave the choice out".to_owned(),
                names => format!("name tools that write, of which there are {}", names.join(", ")),
            };
            SetupError::new(message(what), help)
        });
        SetupError::all(errors.collect()).map_or(Ok(()), Err)
    }
}

/// Who chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Flag,
    Environment,
}

/// Whether this answers a question that was not asked, and names nothing.
fn is_answer(name: &str) -> bool {
    matches!(name, "true" | "false" | "yes" | "no" | "1" | "0")
}

/// The tools of a bundle that some agent may call for writing, each once.
pub fn writing(bundle: &Bundle) -> BTreeSet<Tool> {
    writing_of(bundle, bundle.program.agents.keys())
}

/// The same of some agents alone.
pub fn writing_of<'b>(bundle: &'b Bundle, agents: impl IntoIterator<Item = &'b AgentName>) -> BTreeSet<Tool> {
    let offered = agents.into_iter().flat_map(|agent| Rules::of(bundle).tools(agent));
    offered.filter(|(_, class)| *class == Access::Write).map(|(tool, _)| tool).collect()
}

fn offered(bundle: &Bundle) -> impl Iterator<Item = (Tool, Access)> {
    bundle.program.agents.keys().flat_map(|agent| Rules::of(bundle).tools(agent))
}

fn is_read(bundle: &Bundle, name: &String) -> bool {
    offered(bundle).any(|(tool, _)| spellings(&tool).contains(name))
}

/// What a tool may be called by: itself, or its server.
fn spellings(tool: &Tool) -> Vec<String> {
    let own = tool.target().to_string();
    match tool {
        Tool::Local(_) => vec![own],
        Tool::Server(server, _) => vec![own, GrantTarget::Server(server.clone()).to_string()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_is_a_word_or_a_list() {
        let only = |names: &[&str]| Some(Writes::Only(names.iter().map(|name| (*name).to_owned()).collect()));
        for (text, wanted) in [
            ("all", Some(Writes::Live)),
            (" none ", Some(Writes::Stubbed)),
            ("tools/pay", only(&["tools/pay"])),
            ("tools/pay, std/x,", only(&["std/x", "tools/pay"])),
            ("", None),
            (" , ", None),
        ] {
            assert_eq!(Writes::parse(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_list_is_live_for_what_it_names() {
        let local = Tool::Local("tools/pay".into());
        let server = Tool::Server("https://shop.example/mcp".into(), "buy".into());
        let writes = |text: &str| Writes::parse(text).unwrap();
        assert!(writes("tools/pay").is_live(&local) && !writes("tools/pa").is_live(&local));
        assert!(writes("https://shop.example/mcp").is_live(&server));
        assert!(writes("https://shop.example/mcp#buy").is_live(&server));
        assert!(!writes("https://shop.example/mcp#sell").is_live(&server));
        assert!(Writes::Live.is_live(&local) && !Writes::Stubbed.is_live(&local));
    }
}
