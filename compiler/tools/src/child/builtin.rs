//! The modules that Node.js brings along and a sandbox does not.

/// `node:` modules that can be named without it (`module.builtinModules` of Node 20, without `_…`).
const NAMES: [&str; 41] = [
    "assert",
    "async_hooks",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "domain",
    "events",
    "fs",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "os",
    "path",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "repl",
    "stream",
    "string_decoder",
    "sys",
    "timers",
    "tls",
    "trace_events",
    "tty",
    "url",
    "util",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
];

/// Whether an import names a module of Node.js.
pub(crate) fn is_builtin(specifier: &str) -> bool {
    specifier.starts_with("node:")
        || NAMES.contains(&specifier.split('/').next().unwrap_or_default())
        || specifier == "zlib"
}

/// What a tool uses instead, after "a tool …".
pub(crate) fn instead(specifier: &str) -> &'static str {
    let name = specifier.strip_prefix("node:").unwrap_or(specifier);
    match name.split('/').next().unwrap_or_default() {
        "fs" => {
            "a tool has no files: let it take the content as a parameter, import a `.json` file, or use an MCP server"
        }
        "child_process" | "cluster" | "worker_threads" => {
            "a tool starts no programs: use an MCP server (`server: mcp://exec/<program>`)"
        }
        "http" | "https" | "http2" => "use the global `fetch`",
        "net" | "tls" | "dgram" | "dns" => "a tool has no sockets: use the global `fetch`, or an MCP server",
        "crypto" => "use the globals `crypto.randomUUID()`, `crypto.getRandomValues()` and `crypto.subtle.digest()`",
        "buffer" => "use `Uint8Array`, `TextEncoder`, `TextDecoder`, `atob` and `btoa`",
        "url" | "querystring" => "use the globals `URL` and `URLSearchParams`",
        "util" | "string_decoder" => "use the globals `TextEncoder`, `TextDecoder` and `structuredClone`",
        "process" => "use `env`, with the variables that the entry in the spec lists under `env`",
        "timers" => "use the global `setTimeout`",
        "perf_hooks" => "use `Date.now()`",
        "path" => "use the package `pathe`, or plain strings",
        "events" => "use a package without Node.js, such as `eventemitter3`",
        "assert" => "throw an `Error`",
        _ => "use what the web has, or a package that works in browsers",
    }
}
