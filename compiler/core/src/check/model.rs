//! Models: `P0202` (keys that do not go with the provider) and `P0203` (a file of recorded turns that is not there or is
//! no recording).

use std::collections::BTreeMap;

use pace_diag::{Diagnostic, Sink, code};
use pace_ir::program::recording::{Malformed, MalformedRecording};
use pace_ir::program::{Model, ModelName, Provider};
use pace_syntax::{Span, Spanned};

use super::secret_literal;
use crate::parse::Parsed;
use crate::parse::recording::Recorded;
use crate::parse::scalar::Line;
use crate::parse::spec::project::ModelSpec;
use crate::resolve::{Resolved, ResolvedModel};

/// A model without errors, its recorded turns not yet stored.
#[derive(Debug)]
pub(crate) struct CheckedModel<'p> {
    /// The model.
    pub(crate) model: Model,
    /// Its recorded turns.
    pub(crate) turns: Option<&'p [u8]>,
}

/// Checks every model, and answers with those that agents use.
pub(super) fn check<'p>(resolved: &'p Resolved<'p>, sink: &mut Sink) -> BTreeMap<ModelName, CheckedModel<'p>> {
    let parsed = resolved.parsed;
    let mut declared = BTreeMap::new();
    for (name, model) in &resolved.models {
        let ResolvedModel::Declared(spec) = model else { continue };
        if let Some(model) = check_declared(name, spec, model, parsed, sink) {
            declared.insert(*name, model);
        }
    }
    let used = resolved.agents.values().filter_map(|agent| {
        let (name, _) = agent.model_name?;
        let model = match agent.model? {
            ResolvedModel::BuiltIn(model) => CheckedModel {
                model: Model {
                    provider: model.provider,
                    model: model.name.to_owned(),
                    base_url: None,
                    api_key: None,
                    price: Some(model.price),
                    turns: None,
                },
                turns: None,
            },
            ResolvedModel::Declared(_) => {
                let declared = declared.get(name)?;
                CheckedModel { model: declared.model.clone(), turns: declared.turns }
            }
        };
        Some((name.clone(), model))
    });
    used.collect()
}

fn check_declared<'p>(
    name: &ModelName,
    spec: &ModelSpec,
    model: &ResolvedModel<'_>,
    parsed: &'p Parsed,
    sink: &mut Sink,
) -> Option<CheckedModel<'p>> {
    secret_literal::reference(&spec.api_key, &format!("`api_key` of `{name}`"), sink);
    let provider = *spec.provider.get()?;
    base_url(spec, sink);
    let turns = if provider == Provider::Replay {
        not_with_replay(name, spec, sink);
        Some(turns(name, spec, parsed, sink)?)
    } else {
        if let Some(key) = spec.turns.key() {
            let message = format!("`turns` does not go with the provider `{}`", provider.as_str());
            sink.error(
                Diagnostic::new(&code::MODEL_CONFIGURATION, message)
                    .at(key, "only `replay` answers from a file")
                    .help("remove it, or write `provider: replay`"),
            );
        }
        None
    };
    let model = Model {
        provider,
        model: spec.model.get().map_or_else(|| name.to_string(), |line| line.0.clone()),
        base_url: spec.base_url.get().cloned(),
        api_key: spec.api_key.get().cloned(),
        price: model.price().ok()?,
        turns: None,
    };
    Some(CheckedModel { model, turns })
}

/// An address that no provider could be reached at.
fn base_url(spec: &ModelSpec, sink: &mut Sink) {
    let Some(url) = spec.base_url.spanned() else { return };
    if url.value.as_literal().is_some_and(|text| !text.starts_with("https://") && !text.starts_with("http://")) {
        let diagnostic = Diagnostic::new(&code::MODEL_CONFIGURATION, "`base_url` must be an http or https address")
            .at(url.span, "expected `https://…`")
            .help("write the address up to where the provider's own paths begin");
        sink.error(diagnostic);
    }
}

fn not_with_replay(name: &ModelName, spec: &ModelSpec, sink: &mut Sink) {
    for (key, place) in [("base_url", spec.base_url.key()), ("api_key", spec.api_key.key())] {
        let Some(place) = place else { continue };
        let diagnostic =
            Diagnostic::new(&code::MODEL_CONFIGURATION, format!("`{key}` does not go with the provider `replay`"))
                .at(place, format!("`{name}` answers from a file and calls nobody"))
                .help("remove it");
        sink.error(diagnostic);
    }
}

fn turns<'p>(name: &ModelName, spec: &ModelSpec, parsed: &'p Parsed, sink: &mut Sink) -> Option<&'p [u8]> {
    let Some(path) = spec.turns.spanned() else {
        if spec.turns.is_absent() {
            let place = spec.provider.span()?;
            sink.error(
                Diagnostic::new(&code::MODEL_CONFIGURATION, format!("the replay model `{name}` needs the key `turns`"))
                    .at(place, "answers from a file")
                    .help("add `turns: <file of recorded turns>`"),
            );
        }
        return None;
    };
    let report = |message: String, why: &str, sink: &mut Sink| {
        sink.error(Diagnostic::new(&code::TURNS_FILE, message).at(path.span, why));
    };
    match parsed.recordings.get(&path.value.0) {
        Some(Some(Recorded::Good(bytes))) => return Some(bytes),
        Some(Some(Recorded::Malformed { why, place })) => malformed(path, why, *place, sink),
        Some(None) => {
            report(format!("there is no file `{}`", path.value.0), "recorded turns are read from here", sink);
        }
        None => report(
            format!("`{}` is not a path in the project", path.value.0),
            "expected a relative path with `/`, without `.` and `..`",
            sink,
        ),
    }
    None
}

/// Points into the file where it can be shown, else at its name.
fn malformed(path: &Spanned<Line>, why: &MalformedRecording, place: Option<Span>, sink: &mut Sink) {
    let is_what = match why.kind {
        Malformed::NotJson => "is not JSON",
        Malformed::OtherJson => "is not a recording",
    };
    let diagnostic = Diagnostic::new(&code::TURNS_FILE, format!("`{}` {is_what}", path.value.0));
    let diagnostic = match place {
        // Two models may name one file; what is wrong with it is said once.
        Some(place) if sink.has(&code::TURNS_FILE, place) => return,
        Some(place) => diagnostic.at(place, why.message.clone()).also(path.span, "recorded turns are read from here"),
        None => diagnostic.at(path.span, why.to_string()),
    };
    sink.error(diagnostic.help("write a list of turns: `[{\"user\": \"Hello\", \"model\": \"Good day.\"}]`"));
}
