//! Tool entries, and the table of tools, servers and skills.

use pace_ir::Digest;
use pace_ir::program::tool::{HostPattern, Net, NetRule};
use pace_ir::program::{Access, ByteSize, Json, Target, Template};

use super::super::edits::{entry, front, local, pinned, server};
use super::super::sample::{self, env, host, name, seconds, strings};
use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    [entries(), networks(), servers(), table(), pins()].into_iter().flatten().collect()
}

fn entries() -> Vec<Row> {
    vec![
        row(
            "tool gained",
            |b| front(b).tools.push(sample::entry(sample::local("tools/y", Net::AnyPublic), Access::Read)),
            &[
                "agent `front`: + may use `tools/y` (read)",
                "agent `front`: + `tools/y` may connect to any public host",
                "who can do what: + `user:ann`, `group:ops` may use `tools/y` of the agent `front` (read)",
            ],
        ),
        row(
            "tool lost",
            |b| {
                front(b).tools.remove(0);
            },
            &[
                "agent `front`: - may no longer use `tools/x` (read)",
                "agent `front`: - `tools/x` may no longer connect to `api.example.com`",
                "agent `front`: - `tools/x` no longer sees `KEY`",
                "who can do what: - `user:ann`, `group:ops`, `serviceaccount:bot` may no longer use `tools/x` of the agent `front` (read)",
            ],
        ),
        row("tools in another order", |b| front(b).tools.reverse(), &["agent `front`: ~ tools are in another order"]),
        row(
            "access raised",
            |b| entry(b, 0).access = Access::Write,
            &[
                "agent `front`: + `access` to `tools/x` is `write`, was `read`",
                "who can do what: - `user:ann`, `group:ops`, `serviceaccount:bot` may no longer use `tools/x` of the agent `front` (read)",
            ],
        ),
        row(
            "variable gained",
            |b| {
                entry(b, 0).env.insert("MORE".to_owned(), env("MORE"));
            },
            &["agent `front`: + `tools/x` sees `MORE` with `${env:MORE}`"],
        ),
        row("variable lost", |b| entry(b, 0).env.clear(), &["agent `front`: - `tools/x` no longer sees `KEY`"]),
        row(
            "variable reads another secret",
            |b| {
                entry(b, 0).env.insert("KEY".to_owned(), env("OTHER"));
            },
            &[
                "agent `front`: + `KEY` of `tools/x` reads `${env:OTHER}`",
                "agent `front`: - `KEY` of `tools/x` no longer reads `${env:KEY}`",
            ],
        ),
        row(
            "variable becomes plain",
            |b| {
                entry(b, 0).env.insert("KEY".to_owned(), Template::literal("x"));
            },
            &["agent `front`: - `KEY` of `tools/x` no longer reads `${env:KEY}`"],
        ),
        row(
            "timeout lowered",
            |b| entry(b, 0).timeout = Some(seconds(10)),
            &["agent `front`: - `timeout` of `tools/x` is 10s, was 30s"],
        ),
        row(
            "timeout written out",
            |b| {
                entry(b, 0).timeout = Some(seconds(30));
                front(b).summary = "Aids".to_owned();
            },
            &["agent `front`: ~ summary is `Aids`, was `Helps`"],
        ),
        row(
            "memory raised",
            |b| local(b).memory = Some(ByteSize(128 << 20)),
            &["agent `front`: + `memory` of `tools/x` is 128MiB, was 64MiB"],
        ),
        row(
            "delegation for reading only",
            |b| entry(b, 2).access = Access::Read,
            &[
                "agent `front`: - `access` to the agent `back` is `read`, was `write`",
                "who can do what: - `user:ann`, `group:ops`, `serviceaccount:bot` may reach the agent `back` through `front` (read, was write)",
                "who can do what: - `user:ann`, `group:ops` may no longer use `tools/y` of the agent `back` through `front` (write)",
            ],
        ),
        row(
            "delegation under another name",
            |b| {
                if let Target::Agent(target) = &mut entry(b, 2).target {
                    target.alias = name("ask");
                }
            },
            &["agent `front`: ~ `alias` of the agent `back` is `ask`, was `back`"],
        ),
    ]
}

