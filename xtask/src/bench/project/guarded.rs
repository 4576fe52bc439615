//! A project that lets in who has a token: access lists, grants and two principals.

use std::path::Path;

use anyhow::Result;

use super::{open_agent, put};

/// Whoever may ask the agent. Known to everybody who reads this: it opens nothing but a server on this machine.
pub(crate) const TOKEN: &str = "bench-load-0123456789abcdef";
/// Whoever may read all traces.
pub(crate) const READER: &str = "bench-read-0123456789abcdef";

/// The digests of both tokens.
const PROJECT: &str = "project: bench
authentication:
  - type: tokens
    tokens:
      - {sha256: 1d5563f7dba15eb55e03397893c11176781839cbf9c358dea11306441f74e9e8, principal: \"user:load\"}
      - {sha256: de7b8f6a8b654b2cc95e9eaf18597cb88f6db47b1ccaa7eb0546cb0a91ca2f37, principal: \"user:ops\"}
acl:
  - {principal: \"user:ops\", role: read}
tool_grants:
  - {tool: tools/get-weather, grants: [{principal: \"user:load\", access: read}]}
";

/// Writes the project: one agent with the tool of [`super::tools`].
pub(crate) fn write(folder: &Path) -> Result<()> {
    put(folder, "paceline.yaml", PROJECT)?;
    super::tools::copy(folder, "weather.ts", "get-weather")?;
    let spec = format!(
        "{}acl:\n  - {{principal: \"user:load\", role: execute}}\ntools:\n  - {{name: tools/get-weather, access: read, net: []}}\n",
        open_agent(0)
    );
    put(folder, "agents/agent-0/spec.yaml", &spec)
}
