//! Models.

use std::collections::BTreeMap;

use pace_ir::program::{Model, ModelName, Price};

use super::Place;
use super::changes::{Changes, paired};
use super::values;

/// All models. A new one alone lets nobody do more, but the secrets it reads are told.
pub(super) fn compare(changes: &mut Changes, a: &BTreeMap<ModelName, Model>, b: &BTreeMap<ModelName, Model>) {
    for (name, old, new) in paired(a, b) {
        changes.at(Place::Model(name.to_string()));
        match (old, new) {
            (None, Some(model)) => changes.changes("model", format!("is new: {}", described(model))),
            (Some(model), None) => changes.changes("model", format!("is gone: was {}", described(model))),
            (Some(old), Some(new)) => fields(changes, old, new),
            (None, None) => {}
        }
        let of = |model: Option<&Model>| model.map(|model| (model.base_url.clone(), model.api_key.clone()));
        let (old, new) = (of(old).unwrap_or_default(), of(new).unwrap_or_default());
        values::template(changes, "base_url", "`base_url`", (old.0.as_ref(), new.0.as_ref()));
        values::template(changes, "api_key", "`api_key`", (old.1.as_ref(), new.1.as_ref()));
    }
}

fn described(model: &Model) -> String {
    format!("`{}` of {}", model.model, model.provider.as_str())
}

fn fields(changes: &mut Changes, a: &Model, b: &Model) {
    let Model { provider, model, base_url: _, api_key: _, price, turns } = a;
    changes.value("provider", "provider", provider.as_str(), b.provider.as_str());
    changes.value("model", "model", model, &b.model);
    changes.words("price", "price of a million tokens", &self::price(*price), &self::price(b.price));
    if *turns != b.turns {
        changes.changes("turns", "the recorded turns are others");
    }
}

fn price(price: Option<Price>) -> String {
    let Some(Price { input, cached_input, output }) = price else { return "not known".to_owned() };
    let cached = cached_input.map(|cached| format!(", {cached} cached")).unwrap_or_default();
    format!("{input} in{cached}, {output} out")
}
