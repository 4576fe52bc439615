//! `std/fetch` against a server: what it tells, what it leaves out, and where it may not go.

use std::sync::LazyLock;

use pace_sandbox::NetPolicy;
use serde_json::{Value, json};

use crate::Test;
use crate::server::{Server, answer, page};
use crate::tool::{call_with, private};

pub(crate) const TESTS: &[Test] = &[
    ("fetch/json_and_queries", json_and_queries),
    ("fetch/text_in_parts", text_in_parts),
    ("fetch/charsets", charsets),
    ("fetch/binary_is_left_out", binary_is_left_out),
    ("fetch/statuses_and_methods", statuses_and_methods),
    ("fetch/headers", headers),
    ("fetch/redirects_stay_in_net", redirects_stay_in_net),
    ("fetch/addresses_that_are_none", addresses_that_are_none),
];

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    Server::start(&[
        (
            "/items",
            page(
                "application/json; charset=utf-8",
                r#"{"items": [{"name": "a", "n": 1}, {"name": "b", "n": 2}], "__proto__": {"x": 1}}"#,
            ),
        ),
        ("/no-json", page("application/json", "<p>oops</p>")),
        ("/long", page("text/plain", "0123456789".repeat(5000))),
        ("/latin1", page("text/plain; charset=ISO-8859-1", b"caf\xe9".as_slice())),
        ("/no-charset", page("text/html", b"<p>caf\xe9 \x80".as_slice())),
        ("/meta", page("text/html", b"<meta charset='windows-1252'><p>\xc3\xa9".as_slice())),
        ("/utf-8", page("text/plain", "café 🙂")),
        ("/utf-16", page("text/plain", b"\xff\xfeh\0i\0".as_slice())),
        ("/sjis", page("text/plain; charset=shift_jis", b"\x82\xa0".as_slice())),
        ("/image", page("image/png", b"\x89PNG\r\n\x1a\n\0\0".as_slice())),
        ("/unknown", page("application/octet-stream", b"\0\x01\x02".as_slice())),
        ("/plain", answer("200 OK", "", "said nothing")),
        ("/gone", answer("410 Gone", "content-type: text/html\r\n", "<p>gone</p>")),
        ("/empty", answer("204 No Content", "etag: \"e\"\r\nset-cookie: s=1\r\n", "")),
        ("/away", answer("302 Found", "location: http://elsewhere.test/x\r\n", "")),
        ("/near", answer("301 Moved Permanently", "location: /utf-8\r\n", "")),
    ])
});

fn get(arguments: &Value) -> Result<Value, String> {
    call_with(private(&["site.test"]), "fetch", arguments).map_err(|error| error.message)
}

fn at(path: &str) -> String {
    SERVER.url("site.test", path)
}

fn json_and_queries() {
    let whole = get(&json!({"url": at("/items")})).unwrap();
    assert_eq!(whole["status"], 200);
    assert_eq!(whole["headers"]["content-type"], "application/json; charset=utf-8");
    assert_eq!(whole["json"]["items"][1]["n"], 2);
    assert_eq!(whole["json"]["__proto__"]["x"], 1);
    let picked = get(&json!({"url": at("/items"), "query": "items[?n > `1`].name"})).unwrap();
    assert_eq!((&picked["result"], picked.get("json")), (&json!(["b"]), None));
    let nothing = get(&json!({"url": at("/items"), "query": "item"})).unwrap();
    assert_eq!(nothing["note"], "nothing is there: the data is an object with the keys `items` and `__proto__`");
    let cut = get(&json!({"url": at("/items"), "max_length": 10})).unwrap();
    assert_eq!(cut["body"], "{\"items\": ");
    assert_eq!(cut["note"], "characters 0 to 10 of 80; go on with offset 10, or pick what you need with query");
    assert_eq!(get(&json!({"url": at("/no-json")})).unwrap()["body"], "<p>oops</p>");
    let message = get(&json!({"url": at("/no-json"), "query": "a"})).unwrap_err();
    assert!(message.starts_with("Error: this is not JSON: ") && message.ends_with("\"<p>oops</p>\""), "{message}");
    // What is wrong with a query is told before anything is fetched.
    let message = get(&json!({"url": "http://nowhere.example/", "query": "a["})).unwrap_err();
    assert!(message.starts_with("Error: the expression is wrong at character 3"), "{message}");
}

