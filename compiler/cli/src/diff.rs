//! Two bundles compared by what they mean. Every difference has a direction: somebody can do more (`grows`), less
//! (`shrinks`), or neither can be said (`changes`: prompts, models, schedules). Swapping the bundles swaps the directions.
//!
//! What the bundles state is compared part by part; [`reach`] then adds what follows from it for each principal, through
//! delegation too. Both bundles are verified before they come here, and nothing is read or printed.

mod access;
mod agents;
pub(crate) mod aside;
mod authentication;
mod changes;
mod credentials;
mod grants;
mod loops;
mod models;
mod net;
mod reach;
mod table;
mod tools;
mod values;

#[cfg(test)]
pub(crate) mod tests;

use std::fmt;

use pace_ir::Bundle;

use changes::Changes;

/// Which way a difference goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Somebody can do more, or a guard fell away.
    Grows,
    /// Somebody can do less, or a guard was added.
    Shrinks,
    /// Neither can be said.
    Changes,
}

/// What a difference is about. The order is that of the output.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// The project as a whole.
    Project,
    /// An agent.
    Agent(String),
    /// A loop.
    Loop(String),
    /// A model.
    Model(String),
    /// A compiled tool.
    Tool(String),
    /// A pinned server.
    Server(String),
    /// A skill.
    Skill(String),
    /// What follows for principals from everything above.
    Reach,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) place: Place,
    pub(crate) direction: Direction,
    /// The key it is about, as specs name it: `acl`, `tools`, `limits`.
    pub(crate) what: &'static str,
    /// One plain sentence without its subject.
    pub(crate) text: String,
}

/// The differences from `a` to `b`, by place, in the order of what was compared.
pub(crate) fn of(a: &Bundle, b: &Bundle) -> Vec<Change> {
    let mut changes = Changes::default();
    changes.at(Place::Project);
    authentication::compare(&mut changes, &a.auth.authentication, &b.auth.authentication);
    access::accounts(&mut changes, &a.auth.service_accounts, &b.auth.service_accounts);
    access::project(&mut changes, &a.auth.project, &b.auth.project);
    grants::compare(&mut changes, a, b);
    credentials::compare(&mut changes, &a.auth.credentials, &b.auth.credentials);
    agents::compare(&mut changes, a, b);
    loops::compare(&mut changes, a, b);
    models::compare(&mut changes, &a.program.models, &b.program.models);
    table::compare(&mut changes, &a.tools, &b.tools);
    changes.at(Place::Reach);
    reach::compare(&mut changes, a, b);
    if changes.is_empty() && !is_same_program(a, b) {
        changes.at(Place::Project);
        changes.changes("program", "holds something that nothing in it uses, or no longer does");
    }
    changes.finish()
}

fn is_same_program(a: &Bundle, b: &Bundle) -> bool {
    a.program == b.program && a.auth == b.auth && a.tools == b.tools && a.blobs == b.blobs
}

impl Direction {
    /// The sign before a line.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Grows => "+",
            Self::Shrinks => "-",
            Self::Changes => "~",
        }
    }

    /// The word for programs.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Grows => "grows",
            Self::Shrinks => "shrinks",
            Self::Changes => "changes",
        }
    }
}

impl Place {
    /// The kind and, unless there is only one, the name.
    pub(crate) fn parts(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Project => ("project", None),
            Self::Agent(name) => ("agent", Some(name)),
            Self::Loop(name) => ("loop", Some(name)),
            Self::Model(name) => ("model", Some(name)),
            Self::Tool(name) => ("tool", Some(name)),
            Self::Server(name) => ("server", Some(name)),
            Self::Skill(name) => ("skill", Some(name)),
            Self::Reach => ("reach", None),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts() {
            ("reach", _) => formatter.write_str("who can do what"),
            (kind, None) => formatter.write_str(kind),
            (kind, Some(name)) => write!(formatter, "{kind} `{name}`"),
        }
    }
}
