//! How a request says who it is from, by the `authentication` of a bundle.

use pace_ir::program::Authentication;
use pace_ir::program::authentication::{Header, Jwt, Source};
use serde_json::{Map, Value, json};

use super::set;

/// Adds the schemes of a bundle. Each request may come without any: it is then from `anonymous`.
pub(super) fn describe(document: &mut Value, authentication: &Authentication) {
    let Authentication::Sources(sources) = authentication else { return };
    let mut schemes = Map::new();
    for source in sources {
        let (kind, scheme) = match source {
            Source::Tokens(_) => ("tokens", tokens()),
            Source::Jwt(jwt) => ("jwt", token(jwt)),
            Source::Header(header) => ("header", proxy(header)),
        };
        let count = schemes.keys().filter(|name| name.starts_with(kind)).count();
        let is_known = kind == "tokens" && count > 0;
        if !is_known {
            let name = if count == 0 { kind.to_owned() } else { format!("{kind}-{}", count + 1) };
            schemes.insert(name, scheme);
        }
    }
    let one_of = schemes.keys().map(|name| json!({ name: [] })).chain([json!({})]);
    set(document, "", "security", one_of.collect());
    set(document, "/components", "securitySchemes", Value::Object(schemes));
}

fn tokens() -> Value {
    json!({"type": "http", "scheme": "bearer", "description": "A fixed token."})
}

fn token(jwt: &Jwt) -> Value {
    let audience: Vec<_> = jwt.audience.iter().map(|audience| format!("`{audience}`")).collect();
    let description = format!("A token of `{}` for {}.", jwt.issuer, audience.join(" or "));
    json!({"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": description})
}

fn proxy(header: &Header) -> Value {
    let description = "Set by a proxy in front, and believed from its addresses alone.";
    json!({"type": "apiKey", "in": "header", "name": header.principal, "description": description})
}
