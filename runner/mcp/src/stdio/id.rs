//! Which request an answer is for that cannot be read: too long, too deep, cut off, or of another form.

/// The number `id` at the top of the object that `json` is the beginning of. Reads no further than it must, and is as flat as
/// the object is deep.
pub(super) fn of(json: &[u8]) -> Option<i64> {
    let mut depth = 0_usize;
    let mut place = 0;
    while let Some(byte) = json.get(place) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            b'"' => {
                let end = end_of_string(json, place + 1)?;
                if depth == 1
                    && json.get(place..=end) == Some(br#""id""#)
                    && let Some(number) = value(json.get(end + 1..)?)
                {
                    return Some(number);
                }
                place = end;
            }
            _ => {}
        }
        place += 1;
    }
    None
}

/// Where the string ends that begins at `start`.
fn end_of_string(json: &[u8], start: usize) -> Option<usize> {
    let mut place = start;
    loop {
        match json.get(place)? {
            b'\\' => place += 2,
            b'"' => return Some(place),
            _ => place += 1,
        }
    }
}

/// The number after a colon.
fn value(rest: &[u8]) -> Option<i64> {
    let rest = rest.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(rest.get(..digits)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_found_wherever_it_is() {
        assert_eq!(of(br#"{"jsonrpc":"2.0","id":7,"result":{"x"#), Some(7));
        assert_eq!(of(br#"{"result":{"id":1,"a":["\"id\":2",{"id":3}]},"jsonrpc":"2.0", "id" : 12}"#), Some(12));
        assert_eq!(of(br#"{"a":"id","id":5}"#), Some(5));
        for none in [&b"{\"id\":\"x\"}"[..], b"[{\"id\":1}]", b"}{\"id\":1}", b"{\"a\\", b"{\"id\"", b"garbage", b""] {
            assert_eq!(of(none), None, "{}", String::from_utf8_lossy(none));
        }
        let deep = [vec![b'['; 1 << 20], vec![b']'; 1 << 20]].concat();
        assert_eq!(of(&[&b"{\"result\":"[..], &deep, b",\"id\":3}"].concat()), Some(3));
    }
}
