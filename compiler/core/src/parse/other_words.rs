//! Words of other systems, and words that stand one level too high: which key of ours they mean. Consulted for an unknown
//! key that resembles none of the keys it could be; decides nothing, it only finds words for a help line.

/// What to do instead of writing an unknown key.
#[derive(Debug, Clone, Copy)]
pub(super) struct OtherWord {
    /// The key of the same mapping that says it, if there is one.
    pub(super) instead: Option<&'static str>,
    /// In the imperative.
    pub(super) help: &'static str,
}

const fn renamed(instead: &'static str, help: &'static str) -> OtherWord {
    OtherWord { instead: Some(instead), help }
}

const fn moved(help: &'static str) -> OtherWord {
    OtherWord { instead: None, help }
}

/// What `key` means in the mapping that authors know as `title`: `an agent`, `` `generation` ``.
pub(super) fn find(title: &str, key: &str) -> Option<OtherWord> {
    let word = match (title, key) {
        ("an agent", "prompt" | "system" | "system_prompt" | "instruction" | "instructions") => {
            renamed("description", "write the system prompt under `description`")
        }
        ("an agent", "temperature" | "top_p" | "max_output_tokens" | "stop" | "thinking_budget") => {
            moved("write it under `generation`")
        }
        ("an agent", "max_turns" | "timeout" | "max_tokens" | "max_cost_usd" | "max_tool_calls") => {
            moved("write it under `limits`")
        }
        ("`generation`", "max_tokens") => moved(
            "write `max_output_tokens` for the longest reply, or `max_tokens` under `limits` for a whole invocation",
        ),
        ("a loop", "cron") => renamed("schedule", "write it as `schedule`"),
        ("a loop", "prompt" | "message" | "instructions") => renamed("instruction", "write it as `instruction`"),
        ("a tool entry", "url" | "uri") => moved("write it as `server`"),
        _ => return None,
    };
    Some(word)
}

/// The key that a text alone most likely stands for, where a mapping with this title is expected.
pub(super) fn first_key(title: &str) -> Option<&'static str> {
    match title {
        "a service account" | "a model" | "a registry" => Some("name"),
        "an `acl` entry" | "a project `acl` entry" | "a grant" => Some("principal"),
        "a `tool_grants` entry" => Some("tool"),
        "a claim mapping" => Some("claim"),
        _ => None,
    }
}
