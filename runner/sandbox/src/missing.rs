//! What a tool does instead of using a name that only Node.js or a browser has. At build nobody can tell: packages ask for
//! such names behind a `typeof`.

/// What to use instead, where an error's words are that one of these names is not defined.
pub(crate) fn advice(message: &str) -> Option<&'static str> {
    Some(match message.strip_suffix(" is not defined")? {
        "process" => "a tool reads `env.NAME`, where NAME stands under `env` of its entry in the spec",
        "Buffer" => "use `Uint8Array` with `TextEncoder` and `TextDecoder`, `btoa` and `atob`",
        "require" => "use `import`",
        "module" | "exports" => "use `export`",
        "__dirname" | "__filename" => "a tool has no files; import a `.json` file",
        "global" | "window" | "self" => "use `globalThis`",
        "setImmediate" => "use `setTimeout` or `queueMicrotask`",
        "XMLHttpRequest" | "WebSocket" | "EventSource" => "use `fetch`",
        "FormData" => "use `URLSearchParams`, or write the body as a text",
        "Blob" | "File" | "ReadableStream" => "use texts or `Uint8Array`",
        "Intl" => "a tool knows no languages and no time zones; `std/time` does",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::advice;

    #[test]
    fn names_of_elsewhere_get_advice_and_others_none() {
        assert!(advice("process is not defined").is_some_and(|advice| advice.contains("`env.NAME`")));
        assert_eq!(advice("proces is not defined"), None);
        assert_eq!(advice("process is not a function"), None);
    }
}
