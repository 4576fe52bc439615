//! Access lists and grants.

use pace_ir::program::{Access, Principal, ProjectRole, Role};

use crate::parse::decode::mapping;
use crate::parse::field::List;
use crate::parse::scalar::{Line, decode_word};

decode_word!(Access, ["read" => Access::Read, "write" => Access::Write]);
decode_word!(Role, ["execute" => Role::Execute, "read" => Role::Read]);
decode_word!(ProjectRole, ["read" => ProjectRole::Read, "admin" => ProjectRole::Admin]);

mapping! {
    /// One line of an agent's or loop's access list.
    pub(crate) struct AclEntrySpec ("an `acl` entry") {
        /// Who: `user:<id>`, `group:<name>`, `serviceaccount:<name>`, `authenticated` or `anonymous`.
        required principal: Principal,
        /// What: `execute` (invoke it) or `read` (see its traces and sessions).
        required role: Role,
    }
}

mapping! {
    /// One line of the project's access list.
    pub(crate) struct ProjectAclEntrySpec ("a project `acl` entry") {
        /// Who.
        required principal: Principal,
        /// What: `read` (see all traces and sessions) or `admin` (also execute every agent and loop and cancel what runs).
        required role: ProjectRole,
    }
}

mapping! {
    /// Who may use a tool. A tool named here is closed to everyone who is not granted.
    pub(crate) struct ToolGrantSpec ("a `tool_grants` entry") {
        /// The tool: a server's address, one of its tools (`<address>#<tool>`), `tools/<name>` or `std/<name>`.
        required tool: Line,
        /// Who may use it, and how far.
        required grants: List<GrantSpec>,
    }
}

mapping! {
    /// A principal and what it may do.
    pub(crate) struct GrantSpec ("a grant") {
        /// Who.
        required principal: Principal,
        /// How far: `read`, or `write`, which includes `read`.
        required access: Access,
    }
}
