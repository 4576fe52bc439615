//! Addresses of servers, in one canonical spelling, so that a grant and an entry that mean the same server match. The compiler
//! reads what authors write, the runner what a variable holds, both here.

use super::template::Template;
use url::{Host, Url};

/// Where a server is, and the text by which it is known to grants, credentials and the lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// What the address leads to.
    pub destination: Destination,
    /// The canonical spelling: scheme, host, port and path; a package without its version.
    pub key: String,
    /// The alias the address suggests, where it has a last word.
    pub alias: Option<String>,
}

/// What an address leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// A server over HTTP, at a canonical URL.
    Http(String),
    /// A package of a registry, run as a child.
    Package(PackageManager, String, Option<String>),
    /// A program, run as a child.
    Program(String),
    /// Another agent.
    Agent(String),
    /// An address known only where the runner starts.
    Reference,
}

/// Who installs a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackageManager {
    /// npm.
    Npx,
    /// PyPI, by uv.
    Uvx,
}

/// Why a text is no address: what it should be.
pub type Malformed = &'static str;

impl Address {
    /// Reads an address as it stands in a tool entry.
    ///
    /// # Errors
    /// What an address should be.
    pub fn parse(template: &Template) -> Result<Self, Malformed> {
        match template.as_literal() {
            Some(text) => Self::literal(text),
            None => Ok(Self { destination: Destination::Reference, key: template.to_string(), alias: None }),
        }
    }

    /// Reads an address as it stands in a grant, where a reference is just text.
    ///
    /// # Errors
    /// What an address should be.
    pub fn parse_text(text: &str) -> Result<Self, Malformed> {
        if text.contains("${") {
            return Ok(Self { destination: Destination::Reference, key: text.to_owned(), alias: None });
        }
        Self::literal(text)
    }

    fn literal(text: &str) -> Result<Self, Malformed> {
        let (scheme, rest) = text.split_once("://").ok_or(SCHEMES)?;
        match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" => http(text),
            "mcp+http" => http(&format!("http://{rest}")),
            "mcp+https" => http(&format!("https://{rest}")),
            "mcp" => mcp(rest),
            "paceline" => agent(rest),
            _ => Err(SCHEMES),
        }
    }
}

/// Why an address with credentials in it is none.
pub const CREDENTIALS: Malformed = "an address holds no credentials; they belong in `mcp_credentials`";

const SCHEMES: Malformed =
    "an address begins with `https://`, `http://`, `mcp://`, `mcp+https://`, `mcp+http://` or `paceline://`";

fn http(text: &str) -> Result<Address, Malformed> {
    let url = Url::parse(text).map_err(|_| "expected `scheme://host[:port]/path`")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(CREDENTIALS);
    }
    if url.host().is_none() {
        return Err("expected a host after `://`");
    }
    if url.fragment().is_some() {
        return Err("an address has no `#`; name single tools under `tools`");
    }
    let path = url.path().trim_end_matches('/').to_owned();
    let alias = path.rsplit('/').next().and_then(alias);
    let key = format!("{}{path}{}", url.origin().ascii_serialization(), query(&url));
    Ok(Address { destination: Destination::Http(key.clone()), key, alias })
}

fn query(url: &Url) -> String {
    url.query().map_or_else(String::new, |query| format!("?{query}"))
}

fn mcp(rest: &str) -> Result<Address, Malformed> {
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    match host {
        "npx" => package(PackageManager::Npx, "npx", path),
        "uvx" => package(PackageManager::Uvx, "uvx", path),
        "exec" => program(path),
        _ => {
            let secure = Url::parse(&format!("https://{rest}")).map_err(|_| "expected `mcp://host[:port]/path`")?;
            if is_loopback(&secure) { http(&format!("http://{rest}")) } else { http(&format!("https://{rest}")) }
        }
    }
}

/// Whether nobody on the way can read or change what is fetched from an address: https, or http on this machine; without
/// a user or password, which would make another host look like a known one.
pub fn is_secure(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    // What this parser mends, another may read differently: the host has to stand there as it is understood.
    let written =
        text.split_once("://").map_or("", |(_, rest)| rest.split(['/', ':', '?', '#']).next().unwrap_or_default());
    let bracketed = text.contains("://[");
    let plain = bracketed || url.host_str().is_some_and(|host| host.eq_ignore_ascii_case(written));
    let whole = url.host_str().is_some_and(|host| bracketed || host.split('.').all(|label| !label.is_empty()));
    let no_more =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    let nobody_between = url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url);
    plain && whole && no_more && nobody_between && !text.contains('\\')
}

