//! The READMEs of the tools: their calls give the results beside them, and their entries are specs.

use serde_json::Value;

use crate::Test;
use crate::server::{Server, page};
use crate::tool::{NAMES, call_with, private};

pub(crate) const TESTS: &[Test] = &[("readme/calls_give_their_results", calls_give_their_results)];

/// A block of a README: what stands behind the language, and the text.
fn blocks(readme: &str) -> Vec<(String, String)> {
    let mut parts = readme.split("\n```");
    let mut found = Vec::new();
    while let (Some(_), Some(block)) = (parts.next(), parts.next()) {
        let (head, text) = block.split_once('\n').unwrap();
        found.push((head.to_owned(), text.to_owned()));
    }
    found
}

fn calls_give_their_results() {
    for name in NAMES {
        let path = format!("{}/../../stdlib-tools/{name}/README.md", env!("CARGO_MANIFEST_DIR"));
        let readme = std::fs::read_to_string(&path).unwrap();
        let blocks = blocks(&readme);
        let of = |kind: &str| blocks.iter().find_map(|(head, text)| Some((head.strip_prefix(kind)?, text.as_str())));
        assert!(of("yaml").unwrap().1.contains(&format!("name: std/{name},")), "{name}");
        let (address, mut call) = of("json call").map(|(address, text)| (address.trim(), text.to_owned())).unwrap();
        let mut result = of("json result").unwrap().1.to_owned();
        if let Some((_, path)) = address.strip_prefix("http://").and_then(|rest| rest.split_once('/')) {
            let (content_type, body) = of("json answer").unwrap();
            let server = Server::start(&[(&format!("/{path}"), page(content_type.trim(), body.trim()))]);
            let url = server.url("news.test", &format!("/{path}"));
            (call, result) = (call.replace(address, &url), result.replace(address, &url));
        }
        let arguments: Value = serde_json::from_str(&call).unwrap();
        let wanted: Value = serde_json::from_str(&result).unwrap();
        assert_eq!(call_with(private(&["news.test"]), name, &arguments).unwrap(), wanted, "{path}");
    }
}
