//! Nothing is left of a program: not when it is closed, not when it is dropped, not when whoever started it is killed.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use libtest_mimic::Trial;
use pace_mcp::{Kind, SUPERVISE_COMMAND};
use serde_json::json;

use crate::support::{LONG, block_on, call, called, counterpart, eventually, hostile, open, program, refused, text};
use crate::trial;

/// The first argument of a parent that is killed.
pub(crate) const PARENT: &str = "parent";

/// How often a parent is killed: half of them while they start.
const ROUNDS: u64 = 50;

pub(crate) fn trials() -> Vec<Trial> {
    if !cfg!(target_os = "linux") {
        return Vec::new();
    }
    vec![
        trial(
            "ends::who_ignores_everything_is_ended_with_its_children",
            who_ignores_everything_is_ended_with_its_children,
        ),
        trial("ends::what_is_dropped_ends_too", what_is_dropped_ends_too),
        trial("ends::what_a_program_leaves_behind_is_ended", what_a_program_leaves_behind_is_ended),
        trial("ends::who_goes_by_itself_is_not_hurried", who_goes_by_itself_is_not_hurried),
        trial("ends::nothing_outlives_a_killed_parent", nothing_outlives_a_killed_parent),
        trial("ends::nothing_outlives_a_killed_supervisor", nothing_outlives_a_killed_supervisor),
        trial("ends::supervisors_name_nobody", supervisors_name_nobody),
    ]
}

/// Opens a stubborn server that writes into a folder, says so, and waits to be killed.
pub(crate) fn parent(mut arguments: impl Iterator<Item = String>) -> ExitCode {
    let folder = arguments.next().unwrap();
    block_on(async move {
        let server = hostile(&["stubborn", &folder]).unwrap();
        let _connection = open(&server).await;
        std::fs::write(Path::new(&folder).join("ready"), "").unwrap();
        tokio::time::sleep(Duration::from_mins(10)).await;
    });
    ExitCode::FAILURE
}

/// The processes that have `word` among their arguments, and run.
fn processes(word: &str) -> Vec<(i32, String)> {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let ids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let found = ids.filter_map(|id| {
        let arguments = std::fs::read(format!("/proc/{id}/cmdline")).ok()?;
        Some((id, String::from_utf8_lossy(&arguments).replace('\0', " ")))
    });
    let ours = i32::try_from(std::process::id()).unwrap();
    found.filter(|(id, arguments)| arguments.contains(word) && *id != ours).collect()
}

fn kill(process: i32) {
    let id = rustix::process::Pid::from_raw(process).unwrap();
    let _ended = rustix::process::kill_process(id, rustix::process::Signal::KILL);
}

async fn none_left(word: &str) {
    eventually(&format!("none of {word} left"), || processes(word).is_empty()).await;
}

async fn who_ignores_everything_is_ended_with_its_children() {
    let folder = tempfile::tempdir().unwrap();
    let word = folder.path().to_str().unwrap();
    let Some(server) = hostile(&["stubborn", word]) else { return };
    let connection = open(&server).await;
    // The supervisor, the program, and its three children; and for a moment the parent that one of them loses.
    eventually("five of them", || processes(word).len() == 5).await;
    connection.close().await;
    assert_eq!(processes(word), [], "closed is closed");
}

async fn what_is_dropped_ends_too() {
    let folder = tempfile::tempdir().unwrap();
    let word = folder.path().to_str().unwrap();
    let Some(server) = hostile(&["stubborn", word]) else { return };
    drop(open(&server).await);
    none_left(word).await;
}

async fn what_a_program_leaves_behind_is_ended() {
    let seconds = format!("{}", 1_000_000 + std::process::id());
    let script = format!("sleep {seconds} & setsid sleep {seconds} & (trap '' TERM; sleep {seconds}) & exit 4");
    let server = program("sh", "/bin/sh", &["-c", &script], Path::new("/"));
    let error = refused(&server, 30).await;
    assert!(matches!(error.kind(), Kind::EndedAtOnce { status, .. } if status == "ended with exit code 4"), "{error}");
    assert_eq!(processes(&format!("sleep {seconds}")), []);
    let killed = program("sh", "/bin/sh", &["-c", "kill -9 $$"], Path::new("/"));
    assert!(refused(&killed, 30).await.to_string().contains("the program was ended by signal 9 at once"));
}

