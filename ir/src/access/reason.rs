//! Why a decision is what it is. Each reason is one sentence that stands alone: it is shown to people, told to models and
//! kept in traces.

use std::fmt;

use super::Subject;
use crate::program::{Access, AgentName, GrantTarget, LoopName, Principal, ProjectRole, Role};

/// The most groups that a reason names: a directory may give hundreds.
const GROUPS: usize = 3;

/// What an access list is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// An agent.
    Agent(AgentName),
    /// A loop.
    Loop(LoopName),
    /// Everything.
    Project,
}

/// Why a subject may or may not. Tools are named as `tool_grants` names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The agent has no list.
    Open(AgentName),
    /// A list names the subject, or the agent that calls for it.
    Listed {
        /// Whose list.
        resource: Resource,
        /// Who is named.
        rule: Principal,
        /// With what.
        role: Role,
    },
    /// The project's list names the subject, or the agent that calls for it.
    Project {
        /// Who is named.
        rule: Principal,
        /// With what.
        role: ProjectRole,
    },
    /// It is the subject's own trace, session or invocation.
    Own(Principal),
    /// The loop has no list, and the operator asks.
    Operator(LoopName),
    /// The agent may use the tool for calls of this class.
    Capable {
        /// The agent.
        agent: AgentName,
        /// The tool.
        tool: GrantTarget,
        /// The class.
        class: Access,
    },
    /// The agent lists the other as a tool.
    CapableOfCalling {
        /// The agent.
        agent: AgentName,
        /// The other.
        target: AgentName,
    },
    /// A grant names the subject.
    Granted {
        /// What the grant is on.
        target: GrantTarget,
        /// Who is named.
        rule: Principal,
        /// With what.
        access: Access,
    },
    /// No grant names the tool, and the call only reads.
    UngrantedRead(GrantTarget),
    /// The project has no grants at all.
    NoGrants(GrantTarget),

    /// There is no such agent or loop.
    Unknown(Resource),
    /// No list names the subject.
    NotListed {
        /// Whose list.
        resource: Resource,
        /// Who asked, with the groups that were looked for.
        subject: Subject,
        /// For what.
        role: Role,
    },
    /// It is somebody else's, and takes an admin of the project. Who asked, with the groups that were looked for.
    NotOwn(Subject),
    /// The agent's list of tools has no such tool.
    Incapable {
        /// The agent.
        agent: AgentName,
        /// The tool.
        tool: GrantTarget,
    },
    /// The agent's list of tools does not have the other.
    IncapableOfCalling {
        /// The agent.
        agent: AgentName,
        /// The other.
        target: AgentName,
    },
    /// The agent has the tool for reading only.
    ReadOnly {
        /// The agent.
        agent: AgentName,
        /// The tool.
        tool: GrantTarget,
    },
    /// An agent further up called this one for reading only.
    ReadOnlyCaller(GrantTarget),
    /// A grant names the tool and none the subject.
    NotGranted {
        /// The tool.
        tool: GrantTarget,
        /// Who asked, with the groups that were looked for.
        subject: Subject,
    },
    /// The subject is granted reads, and asked for a write.
    OnlyRead {
        /// The tool.
        tool: GrantTarget,
        /// Who asked, with the groups that were looked for.
        subject: Subject,
    },
    /// No grant names the tool, the call writes, and the project has grants.
    UngrantedWrite(GrantTarget),
}

impl fmt::Display for Resource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agent(name) => write!(formatter, "the agent `{name}`"),
            Self::Loop(name) => write!(formatter, "the loop `{name}`"),
            Self::Project => formatter.write_str("the project"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(agent) => {
                write!(formatter, "the agent `{agent}` has no `acl`, which opens it to whoever the listener admits")
            }
            Self::Listed { resource, rule, role } => {
                write!(formatter, "the `acl` of {resource} gives `{rule}` the role `{}`", role.as_str())
            }
            Self::Project { rule, role } => {
                write!(formatter, "the project's `acl` gives `{rule}` the role `{}`", role.as_str())
            }
            Self::Own(owner) => write!(formatter, "it belongs to `{owner}`"),
            Self::Operator(name) => {
                write!(formatter, "the loop `{name}` has no `acl`, which leaves it to the operator of the machine")
            }
            Self::Capable { agent, tool, class } => {
                write!(formatter, "the agent `{agent}` lists `{tool}` for calls that {}", class.as_str())
            }
            Self::CapableOfCalling { agent, target } => {
                write!(formatter, "the agent `{agent}` lists the agent `{target}`")
            }
            Self::Granted { target, rule, access } => {
                write!(formatter, "`tool_grants` gives `{rule}` the access `{}` on `{target}`", access.as_str())
            }
            Self::UngrantedRead(tool) => {
                write!(formatter, "no entry of `tool_grants` names `{tool}`, which leaves reads open")
            }
            Self::NoGrants(tool) => {
                write!(formatter, "the project has no `tool_grants`, which leaves `{tool}` open")
            }
            denied => denied.fmt_denied(formatter),
        }
    }
}

impl Reason {
    fn fmt_denied(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(resource) => write!(formatter, "the bundle does not have {resource}"),
            Self::NotListed { resource, subject, role } => {
                let asked = asked(subject, "or", "any of");
                write!(formatter, "no `acl` gives {asked} the role `{}` on {resource}", role.as_str())
            }
            Self::NotOwn(subject) => {
                let asked = asked(subject, "or", "any of");
                write!(
                    formatter,
                    "it belongs to somebody else, and no `acl` gives {asked} the role `admin` on the project"
                )
            }
            Self::Incapable { agent, tool } => {
                write!(formatter, "the `tools` of the agent `{agent}` do not offer `{tool}`")
            }
            Self::IncapableOfCalling { agent, target } => {
                write!(formatter, "the `tools` of the agent `{agent}` do not list the agent `{target}`")
            }
            Self::ReadOnly { agent, tool } => {
                write!(formatter, "the agent `{agent}` may use `{tool}` only for reading")
            }
            Self::ReadOnlyCaller(tool) => {
                write!(formatter, "the calling agent asked for reading only, and this call of `{tool}` would write")
            }
            Self::NotGranted { tool, subject } => {
                let asked = asked(subject, "and", "all of");
                write!(formatter, "`tool_grants` closes `{tool}` to all it does not name, and gives {asked} nothing")
            }
            Self::OnlyRead { tool, subject } => {
                let asked = asked(subject, "and", "all of");
                write!(formatter, "`tool_grants` gives {asked} only the access `read` on `{tool}`")
            }
            Self::UngrantedWrite(tool) => write!(
                formatter,
                "no entry of `tool_grants` names `{tool}`, and writes need a grant in a project that has any"
            ),
            // Allowing reasons are written by `fmt`.
            _ => Ok(()),
        }
    }
}

/// Who asked, and the groups that could have helped: `` `user:ann` or `group:ops` ``. An anonymous subject is in none.
fn asked(subject: &Subject, joined: &str, all: &str) -> String {
    let principal = format!("`{}`", subject.principal);
    let groups = if subject.principal == Principal::Anonymous { 0 } else { subject.groups.len() };
    if groups > GROUPS {
        return format!("{principal} {joined} {all} their {groups} groups");
    }
    let named = subject.groups.iter().take(groups).map(|group| format!("`group:{group}`"));
    let all: Vec<_> = std::iter::once(principal).chain(named).collect();
    match all.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} {joined} {last}", rest.join(", ")),
        None => String::new(),
    }
}
