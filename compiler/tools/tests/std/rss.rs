//! `std/rss`: four kinds of feeds, what `rss-parser` reads of them in Node, and feeds of the wild.

use serde_json::{Value, json};

use crate::Test;
use crate::node;
use crate::server::{Server, page};
use crate::tool::{call, call_with, fails, private};

pub(crate) const TESTS: &[Test] = &[
    ("rss/as_node_reads_it", as_node_reads_it),
    ("rss/kinds", kinds),
    ("rss/dates", dates),
    ("rss/feeds_of_the_wild", feeds_of_the_wild),
    ("rss/fetched", fetched),
    ("rss/what_is_no_feed", what_is_no_feed),
];

pub(crate) const RSS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"><channel>
<title>Hacker News: Front Page</title><link>https://news.ycombinator.com/</link>
<atom:link href="https://hnrss.org/frontpage" rel="self" type="application/rss+xml"></atom:link>
<item><title><![CDATA[Compilers & agents]]></title><description><![CDATA[<p>Article URL: <a href="https://example.com/1">https://example.com/1</a></p><p>Points: 312</p>]]></description>
<pubDate>Thu, 26 Nov 2026 08:00:00 +0000</pubDate><link>https://example.com/1?a=1&amp;b=2</link><dc:creator>ann</dc:creator><guid isPermaLink="false">https://news.ycombinator.com/item?id=1</guid></item>
<item><title>Second &lt;story&gt;</title><description>Points: 200</description><pubDate>Wed, 25 Nov 2026 22:30:00 EST</pubDate><link>https://example.com/2</link><dc:creator>bob</dc:creator></item>
<item><title>Third</title><link>https://example.com/3</link></item>
<item><title>Fourth</title><link>https://example.com/4</link></item>
</channel></rss>"#;

const ATOM: &str = r#"<feed xmlns="http://www.w3.org/2005/Atom"><title type="html">A &lt;b&gt;blog&lt;/b&gt;</title>
<link rel="self" href="https://blog.example/feed"/><link href="https://blog.example/"/><updated>2026-11-01T00:00:00Z</updated>
<author><name>Everybody</name></author>
<entry><title>T &lt; U</title><link rel="alternate" href="https://blog.example/1"/><published>2026-11-01T12:00:00+02:00</published><updated>2026-11-02T00:00:00Z</updated>
<author><name>Ann</name><email>ann@blog.example</email></author><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Hello <b>you</b></p></div></content></entry></feed>"#;

fn read(feed: &str) -> Value {
    call("rss", &json!({"feed": feed}))
}

fn as_node_reads_it() {
    let program = format!(
        "import Parser from \"rss-parser\";\nconst all = [];\nfor (const text of {}) {{\n  const feed = await new Parser().parseString(text);\n  \
         all.push(feed.items.map(({{ link, isoDate, creator, author }}) => ({{ link, published: isoDate?.replace(\".000Z\", \"Z\"), author: creator ?? author }})));\n}}\n\
         console.log(JSON.stringify(all));",
        json!([RSS, ATOM])
    );
    let Some(wanted) = node::run(&program) else { return };
    for (feed, wanted) in [RSS, ATOM].into_iter().zip(wanted.as_array().unwrap()) {
        let mut items = read(feed)["items"].clone();
        for item in items.as_array_mut().unwrap() {
            item.as_object_mut().unwrap().retain(|key, _| key != "title" && key != "summary");
        }
        assert_eq!(&items, wanted);
    }
}

fn kinds() {
    assert_eq!(
        call("rss", &json!({"feed": RSS, "limit": 2})),
        json!({
            "title": "Hacker News: Front Page", "link": "https://news.ycombinator.com/", "items": [
                {
                    "title": "Compilers & agents", "link": "https://example.com/1?a=1&b=2", "published": "2026-11-26T08:00:00Z",
                    "author": "ann", "summary": "Article URL: https://example.com/1 Points: 312",
                },
                {"title": "Second", "link": "https://example.com/2", "published": "2026-11-26T03:30:00Z", "author": "bob", "summary": "Points: 200"},
            ],
        })
    );
    assert_eq!(
        read(ATOM),
        json!({
            "title": "A blog", "link": "https://blog.example/", "items": [{
                "title": "T < U", "link": "https://blog.example/1", "published": "2026-11-01T10:00:00Z", "author": "Ann", "summary": "Hello you",
            }],
        })
    );
    let rdf = r#"<rdf:RDF xmlns:rdf="x" xmlns:dc="y"><channel rdf:about="z"><title>C</title><link>https://c.example/</link></channel>
        <item rdf:about="i"><title>I</title><link>https://c.example/i</link><dc:date>2026-01-02</dc:date></item></rdf:RDF>"#;
    assert_eq!(
        read(rdf),
        json!({"title": "C", "link": "https://c.example/", "items": [
            {"title": "I", "link": "https://c.example/i", "published": "2026-01-02T00:00:00Z"},
        ]})
    );
    let json_feed = json!({"version": "https://jsonfeed.org/version/1.1", "title": "J", "home_page_url": "https://j.example/", "items": [
        {"id": "1", "url": "/1", "title": "One", "content_html": "<p>a &amp; b</p>", "date_published": "2026-01-02T03:04:05-01:00", "authors": [{"name": "N"}]},
        {"id": "https://j.example/2", "content_text": "no title"},
    ]});
    assert_eq!(
        call("rss", &json!({"feed": json_feed.to_string(), "url": "https://j.example/feed.json"})),
        json!({
            "title": "J", "link": "https://j.example/", "items": [
                {"title": "One", "link": "https://j.example/1", "published": "2026-01-02T04:04:05Z", "author": "N", "summary": "a & b"},
                {"title": "no title", "link": "https://j.example/2", "summary": "no title"},
            ],
        })
    );
}

fn dates() {
    for (given, wanted) in [
        ("Mon, 2 Mar 2026 15:00:00 -0500", json!("2026-03-02T20:00:00Z")),
        ("02 Mar 26 15:00 GMT", json!("2026-03-02T15:00:00Z")),
        ("2026-03-02T15:00:00.123Z", json!("2026-03-02T15:00:00Z")),
        ("2026-03-02 15:00:00", json!("2026-03-02T15:00:00Z")),
        ("31 Feb 2026 00:00:00 GMT", Value::Null),
        ("yesterday", Value::Null),
    ] {
        let feed = format!("<rss><channel><item><title>x</title><pubDate>{given}</pubDate></item></channel></rss>");
        assert_eq!(read(&feed)["items"][0]["published"], wanted, "{given}");
    }
}

fn feeds_of_the_wild() {
    // Ends too early, bare ampersands, entities of HTML, a title with nothing in it, other namespaces.
    let feed = "\u{feff} <?xml version='1.0'?><!DOCTYPE rss [<!ENTITY lol 'ha'><!ENTITY lol2 '&lol;&lol;'>]><rss><channel><title>A & B</title>\
        <item><media:title>no</media:title><title/><description>&lt;p&gt;Caf&amp;eacute; &amp;amp; more&lt;/p&gt;&lol2;</description>\
        <author>x@y.example (Ann Lee)</author><guid>https://g.example/1</guid></item><item><title>cut";
    let found = read(feed);
    assert_eq!(found["title"], "A & B");
    assert_eq!(
        found["items"][0],
        json!({
            "title": "Café & more &lol2;", "link": "https://g.example/1", "author": "Ann Lee", "summary": "Café & more &lol2;",
        })
    );
    let long = format!(
        "<rss><channel><item><title>t</title><description>{}</description></item></channel></rss>",
        "word ".repeat(5000)
    );
    let summary = read(&long)["items"][0]["summary"].as_str().unwrap().to_owned();
    assert!(summary.chars().count() <= 501 && summary.ends_with("word…"), "{summary}");
}

fn fetched() {
    let server = Server::start(&[
        ("/feed", page("application/rss+xml", RSS)),
        ("/page", page("text/html", "<!doctype html><link rel=alternate type='application/rss+xml' href='/feed'>")),
    ]);
    let get = |path: &str| {
        call_with(private(&["news.test"]), "rss", &json!({"url": server.url("news.test", path), "limit": 1}))
    };
    assert_eq!(get("/feed").unwrap()["items"][0]["title"], "Compilers & agents");
    let message = get("/page").unwrap_err().message;
    assert_eq!(
        message,
        format!("Error: this is a page and no feed; it links to the feed {}", server.url("news.test", "/feed"))
    );
    let message = get("/nothing").unwrap_err().message;
    assert_eq!(message, format!("Error: {} answers with status 404", server.url("news.test", "/nothing")));
}

fn what_is_no_feed() {
    for (feed, wanted) in [
        ("", "the feed is empty"),
        ("hello there", "this is no feed (RSS, Atom, RDF or JSON Feed); it begins with \"hello there\""),
        ("<html><p>x", "this is no feed (RSS, Atom, RDF or JSON Feed); it begins with \"<html><p>x\""),
        ("{\"a\": 1}", "this is JSON, and no JSON Feed: `version` does not say https://jsonfeed.org/version/1.1"),
    ] {
        assert_eq!(fails("rss", &json!({"feed": feed})), format!("Error: {wanted}"));
    }
    assert_eq!(fails("rss", &json!({})), "Error: give `url` to get a feed, or `feed` with its text");
}
