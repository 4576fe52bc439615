//! The roadmap's two examples of the world outside: its weather tool word for word, and the digest of Hacker News with
//! Paceline's own tools.

use std::io::Write;
use std::process::Stdio;

use pace_tests::Project;
use pace_tests::process::Runner;
use serde_json::json;

use super::own_network::OwnNetwork;
use super::{results, said};

/// As in the roadmap.
const TOOL: &str = "import { defineTool } from '@paceline/runtime';

export default defineTool({
  name: 'lookup_weather',
  description: 'Get current weather for a city',
  parameters: { city: { type: 'string', description: 'City name' } },
  execute: async ({ city }) => {
    const res = await fetch(`https://wttr.in/${city}?format=j1`);
    return res.json();
  },
});
";

const REPORT: &str = r#"{"current_condition":[{"temp_F":"52","weatherDesc":[{"value":"Cloudy"}]}]}"#;
const QUESTION: &str = "What's the weather in Portland?";

#[test]
fn the_roadmaps_tool_looks_the_weather_up() {
    let name = "weather::the_roadmaps_tool_looks_the_weather_up";
    let Some(network) = OwnNetwork::of(name, &["wttr.in"], |_| REPORT.to_owned()) else { return };
    let certificates = network.certificates();
    let project = weather("{host: wttr.in, private: true}");
    let runner = Runner::start(&project, &[("SSL_CERT_FILE", &certificates)]);
    let answered = results(&runner, QUESTION);
    assert_eq!(answered[0]["content"].to_string(), REPORT, "{answered:?}");
    assert_eq!(said(&runner, QUESTION).json()["response"], "done");
    assert_eq!(chat(&project, "weather-bot", QUESTION, &certificates), "done\n");
    assert_eq!(network.asked(), ["/Portland?format=j1"; 3]);

    // Without the word `private`, the name may not lead to this machine; without the authority, nobody vouches for it.
    let closed = Runner::start(&weather("wttr.in"), &[("SSL_CERT_FILE", &certificates)]);
    let refused = results(&closed, QUESTION);
    assert!(refused[0]["content"]["error"].as_str().unwrap().contains("private"), "{refused:?}");
    let unknown = Runner::start(&project, &[]);
    let distrusted = results(&unknown, QUESTION);
    assert_eq!(distrusted[0]["status"], "failed", "{distrusted:?}");
    assert_eq!(network.asked().len(), 3);
}

fn weather(net: &str) -> Project {
    let spec = format!(
        "name: weather-bot\nmodel: recorded\ndescription: You help users check the weather.\ntools:\n  - name: \
         tools/lookup-weather\n    access: read\n    net: [{net}]\n"
    );
    // The tests of HTTP talk to an agent of this name.
    let helper = spec.replace("weather-bot", "helper");
    let calls = [("lookup_weather", json!({"city": "Portland"}))];
    Project::new(&[
        ("paceline.yaml", "models:\n  - {name: recorded, provider: replay, turns: turns.json}\n"),
        ("turns.json", &super::recording(&[(QUESTION, &calls)])),
        ("agents/weather/spec.yaml", &spec),
        ("agents/helper/spec.yaml", &helper),
        ("tools/lookup-weather.ts", TOOL),
    ])
}

/// What `pace chat` answers through a pipe.
fn chat(project: &Project, agent: &str, message: &str, certificates: &str) -> String {
    let mut chat = project.pace(&["chat", agent]);
    chat.env("SSL_CERT_FILE", certificates).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = chat.spawn().unwrap();
    child.stdin.take().unwrap().write_all(message.as_bytes()).unwrap();
    String::from_utf8(pace_tests::program::output_of(child).stdout).unwrap()
}

const DIGEST: &str = "Summarize the top 3 Hacker News stories from today.";

/// The interface of Hacker News: a list of ids, and an object for each.
fn hacker_news(path: &str) -> String {
    if path.starts_with("/v0/topstories.json") {
        return "[46000007,46000014,46000021,46000028]".to_owned();
    }
    let id = path.trim_start_matches("/v0/item/").trim_end_matches(".json");
    format!(
        r#"{{"id":{id},"type":"story","by":"ada","score":100,"title":"Story {id}","url":"https://example.com/{id}"}}"#
    )
}

#[test]
fn a_digest_of_hacker_news_needs_no_tools_of_ones_own() {
    let name = "weather::a_digest_of_hacker_news_needs_no_tools_of_ones_own";
    let Some(network) = OwnNetwork::of(name, &["hacker-news.firebaseio.com"], hacker_news) else { return };
    let at = |path: &str| format!("https://hacker-news.firebaseio.com/v0/{path}.json");
    let item = |id: u32| json!({"name": "fetch", "arguments": {"url": at(&format!("item/{id}")), "query": "{title: title, url: url}"}});
    let turns = json!([
        {"user": DIGEST, "model": {"calls": [{"name": "fetch", "arguments": {"url": at("topstories"), "query": "[:3]"}}]}},
        {"results": ["fetch"], "model": {"calls": [item(46_000_007), item(46_000_014), item(46_000_021)]}},
        {"results": ["fetch", "fetch", "fetch"], "model": "1. Story 46000007 …"},
    ]);
    let spec = "name: helper\nmodel: recorded\ndescription: You summarize news.\ntools:\n  - name: std/fetch\n    access: \
                read\n    net: [{host: hacker-news.firebaseio.com, private: true}]\n";
    let project = Project::new(&[
        ("paceline.yaml", "models:\n  - {name: recorded, provider: replay, turns: turns.json}\n"),
        ("turns.json", &turns.to_string()),
        ("agents/helper/spec.yaml", spec),
    ]);
    let runner = Runner::start(&project, &[("SSL_CERT_FILE", &network.certificates())]);
    let told: Vec<_> = results(&runner, DIGEST).iter().map(|result| result["content"]["result"].clone()).collect();
    let story = |id: u32| json!({"title": format!("Story {id}"), "url": format!("https://example.com/{id}")});
    let ids = json!([46_000_007, 46_000_014, 46_000_021]);
    assert_eq!(told, [ids, story(46_000_007), story(46_000_014), story(46_000_021)]);
    assert_eq!(network.asked().len(), 4);
}
