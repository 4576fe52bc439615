//! Damage as data: a string of bytes read as a list of edits, so that a property test and a fuzzer do the same.

use crate::draft::{Draft, Section};

/// Edits `bytes` as `script` says, four bytes an edit: kind, place (two bytes), value.
pub(crate) fn bytes(bytes: &mut Vec<u8>, script: &[u8]) {
    for edit in script.as_chunks::<4>().0 {
        edit_once(bytes, *edit);
    }
}

fn edit_once(bytes: &mut Vec<u8>, [kind, high, low, value]: [u8; 4]) {
    let at = usize::from(u16::from_be_bytes([high, low])) % bytes.len().max(1);
    match kind % 6 {
        0 if !bytes.is_empty() => bytes[at] = value,
        1 if !bytes.is_empty() => bytes[at] ^= 1 << (value % 8),
        2 if !bytes.is_empty() => drop(bytes.remove(at)),
        3 => {
            let end = (at + usize::from(value)).min(bytes.len());
            let copy = bytes[at..end].to_vec();
            bytes.splice(at..at, copy);
        }
        4 => bytes.truncate(at.max(1)),
        _ => bytes.insert(at, value),
    }
}

/// Edits `draft` as `script` says, six bytes an edit: kind, section, and four for what is changed.
pub(crate) fn draft(draft: &mut Draft, script: &[u8]) {
    for [kind, section, rest @ ..] in script.as_chunks::<6>().0 {
        let number = u32::from_be_bytes(*rest);
        let at = usize::from(*section) % draft.sections.len().max(1);
        match kind % 16 {
            0 => draft.minor = low_half(number),
            1 => draft.reserved = u64::from(number),
            2 => draft.count = Some(number % 70),
            3 => draft.length = Some(u64::from(number)),
            4 => drop(draft.sections.pop()),
            5 => draft.tail.extend_from_slice(rest),
            6 => {
                if let Some(copy) = draft.sections.get(at).cloned() {
                    draft.sections.insert(at, copy);
                }
            }
            7 => draft.sections.rotate_left(at),
            _ => {
                if let Some(section) = draft.sections.get_mut(at) {
                    edit_section(section, *kind, *rest);
                }
            }
        }
    }
}

fn edit_section(section: &mut Section, kind: u8, rest: [u8; 4]) {
    let number = u32::from_be_bytes(rest);
    match kind % 16 {
        8 => section.version = low_half(number),
        9 => section.flags = low_half(number),
        10 => section.name[rest[0] as usize % 4] = b'A' + rest[1] % 26,
        11 => section.raw_length = Some(u64::from(number)),
        12 => {
            let mut frame = section.frame();
            edit_once(&mut frame, rest);
            section.stored = Some(frame);
        }
        // The content is what the decoders see, so it gets most of the edits.
        _ => edit_once(&mut section.raw, rest),
    }
}

fn low_half(number: u32) -> u16 {
    let [low, high, ..] = number.to_le_bytes();
    u16::from_le_bytes([low, high])
}
