//! What a model calls the tool of a server: made from the entry's alias and the server's own name for it, the same way by
//! the compiler, which refuses two tools of one name, and by the runner, which declares them.

use super::name::ToolName;
use crate::digest::Digest;

/// Longest name, in characters, that every provider's models can call.
const LONGEST: usize = 64;
/// How many digits of the digest stand at the end of a name that was cut.
const DIGITS: usize = 8;

/// The name of a server's tool to a model: `<alias>_<tool>`, characters other than `A-Z a-z 0-9 _ -` written as `_`. A name
/// over 64 characters is cut, and ends in the first 8 hexadecimal digits of the BLAKE3 of `<alias>_<tool>` as it was, so
/// that two long names that begin alike stay apart.
pub fn server_tool_name(alias: &ToolName, tool: &str) -> ToolName {
    let whole = format!("{alias}_{tool}");
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' };
    let mut name: String = whole.chars().map(plain).collect();
    if name.len() > LONGEST {
        name.truncate(LONGEST - DIGITS);
        name.extend(Digest::of(whole.as_bytes()).to_string().chars().take(DIGITS));
    }
    // An alias begins as every tool's name does, and nothing but letters, digits, `_` and `-` follows.
    name.parse().unwrap_or_else(|_| alias.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(alias: &str, tool: &str) -> String {
        server_tool_name(&alias.parse().unwrap(), tool).to_string()
    }

    #[test]
    fn plain_names_are_joined() {
        assert_eq!(name("filesystem", "read_file"), "filesystem_read_file");
        assert_eq!(name("slack", "post.message/now"), "slack_post_message_now");
        assert_eq!(name("slack", "grüße🟢"), "slack_gr__e_");
        assert_eq!(name("_1st", ""), "_1st_");
    }

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let exact = "t".repeat(62);
        assert_eq!(name("a", &exact), format!("a_{exact}"));
        let (one, other) = (name("a", &format!("{exact}1")), name("a", &format!("{exact}2")));
        assert_eq!((one.len(), other.len()), (64, 64));
        assert_eq!(one[..56], other[..56]);
        assert_ne!(one, other);
        assert!(one[56..].bytes().all(|digit| digit.is_ascii_hexdigit()), "{one}");
    }
}