fn networks() -> Vec<Row> {
    vec![
        row(
            "any host",
            |b| local(b).net = Net::AnyPublic,
            &["agent `front`: + `tools/x` may connect to any public host, was only `api.example.com`"],
        ),
        row(
            "host added",
            |b| local(b).net = Net::Only(vec![host("api.example.com"), host("b.example.com")]),
            &["agent `front`: + `tools/x` may connect to `b.example.com`"],
        ),
        row(
            "host removed",
            |b| local(b).net = Net::Only(vec![]),
            &["agent `front`: - `tools/x` may no longer connect to `api.example.com`"],
        ),
        row(
            "subdomains instead of a host",
            |b| {
                let below = NetRule { host: HostPattern::Subdomains("example.com".to_owned()), ..host("") };
                local(b).net = Net::Only(vec![below]);
            },
            &["agent `front`: + `tools/x` may connect to `*.example.com`, was only `api.example.com`"],
        ),
        row(
            "private addresses",
            |b| local(b).net = Net::Only(vec![NetRule { private: true, ..host("api.example.com") }]),
            &["agent `front`: + `tools/x` may connect to `api.example.com (private too)`, was only `api.example.com`"],
        ),
        row(
            "one port",
            |b| local(b).net = Net::Only(vec![NetRule { port: Some(443), ..host("api.example.com") }]),
            &["agent `front`: - `tools/x` may no longer connect to `api.example.com`, only to `api.example.com:443`"],
        ),
        row(
            "one rule twice over",
            |b| {
                let port = NetRule { port: Some(443), ..host("api.example.com") };
                local(b).net = Net::Only(vec![host("api.example.com"), port]);
            },
            &["agent `front`: ~ `net` of `tools/x` is written in another way and reaches the same"],
        ),
    ]
}

fn servers() -> Vec<Row> {
    vec![
        row(
            "server's tool gained",
            |b| server(b).tools = Some(strings(&["list", "move", "stat"])),
            &[
                "agent `front`: + may use `stat` of `npm:files`",
                "who can do what: + `user:ann`, `group:ops`, `serviceaccount:bot` may use `npm:files#stat` of the agent `front` (read)",
            ],
        ),
        row(
            "server's tools unfiltered",
            |b| server(b).tools = None,
            &[
                "agent `front`: + of `npm:files` may use all tools, was only `list`, `move`",
                "who can do what: + `user:ann`, `group:ops`, `serviceaccount:bot` may use `npm:files#stat` of the agent `front` (read)",
            ],
        ),
        row(
            "server for reading only",
            |b| entry(b, 1).access = Access::Read,
            &["agent `front`: - `access` to `npm:files` is `read`, was `write`"],
        ),
        row(
            "counts as a read",
            |b| server(b).read_only = strings(&["move"]),
            &[
                "agent `front`: + calls of `move` of `npm:files` count as reads",
                "who can do what: + `user:ann`, `group:ops`, `serviceaccount:bot` may use `npm:files#move` of the agent `front` (read)",
            ],
        ),
        row(
            "alias",
            |b| server(b).alias = name("disk"),
            &["agent `front`: ~ `alias` of `npm:files` is `disk`, was `files`"],
        ),
        row(
            "arguments",
            |b| server(b).args = vec![Template::literal("/data")],
            &["agent `front`: ~ `args` of `npm:files` are `/data`, were `.`"],
        ),
        row(
            "argument with a secret",
            |b| server(b).args.push(env("TOKEN")),
            &["agent `front`: + `args` of `npm:files` reads `${env:TOKEN}`"],
        ),
        row(
            "folder",
            |b| server(b).roots.push("more".to_owned()),
            &["agent `front`: + `npm:files` is told of the folder `more`"],
        ),
        row(
            "folders lost",
            |b| server(b).roots.clear(),
            &["agent `front`: - `npm:files` is no longer told of the folder `data`"],
        ),
        row(
            "same server once more",
            |b| {
                let again = entry(b, 1).clone();
                front(b).tools.push(again);
            },
            &[
                "agent `front`: + may use `npm:files` (write)",
                "agent `front`: + `npm:files` is told of the folder `data`",
            ],
        ),
        row(
            "server's timeout",
            |b| entry(b, 1).timeout = Some(seconds(5)),
            &["agent `front`: - `timeout` of `npm:files` is 5s, was not set"],
        ),
    ]
}

