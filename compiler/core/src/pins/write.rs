//! The spelling of a lock: servers and tools sorted by name, descriptions and schemas as blocks, so that a difference of two
//! versions reads like the difference of what they say. Equal locks give equal texts; what is kept of an older text,
//! [`super::splice`] decides.

use std::fmt::Write as _;

use pace_ir::program::Json;
use pace_ir::text::is_invisible;

use super::{Lock, PackagePin, Pin, ToolPin, VERSION, scalar};

/// What stands above everything.
const HEADER: &str = "\
# What the MCP servers of this project offered when they were pinned. An agent's model is told this, and nothing that a
# server says later. `pace build` adds servers that are new; `pace mcp update` pins what has changed. Review a change of
# this file like one of code, and commit it.
";

/// The text of `mcp.lock`.
pub fn write(lock: &Lock) -> String {
    let mut out = format!("{HEADER}version: {VERSION}\n");
    if lock.servers.is_empty() {
        out.push_str("servers: {}\n");
        return out;
    }
    out.push_str("servers:\n");
    for (key, pin) in &lock.servers {
        out.push_str(&block(key, pin));
    }
    out
}

/// The lines of one server, with the empty one above.
pub(super) fn block(key: &str, pin: &Pin) -> String {
    let mut out = format!("\n  {}:\n", scalar::inline(key));
    server(&mut out, pin);
    out
}

fn server(out: &mut String, pin: &Pin) {
    let _infallible = writeln!(out, "    name: {}", scalar::inline(&pin.name));
    if pin.needs_credential {
        out.push_str("    credential: needed\n");
    }
    if let Some(pin) = &pin.package {
        package(out, pin);
    }
    if pin.tools.is_empty() {
        out.push_str("    tools: {}\n");
        return;
    }
    out.push_str("    tools:\n");
    for (name, pin) in &pin.tools {
        let _infallible = writeln!(out, "      {}:", scalar::inline(name));
        tool(out, pin);
    }
}

fn package(out: &mut String, pin: &PackagePin) {
    let needs = match pin.needs.as_str() {
        "" => String::new(),
        needs => format!("      needs: {}\n", scalar::inline(needs)),
    };
    let _infallible = write!(
        out,
        "    package:\n      version: {}\n      runtime: {}\n{needs}      entry: {}\n      tree:",
        scalar::inline(&pin.version),
        pin.runtime.as_str(),
        scalar::inline(&pin.entry)
    );
    scalar::block(out, &pin.tree_lines(), 8);
}

fn tool(out: &mut String, pin: &ToolPin) {
    const INDENT: usize = 10;
    let _infallible = writeln!(out, "        class: {}", pin.access.as_str());
    let hints = [("destructive", pin.destructive), ("idempotent", pin.idempotent), ("open_world", pin.open_world)];
    for (hint, said) in hints {
        if let Some(said) = said {
            let _infallible = writeln!(out, "        {hint}: {said}");
        }
    }
    if let Some(title) = &pin.title {
        let _infallible = writeln!(out, "        title: {}", scalar::inline(title));
    }
    out.push_str("        description:");
    scalar::text(out, &pin.description, INDENT);
    out.push_str("        input:");
    scalar::block(out, &readable(&pin.input), INDENT);
    if let Some(output) = &pin.output {
        out.push_str("        output:");
        scalar::block(out, &readable(output), INDENT);
    }
}

/// JSON with a key on each line. What is not seen is escaped as JSON does it; such characters stand in texts only.
fn readable(json: &Json) -> String {
    let pretty = serde_json::from_str::<serde_json::Value>(&json.0)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| json.0.clone());
    let mut out = String::with_capacity(pretty.len());
    for c in pretty.chars() {
        let is_seen = c.is_ascii_graphic() || matches!(c, ' ' | '\n') || !(c.is_control() || c.is_whitespace());
        if is_seen && !is_invisible(c) && !scalar::is_unprintable(c) {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _infallible = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}
