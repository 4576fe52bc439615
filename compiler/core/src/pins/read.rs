//! From the text of a lock to what it says. A lock is written by programs, and changed by people when they merge: every
//! part that is not as it is written is told where it stands (`P0801`), and one mistake gives one message.

use std::collections::BTreeMap;

use pace_diag::{Diagnostic, Reported, Sink, code, nearest};
use pace_ir::program::tool::PackageRuntime;
use pace_ir::program::{Access, Json};
use pace_syntax::{Document, FileId, NodeId, Span, Value};

use super::{Lock, LockFile, PATH, PackagePin, Pin, Places, ToolPin, VERSION, is_word};
use crate::parse::stays_inside;

/// What to do about a lock that is none.
const RESTORE: &str =
    "restore it from version control, or remove the entry and pin the server again with `pace mcp update`";

/// Reads a lock.
///
/// # Errors
/// When anything in it is not as it is written; whatever else is wrong with the project.
pub(crate) fn read(document: &Document, file: FileId, sink: &mut Sink) -> Result<LockFile, Reported> {
    let said_before = sink.errors();
    let mut reading = Reading { document, sink };
    let Some(root) = document.root else {
        let diagnostic = Diagnostic::new(&code::MALFORMED_LOCK, format!("`{PATH}` is empty"))
            .at(Span::new(file, 0..0), "nothing is pinned here")
            .help("remove it; the next build writes it");
        return Err(reading.sink.error(diagnostic));
    };
    let mut keys = reading.mapping(root, &format!("`{PATH}`"))?;
    reading.version(&mut keys)?;
    let servers = reading.required(&mut keys, "servers");
    reading.finish(keys);
    let mut found = LockFile { lock: Lock::default(), text: String::new(), places: BTreeMap::new() };
    for (key, node) in reading.mapping(servers?, "`servers`")?.left() {
        let Some(name) = reading.document.key_text(key) else { continue };
        let server = reading.document.span(key);
        if let Ok((pin, version, tools)) = reading.server(node, name) {
            found.lock.servers.insert(name.to_owned(), pin);
            found.places.insert(name.to_owned(), Places { server, version, tools });
        }
    }
    if sink.errors() == said_before { Ok(found) } else { sink.check().map(|()| found) }
}

/// What is left to be read of a mapping.
struct Keys {
    what: String,
    place: Span,
    entries: Vec<(NodeId, NodeId)>,
    known: Vec<&'static str>,
}

impl Keys {
    /// The entries that nobody asked for.
    fn left(self) -> Vec<(NodeId, NodeId)> {
        self.entries
    }
}

struct Reading<'a> {
    document: &'a Document,
    sink: &'a mut Sink,
}

/// A pin, and where the version of its package and its tools are named.
type Server = (Pin, Option<Span>, BTreeMap<String, Span>);
/// Tools, and where they are named.
type Tools = (BTreeMap<String, ToolPin>, BTreeMap<String, Span>);

impl<'a> Reading<'a> {
    fn broken(&mut self, span: Span, message: impl Into<String>, label: impl Into<String>) -> Reported {
        self.sink.error(Diagnostic::new(&code::MALFORMED_LOCK, message).at(span, label).help(RESTORE))
    }

    fn mapping(&mut self, node: NodeId, what: &str) -> Result<Keys, Reported> {
        let place = self.document.span(node);
        if let Some(entries) = self.document.entries(node) {
            return Ok(Keys { what: what.to_owned(), place, entries: entries.to_vec(), known: Vec::new() });
        }
        let found = self.document.describe(node);
        Err(self.broken(place, format!("{what} must be a mapping, not {found}"), format!("this is {found}")))
    }

    fn optional(&self, keys: &mut Keys, name: &'static str) -> Option<NodeId> {
        keys.known.push(name);
        let at = keys.entries.iter().position(|(key, _)| self.document.key_text(*key) == Some(name))?;
        Some(keys.entries.remove(at).1)
    }

