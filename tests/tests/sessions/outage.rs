//! A disk that is full: nobody waits, whoever gets an answer that is not kept is told, and what was kept before is there.

use std::process::Command;

use pace_tests::http;
use pace_tests::process::{Runner, command};
use pace_tests::until_found;

use super::{project, say};

#[test]
fn a_full_disk_is_told_with_the_answer() {
    let project = project(1);
    let state = project.path().join(".pace/state");
    let variables = [("PACE_STATE_DIR", state.to_str().unwrap()), ("LIVE_WRITES", "all"), ("TRACE_BACKEND", "none")];
    let plain = command(&project, &[&variables[..], &[("LOG_FORMAT", "json")]].concat());
    let mut shell = Command::new("/bin/sh");
    // Files cannot grow beyond a mebibyte. The signal is ignored, so that the system refuses as it does on a disk that is full.
    shell.args(["-c", "trap '' XFSZ; ulimit -f 2000; exec \"$0\" \"$@\""]);
    shell.arg(plain.get_program()).args(plain.get_args()).env_clear();
    for (name, value) in plain.get_envs() {
        shell.env(name, value.unwrap_or_default());
    }
    let mut runner = Runner::of(shell);
    let long = "x".repeat(100 << 10);
    let (mut kept, mut turns) = (None, 0);
    let unkept = until_found("the disk is full", || {
        let answer = say(runner.address, &long, kept.as_deref());
        if answer.status == 503 {
            return Ok(answer.problem().2);
        }
        let answer = answer.json();
        if let Some(why) = answer["unkept"].as_str() {
            assert_eq!(answer["response"], "well said");
            return Ok(why.to_owned());
        }
        turns += 1;
        kept = Some(answer["session"].as_str().unwrap().to_owned());
        Err(runner.lines())
    });
    assert!(unkept.contains("no room"), "{unkept}");
    let new = until_found("the last short one has filled what is left", || {
        let new = say(runner.address, &long, None).json();
        if new["unkept"].is_string() { Ok(new) } else { Err(new) }
    });
    assert_eq!(
        (new["unkept"].as_str(), new["response"].as_str()),
        (Some("the store has no room for it"), Some("well said"))
    );
    let ready = http::get(runner.address, "/ready");
    assert!(ready.status == 200 && ready.body.contains("sessions that are there do not go on"), "{ready:?}");
    // What was kept can be read.
    let found = http::get(runner.address, &format!("/agents/lead/sessions/{}", kept.unwrap())).json();
    assert_eq!(found["turns"].as_u64(), Some(turns), "{found}");
    assert_eq!(runner.stop(), Some(0));
}
