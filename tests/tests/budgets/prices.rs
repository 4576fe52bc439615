//! What tokens cost: thoughts as what is written, what comes from the provider's cache by its own price; by the built-in price of a
//! model or by the one that the project says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

use pace_tests::Project;
use serde_json::json;

use super::{runner, say, traces};

/// Somebody who answers as the Gemini API does, with this count of tokens. Gives its address.
fn provider(usage: &serde_json::Value) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let chunk = json!({"candidates": [{"content": {"role": "model", "parts": [{"text": "thought through"}]}, "finishReason": "STOP"}],
        "usageMetadata": usage});
    let body = format!("data: {chunk}\r\n\r\n");
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (mut reader, mut length) = (BufReader::new(stream), 0);
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or_default() == 0 || line == "\r\n" {
                    break;
                }
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            reader.read_exact(&mut vec![0; length]).unwrap();
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\ncontent-length";
            let _gone = write!(reader.get_mut(), "{head}: {}\r\n\r\n{body}", body.len());
        }
    });
    address
}

/// A thousand tokens read, 600 of them from the cache; 100 said, 400 thought.
fn usage() -> serde_json::Value {
    json!({"promptTokenCount": 1_000, "cachedContentTokenCount": 600, "candidatesTokenCount": 100, "thoughtsTokenCount": 400,
        "totalTokenCount": 1_500})
}

/// What it costs to ask an agent of this project once, as its answer and its trace say.
fn cost(settings: &str, limits: &str) -> (u64, u64) {
    let spec = format!("name: lead\nmodel: gemini-3.5-flash\ndescription: You lead.\n{limits}");
    let project = Project::new(&[("paceline.yaml", settings), ("agents/lead/spec.yaml", &spec)]);
    let address = provider(&usage());
    let runner = runner(&project, &[("GOOGLE_GEMINI_BASE_URL", &address), ("GOOGLE_API_KEY", "key-of-nobody")]);
    let answer = say(&runner, "think");
    let told = answer.json()["usage"].clone();
    let tokens = ["input_tokens", "cached_input_tokens", "output_tokens"].map(|key| told[key].as_u64().unwrap());
    assert_eq!(tokens, [1_000, 600, 500], "{answer:?}");
    let record = &traces(&project, runner, 1)[0];
    let micro = |usage: &serde_json::Value| usage["cost_micro_usd"].as_u64().unwrap();
    (micro(&told), micro(&record["usage"]))
}

#[test]
fn thoughts_and_cached_tokens_have_their_price() {
    // $1.50 read, $0.15 from the cache, $9 written, for a million.
    let built_in = 400 * 15 / 10 + 600 * 15 / 100 + 500 * 9;
    assert_eq!(cost("project: shop\n", "limits: {max_cost_usd: 1}\n"), (built_in, built_in));
}

#[test]
fn the_projects_price_goes_before_the_built_in() {
    let own = |price: &str| {
        format!(
            "models:\n  - {{name: gemini-3.5-flash, provider: gemini, model: gemini-3.5-flash, price: {{{price}}}}}\n"
        )
    };
    let whole = 400 * 3 + 600 + 500 * 10;
    assert_eq!(cost(&own("input: 3, cached_input: 1, output: 10"), ""), (whole, whole));
    // What has no price of its own from the cache costs what is read.
    let plain = 1_000 * 3 + 500 * 10;
    assert_eq!(cost(&own("input: 3, output: 10"), ""), (plain, plain));
}
