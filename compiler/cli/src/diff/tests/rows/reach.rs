//! What follows for principals, through delegation.

use pace_ir::program::tool::Net;
use pace_ir::program::{Access, Role};

use super::super::edits::{access, agent, front};
use super::super::sample::{self, acl, calls, name};
use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row(
            "a tool of an agent that others lead to",
            |b| {
                agent(b, "back").tools.push(sample::entry(sample::local("tools/x", Net::AnyPublic), Access::Read));
            },
            &[
                "agent `back`: + may use `tools/x` (read)",
                "agent `back`: + `tools/x` may connect to any public host",
                "who can do what: + `user:ann`, `group:ops`, `serviceaccount:bot` may use `tools/x` of the agent `back` through `front` (read)",
            ],
        ),
        row(
            "an agent that others no longer lead to",
            |b| {
                front(b).tools.pop();
            },
            &[
                "agent `front`: - may no longer use the agent `back` (write)",
                "who can do what: - `user:ann`, `group:ops`, `serviceaccount:bot` may no longer reach the agent `back` through `front` (write)",
                "who can do what: - `user:ann`, `group:ops` may no longer use `tools/y` of the agent `back` through `front` (write)",
            ],
        ),
        row(
            "new agent for everyone",
            |b| {
                let tools = vec![sample::entry(sample::local("tools/x", Net::Only(vec![])), Access::Read)];
                b.program.agents.insert(name("open"), sample::agent(tools));
                b.auth.agents.insert(name("open"), sample::access("open", None));
            },
            &[
                "agent `open`: + is new: whoever the listener admits may execute it",
                "agent `open`: + may use `tools/x` (read)",
                "who can do what: + everyone may use `tools/x` of the agent `open` (read)",
            ],
        ),
        row(
            "new agent that leads to another",
            |b| {
                b.program.agents.insert(name("open"), sample::agent(vec![calls("back", Access::Read)]));
                b.auth.agents.insert(name("open"), sample::access("open", None));
                let both = [("serviceaccount:front", Role::Execute), ("serviceaccount:open", Role::Execute)];
                access(b, "back").acl = Some(acl(&both));
            },
            &[
                "agent `back`: + `serviceaccount:open` may execute it",
                "agent `open`: + is new: whoever the listener admits may execute it",
                "agent `open`: + may use the agent `back` (read)",
                "who can do what: + everyone else may reach the agent `back` through `open` (read)",
            ],
        ),
    ]
}
