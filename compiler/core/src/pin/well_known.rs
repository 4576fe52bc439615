//! Servers that many use, for the suggestion where one cannot be reached: by the names that circulate for them, by what
//! they do, and by spelling. Never used for anything but words.

use pace_diag::nearest;

/// An address, and the words by which it is meant: names of packages that do not exist, and what it deals with.
struct Known {
    address: &'static str,
    words: &'static [&'static str],
}

const KNOWN: &[Known] = &[
    Known {
        address: "mcp://npx/@modelcontextprotocol/server-filesystem",
        words: &["filesystem", "file", "files", "folder", "fs", "directory", "codebase"],
    },
    Known { address: "mcp://uvx/mcp-server-fetch", words: &["fetch", "web", "url", "browse"] },
    Known { address: "mcp://uvx/mcp-server-git", words: &["git", "repository", "commits"] },
    Known { address: "mcp://uvx/mcp-server-time", words: &["time", "clock", "timezone"] },
    Known { address: "mcp://npx/@modelcontextprotocol/server-memory", words: &["memory", "knowledge"] },
    Known {
        address: "mcp://npx/@modelcontextprotocol/server-sequential-thinking",
        words: &["sequential-thinking", "thinking"],
    },
    Known { address: "mcp://npx/@modelcontextprotocol/server-everything", words: &["everything"] },
];

/// The server that is most likely meant by an address that leads nowhere, in an entry of the agent of this name.
pub(super) fn nearest(key: &str, agent: &str) -> Option<&'static str> {
    // The words alone are compared: addresses are alike in all that stands before.
    let last = key.rsplit('/').next().unwrap_or_default();
    let bare = last.trim_start_matches("mcp-").trim_start_matches("server-");
    by_word(bare).or_else(|| agent.split('-').find_map(by_word)).filter(|near| *near != key)
}

fn by_word(word: &str) -> Option<&'static str> {
    let exact = |known: &&Known| known.words.iter().any(|known| known.eq_ignore_ascii_case(word));
    if let Some(known) = KNOWN.iter().find(exact) {
        return Some(known.address);
    }
    let names = KNOWN.iter().filter_map(|known| known.words.first().copied());
    let near = nearest::nearest(word, names)?;
    KNOWN.iter().find(|known| known.words.first() == Some(&near)).map(|known| known.address)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn names_that_circulate_lead_to_the_real_ones() {
        let files = Some("mcp://npx/@modelcontextprotocol/server-filesystem");
        assert_eq!(nearest("mcp://npx/@anthropic-ai/mcp-filesystem", "helper"), files);
        assert_eq!(nearest("mcp://npx/@modelcontextprotocol/server-filesytem", "helper"), files);
        assert_eq!(nearest("http://localhost:9999/tools", "file-reader"), files);
        assert_eq!(nearest("mcp://npx/@anthropic-ai/mcp-fetch", "helper"), Some("mcp://uvx/mcp-server-fetch"));
        assert_eq!(nearest("mcp://npx/server-memroy", "x"), Some("mcp://npx/@modelcontextprotocol/server-memory"));
    }

    #[test]
    fn what_is_right_or_far_off_has_no_suggestion() {
        assert_eq!(nearest("mcp://uvx/mcp-server-time", "clock"), None);
        assert_eq!(nearest("https://mcp.example.com/slack", "helper"), None);
    }
}
