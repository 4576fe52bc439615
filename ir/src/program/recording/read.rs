//! From JSON to a [`Recording`]: serde does the reading, so that a fault has its line and column ([`crate::json`]).

use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::time::Duration;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::{
    Asked, MAX_PAUSE, Malformed, MalformedRecording, RecordedAnswer, RecordedCall, RecordedTurn, RecordedUsage,
    Recording,
};
use crate::json::{self, Fault};
use crate::text::quoted;

pub(super) fn recording(bytes: &[u8]) -> Result<Recording, MalformedRecording> {
    let turns: Vec<Turn> = json::read(bytes).map_err(malformed)?;
    Ok(Recording { turns: turns.into_iter().map(|turn| turn.0).collect() })
}

fn malformed(fault: Fault) -> MalformedRecording {
    let Fault { is_json, line, column, at, message } = fault;
    let kind = if is_json { Malformed::OtherJson } else { Malformed::NotJson };
    MalformedRecording { kind, line, column, at, message }
}

/// What is written as a text, as an object, or as either. Both are judged while the reader stands at them, so that what
/// is wrong has its place.
trait Written<O>: Sized {
    const EXPECTED: &'static str;

    fn of_text(_text: &str) -> Result<Self, String> {
        Err(format!("expected {}", Self::EXPECTED))
    }

    fn of_object(_object: O) -> Result<Self, String> {
        Err(format!("expected {}", Self::EXPECTED))
    }
}

struct Reader<O, T>(PhantomData<(O, T)>);

impl<'de, O: Deserialize<'de>, T: Written<O>> Reader<O, T> {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_any(Self(PhantomData))
    }
}

impl<'de, O: Deserialize<'de>, T: Written<O>> Visitor<'de> for Reader<O, T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(T::EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        T::of_text(text).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::of_object(O::deserialize(MapAccessDeserializer::new(map))?).map_err(A::Error::custom)
    }
}

macro_rules! written {
    ($name:ident, $object:ty) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Reader::<$object, $name>::read(deserializer)
            }
        }
    };
}

struct Turn(RecordedTurn);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TurnObject {
    user: Option<User>,
    results: Option<Vec<String>>,
    turn: Option<NonZeroU32>,
    model: Answer,
    wait: Option<Pause>,
    pace: Option<Pause>,
}

written!(Turn, TurnObject);

impl Written<TurnObject> for Turn {
    const EXPECTED: &'static str = "a turn, `{\"user\": …, \"model\": …}`";

    fn of_object(turn: TurnObject) -> Result<Self, String> {
        let asked = match (turn.user, turn.results) {
            (Some(user), None) => Ok(user.0),
            (None, Some(results)) if results.is_empty() => Err("`results` names no tool"),
            (None, Some(results)) => Ok(Asked::Results(results)),
            (None, None) => Err("a turn needs `user` or `results`: what it is an answer to"),
            (Some(_), Some(_)) => Err("a turn is an answer to `user` or to `results`, not to both"),
        };
        let pause = |pause: Option<Pause>| pause.map_or(Duration::ZERO, |pause| pause.0);
        Ok(Self(RecordedTurn {
            asked: asked?,
            turn: turn.turn.map(NonZeroU32::get),
            answer: turn.model.0,
            wait: pause(turn.wait),
            pace: pause(turn.pace),
        }))
    }
}

struct User(Asked);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContainsObject {
    contains: String,
}

written!(User, ContainsObject);

impl Written<ContainsObject> for User {
    const EXPECTED: &'static str = "a string or `{\"contains\": \"…\"}`";

    fn of_text(text: &str) -> Result<Self, String> {
        Ok(Self(Asked::User(text.trim().to_owned())))
    }

    fn of_object(object: ContainsObject) -> Result<Self, String> {
        Ok(Self(Asked::Contains(object.contains)))
    }
}

struct Answer(RecordedAnswer);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerObject {
    text: Option<String>,
    output: Option<Value>,
    #[serde(default)]
    calls: Vec<Call>,
    #[serde(default)]
    usage: UsageObject,
    cut: Option<String>,
}

written!(Answer, AnswerObject);

impl Written<AnswerObject> for Answer {
    const EXPECTED: &'static str = "a string or an object with `text`, `output`, `calls`, `usage`, `cut`";

    fn of_text(text: &str) -> Result<Self, String> {
        Ok(Self(RecordedAnswer { text: text.to_owned(), ..RecordedAnswer::default() }))
    }