async fn who_goes_by_itself_is_not_hurried() {
    let Some(python) = counterpart("PACE_TEST_MCP_PYTHON") else { return };
    let folder = tempfile::tempdir().unwrap();
    let done = folder.path().join("done");
    let hostile = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mcp/hostile.py");
    // What it does when its input ends takes a moment, and is done to its end.
    let script = format!(
        "import sys,time\nsys.argv=['x','plain']\nexec(open('{hostile}').read())\ntime.sleep(0.3)\nopen('{}','w').close()",
        done.display()
    );
    let connection = open(&program("slow", python, &["-u", "-c", &script], folder.path())).await;
    connection.close().await;
    assert!(done.exists());
}

async fn nothing_outlives_a_killed_parent() {
    if counterpart("PACE_TEST_MCP_PYTHON").is_none() {
        return;
    }
    let mut folders = Vec::new();
    for round in 0..ROUNDS {
        let folder = tempfile::tempdir().unwrap();
        let word = folder.path().to_str().unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([PARENT, word]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut parent = command.spawn().unwrap();
        if round % 2 == 1 {
            // In the middle of the start, wherever that is: each time a little later.
            tokio::time::sleep(Duration::from_millis(8 * round)).await;
        } else {
            eventually("ready", || folder.path().join("ready").exists()).await;
            eventually(&format!("six of them in round {round}"), || processes(word).len() == 6).await;
        }
        parent.kill().unwrap();
        parent.wait().unwrap();
        none_left(word).await;
        folders.push(folder);
    }
    // Nor was one on its way into the world when there was none.
    for folder in folders {
        assert_eq!(processes(folder.path().to_str().unwrap()), []);
    }
}

async fn nothing_outlives_a_killed_supervisor() {
    let folder = tempfile::tempdir().unwrap();
    let word = folder.path().to_str().unwrap();
    // It has children that have left its group and its session, and no parent.
    let Some(server) = hostile(&["stubborn", word]) else { return };
    let connection = open(&server).await;
    // A child of ours, and one that comes to us because its parent has ended, are none of its.
    let (own_folder, own_word) = (tempfile::tempdir().unwrap(), "while :; do sleep 1; done");
    let own_word = format!("{own_word} # {}", own_folder.path().display());
    let mut own = Command::new("/bin/sh");
    own.args(["-c", &own_word]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut own = own.spawn().unwrap();
    let mut gone = Command::new("/bin/sh");
    gone.args(["-c", &format!("({own_word}\n) & exit")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    assert!(gone.status().unwrap().success());
    let own_folder = own_folder.path().to_str().unwrap();
    // Now and then one of them is about to become a `sleep`, and stands there twice.
    eventually("two of ours", || processes(own_folder).len() == 2).await;
    let other_folder = tempfile::tempdir().unwrap();
    let other_word = other_folder.path().to_str().unwrap();
    let neighbour = open(&hostile(&["stubborn", other_word]).unwrap()).await;
    eventually("five neighbours", || processes(other_word).len() == 5).await;
    let supervisor = processes(word).into_iter().find(|(_, arguments)| arguments.contains(SUPERVISE_COMMAND)).unwrap();
    kill(supervisor.0);
    none_left(word).await;
    let error = call(&connection, "echo", json!({})).await.unwrap_err();
    assert!(error.to_string().contains("the program was killed"), "{error}");
    eventually("a child of ours was ended: two of them", || processes(own_folder).len() == 2).await;
    assert_eq!(processes(other_word).len(), 5, "a neighbour was ended");
    for (process, _) in processes(own_folder) {
        kill(process);
    }
    own.wait().unwrap();
    neighbour.close().await;
    // Another one is none the worse for it.
    let connection = open(&hostile(&["plain", word]).unwrap()).await;
    assert_eq!(text(&called(&connection, "string_id", json!({})).await), "right");
    assert!(connection.offered(LONG).await.is_ok());
    connection.close().await;
}

/// What a server can see of its supervisor: no variables, and no number of ours among its arguments.
async fn supervisors_name_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let word = folder.path().to_str().unwrap();
    let Some(server) = hostile(&["plain", word]) else { return };
    let connection = open(&server).await;
    let (supervisor, arguments) =
        processes(word).into_iter().find(|(_, arguments)| arguments.contains(SUPERVISE_COMMAND)).unwrap();
    assert!(arguments.split(' ').all(|word| word.parse::<u32>().is_err()), "{arguments}");
    // Root may read the variables of every process. That it is concealed from all others is also held by a unit test.
    if !rustix::process::geteuid().is_root() {
        let environ = Path::new("/proc").join(supervisor.to_string()).join("environ");
        assert!(std::fs::read(environ).is_err(), "its variables can be read");
    }
    connection.close().await;
}
