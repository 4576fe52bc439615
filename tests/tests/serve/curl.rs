//! curl, as the documentation uses it.

use pace_tests::curl;

use crate::process::Runner;
use crate::project;

#[test]
fn curl_reads_a_stream_and_resumes_it() {
    let project = project();
    let runner = Runner::start(&project, &[]);
    let url = |path: &str| format!("http://{}{path}", runner.address);
    let json = ["--header", "content-type: application/json", "--data"];
    let begin = url("/agents/helper/chat/stream");
    let arguments = [&["--no-buffer"], &json[..], &[r#"{"message":"slow"}"#, &begin]].concat();
    let Some(whole) = curl(&arguments) else { return };
    assert!(whole.starts_with("id: 1\nevent: start\ndata: {\"invocation\":\""), "{whole}");
    assert_eq!(whole.matches("event: text\n").count(), 10);
    let invocation = whole.split('"').nth(3).unwrap();
    let events = url(&format!("/invocations/{invocation}/events"));
    let rest = curl(&["--no-buffer", "--header", "Last-Event-ID: 6", &events]).unwrap();
    assert!(rest.starts_with("id: 7\n") && whole.ends_with(&rest), "{rest}");
    let answer = curl(&[&json[..], &[r#"{"message":"hello"}"#, &url("/agents/helper/chat")]].concat()).unwrap();
    assert!(answer.starts_with(r#"{"response":"Hello! How can I help you?","session":""#), "{answer}");
}
