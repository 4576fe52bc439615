//! The paths of the HTTP interface, once: the router is made of this table, logs name requests by it, `Allow` and help are read from
//! it, and the [description](super::openapi) of the interface goes through it. Decides nothing about who may ask.

/// A path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Route {
    Root,
    Health,
    Ready,
    OpenApi,
    Agents,
    AgentStatus,
    Chat,
    ChatStream,
    Sessions,
    Session,
    Mcp,
    Invocations,
    Invocation,
    Events,
    Loops,
    Traces,
    Trace,
    Metrics,
}

/// What a path takes; `HEAD` goes without saying wherever `GET` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verb {
    Get,
    Post,
    Delete,
}

impl Verb {
    /// As it stands in a request.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

impl Route {
    /// All of them, in the order of the reference.
    pub(super) const ALL: [Self; 18] = [
        Self::Chat,
        Self::ChatStream,
        Self::Invocations,
        Self::Invocation,
        Self::Events,
        Self::Sessions,
        Self::Session,
        Self::Mcp,
        Self::Agents,
        Self::AgentStatus,
        Self::Loops,
        Self::Traces,
        Self::Trace,
        Self::Metrics,
        Self::Health,
        Self::Ready,
        Self::OpenApi,
        Self::Root,
    ];

    /// The path, with what varies in braces.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Root => "/",
            Self::Health => "/health",
            Self::Ready => "/ready",
            Self::OpenApi => "/openapi.json",
            Self::Agents => "/agents",
            Self::AgentStatus => "/agents/{name}/status",
            Self::Chat => "/agents/{name}/chat",
            Self::ChatStream => "/agents/{name}/chat/stream",
            Self::Sessions => "/agents/{name}/sessions",
            Self::Session => "/agents/{name}/sessions/{id}",
            Self::Mcp => "/agents/{name}/mcp",
            Self::Invocations => "/invocations",
            Self::Invocation => "/invocations/{id}",
            Self::Events => "/invocations/{id}/events",
            Self::Loops => "/loops",
            Self::Traces => "/traces",
            Self::Trace => "/traces/{id}",
            Self::Metrics => "/metrics",
        }
    }

    /// What it takes.
    pub(super) fn verbs(self) -> &'static [Verb] {
        match self {
            Self::Chat | Self::ChatStream => &[Verb::Post],
            Self::Session | Self::Invocation => &[Verb::Get, Verb::Delete],
            Self::Mcp => &[Verb::Post, Verb::Get, Verb::Delete],
            Self::Root
            | Self::Health
            | Self::Ready
            | Self::OpenApi
            | Self::Agents
            | Self::AgentStatus
            | Self::Sessions
            | Self::Invocations
            | Self::Events
            | Self::Loops
            | Self::Traces
            | Self::Trace
            | Self::Metrics => &[Verb::Get],
        }
    }

    /// Whether it is for who asks if the runner lives, and not for who wants something of it.
    pub(super) fn is_about_life(self) -> bool {
        matches!(self, Self::Health | Self::Ready)
    }

    /// Whether it tells what the runner did, and may have a port of its own.
    pub(super) fn is_about_work(self) -> bool {
        matches!(self, Self::Traces | Self::Trace | Self::Metrics)
    }

    /// The one that a request's path leads to.
    pub(super) fn of(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|route| fits(route.path(), path))
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut found) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some(wanted), Some(found)) if wanted == found || (wanted.starts_with('{') && !found.is_empty()) => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference lists them all, and no other.
    #[test]
    fn the_reference_has_all_of_them() {
        let page = include_str!("../../../../docs/reference/http.md");
        let cells = page.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
        let listed: std::collections::BTreeSet<_> = cells
            .flat_map(|cell| cell.split('`'))
            .filter_map(|code| code.split(' ').find(|word| word.starts_with('/')))
            .collect();
        let missing: Vec<_> =
            Route::ALL.into_iter().map(Route::path).filter(|path| *path != "/" && !listed.contains(path)).collect();
        let unknown: Vec<_> = listed.into_iter().filter(|path| Route::of(path).is_none()).collect();
        assert_eq!((missing, unknown), (Vec::new(), Vec::new()));
    }

    #[test]
    fn each_path_is_its_own() {
        for route in Route::ALL {
            let path = route.path().replace("{name}", "helper").replace("{id}", "0");
            assert_eq!(Route::of(&path), Some(route));
        }
        for path in
            ["", "//", "/agents/", "/agents//chat", "/agents/helper/chat/", "/AGENTS", "/agents/a/b/chat", "/health/"]
        {
            assert_eq!(Route::of(path), None, "{path}");
        }
        // What is encoded is part of a name.
        assert_eq!(Route::of("/agents/a%2fb/chat"), Some(Route::Chat));
    }
}
