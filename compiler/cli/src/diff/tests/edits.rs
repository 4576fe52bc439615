//! The ways into a bundle that the rows use.

use pace_ir::Bundle;
use pace_ir::program::authentication::{Header, Jwt, Source, Token};
use pace_ir::program::authorization::{AgentAccess, Credential, LoopAccess};
use pace_ir::program::tool::{LocalTarget, PinnedServer, ServerTarget};
use pace_ir::program::{Access, Agent, Authentication, GrantTarget, Loop, Model, Principal, Target, ToolEntry};

use super::sample::{SERVER, name, who};

pub(super) fn agent<'b>(bundle: &'b mut Bundle, agent: &str) -> &'b mut Agent {
    bundle.program.agents.get_mut(&name(agent)).unwrap()
}

pub(super) fn front(bundle: &mut Bundle) -> &mut Agent {
    agent(bundle, "front")
}

pub(super) fn access<'b>(bundle: &'b mut Bundle, agent: &str) -> &'b mut AgentAccess {
    bundle.auth.agents.get_mut(&name(agent)).unwrap()
}

pub(super) fn entry(bundle: &mut Bundle, index: usize) -> &mut ToolEntry {
    &mut front(bundle).tools[index]
}

pub(super) fn local(bundle: &mut Bundle) -> &mut LocalTarget {
    match &mut entry(bundle, 0).target {
        Target::Local(local) => local,
        other => panic!("{other:?}"),
    }
}

pub(super) fn server(bundle: &mut Bundle) -> &mut ServerTarget {
    match &mut entry(bundle, 1).target {
        Target::Server(server) => server,
        other => panic!("{other:?}"),
    }
}

pub(super) fn pinned(bundle: &mut Bundle) -> &mut PinnedServer {
    bundle.tools.servers.get_mut(SERVER).unwrap()
}

pub(super) fn daily(bundle: &mut Bundle) -> &mut Loop {
    bundle.program.loops.get_mut(&name("daily")).unwrap()
}

pub(super) fn daily_access(bundle: &mut Bundle) -> &mut LoopAccess {
    bundle.auth.loops.get_mut(&name("daily")).unwrap()
}

pub(super) fn model(bundle: &mut Bundle) -> &mut Model {
    bundle.program.models.get_mut(&name("fast")).unwrap()
}

pub(super) fn sources(bundle: &mut Bundle) -> &mut Vec<Source> {
    match &mut bundle.auth.authentication {
        Authentication::Sources(sources) => sources,
        other => panic!("{other:?}"),
    }
}

pub(super) fn jwt(bundle: &mut Bundle) -> &mut Jwt {
    match &mut sources(bundle)[0] {
        Source::Jwt(jwt) => jwt,
        other => panic!("{other:?}"),
    }
}

pub(super) fn token(bundle: &mut Bundle) -> &mut Token {
    match &mut sources(bundle)[1] {
        Source::Tokens(tokens) => &mut tokens[0],
        other => panic!("{other:?}"),
    }
}

pub(super) fn header(bundle: &mut Bundle) -> &mut Header {
    match &mut sources(bundle)[2] {
        Source::Header(header) => header,
        other => panic!("{other:?}"),
    }
}

pub(super) fn grant(bundle: &mut Bundle, target: GrantTarget, principal: &str, access: Access) {
    bundle.auth.grants.entry(target).or_default().insert(who(principal), access);
}

pub(super) fn credential(bundle: &mut Bundle) -> &mut Credential {
    let of_server = bundle.auth.credentials.get_mut(SERVER).unwrap();
    of_server.get_mut(&Principal::Group("ops".to_owned())).unwrap()
}