    fn of_object(object: AnswerObject) -> Result<Self, String> {
        let AnswerObject { text, output, calls, usage, cut } = object;
        let text = match (text, output) {
            (Some(_), Some(_)) => return Err("an answer has `text` or `output`, not both".to_owned()),
            (text, output) => text.or_else(|| output.map(|output| output.to_string())),
        };
        if text.is_none() && calls.is_empty() && cut.is_none() {
            return Err("an answer has `text`, `output`, `calls` or `cut`".to_owned());
        }
        if cut.as_deref().is_some_and(|cut| cut.trim().is_empty()) {
            return Err("`cut` is `length`, or another word for why the answer is cut".to_owned());
        }
        Ok(Self(RecordedAnswer {
            text: text.unwrap_or_default(),
            calls: calls.into_iter().map(|call| call.0).collect(),
            usage: RecordedUsage { input: usage.input, output: usage.output },
            cut,
        }))
    }
}

struct Call(RecordedCall);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallObject {
    name: String,
    arguments: Option<Arguments>,
}

written!(Call, CallObject);

impl Written<CallObject> for Call {
    const EXPECTED: &'static str = "a call, `{\"name\": …, \"arguments\": {…}}`";

    fn of_object(object: CallObject) -> Result<Self, String> {
        let arguments = object.arguments.map_or_else(|| Value::Object(Map::new()), |arguments| arguments.0);
        Ok(Self(RecordedCall { name: object.name, arguments }))
    }
}

struct Arguments(Value);

written!(Arguments, Map<String, Value>);

impl Written<Map<String, Value>> for Arguments {
    const EXPECTED: &'static str = "an object, or a string for arguments that are no JSON";

    fn of_text(text: &str) -> Result<Self, String> {
        Ok(Self(Value::String(text.to_owned())))
    }

    fn of_object(object: Map<String, Value>) -> Result<Self, String> {
        Ok(Self(Value::Object(object)))
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default, expecting = "`{\"input\": …, \"output\": …}`")]
struct UsageObject {
    input: u64,
    output: u64,
}

struct Pause(Duration);

written!(Pause, IgnoredAny);

impl Written<IgnoredAny> for Pause {
    const EXPECTED: &'static str = "a pause such as `200ms` or `2s`, at most an hour";

    fn of_text(text: &str) -> Result<Self, String> {
        pause(text).map(Self).ok_or_else(|| format!("expected {}, not `{}`", Self::EXPECTED, quoted(text)))
    }
}

