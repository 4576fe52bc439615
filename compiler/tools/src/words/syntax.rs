//! `P0511` (text that is not TypeScript), `P0519` (what the engine does not run), and files that are no text (`P0109`,
//! `P0113`).

use pace_diag::{Diagnostic, code};
use pace_syntax::Span;

use super::Says;

pub(super) fn syntax(
    says: &Says<'_>,
    message: &str,
    label: &str,
    help: Option<&str>,
    others: &[(Span, &str)],
) -> Diagnostic {
    let message = match message.strip_prefix("Invalid regular expression: ") {
        Some(why) => format!("this is no regular expression: {}", lowered(why)),
        None => lowered(message),
    };
    let (message, label) = if says.is_in_package() {
        (format!("`{}` cannot be read: {message}", says.culprit()), String::new())
    } else {
        (message, lowered(label))
    };
    let diagnostic = says.show(Diagnostic::new(&code::TOOL_SYNTAX, message), &label);
    let diagnostic = others.iter().fold(diagnostic, |diagnostic, (span, text)| diagnostic.also(*span, lowered(text)));
    match help {
        Some(help) => diagnostic.help(lowered(help)),
        None => diagnostic,
    }
}

/// A file that its name says is JSON.
pub(super) fn not_json(says: &Says<'_>, message: &str, imported: Option<Span>) -> Diagnostic {
    let diagnostic = Diagnostic::new(&code::TOOL_SYNTAX, format!("`{}` is not JSON", says.culprit()));
    if says.is_in_package() {
        return says.show(diagnostic, "").note(message);
    }
    let diagnostic = says.show(diagnostic, message);
    match imported {
        Some(imported) => diagnostic.also(imported, "imported here"),
        None => diagnostic,
    }
}

/// The parser's words in our manner: no full stop, and no capital letter unless a name begins.
pub(super) fn lowered(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if first.is_uppercase() && !second.is_uppercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}

pub(super) fn decorator(says: &Says<'_>, what: &str) -> Diagnostic {
    says.show(
        Diagnostic::new(&code::UNSUPPORTED_SYNTAX, format!("{what} do not run in a tool")),
        "not in the language yet",
    )
    .help("call a function instead")
}

pub(super) fn jsx(says: &Says<'_>) -> Diagnostic {
    let message = "JSX does not run in a tool";
    says.show(Diagnostic::new(&code::UNSUPPORTED_SYNTAX, message), "there is nothing to render it with")
        .help("build a string, or an object that the tool returns")
}

pub(super) fn unicode_sets(says: &Says<'_>) -> Diagnostic {
    let message = "the flag `v` of regular expressions does not run in a tool";
    says.show(Diagnostic::new(&code::UNSUPPORTED_SYNTAX, message), "its sets are not in the engine yet")
        .help("write it with `u`, which has `\\p{…}`, and without sets in sets")
}

pub(super) fn not_utf8(says: &Says<'_>, byte: u8) -> Diagnostic {
    let diagnostic = Diagnostic::new(&code::NOT_UTF8, format!("`{}` is not UTF-8", says.culprit()));
    says.show(diagnostic, "")
        .note(format!("the byte 0x{byte:02x} is no part of a character"))
        .help("save the file as UTF-8")
}

pub(super) fn too_large(says: &Says<'_>, bytes: u64) -> Diagnostic {
    let diagnostic = Diagnostic::new(&code::TOO_LARGE, format!("`{}` is too large", says.culprit()));
    says.show(diagnostic, "").note(format!("{bytes} bytes")).help("fetch large data when the tool runs")
}

pub(super) fn unreadable(says: &Says<'_>, why: &str) -> Diagnostic {
    let message = format!("`{}` cannot be read: {why}", says.culprit());
    says.show(Diagnostic::new(&code::UNRESOLVED_IMPORT, message), "")
}

#[cfg(test)]
mod tests {
    use super::lowered;

    #[test]
    fn words_of_others_take_our_manner() {
        assert_eq!(lowered("Unexpected token."), "unexpected token");
        assert_eq!(lowered("JSX elements need a name"), "JSX elements need a name");
        assert_eq!(lowered("`x` has already been declared"), "`x` has already been declared");
        assert_eq!(lowered(""), "");
    }
}
