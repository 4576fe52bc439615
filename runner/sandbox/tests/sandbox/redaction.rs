//! Granted secrets in what a tool gives back.

use std::sync::Arc;

use pace_sandbox::{Call, Level};

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
async fn a_secret_in_debug_output_is_hidden() {
    assert!(!format!("{:?}", with_secrets(&[SECRET]).secrets).contains(SECRET.1));
}