    fn required(&mut self, keys: &mut Keys, name: &'static str) -> Result<NodeId, Reported> {
        let (place, what) = (keys.place, keys.what.clone());
        self.optional(keys, name)
            .ok_or_else(|| self.broken(place.slice(0..1), format!("{what} lacks the key `{name}`"), "not whole"))
    }

    /// Complains of every key that nobody asked for.
    fn finish(&mut self, keys: Keys) {
        for (key, _) in keys.entries {
            let name = self.document.key_text(key).unwrap_or_default();
            let label = match nearest::nearest(name, keys.known.iter().copied()) {
                Some(near) => format!("a lock of version {VERSION} has `{near}` here"),
                None => format!("a lock of version {VERSION} has no such key here"),
            };
            self.broken(self.document.span(key), format!("unknown key `{name}` in `{PATH}`"), label);
        }
    }

    fn version(&mut self, keys: &mut Keys) -> Result<(), Reported> {
        let node = self.required(keys, "version")?;
        if self.document.value(node) == Some(Value::Int(VERSION)) {
            return Ok(());
        }
        let found = self.document.key_text(node).unwrap_or("something else").to_owned();
        let message = format!("`{PATH}` has the version `{found}`, and this `pace` reads version {VERSION}");
        let diagnostic = Diagnostic::new(&code::LOCK_VERSION, message)
            .at(self.document.span(node), "another version of `pace` wrote this")
            .help("use that version, or remove the file and build again, which pins everything anew");
        Err(self.sink.error(diagnostic))
    }

