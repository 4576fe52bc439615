//! What Paceline knows without being told: models with their prices, and the tools it ships.

use pace_ir::program::{MicroUsd, Price, Provider};

/// A model of the built-in catalogue.
#[derive(Debug)]
pub(crate) struct CatalogueModel {
    /// The name agents use, which is also the provider's.
    pub(crate) name: &'static str,
    /// Which wire format it speaks.
    pub(crate) provider: Provider,
    /// What it costs.
    pub(crate) price: Price,
}

/// What is read from the cache costs a tenth of what is read anew, for every model here; thoughts cost what is written.
const fn gemini(name: &'static str, input: u64, output: u64) -> CatalogueModel {
    let price = Price { input: MicroUsd(input), cached_input: Some(MicroUsd(input / 10)), output: MicroUsd(output) };
    CatalogueModel { name, provider: Provider::Gemini, price }
}

/// The built-in models, by name: current Gemini, with the provider's list prices for prompts of at most 200,000 tokens
/// as published in autumn 2026. A project that pays otherwise declares the model with a price of its own.
pub(crate) static MODELS: &[CatalogueModel] = &[
    gemini("gemini-2.5-flash", 300_000, 2_500_000),
    gemini("gemini-2.5-flash-lite", 100_000, 400_000),
    gemini("gemini-2.5-pro", 1_250_000, 10_000_000),
    gemini("gemini-3-flash-preview", 500_000, 3_000_000),
    gemini("gemini-3.1-flash-lite", 250_000, 1_500_000),
    gemini("gemini-3.1-pro-preview", 2_000_000, 12_000_000),
    gemini("gemini-3.5-flash", 1_500_000, 9_000_000),
    gemini("gemini-3.5-flash-lite", 300_000, 2_500_000),
    gemini("gemini-3.6-flash", 1_500_000, 7_500_000),
];

/// The tools shipped with Paceline, without `std/`, sorted: the folders of `stdlib-tools/` that are tools.
pub(crate) static STD_TOOLS: &[&str] = include!(concat!(env!("OUT_DIR"), "/std_tools.rs"));

/// The built-in model of this name.
pub(crate) fn model(name: &str) -> Option<&'static CatalogueModel> {
    MODELS.iter().find(|model| model.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_once() {
        assert!(MODELS.windows(2).all(|pair| pair[0].name < pair[1].name));
        assert!(STD_TOOLS.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