fn table() -> Vec<Row> {
    vec![
        row(
            "code",
            |b| b.tools.local.get_mut("tools/x").unwrap().source = Digest::of(b"new"),
            &["tool `tools/x`: ~ code is another"],
        ),
        row(
            "module",
            |b| b.tools.local.get_mut("tools/x").unwrap().module = Digest::of(b"new"),
            &["tool `tools/x`: ~ the same code is compiled in another way"],
        ),
        row(
            "what the model is told",
            |b| b.tools.local.get_mut("tools/x").unwrap().description = "Helps.".to_owned(),
            &["tool `tools/x`: ~ description is another: 1 line added, 1 line removed"],
        ),
        row(
            "parameters",
            |b| b.tools.local.get_mut("tools/x").unwrap().parameters = Json("true".to_owned()),
            &["tool `tools/x`: ~ parameters are others"],
        ),
        row(
            "tool's name",
            |b| b.tools.local.get_mut("tools/x").unwrap().name = name("z"),
            &["tool `tools/x`: ~ name is `z`, was `x`"],
        ),
        row(
            "address",
            |b| pinned(b).address = Template::literal("mcp://npx/files@2.0.0"),
            &["server `npm:files`: ~ address is `mcp://npx/files@2.0.0`, was `mcp://npx/files@1.0.0`"],
        ),
        row(
            "version",
            |b| pinned(b).package.as_mut().unwrap().version = "2.0.0".to_owned(),
            &["server `npm:files`: ~ version is `2.0.0`, was `1.0.0`"],
        ),
        row(
            "dependencies",
            |b| pinned(b).package.as_mut().unwrap().tree = Digest::of(b"new"),
            &["server `npm:files`: ~ the packages it depends on are others"],
        ),
        row(
            "pinned tool lost",
            |b| {
                pinned(b).tools.remove("move");
            },
            &["server `npm:files`: - no longer offers `move` (write)"],
        ),
        row(
            "pinned tool reads",
            |b| pinned(b).tools.get_mut("move").unwrap().access = Access::Read,
            &[
                "server `npm:files`: + calls of `move` count as reads, were writes",
                "who can do what: + `user:ann`, `group:ops`, `serviceaccount:bot` may use `npm:files#move` of the agent `front` (read)",
            ],
        ),
        row(
            "pinned tool's text",
            |b| pinned(b).tools.get_mut("stat").unwrap().description = "Lies.".to_owned(),
            &["server `npm:files`: ~ description of `stat` is another: 1 line added, 1 line removed"],
        ),
        row(
            "pinned tool's arguments",
            |b| pinned(b).tools.get_mut("stat").unwrap().input = Json("true".to_owned()),
            &["server `npm:files`: ~ arguments of `stat` are others"],
        ),
        row(
            "pinned tool's results",
            |b| pinned(b).tools.get_mut("stat").unwrap().output = Some(Json("{}".to_owned())),
            &["server `npm:files`: ~ results of `stat` are others"],
        ),
        row(
            "skill's text",
            |b| b.tools.skills.get_mut("./skills/brief").unwrap().text = Digest::of(b"new"),
            &["skill `./skills/brief`: ~ text is another"],
        ),
        row(
            "skill's version",
            |b| b.tools.skills.get_mut("./skills/brief").unwrap().reference = "./skills/brief@2".to_owned(),
            &["skill `./skills/brief`: ~ reference is `./skills/brief@2`, was `./skills/brief`"],
        ),
        row(
            "skill's name",
            |b| b.tools.skills.get_mut("./skills/brief").unwrap().name = "short".to_owned(),
            &["skill `./skills/brief`: ~ name is `short`, was `brief`"],
        ),
        row(
            "skill's line",
            |b| b.tools.skills.get_mut("./skills/brief").unwrap().description = "Shorter".to_owned(),
            &["skill `./skills/brief`: ~ description is `Shorter`, was `Short answers`"],
        ),
        row(
            "skill's file",
            |b| {
                b.tools.skills.get_mut("./skills/brief").unwrap().files.insert("a.md".to_owned(), Digest::of(b"a"));
            },
            &["skill `./skills/brief`: ~ carries the file `a.md`"],
        ),
    ]
}

/// What else is known of a pinned server.
fn pins() -> Vec<Row> {
    vec![
        row(
            "server's name",
            |b| pinned(b).name = "disk".to_owned(),
            &["server `npm:files`: ~ name is `disk`, was `files`"],
        ),
        row("credential needed", |b| pinned(b).needs_credential = true, &["server `npm:files`: - needs a credential"]),
        row(
            "program of a package",
            |b| pinned(b).package.as_mut().unwrap().entry = "x.js".to_owned(),
            &["server `npm:files`: ~ program is `node x.js`, was `node node_modules/files/index.js`"],
        ),
        row(
            "title of a pinned tool",
            |b| pinned(b).tools.get_mut("stat").unwrap().title = Some("Stat".to_owned()),
            &["server `npm:files`: ~ title of `stat` is `Stat`, was `none`"],
        ),
        row(
            "hints of a pinned tool",
            |b| {
                let tool = pinned(b).tools.get_mut("stat").unwrap();
                (tool.destructive, tool.idempotent, tool.open_world) = (Some(true), Some(false), Some(true));
            },
            &[
                "server `npm:files`: ~ the destructive hint of `stat` is true, was nothing",
                "server `npm:files`: ~ the idempotent hint of `stat` is false, was nothing",
                "server `npm:files`: ~ the open-world hint of `stat` is true, was nothing",
            ],
        ),
    ]
}
