//! The store under load: nothing is lost when the runner is told to stop, what is left of one that was killed is sound, and a disk
//! that is full is said and stops nobody.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pace_tests::http::{self, Connection};
use pace_tests::process::{Runner, SetAtEnd, command};
use pace_tests::{port, until, until_found};
use serde_json::{Value, json};

use super::{SECRET, exported, pace, project, serving};

fn question(message: &str) -> String {
    http::post("/agents/guide/chat", &json!({ "message": message }).to_string())
}

/// Asks from several connections at once until `enough`, and gives the invocations that were answered.
fn load(runner: &Runner, answered: &Mutex<BTreeSet<String>>, enough: &AtomicBool) {
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while !enough.load(Ordering::Relaxed) {
                    let Ok(stream) = std::net::TcpStream::connect(runner.address) else { return };
                    let mut connection = Connection::over(stream);
                    while !enough.load(Ordering::Relaxed) {
                        let is_sent = connection.stream.get_mut().write_all(question("where to?").as_bytes()).is_ok();
                        let Some(answer) = connection.answer().filter(|_| is_sent) else { break };
                        if answer.status == 200 {
                            let invocation = answer.json()["invocation"].as_str().unwrap().to_owned();
                            answered.lock().unwrap().insert(invocation);
                        }
                        if answer.status == 503 {
                            return;
                        }
                    }
                }
            });
        }
    });
}

