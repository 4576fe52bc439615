//! The file of a tool:
//!
//! ```text
//! paceline tool cache 3 <seal, or `-`>
//! <digest of the next line>
//! {"key": …, "bundle": …}          what bundling gave
//! {"name": …, …}                   what the engine made of that: what the module says of itself,
//! …                                and its bytecode
//! ```
//!
//! The digest says that what was bundled is whole; the seal, that this user's `pace` has written all that follows it, under this
//! name. What the engine made is read from sealed files only, and there is none in others.

use std::io::BufRead as _;

use pace_ir::Digest;
use pace_sandbox::{Bytecode, Description, Exported};
use serde::{Deserialize, Serialize};

use super::key::Key;
use crate::engine::Described;
use crate::protocol::Bundle;

/// Rises when what is stored changes.
pub(super) const FORMAT: &str = "paceline tool cache 3";

/// What stands for the seal where there is none.
const UNSEALED: &str = "-";

/// A tool as it was bundled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// `tools/<name>` or `std/<name>`.
    pub(crate) key: String,
    /// What bundling it gave.
    pub(crate) bundle: Bundle,
}

/// What was found of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// As it was bundled.
    pub(crate) kept: Kept,
    /// What the engine made of that; absent where nothing vouches for it.
    pub(crate) described: Option<Described>,
}

/// [`Description`] of what is a tool, as JSON.
#[derive(Debug, Serialize, Deserialize)]
struct Said {
    name: Option<String>,
    description: Option<String>,
    parameters: Option<String>,
}

/// The file, without its first line. `described` is of a module that exports a tool; without it, only what was bundled is
/// kept.
pub(super) fn content(kept: &Kept, described: Option<&Described>) -> Option<Vec<u8>> {
    let source = serde_json::to_string(kept).ok()?;
    let mut content = format!("{}\n{source}\n", Digest::of(source.as_bytes())).into_bytes();
    if let Some(Described { bytecode, description }) = described {
        let Description { name, description, parameters, .. } = description.clone();
        serde_json::to_writer(&mut content, &Said { name, description, parameters }).ok()?;
        content.push(b'\n');
        content.extend_from_slice(&bytecode.0);
    }
    Some(content)
}

/// The file of what is of this name.
pub(super) fn write(kept: &Kept, described: &Described, name: Digest, key: Option<&Key>) -> Option<Vec<u8>> {
    let content = content(kept, key.and(Some(described)))?;
    let seal = key.map_or_else(|| UNSEALED.to_owned(), |key| key.seal(name, &content).to_string());
    Some([format!("{FORMAT} {seal}\n").as_bytes(), &content].concat())
}

/// What a file of this name holds; nothing where it is not whole.
pub(super) fn read(bytes: &[u8], name: Digest, key: Option<&Key>) -> Option<Found> {
    let (first, content) = line(bytes)?;
    let seal = std::str::from_utf8(first).ok()?.strip_prefix(FORMAT)?.strip_prefix(' ')?;
    let (digest, rest) = line(content)?;
    let (source, made) = line(rest)?;
    let is_sealed = key.zip(seal.parse().ok()).is_some_and(|(key, seal)| key.has_sealed(seal, name, content));
    if !is_sealed && digest != Digest::of(source).to_string().as_bytes() {
        return None;
    }
    let kept = serde_json::from_slice(source).ok()?;
    let described = if is_sealed { described(made) } else { None };
    Some(Found { kept, described })
}

fn described(bytes: &[u8]) -> Option<Described> {
    let (said, bytecode) = line(bytes)?;
    let Said { name, description, parameters } = serde_json::from_slice(said).ok()?;
    let description = Description { exported: Exported::Tool, name, description, parameters };
    Some(Described { bytecode: Bytecode(bytecode.to_vec()), description })
}

/// The first line, and what follows it.
fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    // Of a slice, which cannot fail; it looks at many bytes at a time.
    let end = (&mut &*bytes).skip_until(b'\n').ok()?;
    let (line, rest) = bytes.split_at_checked(end)?;
    Some((line.strip_suffix(b"\n")?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key = Key::of([7; 32]);

    fn name() -> Digest {
        Digest::of(b"tools/a")
    }

    fn kept() -> Kept {
        Kept { key: "tools/a".into(), bundle: Bundle { code: "code \u{e9}\n".into(), ..Bundle::default() } }
    }

    fn described() -> Described {
        let json = |text: &str| Some(format!("\"{text}\""));
        let (name, description) = (json("a"), json("What it does\n"));
        let description = Description { exported: Exported::Tool, name, description, parameters: Some("{}".into()) };
        Described { bytecode: Bytecode(b"\n\x00bytecode\n\xff".to_vec()), description }
    }

    fn file(key: Option<&Key>) -> Vec<u8> {
        write(&kept(), &described(), name(), key).unwrap()
    }

    fn unsealed() -> Found {
        Found { kept: kept(), described: None }
    }

    #[test]
    fn what_is_sealed_comes_back_whole() {
        let found = read(&file(Some(&KEY)), name(), Some(&KEY));
        assert_eq!(found, Some(Found { kept: kept(), described: Some(described()) }));
    }

    #[test]
    fn without_a_key_only_what_was_bundled_is_kept() {
        let bytes = file(None);
        for key in [None, Some(&KEY)] {
            assert_eq!(read(&bytes, name(), key), Some(unsealed()));
        }
        assert!(!bytes.windows(8).any(|window| window == b"bytecode"));
    }

    #[test]
    fn a_seal_of_another_key_or_name_vouches_for_nothing() {
        let bytes = file(Some(&KEY));
        for key in [None, Some(&Key::of([8; 32]))] {
            assert_eq!(read(&bytes, name(), key), Some(unsealed()));
        }
        assert_eq!(read(&bytes, Digest::of(b"tools/b"), Some(&KEY)), Some(unsealed()));
    }

    #[test]
    fn a_seal_is_of_all_that_follows_it() {
        let whole = file(Some(&KEY));
        let other = Described { bytecode: Bytecode(b"another".to_vec()), ..described() };
        let other = write(&kept(), &other, name(), Some(&KEY)).unwrap();
        let (first, _) = line(&whole).unwrap();
        let (_, content) = line(&other).unwrap();
        let mixed = [first, b"\n", content].concat();
        assert_eq!(read(&mixed, name(), Some(&KEY)), Some(unsealed()));
    }

    #[test]
    fn whatever_byte_differs_nothing_of_it_is_believed() {
        let bytes = file(Some(&KEY));
        let made =
            bytes.len() - content(&kept(), Some(&described())).unwrap().len() + content(&kept(), None).unwrap().len();
        let mut unsealed = 0;
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                let found = read(&changed, name(), Some(&KEY));
                assert!(
                    found.as_ref().is_none_or(|found| *found == self::unsealed()),
                    "byte {at}, bit {bit}: {found:?}"
                );
                unsealed += usize::from(found.is_some());
                // What was bundled is still whole where only what was made of it differs.
                assert!(at < made || found.is_some(), "byte {at}, bit {bit}");
                // And nothing is where it is not, sealed or not.
                assert_eq!(read(&changed, name(), None).is_some(), found.is_some(), "byte {at}, bit {bit}");
            }
            let cut = read(&bytes[..at], name(), Some(&KEY));
            assert!(cut.is_none_or(|found| found == self::unsealed()), "cut at {at}");
        }
        let longer = [&bytes[..], b"\n"].concat();
        assert_eq!(read(&longer, name(), Some(&KEY)), Some(self::unsealed()));
        assert!(unsealed > 0);
    }
}
