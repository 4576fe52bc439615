//! Words of other systems, and words that stand one level too high: which key of ours they mean. Consulted for an unknown
//! key that resembles none of the keys it could be; decides nothing, it only finds words for a help line.

pub(super) mod synonyms;

use pace_diag::nearest;

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
        ("an agent", "max_cost" | "budget") => moved("write it as `max_cost_usd` under `limits`"),
        ("`limits`", "max_cost" | "max_usd" | "budget") => renamed("max_cost_usd", "write it as `max_cost_usd`"),
        ("a loop", "cron") => renamed("schedule", "write it as `schedule`"),
        ("a loop", "prompt" | "message" | "instructions") => renamed("instruction", "write it as `instruction`"),
        ("a tool entry", "url" | "uri") => moved("write it as `server`"),
        ("a tool entry", "agent") => moved("write `server: paceline://<agent>`"),
        _ => return None,
    };
    Some(word)
}

/// The key of a mapping inside this one that `key` is most likely a slip of the hand for, and the key that holds it.
pub(super) fn deeper(title: &str, key: &str) -> Option<(&'static str, &'static str)> {
    const HELD: [(&str, &[&str]); 2] = [
        ("generation", &["temperature", "top_p", "max_output_tokens", "stop", "thinking_budget"]),
        ("limits", &["max_turns", "timeout", "max_tokens", "max_cost_usd", "max_tool_calls"]),
    ];
    if title != "an agent" {
        return None;
    }
    let keys = HELD.iter().flat_map(|(_, keys)| keys.iter().copied());
    let near = nearest::nearest(key, keys)?;
    HELD.iter().find_map(|(holder, keys)| keys.iter().find(|key| **key == near).map(|near| (*near, *holder)))
}

/// How to write a scalar alone where a mapping with this title is expected.
pub(super) fn as_mapping(title: &str, text: &str) -> Option<String> {
    let written = match title {
        "a service account" | "a registry" => format!("name: {text}"),
        "a model" => format!("{{name: {text}, provider: openai}}"),
        "an `acl` entry" => format!("{{principal: {text}, role: execute}}"),
        "a project `acl` entry" => format!("{{principal: {text}, role: read}}"),
        "a grant" => format!("{{principal: {text}, access: read}}"),
        "a `tool_grants` entry" => format!("tool: {text}"),
        "a claim mapping" => format!("claim: {text}"),
        "`catch_up`" if text == "true" => "catch_up: {window: 1h, max: 1}".to_owned(),
        _ => return None,
    };
    Some(format!("write `{written}`"))
}
