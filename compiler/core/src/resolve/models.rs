//! Models by name: the project's own, then the catalogue (`P0106`, `P0201`).

use std::collections::BTreeMap;

use pace_diag::{Applicability, Diagnostic, Sink, code, nearest};
use pace_ir::program::{ModelName, Price, Provider};
use pace_syntax::{Span, Spanned};

use super::duplicate_name;
use crate::catalogue::{self, CatalogueModel};
use crate::parse::Parsed;
use crate::parse::spec::project::ModelSpec;

/// What an agent's `model` names.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ResolvedModel<'p> {
    /// A model of the catalogue.
    BuiltIn(&'static CatalogueModel),
    /// A model of `paceline.yaml`.
    Declared(&'p ModelSpec),
}

impl ResolvedModel<'_> {
    /// Which wire format it speaks.
    pub(crate) fn provider(&self) -> Option<Provider> {
        match self {
            Self::BuiltIn(model) => Some(model.provider),
            Self::Declared(spec) => spec.provider.get().copied(),
        }
    }

    /// What it costs, where known; `Err` where the author was told that the price is broken.
    pub(crate) fn price(&self) -> Result<Option<Price>, pace_diag::Reported> {
        match self {
            Self::BuiltIn(model) => Ok(Some(model.price)),
            Self::Declared(spec) => {
                let Some(price) = spec.price.sound()? else { return Ok(None) };
                let needed = price.input.sound()?.copied().zip(price.output.sound()?.copied());
                let cached_input = price.cached_input.sound()?.copied();
                Ok(needed.map(|(input, output)| Price { input, cached_input, output }))
            }
        }
    }
}

/// The project's own models.
pub(super) fn declared<'p>(parsed: &'p Parsed, sink: &mut Sink) -> BTreeMap<&'p ModelName, ResolvedModel<'p>> {
    let mut seen = BTreeMap::new();
    let mut models = BTreeMap::new();
    for model in parsed.settings().map_or(&[][..], |settings| settings.models.items()) {
        let Some(name) = model.value.name.spanned() else { continue };
        if duplicate_name::claim(&mut seen, name, "model", "agents choose models by this name", sink).is_ok() {
            models.insert(&name.value, ResolvedModel::Declared(&model.value));
        }
    }
    models
}

/// A model's name, and where it was said.
#[derive(Debug, Clone, Copy)]
pub(super) struct WantedModel<'p> {
    /// The name.
    pub(super) name: &'p ModelName,
    /// Where.
    pub(super) place: Place,
}

/// Where a name was said.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// In a file of the project.
    Written(Span),
    /// In no file; what messages call it.
    Outside(&'static str),
}

impl<'p> WantedModel<'p> {
    /// A name in a spec.
    pub(super) fn written(name: &'p Spanned<ModelName>) -> Self {
        Self { name: &name.value, place: Place::Written(name.span) }
    }

    /// Its place in a file.
    pub(super) fn span(self) -> Option<Span> {
        match self.place {
            Place::Written(span) => Some(span),
            Place::Outside(_) => None,
        }
    }
}

/// The model of this name; the project's own win over the catalogue.
pub(super) fn find<'p>(
    wanted: WantedModel<'_>,
    declared: &BTreeMap<&'p ModelName, ResolvedModel<'p>>,
    parsed: &Parsed,
    sink: &mut Sink,
) -> Option<ResolvedModel<'p>> {
    if let Some(model) = declared.get(wanted.name) {
        return Some(*model);
    }
    if let Some(model) = catalogue::model(wanted.name.as_str()) {
        return Some(ResolvedModel::BuiltIn(model));
    }
    let settings_are_whole = parsed.project.as_ref().is_none_or(|file| file.spec.is_some());
    if settings_are_whole && parsed.settings().is_none_or(|settings| settings.models.is_complete()) {
        sink.error(unknown(wanted, declared, parsed));
    }
    None
}

fn unknown(wanted: WantedModel<'_>, declared: &BTreeMap<&ModelName, ResolvedModel<'_>>, parsed: &Parsed) -> Diagnostic {
    let name = wanted.name;
    let diagnostic = match wanted.place {
        Place::Written(span) => {
            Diagnostic::new(&code::UNKNOWN_MODEL, format!("unknown model `{name}`")).at(span, "no model has this name")
        }
        Place::Outside(given_by) => {
            Diagnostic::new(&code::UNKNOWN_MODEL, format!("unknown model `{name}` in `{given_by}`"))
        }
    };
    let own = || declared.keys().map(|name| name.as_str());
    let built_in = catalogue::MODELS.iter().map(|model| model.name).filter(|name| !own().any(|own| own == *name));
    let names: Vec<_> = own().chain(built_in).collect();
    let near = nearest::nearest(name.as_str(), names.iter().copied());
    let diagnostic = match (near, wanted.span()) {
        (Some(near), Some(span)) => {
            diagnostic.fix(format!("did you mean `{near}`?"), Applicability::Unsafe, span, near)
        }
        (Some(near), None) => diagnostic.help(format!("did you mean `{near}`?")),
        (None, _) => diagnostic.help(format!("choose one of {}", all(&names))),
    };
    let file = if parsed.project.is_some() { "`paceline.yaml`" } else { "a new `paceline.yaml`" };
    let provider = usual_provider(name.as_str());
    diagnostic.help(format!("or declare it under `models` in {file}: `- {{name: {name}, provider: {provider}}}`"))
}

/// Whose wire format a model most likely speaks; of names that say nothing of it, most servers speak OpenAI's.
fn usual_provider(name: &str) -> &'static str {
    let provider = if name.starts_with("claude") {
        Provider::Anthropic
    } else if name.starts_with("gemini") {
        Provider::Gemini
    } else {
        Provider::OpenAi
    };
    provider.as_str()
}

/// Every model by name: the list is short, and the one that is wanted may be any of them.
fn all(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
