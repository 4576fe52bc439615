//! `GET /openapi.json`: the interface, described for programs (OpenAPI 3.1). Paths are those of [`Route`], schemas are made from the
//! very types that handlers read and write, problems are listed by their codes. What a bundle adds (its name, how it finds out who
//! asks, its agents) is put in for each request, because nobody is told of agents that are closed to them.
//! docs/reference/openapi.json is the description without a bundle.

mod answers;
mod operations;
mod parameters;
mod security;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use axum::extract::State;
use axum::response::Response;
use hyper::StatusCode;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::reply::json as answer;
use super::route::Route;
use super::routes::{Asker, Face, Shared};

/// `GET /openapi.json`
pub(super) async fn show(State(shared): State<Arc<Shared>>, Asker(subject): Asker) -> Response {
    let bundle = shared.runner.bundle();
    let agents = shared.runner.doors().map(|agent| agent.name).filter(|agent| shared.may_know(&subject, agent));
    let mut document = GENERAL.clone();
    set(&mut document, "/info", "title", format!("Paceline: {}", bundle.meta.project).into());
    if shared.face != Face::Whole {
        forget_others(&mut document, shared.face);
    }
    security::describe(&mut document, &bundle.auth.authentication);
    parameters::name_agents(&mut document, agents);
    answer(StatusCode::OK, &document)
}

/// Takes out the paths that are at a port of their own, and links to them.
fn forget_others(document: &mut Value, face: Face) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    for route in Route::ALL.into_iter().filter(|route| !face.has(*route)) {
        paths.remove(route.path());
    }
    let operations = paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    let answers = operations.filter_map(|operation| operation.get_mut("responses")?.as_object_mut());
    for answer in answers.flat_map(Map::values_mut) {
        let Some(links) = answer.get_mut("links").and_then(Value::as_object_mut) else { continue };
        links.retain(|_, link| link["operationId"] != "showTrace");
    }
}

/// The description of every runner's interface, without a bundle's own.
static GENERAL: LazyLock<Value> = LazyLock::new(|| {
    let mut schemas = Schemas::default();
    let mut paths = Map::new();
    for route in Route::ALL {
        let verbs = route.verbs().iter();
        let operations =
            verbs.map(|verb| (verb.as_str().to_ascii_lowercase(), operations::operation(route, *verb, &mut schemas)));
        paths.insert(route.path().to_owned(), Value::Object(operations.collect()));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Paceline",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Agents of a bundle, served by `pace-runner`.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "responses": std::mem::take(&mut schemas.responses),
            "schemas": schemas.definitions(),
            "parameters": parameters::shared(),
            "headers": answers::headers(),
        },
    })
});

/// Puts a member into the object at a place, which is there.
fn set(document: &mut Value, place: &str, name: &str, value: Value) {
    if let Some(object) = document.pointer_mut(place).and_then(Value::as_object_mut) {
        object.insert(name.to_owned(), value);
    }
}

/// The types of the interface, each described once.
struct Schemas {
    given: SchemaGenerator,
    taken: SchemaGenerator,
    /// Answers that several operations have, by their names.
    responses: BTreeMap<String, Value>,
}

impl Default for Schemas {
    fn default() -> Self {
        let settings =
            || SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = "/components/schemas".into());
        Self {
            given: settings().for_serialize().into_generator(),
            taken: settings().for_deserialize().into_generator(),
            responses: BTreeMap::new(),
        }
    }
}

impl Schemas {
    /// A reference to the type of an answer.
    fn given<T: JsonSchema>(&mut self) -> Value {
        self.given.subschema_for::<T>().to_value()
    }

    /// A reference to the type of a body.
    fn taken<T: JsonSchema>(&mut self) -> Value {
        self.taken.subschema_for::<T>().to_value()
    }

    fn definitions(mut self) -> Map<String, Value> {
        let mut definitions = self.given.take_definitions(true);
        definitions.extend(self.taken.take_definitions(true));
        definitions.sort_keys();
        definitions
    }
}

#[cfg(test)]
mod tests;