    fn text(&mut self, node: NodeId, what: &str) -> Result<&'a str, Reported> {
        if let Some(Value::Str(text)) = self.document.value(node) {
            return Ok(text);
        }
        let found = self.document.describe(node);
        let message = format!("{what} must be a text, not {found}");
        Err(self.broken(self.document.span(node), message, format!("this is {found}")))
    }

    fn word<T: Copy>(&mut self, node: NodeId, what: &str, words: &[(&str, T)]) -> Result<T, Reported> {
        let text = self.text(node, what)?;
        words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
            let all: Vec<_> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            self.broken(
                self.document.span(node),
                format!("{what} cannot be `{text}`"),
                format!("expected {}", all.join(" or ")),
            )
        })
    }

    fn said(&mut self, keys: &mut Keys, name: &'static str) -> Result<Option<bool>, Reported> {
        let Some(node) = self.optional(keys, name) else { return Ok(None) };
        match self.document.value(node) {
            Some(Value::Bool(said)) => Ok(Some(said)),
            _ => Err(self.broken(self.document.span(node), format!("`{name}` must be `true` or `false`"), "neither")),
        }
    }

    fn server(&mut self, node: NodeId, key: &str) -> Result<Server, Reported> {
        let mut keys = self.mapping(node, &format!("the pin of `{key}`"))?;
        let name = self.required(&mut keys, "name").and_then(|node| self.text(node, "`name`"));
        let needs_credential = match self.optional(&mut keys, "credential") {
            Some(node) => self.word(node, "`credential`", &[("needed", true)]),
            None => Ok(false),
        };
        let package = self.optional(&mut keys, "package").map(|node| self.package(node)).transpose();
        let tools = self.required(&mut keys, "tools").and_then(|node| self.tools(node));
        self.finish(keys);
        let (package, version) = package?.map_or((None, None), |(package, version)| (Some(package), Some(version)));
        let (tools, places) = tools?;
        let pin = Pin { name: name?.to_owned(), needs_credential: needs_credential?, package, tools };
        Ok((pin, version, places))
    }

    fn package(&mut self, node: NodeId) -> Result<(PackagePin, Span), Reported> {
        let mut keys = self.mapping(node, "`package`")?;
        let version_node = self.required(&mut keys, "version");
        let version = version_node.and_then(|node| self.text(node, "`version`"));
        let runtimes = [PackageRuntime::Node, PackageRuntime::Python].map(|runtime| (runtime.as_str(), runtime));
        let runtime = self.required(&mut keys, "runtime").and_then(|node| self.word(node, "`runtime`", &runtimes));
        let needs = self.optional(&mut keys, "needs").map(|node| self.text(node, "`needs`")).transpose();
        let entry = self.required(&mut keys, "entry").and_then(|node| self.entry(node));
        let tree = self.required(&mut keys, "tree").and_then(|node| self.tree(node));
        self.finish(keys);
        let package = PackagePin {
            version: version?.to_owned(),
            runtime: runtime?,
            needs: needs?.unwrap_or_default().to_owned(),
            entry: entry?.to_owned(),
            tree: tree?,
        };
        if is_word(&package.version) {
            return Ok((package, self.document.span(version_node?)));
        }
        let place = self.document.span(version_node?);
        Err(self.broken(place, format!("`{}` is no version of a package", package.version), "expected no spaces"))
    }

    fn entry(&mut self, node: NodeId) -> Result<&'a str, Reported> {
        let entry = self.text(node, "`entry`")?;
        if stays_inside(entry) {
            return Ok(entry);
        }
        let message = format!("the program `{entry}` is not below the folder of its packages");
        Err(self.broken(self.document.span(node), message, "expected a relative path without `..`"))
    }

    fn tree(&mut self, node: NodeId) -> Result<Vec<super::TreeLine>, Reported> {
        let text = self.text(node, "`tree`")?;
        let bad = match PackagePin::parse_tree(text) {
            Ok(tree) if !tree.is_empty() => return Ok(tree),
            Ok(_) => 0,
            Err(bad) => bad,
        };
        let start: usize = text.split_inclusive('\n').take(bad).map(str::len).sum();
        let line = text.lines().nth(bad).unwrap_or_default();
        let place = self.document.inner_span(node, start..start + line.len());
        Err(self.broken(
            place,
            "this line of `tree` names no package",
            "expected `<path or name> <version> <integrity>`",
        ))
    }

    fn tools(&mut self, node: NodeId) -> Result<Tools, Reported> {
        let (mut tools, mut places) = (BTreeMap::new(), BTreeMap::new());
        let mut failed = None;
        for (key, node) in self.mapping(node, "`tools`")?.left() {
            let Some(name) = self.document.key_text(key) else { continue };
            match self.tool(node, name) {
                Ok(tool) => {
                    tools.insert(name.to_owned(), tool);
                    places.insert(name.to_owned(), self.document.span(key));
                }
                Err(reported) => failed = Some(reported),
            }
        }
        failed.map_or(Ok((tools, places)), Err)
    }

    fn tool(&mut self, node: NodeId, name: &str) -> Result<ToolPin, Reported> {
        let mut keys = self.mapping(node, &format!("the tool `{name}`"))?;
        let classes = [Access::Read, Access::Write].map(|class| (class.as_str(), class));
        let access = self.required(&mut keys, "class").and_then(|node| self.word(node, "`class`", &classes));
        let destructive = self.said(&mut keys, "destructive");
        let idempotent = self.said(&mut keys, "idempotent");
        let open_world = self.said(&mut keys, "open_world");
        let title = self.optional(&mut keys, "title").map(|node| self.text(node, "`title`")).transpose();
        let description = self.required(&mut keys, "description").and_then(|node| self.text(node, "`description`"));
        let input = self.required(&mut keys, "input").and_then(|node| self.schema(node, "`input`"));
        let output = self.optional(&mut keys, "output").map(|node| self.schema(node, "`output`")).transpose();
        self.finish(keys);
        Ok(ToolPin {
            title: title?.map(str::to_owned),
            description: description?.to_owned(),
            access: access?,
            destructive: destructive?,
            idempotent: idempotent?,
            open_world: open_world?,
            input: input?,
            output: output?,
        })
    }

    fn schema(&mut self, node: NodeId, what: &str) -> Result<Json, Reported> {
        let text = self.text(node, what)?;
        match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text) {
            Ok(schema) => Ok(Json(serde_json::Value::Object(schema).to_string())),
            Err(error) => {
                let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
                let start: usize = lines.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
                let place = self.document.inner_span(node, start..start + 1);
                Err(self.broken(place, format!("{what} is not the JSON of a schema"), "not JSON from here on"))
            }
        }
    }
}
