//! What the compiler cannot build yet is shown too: tools, servers, skills, credentials.

use pace_ir::Bundle;
use pace_ir::program::Target;
use pace_ir::program::tool::{HostPattern, Net, NetRule};

use super::{Detail, View, text};
use crate::diff::tests::sample;

fn shown(bundle: &Bundle) -> String {
    text::of(&View::program(bundle, Detail::Program))
}

const ACCESS: &str = "  tool grants:
    tools/y
      group:ops may write
  mcp credentials:
    npm:files
      group:ops: oauth client
        token_url: found by discovery
        client_id: pace
        client_secret: ${env:SECRET}
        scopes: read
";
const ENTRIES: &str = "  tools:
    tools/x (read)
      net: api.example.com
      env:
        KEY=${env:KEY}
    npm:files as files (write)
      tools: list, move
      gives: list (read), move (write)
      args: .
      roots: data
    agent back as back (write)
  skills: ./skills/brief
";
const TABLE: &str = "tool `tools/y`
  name: y
  description:
    | Does it.
  parameters: {}

server `npm:files`
  address: mcp://npx/files@1.0.0
  name: files
  version: 1.0.0
  program: node node_modules/files/index.js
  list (read)
    description:
      | Does it.
    input: {}
  move (write)
    description:
      | Does it.
    input: {}
  stat (read)
    description:
      | Does it.
    input: {}

skill `./skills/brief`
  reference: ./skills/brief
  name: brief
  description: Short answers
";

#[test]
fn tools_servers_and_credentials_are_printed() {
    let text = shown(&sample::bundle());
    for part in [ACCESS, ENTRIES, TABLE] {
        assert!(text.contains(part), "{part}\nis not in\n{text}");
    }
    assert!(text.ends_with(TABLE));
}

#[test]
fn destinations_are_printed_as_they_reach() {
    let table = [
        (Net::AnyPublic, "net: any public host"),
        (Net::Only(vec![]), "net: nothing"),
        (
            Net::Only(vec![
                NetRule { host: HostPattern::Subdomains("example.com".to_owned()), port: Some(443), private: false },
                NetRule { host: HostPattern::Network("fd00::/8".to_owned()), port: Some(80), private: false },
                NetRule { host: HostPattern::Host("db".to_owned()), port: None, private: true },
            ]),
            "net: *.example.com:443, [fd00::/8]:80, db (private too)",
        ),
    ];
    for (net, line) in table {
        let mut bundle = sample::bundle();
        let agent = bundle.program.agents.get_mut(&sample::name("front")).unwrap();
        if let Target::Local(local) = &mut agent.tools[0].target {
            local.net = net;
        }
        let text = shown(&bundle);
        assert!(text.contains(&format!("      {line}\n")), "{line}\nis not in\n{text}");
    }
}

#[test]
fn one_value_cannot_be_taken_for_two() {
    let mut bundle = sample::bundle();
    let agent = bundle.program.agents.get_mut(&sample::name("front")).unwrap();
    agent.skills = vec!["one, two".to_owned(), String::new()];
    assert!(shown(&bundle).contains("  skills: \"one, two\", \"\"\n"));
}

#[test]
fn digests_are_left_out_of_the_program_alone() {
    let bundle = sample::bundle();
    let json = |detail| serde_json::to_value(View::program(&bundle, detail)).unwrap();
    let (everything, program) = (json(Detail::Everything), json(Detail::Program));
    for path in ["/tools/tools~1x/module", "/tools/tools~1x/source", "/servers/npm:files/package/tree"] {
        assert!(everything.pointer(path).is_some_and(serde_json::Value::is_string), "{path}");
        assert_eq!(program.pointer(path), None, "{path}");
    }
    assert_eq!(program.pointer("/agents/front/tools/0/kind").unwrap(), "tool");
    assert_eq!(program.pointer("/agents/front/tools/1/server").unwrap(), "npm:files");
    assert_eq!(program.pointer("/credentials/npm:files/group:ops/type").unwrap(), "oauth_client");
}