fn pause(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let number: u64 = digits.parse().ok()?;
    let pause = match text.strip_prefix(digits)? {
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        "m" => Duration::from_secs(number.checked_mul(60)?),
        "h" => Duration::from_secs(number.checked_mul(3_600)?),
        _ => return None,
    };
    (pause <= MAX_PAUSE).then_some(pause)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Result<Recording, MalformedRecording> {
        Recording::parse(text.as_bytes())
    }

    #[test]
    fn everything_that_can_be_said() {
        let text = r#"[
            {"user": " hi ", "model": "hello"},
            {"user": {"contains": "weather"}, "turn": 2, "wait": "200ms", "pace": "1s",
             "model": {"text": "", "calls": [{"name": "a", "arguments": {"z": 1, "b": 2}}, {"name": "b"}],
                       "usage": {"input": 3, "output": 4}}},
            {"results": ["a", "b"], "model": {"text": "so", "cut": "length"}},
            {"user": "d", "model": {"output": {"z": [1.50, "ä\n"], "b": {}}}}
        ]"#;
        let turns = parsed(text).unwrap().turns;
        let asked: Vec<_> = turns.iter().map(|turn| turn.asked.clone()).collect();
        let results = Asked::Results(vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!(asked[..3], [Asked::User("hi".to_owned()), Asked::Contains("weather".to_owned()), results]);
        assert_eq!(turns[3].answer.text, r#"{"z":[1.50,"ä\n"],"b":{}}"#);
        assert_eq!(turns[0].answer.text, "hello");
        let second = &turns[1];
        assert_eq!(
            (second.turn, second.wait, second.pace),
            (Some(2), Duration::from_millis(200), Duration::from_secs(1))
        );
        assert_eq!(second.answer.calls[0].arguments.to_string(), r#"{"z":1,"b":2}"#);
        assert_eq!(second.answer.calls[1].arguments.to_string(), "{}");
        assert_eq!(second.answer.usage, RecordedUsage { input: 3, output: 4 });
        assert_eq!(turns[2].answer.cut.as_deref(), Some("length"));
        assert_eq!(parsed("\u{feff}[]").unwrap().turns, []);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let wrong = |text: &str, message: &str, place: &str, shown: &str| {
            let wrong = parsed(text).unwrap_err();
            let told = (wrong.message.as_str(), format!("{}:{}", wrong.line, wrong.column), &text[wrong.at.clone()]);
            assert_eq!(told, (message, place.to_owned(), shown), "{text}");
        };
        wrong("", "the file ends inside of a value", "1:1", "");
        wrong("[\n{\"user\": \"a\",}]", "trailing comma", "2:14", "}");
        wrong("[{\"user\": ä}]", "expected value", "1:11", "ä");
        wrong(r#"{"turns": []}"#, "expected a list, not an object", "1:1", "{");
        wrong("\u{feff}[3]", "expected a turn, `{\"user\": …, \"model\": …}`, not integer `3`", "1:2", "3");
        wrong(r#"["ä"]"#, r#"expected a turn, `{"user": …, "model": …}`"#, "1:2", "\"ä\"");
        let keys = "`user`, `results`, `turn`, `model`, `wait`, `pace`";
        wrong(r#"[{"usr": "a"}]"#, &format!("unknown key `usr`; expected one of {keys}"), "1:3", "\"usr\"");
        wrong(r#"[{"user": "a"}]"#, "the key `model` is missing", "1:14", "}");
        wrong(r#"[{"user": "a", "user": "b"}]"#, "the key `user` is there twice", "1:16", "\"user\"");
        wrong(r#"[{"model": "a"}]"#, "a turn needs `user` or `results`: what it is an answer to", "1:15", "}");
        wrong(
            r#"[{"user": "a", "results": ["b"], "model": "c"}]"#,
            "a turn is an answer to `user` or to `results`, not to both",
            "1:46",
            "}",
        );
        wrong(r#"[{"results": [], "model": "c"}]"#, "`results` names no tool", "1:30", "}");
        let matches = r#"expected a string or `{"contains": "…"}`, not integer `3`"#;
        wrong(r#"[{"user": 3, "model": "c"}]"#, matches, "1:11", "3");
        let text = r#"[{"user": {"has": "a"}, "model": "c"}]"#;
        wrong(text, "unknown key `has`; expected `contains`", "1:12", "\"has\"");
        let text = r#"[{"user": "ä\" b", "model": {}}]"#;
        wrong(text, "an answer has `text`, `output`, `calls` or `cut`", "1:30", "}");
        let text = r#"[{"user": "a", "model": {"text": "b", "output": {}}}]"#;
        wrong(text, "an answer has `text` or `output`, not both", "1:51", "}");
        let text = r#"[{"user": "a", "model": {"txt": "b"}}]"#;
        let keys = "`text`, `output`, `calls`, `usage`, `cut`";
        wrong(text, &format!("unknown key `txt`; expected one of {keys}"), "1:26", "\"txt\"");
        let text = r#"[{"user": "a", "model": {"calls": [{"name": "b", "arguments": -12}]}}]"#;
        let arguments = "expected an object, or a string for arguments that are no JSON, not integer `-12`";
        wrong(text, arguments, "1:63", "-12");
        let text = r#"[{"user": "a", "model": "b", "wait": "2h"}]"#;
        wrong(text, "expected a pause such as `200ms` or `2s`, at most an hour, not `2h`", "1:38", "\"2h\"");
        let text = r#"[{"user": "a", "model": "b", "turn": 0}]"#;
        wrong(text, "expected a whole number from 1, not integer `0`", "1:38", "0");
        let not_utf8 = Recording::parse(b"[{\"user\": \"\xff\"}]").unwrap_err();
        assert_eq!((not_utf8.kind, not_utf8.line), (Malformed::NotJson, 1));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_pointed_at(bytes in proptest::collection::vec(any::<u8>(), 0..40), at in 0_usize..70) {
            let mut text = br#"[{"user": {"contains": "a"}, "model": {"text": "b", "cut": "length"}}]"#.to_vec();
            text.splice(at.min(text.len())..at.min(text.len()), bytes);
            if let Err(wrong) = Recording::parse(&text) {
                prop_assert!(text.get(wrong.at.clone()).is_some(), "{wrong:?}");
                if let Ok(text) = std::str::from_utf8(&text) {
                    prop_assert!(text.get(wrong.at.clone()).is_some(), "{wrong:?}");
                }
            }
        }
    }

    #[test]
    fn pauses() {
        assert_eq!(pause("0ms"), Some(Duration::ZERO));
        for longest in ["3600s", "60m", "1h"] {
            assert_eq!(pause(longest), Some(MAX_PAUSE));
        }
        for bad in
            ["", "5", "ms", "3601s", "2h", "-1s", "1.5s", "1 s", "99999999999999999999s", "18446744073709551615s"]
        {
            assert_eq!(pause(bad), None, "{bad}");
        }
    }
}
