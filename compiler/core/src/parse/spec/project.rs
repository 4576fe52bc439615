//! `paceline.yaml`.

use pace_diag::Level;
use pace_ir::program::{MicroUsd, ModelName, Principal, ProjectName, Provider, ServiceAccountName, Template};

use super::access::{ProjectAclEntrySpec, ToolGrantSpec};
use super::agent::LimitsSpec;
use super::authentication::{AuthenticationSpec, CredentialSpec};
use crate::parse::decode::mapping;
use crate::parse::field::{List, Table};
use crate::parse::scalar::{Line, Whole, decode_word};

decode_word!(Level, ["allow" => Level::Allow, "warn" => Level::Warn, "deny" => Level::Deny]);
decode_word!(Provider, [
    "gemini" => Provider::Gemini,
    "openai" => Provider::OpenAi,
    "anthropic" => Provider::Anthropic,
    "replay" => Provider::Replay,
]);

mapping! {
    /// What holds for the whole project. Every key is optional, and so is the file.
    pub(crate) struct ProjectSpec ("`paceline.yaml`") {
        /// The version of this language: 1.
        #[expect(dead_code, reason = "there is only one; it is read so that others are refused")]
        optional version: Whole<1, 1>,
        /// The project's name; state is kept under it. Default: `default`.
        optional project: ProjectName,
        /// The non-human identities besides the agents' own.
        optional service_accounts: List<AccountSpec>,
        /// Who may see all traces and sessions (`read`), or also execute every agent and loop and cancel what runs (`admin`).
        optional acl: List<ProjectAclEntrySpec>,
        /// Who may use which tool.
        optional tool_grants: List<ToolGrantSpec>,
        /// What servers are shown: by server, then by the principal it acts for.
        optional mcp_credentials: Table<String, Table<Principal, CredentialSpec>>,
        /// Models beyond the built-in catalogue.
        optional models: List<ModelSpec>,
        /// How a request's principal is found, the first source that applies; or `none`.
        optional authentication: AuthenticationSpec,
        /// Where skills come from besides the public ones.
        optional registries: List<RegistrySpec>,
        /// Levels of lints, by slug: `allow`, `warn` or `deny`.
        optional lints: Table<String, Level>,
        /// Default bounds of an invocation, for agents that set none of their own.
        optional limits: LimitsSpec,
    }
}

mapping! {
    /// A service account.
    pub(crate) struct AccountSpec ("a service account") {
        /// Its name; written `serviceaccount:<name>` elsewhere.
        required name: ServiceAccountName,
    }
}

mapping! {
    /// A model beyond the built-in catalogue.
    pub(crate) struct ModelSpec ("a model") {
        /// The name by which agents choose it.
        required name: ModelName,
        /// The wire format it speaks: `gemini`, `openai`, `anthropic`, or `replay` for recorded answers.
        required provider: Provider,
        /// What the provider calls it. Default: its `name`.
        optional model: Line,
        /// Instead of the provider's own address.
        optional base_url: Template,
        /// Instead of the provider's usual environment variable; by reference.
        optional api_key: Template,
        /// What it costs.
        optional price: PriceSpec,
        /// For `replay`: the file of recorded turns, in this project.
        optional turns: Line,
    }
}

mapping! {
    /// Prices in US dollars for a million tokens.
    pub(crate) struct PriceSpec ("a price") {
        /// A million tokens read.
        required input: MicroUsd,
        /// A million tokens written, thoughts included.
        required output: MicroUsd,
        /// A million tokens read from the provider's cache. Default: as `input`.
        optional cached_input: MicroUsd,
    }
}

mapping! {
    /// A registry of skills.
    pub(crate) struct RegistrySpec ("a registry") {
        /// The first part of the references it answers, such as `skills.example.com`.
        required name: Line,
        /// Its address.
        required url: Template,
        /// A token for it, by reference.
        optional token: Template,
    }
}
