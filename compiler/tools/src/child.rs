//! The bundling process: reads requests line by line, bundles each tool, answers line by line. Started by the parent as
//! `pace __bundle`; ends when nobody asks any more.

pub(crate) mod builtin;
mod bundle;
mod graph;
pub(crate) use graph::package_name;
mod near;
mod optional;
mod plugin;
pub(crate) mod reach;
mod script;

use std::io::{BufRead, Write};

use crate::protocol::Request;

/// The id of `@paceline/runtime`.
const RUNTIME_ID: &str = "\0paceline:runtime";
/// What the ids of embedded files begin with.
const EMBEDDED: &str = "paceline:std/";

/// How much stack a thread of the bundler has. Its parser goes down with every level of nesting; what needs more than this
/// is no program.
pub(crate) const STACK: usize = 64 << 20;

/// Whether a module is JSON, by its name.
fn is_json(id: &str) -> bool {
    std::path::Path::new(id).extension().is_some_and(|ending| ending == "json")
}

/// Answers requests until there are no more.
///
/// # Errors
/// When standard input or output fail, which means that the parent is gone.
pub fn serve() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(STACK)
        .thread_name("bundle")
        .build()?;
    for line in std::io::stdin().lock().lines() {
        let request: Request = serde_json::from_str(&line?)?;
        let reply = runtime.block_on(runtime.spawn(bundle::bundle(request))).map_err(std::io::Error::other)?;
        let mut out = std::io::stdout().lock();
        out.write_all(serde_json::to_string(&reply)?.as_bytes())?;
        out.write_all(b"\n")?;
        out.flush()?;
    }
    Ok(())
}
