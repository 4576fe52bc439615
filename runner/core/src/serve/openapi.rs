//! `GET /openapi.json`: the interface, described for programs (OpenAPI 3.1). A test makes docs/reference/openapi.json: paths are those of
//! [`Route`], schemas are made from the very types that handlers read and write, problems are listed by their codes. The runner has
//! that file in it. What a bundle adds (its name, how it finds out who asks, its agents) is put in for each request, because nobody is
//! told of agents that are closed to them.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod made;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod parameters;
mod security;

use std::sync::{Arc, LazyLock};

use axum::extract::State;
use axum::response::Response;
use hyper::StatusCode;
use pace_ir::program::AgentName;
use serde_json::{Map, Value};

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
    name_agents(&mut document, agents);
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

/// The description of every runner's interface, without a bundle's own: docs/reference/openapi.json, packed by the build script. The code
/// that makes it is twenty times as large, so it is in tests alone.
static GENERAL: LazyLock<Value> = LazyLock::new(|| {
    let text = zstd::bulk::decompress(PACKED, LENGTH).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
});
static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json.zst"));
/// How long it is unpacked, bytes.
const LENGTH: usize = include!(concat!(env!("OUT_DIR"), "/openapi.length"));

/// Lists the agents that whoever asks may know, where there are any.
fn name_agents<'a>(document: &mut Value, agents: impl Iterator<Item = &'a AgentName>) {
    let names: Vec<_> = agents.map(AgentName::as_str).collect();
    if !names.is_empty() {
        set(document, "/components/parameters/agent/schema", "enum", names.into());
    }
}

/// Puts a member into the object at a place, which is there.
fn set(document: &mut Value, place: &str, name: &str, value: Value) {
    if let Some(object) = document.pointer_mut(place).and_then(Value::as_object_mut) {
        object.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
use made::Schemas;

#[cfg(test)]
mod tests;