#[test]
fn being_told_to_stop_under_load_loses_nothing() {
    let project = project("");
    // Nobody else is given this port while clients still come.
    let mut runner = serving(&project, &[("PORT", &port::free().to_string())]);
    let mut slow = Connection::to(runner.address);
    slow.send(question("slow").replacen("/chat ", "/chat/stream ", 1).as_bytes());
    // It has begun when its head is there.
    let slow_one = slow.head().unwrap().header("paceline-invocation").unwrap().to_owned();
    let (enough, answered) = (AtomicBool::new(false), Mutex::default());
    std::thread::scope(|scope| {
        scope.spawn(|| load(&runner, &answered, &enough));
        let _over = SetAtEnd(&enough);
        until("a hundred answers", || answered.lock().unwrap().len() > 100);
        runner.signal("TERM");
        assert_eq!(slow.events().last().unwrap().name, "done");
    });
    let mut answered = answered.into_inner().unwrap();
    answered.insert(slow_one);
    assert_eq!(runner.code(), Some(0), "{:?}", runner.lines());
    let traces = exported(&project, "production", &["--status", "ok"]);
    let kept: BTreeSet<_> = traces.iter().map(|trace| trace["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(answered.difference(&kept).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn what_is_left_of_one_that_was_killed_is_sound() {
    let project = project("");
    for _ in 0..3 {
        let mut runner = serving(&project, &[("PORT", &port::free().to_string())]);
        let (enough, answered) = (AtomicBool::new(false), Mutex::<BTreeSet<String>>::default());
        let is_kept = |trace: &Value| answered.lock().unwrap().contains(trace["id"].as_str().unwrap());
        std::thread::scope(|scope| {
            scope.spawn(|| load(&runner, &answered, &enough));
            let _over = SetAtEnd(&enough);
            // Killed while it answers and stores, not before it has stored anything.
            until("an answered one is kept", || {
                exported(&project, "production", &["--limit", "50"]).iter().any(is_kept)
            });
            runner.signal("KILL");
        });
        assert_eq!(runner.code(), None);
        let traces = exported(&project, "production", &[]);
        assert!(traces.iter().any(is_kept), "{} were answered, and none is kept", answered.lock().unwrap().len());
        assert!(traces.iter().all(|trace| trace["status"] == "ok"));
    }
    assert_eq!(serving(&project, &[]).stop(), Some(0));
}

#[test]
fn one_whose_client_has_gone_is_kept_as_cancelled() {
    let project = project("");
    let mut runner = serving(&project, &[("ADMIN_PORT", "0")]);
    let mut slow = Connection::to(runner.address);
    slow.send(question("slow").as_bytes());
    runner.until_running(1);
    drop(slow);
    runner.until_running(0);
    assert_eq!(runner.stop(), Some(0));
    let traces = exported(&project, "production", &[]);
    assert_eq!((traces.len(), &traces[0]["status"]), (1, &json!("cancelled")), "{traces:?}");
    assert!(traces[0]["response"].is_null() && traces[0]["error"]["code"].is_string(), "{traces:?}");
}

/// A runner whose files cannot grow beyond so many blocks of 512 bytes.
fn bounded(project: &pace_tests::Project, blocks: u32) -> Runner {
    let state = project.path().join(".pace/state");
    let variables = [
        ("PACE_STATE_DIR", state.to_str().unwrap()),
        ("SHOP_TOKEN", SECRET),
        ("LIVE_WRITES", "all"),
        ("LOG_FORMAT", "json"),
    ];
    let plain = command(project, &variables);
    let mut shell = Command::new("/bin/sh");
    // The signal is ignored, so that the system refuses as it does on a disk that is full.
    shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")]);
    shell.arg(plain.get_program()).args(plain.get_args()).env_clear();
    for (name, value) in plain.get_envs() {
        shell.env(name, value.unwrap_or_default());
    }
    Runner::of(shell)
}

#[test]
fn a_full_disk_is_said_and_stops_no_conversation() {
    let project = project("");
    let mut runner = bounded(&project, 2_000);
    let long = format!("told {}", "x".repeat(16 << 10));
    until("the disk is full", || {
        let answer = http::ask(runner.address, &question(&long));
        assert_eq!(answer.status, 200, "{answer:?}");
        let ready = http::get(runner.address, "/ready");
        assert_eq!(ready.status, 200);
        // Why is for the log: what the store says is nothing for strangers.
        assert!(!ready.body.contains("disk") && !ready.body.contains("state.db"), "{ready:?}");
        ready.json()["degraded"][0].as_str().is_some_and(|why| why.starts_with("traces are not stored: "))
    });
    runner.wait_for(|line| line["message"].as_str().is_some_and(|text| text.starts_with("the store fails: ")));
    // Where a batch of traces finds no room, the short rows of a few writes still do.
    let pay = http::post("/agents/lead/chat/stream", r#"{"message": "pay"}"#);
    let refused = until_found("a write is refused", || {
        let answer = http::ask(runner.address, &pay);
        let is_refused = answer.body.contains("the write cannot be put on record");
        assert!(is_refused || answer.status == 200, "{answer:?}");
        if is_refused { Ok(answer.body) } else { Err(answer) }
    });
    assert!(!refused.contains(r#"{"paid":"#) && !refused.contains("disk"), "{refused}");
    assert_eq!(http::ask(runner.address, &question("where to?")).status, 200);
    assert_eq!(runner.stop(), Some(0));
    let lost = |line: &String| line.contains("could not be stored");
    assert!(runner.lines().iter().any(lost), "{:?}", runner.lines());
    // What was stored before is there.
    assert_eq!(pace(&project, &["trace", "list", "--environment", "production"], "").code, Some(0));
}

#[test]
fn a_store_that_is_gone_is_said_once_though_no_traces_are_kept() {
    let project = project("");
    let mut runner = serving(&project, &[("TRACE_BACKEND", "none"), ("LIVE_WRITES", "all")]);
    let degraded = || http::get(runner.address, "/ready").json()["degraded"].clone();
    let refused = json!(["the store fails: live writes are refused, and sessions that are there do not go on"]);
    let pay = || http::ask(runner.address, &http::post("/agents/lead/chat/stream", r#"{"message": "pay"}"#));
    let paid = pay();
    assert!(paid.body.contains(r#"{"paid":"#) && degraded().is_null(), "{paid:?}");
    let (file, aside) = (project.path().join(".pace/state/state.db"), project.path().join("aside"));
    std::fs::rename(&file, &aside).unwrap();
    // Whoever is refused a write is the first to know.
    assert!(pay().body.contains("the write cannot be put on record"));
    assert_eq!(degraded(), refused);
    runner.wait_for(|line| line["message"].as_str().is_some_and(|text| text.starts_with("the store fails: ")));
    let told = |what: &str| runner.lines().iter().filter(|line| line.contains(what)).count();
    // Looked at several times, it is neither said again nor taken back.
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(4) {
        assert_eq!(degraded(), refused);
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!((told("the store fails: "), told("the store works again")), (1, 0), "{:?}", runner.lines());
    std::fs::rename(&aside, &file).unwrap();
    until("the store works again", || degraded().is_null());
    assert!(pay().body.contains(r#"{"paid":"#));
    // Also where nobody asks anything of it.
    std::fs::rename(&file, &aside).unwrap();
    until("the store is missed", || degraded() == refused);
    std::fs::rename(&aside, &file).unwrap();
    assert_eq!(runner.stop(), Some(0));
}
