//! The digest of the roadmap: "the top three stories of Hacker News, with what they are about", by the calls a model makes.
//! A local server answers as the API and the feed of Hacker News do.

use serde_json::json;

use crate::Test;
use crate::rss::RSS;
use crate::server::{Page, Server, page};
use crate::tool::{call, call_with, private};

pub(crate) const TESTS: &[Test] = &[("digest/by_api", by_api), ("digest/by_feed", by_feed)];

fn api() -> Server {
    let stories: Vec<u64> = (1..=500).map(|number| 46_000_000 + number * 7 % 501).collect();
    let item = |id: u64| {
        let story = json!({
            "by": "ann", "descendants": 10, "id": id, "kids": [1, 2], "score": id % 100, "time": 1_795_680_000,
            "title": format!("Story {id}"), "type": "story", "url": format!("https://story.example/{id}"),
        });
        (format!("/v0/item/{id}.json"), page("application/json; charset=utf-8", story.to_string()))
    };
    let mut pages: Vec<(String, Page)> = stories.iter().take(3).map(|id| item(*id)).collect();
    pages.push(("/v0/topstories.json".to_owned(), page("application/json; charset=utf-8", json!(stories).to_string())));
    let article = "<html><head><title>Story</title></head><body><nav>menu</nav><article><h1>Story</h1><p>What it is about.</p></article></body></html>";
    pages.push(("/article".to_owned(), page("text/html", article)));
    Server::start(&pages.iter().map(|(path, page)| (path.as_str(), page.clone())).collect::<Vec<_>>())
}

fn by_api() {
    let server = api();
    let host = "hacker-news.test";
    let fetch = |path: &str, query: &str| {
        call_with(private(&[host]), "fetch", &json!({"url": server.url(host, path), "query": query})).unwrap()["result"]
            .clone()
    };
    let top = fetch("/v0/topstories.json", "[:3]");
    assert_eq!(top, json!([46_000_007, 46_000_014, 46_000_021]));
    let stories: Vec<_> = top
        .as_array()
        .unwrap()
        .iter()
        .map(|id| fetch(&format!("/v0/item/{id}.json"), "{title: title, url: url, score: score, by: by}"))
        .collect();
    assert_eq!(
        stories[2],
        json!({"title": "Story 46000021", "url": "https://story.example/46000021", "score": 21, "by": "ann"})
    );
    // The same without a query, in two steps.
    let whole = call_with(private(&[host]), "fetch", &json!({"url": server.url(host, "/v0/topstories.json")})).unwrap();
    let picked = call("json-query", &json!({"json": whole["json"].to_string(), "expression": "[:3]"}));
    assert_eq!(picked["result"], top);
    let article =
        call_with(private(&[host]), "html-to-markdown", &json!({"url": server.url(host, "/article")})).unwrap();
    assert_eq!(article["markdown"], "# Story\n\nWhat it is about.\n");
}

fn by_feed() {
    let server = Server::start(&[("/frontpage", page("application/xml; charset=utf-8", RSS))]);
    let feed =
        call_with(private(&["hnrss.test"]), "rss", &json!({"url": server.url("hnrss.test", "/frontpage"), "limit": 3}))
            .unwrap();
    let titles: Vec<_> = feed["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["Compilers & agents", "Second", "Third"]);
}
