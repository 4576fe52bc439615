//! Damage to bytes, chosen by a tape.

use crate::tape::Tape;

/// Pieces that mean something in YAML, in our language, or to a decoder of text.
const PIECES: &[&[u8]] = &[
    b"\t",
    b"\n",
    b"\r\n",
    b"\r",
    b"\0",
    b" ",
    b"  ",
    b": ",
    b"- ",
    b"? ",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b"&a ",
    b"*a",
    b"<<: ",
    b"!!str ",
    b"!x ",
    b"|\n",
    b">-\n",
    b"\"",
    b"'",
    b"#",
    b"---\n",
    b"...\n",
    b"%YAML 1.1\n",
    b"~",
    b"null",
    b"1e999",
    b"99999999999999999999",
    b"0o17",
    b".nan",
    b"\xff",
    b"\xc3",
    b"\xef\xbb\xbf",
    b"\xfe\xff",
    b"\xe2\x80\xa8",
    b"\xc2\x85",
    "é".as_bytes(),
    "👩‍👩‍👧".as_bytes(),
    b"${",
    b"${env:",
    b"${env:A}",
    b"name: writer\n",
    b"serviceaccount:ci",
    b"paceline://writer",
    b"mcp://npx/@",
    b"* * 31 2 *",
    b"L",
    b"@daily",
    b"sk-ant-0123456789012345678901234567890",
];

/// Damages bytes in up to six places.
pub(crate) fn bytes(bytes: &mut Vec<u8>, tape: &mut Tape<'_>) {
    for _ in 0..=tape.below(6) {
        once(bytes, tape);
    }
}

fn once(bytes: &mut Vec<u8>, tape: &mut Tape<'_>) {
    let at = tape.below((bytes.len() + 1).min(60_000));
    let end = (at + tape.below(40)).min(bytes.len());
    match tape.below(6) {
        0 | 1 => drop(bytes.splice(at..at, tape.pick(PIECES).iter().copied())),
        2 => drop(bytes.splice(at..end, tape.pick(PIECES).iter().copied())),
        3 => drop(bytes.drain(at..end)),
        4 => {
            let copy = bytes[at..end].to_vec();
            let to = tape.below(bytes.len().max(1));
            bytes.splice(to..to, copy);
        }
        _ => bytes.truncate(at),
    }
}
