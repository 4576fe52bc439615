//! `docs/reference/models.md`: the built-in models with their prices, as a bundle that uses each of them states them.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::binaries::shell;

const OPENING: &str = "# Built-in models

Made from the catalogue in the compiler. An agent names one of these under `model`, and nothing has to be declared. Prices are
the provider's list prices in US dollars for a million tokens, for prompts of at most 200,000 tokens, as published in autumn
2026; they serve `max_cost_usd` and the accounts of a run. Thoughts cost what output costs. A project that pays otherwise, or uses
another model, declares it under [`models`](spec.md#pacelineyaml) in `paceline.yaml`.

| model | provider | input | input from the cache | output |
|---|---|---|---|---|
";

/// The page.
pub(crate) fn page() -> String {
    let folder = TempDir::new().unwrap();
    for (number, model) in names().iter().enumerate() {
        let place = folder.path().join(format!("agents/a{number}"));
        std::fs::create_dir_all(&place).unwrap();
        let spec = format!("name: a{number}\nmodel: {model}\ndescription: You help.\n");
        std::fs::write(place.join("spec.yaml"), spec).unwrap();
    }
    let (out, code) = shell("pace build --quiet && pace inspect --json --program", folder.path(), 0);
    assert_eq!(code, 0, "{out}");
    let models = serde_json::from_str::<Value>(&out).unwrap()["models"].clone();
    names().iter().fold(OPENING.to_owned(), |mut page, name| {
        let model = &models[name];
        let price = |what: &str| dollars(model["price"][format!("{what}_micro_usd")].as_u64().unwrap());
        let provider = model["provider"].as_str().unwrap();
        let (input, cached, output) = (price("input"), price("cached_input"), price("output"));
        writeln!(page, "| `{name}` | `{provider}` | {input} | {cached} | {output} |").unwrap();
        page
    })
}

/// The names, from the catalogue's source: no command lists them all.
fn names() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compiler/core/src/catalogue.rs");
    let source = std::fs::read_to_string(path).unwrap();
    let list = source.split_once("MODELS: &[CatalogueModel] = &[").unwrap().1.split_once("];").unwrap().0;
    let names = list.lines().map(str::trim).filter(|line| !line.is_empty());
    let names: Vec<_> =
        names.map(|line| line.split('"').nth(1).unwrap_or_else(|| panic!("{line}")).to_owned()).collect();
    assert!(!names.is_empty(), "the catalogue is read in another way now");
    names
}

/// Millionths of a dollar as people write prices.
fn dollars(micro: u64) -> String {
    assert_eq!(micro % 1_000, 0, "a price in finer fractions of a cent needs another layout");
    match micro / 1_000 % 10 {
        0 => format!("${}.{:02}", micro / 1_000_000, micro / 10_000 % 100),
        _ => format!("${}.{:03}", micro / 1_000_000, micro / 1_000 % 1_000),
    }
}
