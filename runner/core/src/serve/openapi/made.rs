//! How the description is made: paths from the router's own table, schemas from the types that handlers read and write.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::{answers, operations, parameters};
use crate::serve::route::Route;

/// The description of every runner's interface, without a bundle's own.
pub(super) fn general() -> Value {
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
}

/// The types of the interface, each described once.
pub(super) struct Schemas {
    given: SchemaGenerator,
    taken: SchemaGenerator,
    /// Answers that several operations have, by their names.
    pub(super) responses: BTreeMap<String, Value>,
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
    pub(super) fn given<T: JsonSchema>(&mut self) -> Value {
        self.given.subschema_for::<T>().to_value()
    }

    /// A reference to the type of a body.
    pub(super) fn taken<T: JsonSchema>(&mut self) -> Value {
        self.taken.subschema_for::<T>().to_value()
    }

    fn definitions(mut self) -> Map<String, Value> {
        let mut definitions = self.given.take_definitions(true);
        definitions.extend(self.taken.take_definitions(true));
        definitions.sort_keys();
        definitions
    }
}
