//! Granted secrets in what a tool gives back.

use std::sync::Arc;

use pace_sandbox::{Call, Level, ToolErrorKind};

use crate::support::{Kept, tool, with_secrets};

const SECRET: (&str, &str) = ("API_KEY", "sk-live-0123456789/+x");

#[tokio::test(flavor = "multi_thread")]
async fn results_hold_no_secret() {
    for (body, result) in [
        ("return env.API_KEY;", r#""[redacted:API_KEY]""#),
        (
            "return { [env.API_KEY]: [`Bearer ${env.API_KEY}!`] };",
            r#"{"[redacted:API_KEY]":["Bearer [redacted:API_KEY]!"]}"#,
        ),
        ("return encodeURIComponent(env.API_KEY);", r#""[redacted:API_KEY]""#),
        ("return JSON.stringify({ key: env.API_KEY });", r#""{\"key\":\"[redacted:API_KEY]\"}""#),
        ("return env.API_KEY.length;", "21"),
    ] {
        assert_eq!(tool(body).call(with_secrets(&[SECRET])).await.unwrap(), result, "{body}");
    }
    let basic = tool("return btoa(`user:${env.API_KEY}`);").call(with_secrets(&[SECRET])).await.unwrap();
    assert!(basic.contains("[redacted:API_KEY]"), "{basic}");
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_hold_no_secret() {
    let error = tool("throw new Error(`bad key ${env.API_KEY}`, { cause: new Error(env.API_KEY) });");
    let error = error.call(with_secrets(&[SECRET])).await.unwrap_err();
    assert_eq!(error.message, "Error: bad key [redacted:API_KEY]");
    assert!(!format!("{error:?}").contains(SECRET.1));
    // The engine cuts names, and a host is looked up in lower case.
    let long = format!("sk-{}", "0123456789ABCDEFGHIJ".repeat(4));
    for body in [
        "return undefined[env.KEY];",
        "Object.freeze({ [env.KEY]: 1 })[env.KEY] = 2;",
        "await fetch(`http://${env.KEY}/`);",
    ] {
        let message = tool(body).call(with_secrets(&[("KEY", &long)])).await.unwrap_err().message;
        assert!(message.contains("[redacted:KEY]") && !message.contains("0123"), "{message}");
    }
    let named = tool("const f = { [env.API_KEY]() { throw new Error('x'); } }; f[env.API_KEY]();");
    assert!(!format!("{:?}", named.call(with_secrets(&[SECRET])).await.unwrap_err()).contains(SECRET.1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_holds_no_secret() {
    let kept = Arc::new(Kept::default());
    let console = Arc::clone(&kept);
    let prints = tool("console.log('key', env); console.error(new Error(env.API_KEY)); return null;");
    prints.call(Call { console, ..with_secrets(&[SECRET]) }).await.unwrap();
    let lines = kept.lines();
    assert_eq!(lines[0], (Level::Info, "key { API_KEY: \"[redacted:API_KEY]\" }".to_owned()));
    assert!(lines[1].1.starts_with("Error: [redacted:API_KEY]"), "{lines:?}");
    assert!(!format!("{lines:?}").contains(SECRET.1));
}

#[tokio::test(flavor = "multi_thread")]
async fn encodings_of_urls_and_pages_hide_no_secret() {
    let secret = [("API_KEY", "a<b> \"c\" & 'd'_-~?")];
    for body in [
        "return new URL('https://example.test/?q=' + env.API_KEY).search.slice(3);",
        "return encodeURI(env.API_KEY);",
        "return encodeURIComponent(env.API_KEY).toLowerCase();",
        "return new URLSearchParams({ q: env.API_KEY }).toString().slice(2);",
        "return env.API_KEY.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\"', '&quot;').replaceAll(\"'\", '&#39;');",
        "return JSON.stringify(JSON.stringify(env.API_KEY)).slice(3, -3);",
    ] {
        let result = tool(body).call(with_secrets(&secret)).await.unwrap();
        assert_eq!(result, r#""[redacted:API_KEY]""#, "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_leaves_no_half_of_a_secret() {
    let kept = Arc::new(Kept::default());
    let console = Arc::clone(&kept);
    let prints = tool("console.group(); console.log('-'.repeat(9_990) + env.API_KEY); return null;");
    prints.call(Call { console, ..with_secrets(&[SECRET]) }).await.unwrap();
    assert_eq!(kept.lines(), [(Level::Info, format!("  {}…", "-".repeat(9_990)))]);
    // Forty times a secret of four hundred characters, the last one cut: what is left is short enough to be seen whole.
    let secret = "0123456789".repeat(40);
    for body in [
        "throw new Error('-' + `${env.KEY} `.repeat(40));",
        "const e = new Error('x'); e.name = '-'.repeat(190) + env.KEY; throw e;",
    ] {
        let error = tool(body).call(with_secrets(&[("KEY", &secret)])).await.unwrap_err();
        assert!(!format!("{error:?}").contains("012345"), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_redaction_makes_too_long_is_refused() {
    let repeats = tool("return (env.K + '-').repeat(140_000);");
    let error = repeats.call(with_secrets(&[("K", "abcdef")])).await.unwrap_err();
    assert_eq!(error.kind, ToolErrorKind::Result);
    assert_eq!(error.message, "the result is 1820002 bytes long; a result has at most 1048576");
    // Nothing so short is a secret.
    let result = tool("return env.K.repeat(900_000);").call(with_secrets(&[("K", "a")])).await.unwrap();
    assert_eq!(result.len(), 900_002);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_one_line() {
    let error = tool("throw new Error(`one\\n  two\\r\\n\\nthree ${env.API_KEY}`);");
    let error = error.call(with_secrets(&[SECRET])).await.unwrap_err();
    assert_eq!(error.message, "Error: one two three [redacted:API_KEY]");
}

/// One that is so long that it is looked through on a thread of its own.
#[tokio::test]
async fn long_results_hold_no_secret() {
    let long = tool("return Array(300_000).fill('').concat([env.API_KEY]);");
    let long = long.call(with_secrets(&[SECRET])).await.unwrap();
    assert!(long.starts_with(r#"["",""#) && long.ends_with(r#","[redacted:API_KEY]"]"#));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_debug_output_is_hidden() {
    assert!(!format!("{:?}", with_secrets(&[SECRET]).secrets).contains(SECRET.1));
}