fn text_in_parts() {
    let first = get(&json!({"url": at("/long")})).unwrap();
    assert_eq!(first["body"].as_str().unwrap().len(), 20_000);
    assert_eq!(first["note"], "characters 0 to 20000 of 50000; go on with offset 20000");
    let last = get(&json!({"url": at("/long"), "offset": 49_995, "max_length": 100})).unwrap();
    assert_eq!((&last["body"], &last["note"]), (&json!("56789"), &json!("characters 49995 to 50000 of 50000")));
}

fn charsets() {
    for (path, text) in [
        ("/latin1", "café"),
        ("/no-charset", "<p>café €"),
        ("/meta", "<meta charset='windows-1252'><p>Ã©"),
        ("/utf-8", "café 🙂"),
        ("/utf-16", "hi"),
        ("/plain", "said nothing"),
    ] {
        assert_eq!(get(&json!({"url": at(path)})).unwrap()["body"], text, "{path}");
    }
    let message = get(&json!({"url": at("/sjis")})).unwrap_err();
    assert_eq!(
        message,
        "Error: the text is encoded in `shift_jis`, which this tool cannot read; it reads utf-8, utf-16 and latin1"
    );
}

fn binary_is_left_out() {
    let image = get(&json!({"url": at("/image")})).unwrap();
    assert_eq!(image["note"], "the content is image/png, 10 bytes, and no text: it is left out");
    assert_eq!(image.get("body"), None);
    let unknown = get(&json!({"url": at("/unknown")})).unwrap();
    assert_eq!(unknown["note"], "the content is application/octet-stream, 3 bytes, and no text: it is left out");
}

fn statuses_and_methods() {
    let gone = get(&json!({"url": at("/gone"), "query": "a"})).unwrap();
    assert_eq!((gone["status"].as_u64(), gone["body"].as_str()), (Some(410), Some("<p>gone</p>")));
    assert_eq!(get(&json!({"url": at("/nothing")})).unwrap()["status"], 404);
    let empty = get(&json!({"url": at("/empty")})).unwrap();
    assert_eq!(empty, json!({"status": 204, "url": at("/empty"), "headers": {"content-length": "0", "etag": "\"e\""}}));
    let head = get(&json!({"url": at("/long"), "method": "HEAD"})).unwrap();
    assert_eq!(head["headers"]["content-length"], "50000");
    assert_eq!(head.get("body"), None);
}

fn headers() {
    let sent = get(&json!({"url": at("/echo"), "headers": {"Accept": "text/x", "user-agent": "me"}})).unwrap();
    let request = sent["body"].as_str().unwrap().to_lowercase();
    assert!(request.contains("\naccept: text/x") && request.contains("\nuser-agent: me"), "{request}");
    for name in ["authorization", "cookie", "host", "__proto__"] {
        let message = get(&json!({"url": at("/echo"), "headers": {name: "x"}})).unwrap_err();
        assert!(message.starts_with(&format!("Error: the header `{name}` cannot be set; accept, ")), "{message}");
    }
    let message = get(&json!({"url": at("/echo"), "headers": {"accept": "a\r\nx: y"}})).unwrap_err();
    assert_eq!(message, "Error: the header `accept` has to be a line of plain text");
}

fn redirects_stay_in_net() {
    let near = get(&json!({"url": at("/near")})).unwrap();
    assert_eq!((near["url"].as_str(), near["body"].as_str()), (Some(at("/utf-8").as_str()), Some("café 🙂")));
    let message = get(&json!({"url": at("/away")})).unwrap_err();
    assert!(message.contains("elsewhere.test"), "{message}");
    let message = call_with(NetPolicy::nothing(), "fetch", &json!({"url": at("/utf-8")})).unwrap_err().message;
    assert!(message.starts_with("Error: cannot get http://site.test:"), "{message}");
}

fn addresses_that_are_none() {
    for (url, wanted) in [
        (
            "example.com/x",
            "`url` is not an address: \"example.com/x\"; write it whole, such as https://example.com/page",
        ),
        (
            "file:///etc/passwd",
            "`url` is not an address: \"file:///etc/passwd\"; write it whole, such as https://example.com/page",
        ),
        ("ftp://example.com/", "`url` begins with https:// or http://, not ftp:"),
        ("https://a:b@example.com/", "`url` holds a user name or a password; leave them out"),
    ] {
        assert_eq!(get(&json!({"url": url})).unwrap_err(), format!("Error: {wanted}"));
    }
}
