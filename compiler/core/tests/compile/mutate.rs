//! Damage to a document: keys dropped, renamed, added, values retyped.

use serde_json::{Value, json};

use crate::tape::Tape;

/// Damages a document in up to three places.
pub(crate) fn mutate(value: &mut Value, tape: &mut Tape<'_>) {
    for _ in 0..tape.below(4) {
        let places = count(value);
        let place = tape.below(places);
        at(value, place, &mut |value| once(value, tape));
    }
}

/// How many values there are, this one included.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum(),
        _ => 0,
    }
}

/// Calls `change` on the value number `place`, in the order they are written.
fn at(value: &mut Value, mut place: usize, change: &mut dyn FnMut(&mut Value)) {
    if place == 0 {
        return change(value);
    }
    place -= 1;
    let below: Vec<&mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(map) => map.values_mut().collect(),
        _ => Vec::new(),
    };
    for value in below {
        let size = count(value);
        if place < size {
            return at(value, place, change);
        }
        place -= size;
    }
}

fn once(value: &mut Value, tape: &mut Tape<'_>) {
    match (value, tape.below(3)) {
        (Value::Object(map), kind @ (0 | 1)) if !map.is_empty() => {
            let key = map.keys().nth(tape.below(map.len())).unwrap().clone();
            // `shift_remove` and the end of the map: the order of keys is no part of what is tested.
            let held = map.shift_remove(&key).unwrap();
            if kind == 1 {
                let renamed = [key.to_uppercase(), format!("{key}s"), format!("{key}_"), "type".into(), "1".into()];
                map.insert(tape.pick(&renamed), held);
            }
        }
        (Value::Object(map), _) => {
            map.insert(tape.pick(&["extra", "name", "type", "", "null"]).to_owned(), json!("x"));
        }
        (Value::Array(items), 0) => items.push(other(tape)),
        (Value::Array(items), 1) if !items.is_empty() => drop(items.remove(tape.below(items.len()))),
        (value, 1) => *value = json!([value.take()]),
        (Value::String(text), 2) => {
            let changed = [text.to_uppercase(), format!("{text} "), format!("{text}\n"), format!(":{text}")];
            *text = tape.pick(&changed);
        }
        (value, _) => *value = other(tape),
    }
}

/// A value of some type or other.
fn other(tape: &mut Tape<'_>) -> Value {
    tape.pick(&[
        Value::Null,
        json!(true),
        json!(0),
        json!(1),
        json!(-1),
        json!(1.0),
        json!(2.5),
        json!(1e300),
        json!(9_000_000_000_000_000_000_u64),
        json!(u64::MAX),
        json!(""),
        json!("x"),
        json!("none"),
        json!("true"),
        json!("12"),
        json!([]),
        json!(["x"]),
        json!({}),
        json!({"x": 1}),
    ])
}