/// Whether everybody on the way can read what is sent to an address: http to another machine. A text that is no address leads
/// nowhere.
pub fn is_exposed(text: &str) -> bool {
    Url::parse(text.trim()).is_ok_and(|url| url.scheme() == "http" && !is_loopback(&url))
}

/// Whether plain HTTP stays on the machine.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn package(manager: PackageManager, word: &str, path: &str) -> Result<Address, Malformed> {
    // The `@` of a scope stands first; the one of a version does not.
    let (name, version) = match path.char_indices().rfind(|(at, c)| *c == '@' && *at > 0) {
        Some((at, _)) => (path.get(..at).unwrap_or_default(), path.get(at + 1..)),
        None => (path, None),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let parts: Vec<_> = name.strip_prefix('@').unwrap_or(name).split('/').collect();
    let scoped = name.starts_with('@');
    let is_name =
        parts.len() == 1 + usize::from(scoped) && parts.iter().all(|part| !part.is_empty() && part.chars().all(plain));
    if !is_name || version.is_some_and(str::is_empty) {
        return Err("expected `mcp://npx/<package>[@<version>]` or `mcp://uvx/<package>[@<version>]`");
    }
    let alias = parts.last().and_then(|word| alias(word));
    let destination = Destination::Package(manager, name.to_owned(), version.map(str::to_owned));
    Ok(Address { destination, key: format!("mcp://{word}/{name}"), alias })
}

fn program(path: &str) -> Result<Address, Malformed> {
    if path.is_empty() || path.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err("expected `mcp://exec/<program>`, without spaces; arguments go into `args`");
    }
    let alias = path.rsplit('/').next().and_then(alias);
    Ok(Address { destination: Destination::Program(path.to_owned()), key: format!("mcp://exec/{path}"), alias })
}

fn agent(rest: &str) -> Result<Address, Malformed> {
    if rest.is_empty() || rest.contains(['/', '?', '#']) {
        return Err("expected `paceline://<agent>`");
    }
    let key = format!("paceline://{rest}");
    Ok(Address { destination: Destination::Agent(rest.to_owned()), key, alias: Some(agent_alias(rest)) })
}

/// An agent's name as a tool's: `_` before a leading digit.
fn agent_alias(name: &str) -> String {
    if name.starts_with(|first: char| first.is_ascii_digit()) { format!("_{name}") } else { name.to_owned() }
}

/// The alias that the last word of an address gives: without `server-` and `mcp-`, other characters as `_`.
fn alias(word: &str) -> Option<String> {
    let mut word = word;
    while let Some(rest) = word.strip_prefix("mcp-").or_else(|| word.strip_prefix("server-")) {
        word = rest;
    }
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' };
    let word: String = word.chars().map(plain).take(64).collect();
    (!word.is_empty()).then(|| agent_alias(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> String {
        Address::parse_text(text).map_or_else(str::to_owned, |address| address.key)
    }

    fn alias_of(text: &str) -> Option<String> {
        Address::parse_text(text).unwrap().alias
    }

    #[test]
    fn one_server_has_one_spelling() {
        for same in
            ["https://MCP.Example.com:443/slack/", "mcp://mcp.example.com/slack", "mcp+https://mcp.example.com/slack"]
        {
            assert_eq!(key(same), "https://mcp.example.com/slack", "{same}");
        }
        assert_eq!(key("mcp://localhost:9999/tools"), "http://localhost:9999/tools");
        assert_eq!(key("mcp://[::1]:80/x"), "http://[::1]/x");
        assert_eq!(key("mcp://npx/@scope/server-x@1.2.3"), "mcp://npx/@scope/server-x");
        assert_eq!(key("mcp://uvx/mcp-server-fetch"), "mcp://uvx/mcp-server-fetch");
        assert_eq!(key("paceline://researcher"), "paceline://researcher");
    }

    #[test]
    fn aliases_are_the_last_word() {
        assert_eq!(alias_of("mcp://npx/@modelcontextprotocol/server-filesystem").as_deref(), Some("filesystem"));
        assert_eq!(alias_of("mcp://uvx/mcp-server-fetch").as_deref(), Some("fetch"));
        assert_eq!(alias_of("https://example.com/slack").as_deref(), Some("slack"));
        assert_eq!(alias_of("https://example.com"), None);
        assert_eq!(alias_of("paceline://1st").as_deref(), Some("_1st"));
    }

    #[test]
    fn other_texts_are_no_addresses() {
        for bad in [
            "",
            "slack",
            "ftp://x/y",
            "https://",
            "https://u:p@h/x",
            "mcp://npx/",
            "mcp://npx/a/b",
            "mcp://npx/a@",
            "mcp://exec/",
            "paceline://",
            "paceline://a/b",
        ] {
            assert!(Address::parse_text(bad).is_err(), "{bad}");
        }
    }
}
