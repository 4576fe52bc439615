//! Images, as each kind of model is sent them.

use pace_tests::http;
use pace_tests::process::Runner;
use serde_json::{Value, json};

use crate::model::Model;
use crate::{agent, camera, events, project, results, runner};

/// The PNG of the server, one pixel, as its base64 begins.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB";

const MODELS: [(&str, &str, &str); 5] = [
    ("new-gemini", "gemini", "gemini-3.5-flash"),
    ("old-gemini", "gemini", "gemini-2.5-flash"),
    ("claude", "anthropic", "claude-sonnet-4-5"),
    ("gpt", "openai", "gpt-4o"),
    ("blind", "openai", "gpt-3.5-turbo"),
];

/// A runner with an agent for each of the models.
fn all(model: &Model) -> Option<(Runner, pace_tests::Project)> {
    let (camera, port) = (camera()?, model.port);
    let mut files: Vec<_> = MODELS.iter().map(|(name, ..)| agent(name, name, &camera)).collect();
    let declared = MODELS.iter().map(|(name, provider, model)| {
        let base = if *provider == "openai" { "/v1" } else { "" };
        format!(
            "  - {{name: {name}, provider: {provider}, model: {model}, base_url: \"http://127.0.0.1:{port}{base}\"}}\n"
        )
    });
    files.push(("paceline.yaml".to_owned(), format!("models:\n{}", declared.collect::<String>())));
    let project = project(&files);
    Some((runner(&project), project))
}

#[test]
fn each_format_has_them_where_its_models_look() {
    let model = Model::new();
    let Some((runner, _project)) = all(&model) else { return };
    let told = json!(["here it is", "image 1 (image/png, 69 bytes)"]);
    for (name, ..) in MODELS {
        let events = events(&runner, name, "shot", "");
        let result = results(&events)[0];
        assert_eq!((&result["content"], &result["status"]), (&told, &json!("done")), "{name}");
        assert_eq!(result["images"], json!([{"media_type": "image/png", "bytes": 69}]), "{name}");
        let sent = model.last();
        let is_png = |data: &Value| data.as_str().is_some_and(|data| data.starts_with(PNG));
        let last = |list: &Value| list.as_array().unwrap().last().unwrap().clone();
        match name {
            "new-gemini" => {
                let response = &last(&sent["contents"])["parts"][0]["functionResponse"];
                assert_eq!(response["response"]["result"], told);
                let data = &response["parts"][0]["inlineData"];
                assert!(data["mimeType"] == "image/png" && is_png(&data["data"]), "{sent}");
            }
            "old-gemini" => {
                let parts = &last(&sent["contents"])["parts"];
                assert_eq!(parts[0]["functionResponse"]["response"]["result"], told);
                assert!(is_png(&parts[1]["inlineData"]["data"]), "{sent}");
            }
            "claude" => {
                let content = &last(&sent["messages"])["content"][0]["content"];
                assert_eq!(content[0]["text"], told.to_string());
                let source = &content[1]["source"];
                assert!(source["media_type"] == "image/png" && is_png(&source["data"]), "{sent}");
            }
            "gpt" => {
                let url = last(&sent["messages"])["content"][1]["image_url"]["url"].clone();
                assert!(url.as_str().unwrap().starts_with(&format!("data:image/png;base64,{PNG}")), "{sent}");
            }
            _ => {
                let content = last(&sent["messages"])["content"].clone();
                let why = "(left out, because the model takes no images: image 1 (image/png, 69 bytes))";
                assert_eq!(content, format!("{told}\n{why}"));
                assert!(!sent.to_string().contains(PNG), "{sent}");
            }
        }
    }
}

#[test]
fn what_is_no_image_reaches_nobody_as_one() {
    let model = Model::new();
    let Some((runner, _project)) = all(&model) else { return };
    let told = |message: &str| {
        let events = events(&runner, "claude", message, "");
        let result = results(&events)[0].clone();
        assert!(result.get("images").is_none(), "{result}");
        assert!(!model.last().to_string().contains("\"image\""), "{}", model.last());
        result["content"].to_string()
    };
    let lies = told("lies");
    assert!(lies.contains("because its bytes are no PNG") && lies.contains("its base64 cannot be read"), "{lies}");
    let large = told("large");
    assert!(large.contains("left out: an image (image/png, 4.1 MB), because it is larger than 3 MiB"), "{large}");
    let file = told("file");
    assert!(file.contains("left out: 8 bytes (application/pdf)") && !file.contains("JVBER"), "{file}");
    // A hundred megabytes are the server's fault, and nobody else's: it is asked again.
    let huge = told("huge");
    assert!(huge.contains("\"kind\":\"server\"") && huge.len() < 500, "{huge}");
    assert!(told("file").contains("application/pdf"));
}

/// Each message shows one more: what goes out stays bounded, and so does the session.
#[test]
fn a_conversation_holds_so_many_and_no_more() {
    let model = Model::new();
    let Some((runner, _project)) = all(&model) else { return };
    let mut session = String::new();
    let mut counts = Vec::new();
    for _message in 0..25 {
        let said = json!({"message": "shot"});
        let said = if session.is_empty() { said } else { json!({"message": "shot", "session": session}) };
        let answer = http::ask(runner.address, &http::post("/agents/claude/chat", &said.to_string()));
        session = answer.json()["session"].as_str().unwrap().to_owned();
        counts.push(model.last().to_string().matches(PNG).count());
    }
    // One more each time, until the oldest half is forgotten at once.
    let wanted: Vec<_> = (1..=20).chain(10..=14).collect();
    assert_eq!(counts, wanted);
    let sent = model.last().to_string();
    assert_eq!(sent.matches("no longer shown, because newer images took its place: image 1").count(), 11, "{sent}");
}
