//! The description of the interface: as the reference has it, and in agreement with itself.

use std::collections::BTreeSet;

use super::*;

/// `BLESS=1` rewrites it.
#[test]
fn the_reference_is_what_the_types_are() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/openapi.json");
    let made = made::general();
    let wanted = format!("{made:#}\n");
    if std::env::var_os("BLESS").is_some_and(|bless| bless == "1") {
        return std::fs::write(path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == wanted, "docs/reference/openapi.json is not what the types are; BLESS=1 rewrites it");
    assert_eq!(*GENERAL, made);
}

/// Every reference leads somewhere, everything that is described is referred to, and every operation has a name of its own.
#[test]
fn the_description_holds_together() {
    let (mut references, mut names) = (BTreeSet::new(), Vec::new());
    visit(&GENERAL, &mut |key, value| {
        if let ("$ref", Value::String(reference)) = (key, value) {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(GENERAL.pointer(pointer).is_some(), "{reference} leads nowhere");
            references.insert(pointer.to_owned());
        }
        if let ("operationId", Value::String(name)) = (key, value) {
            names.push(name.clone());
        }
    });
    for kind in ["schemas", "parameters", "headers", "responses"] {
        for name in GENERAL["components"][kind].as_object().unwrap().keys() {
            assert!(references.contains(&format!("/components/{kind}/{name}")), "nothing refers to {kind}/{name}");
        }
    }
    let operations = Route::ALL.iter().map(|route| route.verbs().len()).sum::<usize>();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), operations);
}

fn visit(value: &Value, see: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                see(key, value);
                visit(value, see);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| visit(value, see)),
        _ => {}
    }
}
