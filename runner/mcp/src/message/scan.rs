//! What can be known of a message before anything is made of it: one look over its bytes, which takes no memory.

use rmcp::model::{NumberOrString, RequestId};

/// The longest id that is read, bytes: ours are numbers, and some servers answer them as texts.
const MOST_ID: usize = 64;

/// What was seen. Of what is no JSON it says something too; whether it is any is judged by whoever builds it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Scan {
    /// Texts, numbers, lists, objects and the names in them.
    pub(crate) values: usize,
    /// How deep lists and objects are in one another.
    pub(crate) depth: usize,
    /// Which request it is, or is an answer to.
    pub(crate) id: Option<RequestId>,
    /// It has a result.
    has_result: bool,
    /// It has an error.
    has_error: bool,
    /// It has a method: it is a request or a notification.
    has_method: bool,
}

impl Scan {
    /// Looks at all of `json`, or at as much as there is of it.
    pub(crate) fn of(json: &[u8]) -> Self {
        let (mut scan, mut depth, mut place) = (Self::default(), 0_usize, 0);
        while let Some(byte) = json.get(place) {
            place += 1;
            match byte {
                b'{' | b'[' => {
                    depth += 1;
                    scan.depth = scan.depth.max(depth);
                    scan.values += 1;
                }
                b'}' | b']' => {
                    // More ends than beginnings: what follows stands in nothing.
                    let Some(less) = depth.checked_sub(1) else { break };
                    depth = less;
                }
                b'"' => {
                    scan.values += 1;
                    let end = end_of_text(json, place);
                    if depth == 1 {
                        scan.member(json.get(place - 1..end).unwrap_or_default(), json.get(end..).unwrap_or_default());
                    }
                    place = end;
                }
                b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' => {}
                _ => {
                    scan.values += 1;
                    let rest = json.get(place..).unwrap_or_default();
                    let ends =
                        |byte: &u8| matches!(byte, b',' | b':' | b'}' | b']' | b'"' | b'{' | b'[' | b'\n' | b' ');
                    place += rest.iter().position(ends).unwrap_or(rest.len());
                }
            }
        }
        scan
    }

    /// Whether it answers something.
    pub(crate) fn is_answer(&self) -> bool {
        (self.has_result || self.has_error) && !self.has_method
    }

    /// Whether it answers something by a result and nothing else.
    pub(crate) fn is_result(&self) -> bool {
        self.has_result && !self.has_error && !self.has_method
    }

    /// Whether it may be a message at all.
    pub(crate) fn is_any(&self) -> bool {
        self.has_result || self.has_error || self.has_method
    }

    /// A text at the top, and what follows it: a name, if that is a colon.
    fn member(&mut self, name: &[u8], rest: &[u8]) {
        let Some(value) = rest.trim_ascii_start().strip_prefix(b":") else { return };
        match name {
            br#""id""# if self.id.is_none() => self.id = id(value.trim_ascii_start()),
            br#""result""# => self.has_result = true,
            br#""error""# => self.has_error = true,
            br#""method""# => self.has_method = true,
            _ => {}
        }
    }
}

/// Where the text ends that begins at `start`: behind its last quotation mark, or where there is no more.
fn end_of_text(json: &[u8], start: usize) -> usize {
    let mut place = start;
    loop {
        let rest = json.get(place..).unwrap_or_default();
        let Some(found) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\')) else { return json.len() };
        place += found + 1;
        if rest.get(found) == Some(&b'"') {
            return place;
        }
        // What follows a backslash ends nothing.
        place += 1;
    }
}

fn id(value: &[u8]) -> Option<RequestId> {
    let value = value.get(..value.len().min(MOST_ID)).unwrap_or_default();
    if value.starts_with(b"\"") {
        let text = value.get(..end_of_text(value, 1))?;
        return Some(NumberOrString::String(serde_json::from_slice::<String>(text).ok()?.into()));
    }
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'-').count();
    std::str::from_utf8(value.get(..digits)?).ok()?.parse().ok().map(NumberOrString::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(json: &[u8]) -> Option<i64> {
        match Scan::of(json).id? {
            NumberOrString::Number(number) => Some(number),
            NumberOrString::String(_) => None,
        }
    }

    #[test]
    fn the_id_is_found_wherever_it_is() {
        assert_eq!(number(br#"{"jsonrpc":"2.0","id":7,"result":{"x"#), Some(7));
        assert_eq!(number(br#"{"result":{"id":1,"a":["\"id\":2",{"id":3}]},"jsonrpc":"2.0", "id" : 12}"#), Some(12));
        assert_eq!(number(br#"{"a":"id","id":5}"#), Some(5));
        assert_eq!(Scan::of(br#"{"id":"7\u0031","result":{}}"#).id, Some(NumberOrString::String("71".into())));
        for none in [&b"[{\"id\":1}]"[..], b"}{\"id\":1}", b"{\"a\\", b"{\"id\"", b"garbage", b"", b"{\"id\":null}"] {
            assert_eq!(Scan::of(none).id, None, "{}", String::from_utf8_lossy(none));
        }
        let deep = [vec![b'['; 1 << 20], vec![b']'; 1 << 20]].concat();
        let scan = Scan::of(&[&b"{\"result\":"[..], &deep, b",\"id\":3}"].concat());
        assert_eq!((scan.id, scan.depth), (Some(NumberOrString::Number(3)), (1 << 20) + 1));
    }

    #[test]
    fn what_it_is_stands_at_the_top() {
        let is = |json: &str| (Scan::of(json.as_bytes()).is_answer(), Scan::of(json.as_bytes()).is_any());
        assert_eq!(is(r#"{"id":1,"result":{"method":"x"}}"#), (true, true));
        assert_eq!(is(r#"{"id":1,"error":{}}"#), (true, true));
        assert_eq!(is(r#"{"id":1,"method":"x","params":{"result":1}}"#), (false, true));
        assert_eq!(is(r#"{"a":"result","b":["error"]}"#), (false, false));
        assert_eq!(is(r#"[{"result":1}]"#), (false, false));
    }

    #[test]
    fn everything_that_takes_memory_is_counted() {
        let values = |json: &str| Scan::of(json.as_bytes()).values;
        assert_eq!(values(r#"{"a": [1, -2.5e3, null ,"x,\"y\\"], "b":{}}"#), 1 + 2 + 1 + 4 + 1);
        assert_eq!(values("[[],[],[]]"), 4);
        assert_eq!(values("[1,2"), 3);
        assert_eq!(values(r#""unfinished"#), 1);
    }
}
