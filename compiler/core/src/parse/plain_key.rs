//! Which keys `check --fix` may put right by itself: it must never begin to let somebody in.

/// Whether a key says nothing of who may do what, where to, or with which secrets.
pub(super) fn gives_no_access(key: &str) -> bool {
    const PLAIN: &[&str] = &[
        "catch_up",
        "concurrency",
        "description",
        "enabled",
        "generation",
        "instruction",
        "limits",
        "max",
        "max_cost_usd",
        "max_output_tokens",
        "max_tokens",
        "max_tool_calls",
        "max_turns",
        "model",
        "name",
        "output",
        "price",
        "project",
        "schedule",
        "stop",
        "summary",
        "temperature",
        "thinking_budget",
        "timeout",
        "timezone",
        "top_p",
        "version",
        "window",
    ];
    PLAIN.contains(&key)
}
