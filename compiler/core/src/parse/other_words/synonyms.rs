//! Words of other systems for the words of our closed sets: `off` for `allow`, `ro` for `read`. Consulted for a word that
//! is not in its set; decides nothing, it only finds words for a help line.

/// What to do about a word that is not in its set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::parse) enum Advice {
    /// This word of the set means the same.
    Word(&'static str),
    /// In the imperative; no word of the set will do by itself.
    Help(&'static str),
}

/// What `text` means where one of `words` is expected. The set alone says what it is about.
pub(in crate::parse) fn find(text: &str, words: &[&str]) -> Option<Advice> {
    let text = text.to_ascii_lowercase();
    let has = |word: &str| words.contains(&word);
    let meant = if has("warn") {
        lint_level(&text).map(Advice::Word)
    } else if has("write") {
        access(&text).map(Advice::Word)
    } else if has("execute") {
        role(&text)
    } else if has("admin") {
        project_role(&text)
    } else if has("anthropic") {
        provider(&text).map(Advice::Word)
    } else if has("RS256") {
        matches!(text.as_str(), "hs256" | "hs384" | "hs512").then_some(Advice::Help(
            "a shared secret could forge tokens; use the algorithm your issuer signs with, usually `RS256`",
        ))
    } else {
        None
    };
    // A set may lose a word that this file still offers; then it says nothing.
    meant.filter(|advice| !matches!(advice, Advice::Word(word) if !has(word)))
}

fn lint_level(text: &str) -> Option<&'static str> {
    match text {
        "off" | "ignore" | "none" => Some("allow"),
        "warning" => Some("warn"),
        "error" | "forbid" => Some("deny"),
        _ => None,
    }
}

fn access(text: &str) -> Option<&'static str> {
    match text {
        "readonly" | "read-only" | "read_only" | "ro" => Some("read"),
        "rw" | "readwrite" | "read-write" | "read_write" | "admin" => Some("write"),
        _ => None,
    }
}

fn role(text: &str) -> Option<Advice> {
    match text {
        "run" | "invoke" | "use" | "exec" => Some(Advice::Word("execute")),
        "view" => Some(Advice::Word("read")),
        "admin" => Some(Advice::Help("`admin` belongs into the project's `acl` in `paceline.yaml`")),
        _ => None,
    }
}

fn project_role(text: &str) -> Option<Advice> {
    match text {
        "view" => Some(Advice::Word("read")),
        "execute" | "run" | "invoke" | "use" | "exec" => Some(Advice::Help(
            "`execute` belongs into an agent's `acl`; on a project, `read` shows all traces and `admin` does everything",
        )),
        _ => None,
    }
}

fn provider(text: &str) -> Option<&'static str> {
    match text {
        "claude" => Some("anthropic"),
        "google" | "vertex" => Some("gemini"),
        "gpt" | "azure" | "ollama" => Some("openai"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_set_decides_what_a_word_means() {
        assert_eq!(find("admin", &["read", "write"]), Some(Advice::Word("write")));
        assert!(matches!(find("admin", &["execute", "read"]), Some(Advice::Help(_))));
        assert!(matches!(find("execute", &["read", "admin"]), Some(Advice::Help(_))));
        assert_eq!(find("off", &["allow", "warn", "deny"]), Some(Advice::Word("allow")));
        assert_eq!(find("Claude", &["gemini", "openai", "anthropic"]), Some(Advice::Word("anthropic")));
        assert!(matches!(find("HS256", &["RS256", "ES256"]), Some(Advice::Help(_))));
        assert_eq!(find("forbidden", &["allow", "warn", "deny"]), None);
    }
}
