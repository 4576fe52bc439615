//! `std/html-to-markdown`: rendered again, its Markdown says what Turndown's says; and the odd pages.

use serde_json::json;

use crate::Test;
use crate::node;
use crate::tool::{call, fails};

pub(crate) const TESTS: &[Test] = &[
    ("html/as_turndown_says_it", as_turndown_says_it),
    ("html/what_is_left_out", what_is_left_out),
    ("html/links", links),
    ("html/tables", tables),
    ("html/texts_mean_nothing", texts_mean_nothing),
    ("html/parts", parts),
];

fn markdown(html: &str) -> String {
    call("html-to-markdown", &json!({"html": html, "max_length": 100_000}))["markdown"].as_str().unwrap().to_owned()
}

/// Pages in which both have the same opinion of what HTML means.
const PAGES: [&str; 12] = [
    "<h1>Title</h1><p>A <b>bold</b> and <em>fine</em> text.</p><h3>Sub <code>x()</code></h3><p>More</p>",
    "<ul><li>one</li><li>two <a href=\"/x\">link</a></li><li>three</li></ul>",
    "<ol><li>a</li><li>b</li></ol><p>then</p><ol start=\"7\"><li>c</li></ol>",
    "<ul><li>outer<ul><li>inner</li><li>more</li></ul></li><li>last</li></ul>",
    "<blockquote><p>said</p><p>twice</p></blockquote><p>after</p>",
    "<pre><code class=\"language-js\">let a = `1`;\n\nlet b;\n</code></pre><p>x</p>",
    "<p>one<br>two</p><hr><p>three</p>",
    "<p><img src=\"https://example.com/i.png\" alt=\"An image\"> and <a href=\"https://example.com/\" title=\"T\">a link</a></p>",
    "<table><thead><tr><th>A</th><th>B</th></tr></thead><tbody><tr><td>1</td><td><b>2</b></td></tr></tbody></table>",
    "<p>5 * 3 and *not this* and _nor this_, snake_case_name, [x](y), # no, 1. no, `no`</p><p># no heading</p><p>1. no list</p><p>- no list</p>",
    "<p><strong>a <em>b</em> c</strong> <del>gone</del></p>",
    "<div><p>nested</p><section><p>blocks</p></section></div><p>a &lt; b &amp; c &copy; &nbsp;x</p>",
];

fn as_turndown_says_it() {
    let mine: Vec<String> = PAGES.map(markdown).to_vec();
    let program = format!(
        "import TurndownService from \"turndown\";\nimport gfm from \"turndown-plugin-gfm\";\nimport {{ marked }} from \"marked\";\n\
         const other = new TurndownService({{ headingStyle: \"atx\", codeBlockStyle: \"fenced\" }});\nother.use(gfm.gfm);\n\
         const rendered = (text) => marked.parse(text).replace(/\\s+/g, \" \").replace(/> </g, \"><\").replace(/ (?=<)/g, \"\").trim();\n\
         console.log(JSON.stringify({}.map((html) => rendered(other.turndown(html).replace(/(?<!~)~(?!~)/g, \"~~\"))).concat({}.map(rendered))));",
        json!(PAGES),
        json!(mine)
    );
    let Some(both) = node::run(&program) else { return };
    let both = both.as_array().unwrap();
    for (at, page) in PAGES.iter().enumerate() {
        assert_eq!(both[at + PAGES.len()], both[at], "{page}\n{}", mine[at]);
    }
}

fn what_is_left_out() {
    let page = "<html><head><title> A  &amp; B </title><style>p { color: red }</style><script>alert('<p>x</p>')</script></head>\
        <body><nav><a href=/>home</a></nav><p>text</p><noscript>on</noscript><p hidden>no</p><p style=\"display: none\">no</p>\
        <svg><title>no</title><text>no</text></svg><button>no</button><p aria-hidden=true>no</p><!-- no --><iframe src=x>no</iframe></body>";
    let answer = call("html-to-markdown", &json!({"html": page}));
    assert_eq!(answer, json!({"title": "A & B", "markdown": "text\n"}));
    assert_eq!(markdown(""), "");
    assert_eq!(markdown("only text"), "only text\n");
    assert_eq!(fails("html-to-markdown", &json!({})), "Error: give `url` to read a page, or `html` to convert");
}

fn links() {
    let page = "<a href='/a b?x=(1)'>one</a> <a href='javascript:alert(1)'>two</a> <a href='../c#d'>three</a> <a href=''>four</a> \
        <img src='data:image/png;base64,xx' alt='five'> <a href='https://o.example/'> six </a><a href=x></a>";
    let answer = call("html-to-markdown", &json!({"html": page, "url": "https://example.com/d/e/"}));
    let wanted = "[one](https://example.com/a%20b?x=%281%29) two [three](https://example.com/d/c#d) four five [six](https://o.example/)\n";
    assert_eq!(answer["markdown"], wanted);
    let based = call("html-to-markdown", &json!({"html": "<base href='https://b.example/x/'><a href=y>z</a>"}));
    assert_eq!(based["markdown"], "[z](https://b.example/x/y)\n");
    assert_eq!(markdown("<a href=/c><h3>Card</h3><p>text</p></a>"), "### [Card](/c)\n\ntext\n");
}

fn tables() {
    assert_eq!(
        markdown("<table><tr><td>1<td>a|b<tr><td colspan=2><p>x<p>y</table>"),
        "|  |  |\n| --- | --- |\n| 1 | a\\|b |\n| x y |  |\n"
    );
    assert_eq!(
        markdown("<table><tr><td><table><tr><td>in<td>ner</table><td>side</table>"),
        "|  |  |\n| --- | --- |\n| in | ner |\n\nside\n"
    );
    assert_eq!(markdown("<table><tr><td>one<tr><td>two</table>"), "one\n\ntwo\n");
}

fn texts_mean_nothing() {
    assert_eq!(markdown("<p>&lt;script&gt; &amp;amp; a&lt;b</p>"), "\\<script> \\&amp; a\\<b\n");
    assert_eq!(markdown("<code>a`b</code> <code>` </code>"), "``a`b`` `` ` ``\n");
    assert_eq!(markdown("<pre>```\nx\n```</pre>"), "````\n```\nx\n```\n````\n");
    assert_eq!(markdown("<p>x<br>===<br>- y"), "x  \n\\===  \n\\- y\n");
}

fn parts() {
    let page = "<p>🙂🙂🙂</p>";
    let first = call("html-to-markdown", &json!({"html": page, "max_length": 3}));
    assert_eq!(
        (first["markdown"].as_str(), first["notes"][0].as_str()),
        (Some("🙂"), Some("characters 0 to 2 of 7; go on with offset 2"))
    );
    let rest = call("html-to-markdown", &json!({"html": page, "offset": 2}));
    assert_eq!(
        (rest["markdown"].as_str(), rest["notes"][0].as_str()),
        (Some("🙂🙂\n"), Some("characters 2 to 7 of 7"))
    );
}
