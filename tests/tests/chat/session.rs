//! `pace chat --session`: a conversation over several processes.

use std::os::unix::fs::PermissionsExt as _;

use pace_tests::program::end_of;
use pace_tests::until;

use crate::{assert_run, ended, pace, project, say, start};

const FRANCE: &str = "What's the capital of France?";
const TOUR: &[&str] = &["chat", "helper", "--session", "tour"];

#[test]
fn it_goes_on_in_the_next_process() {
    let project = project();
    assert_run(&say(&project, TOUR, FRANCE), 0, "Paris.\n", "");
    assert_run(&say(&project, TOUR, "And of Spain?"), 0, "Madrid, too.\n", "");
    // Other names, other agents and no name are other conversations.
    let other = &["chat", "helper", "--session", "other"];
    assert_run(&say(&project, other, "And of Spain?"), 0, "What of Spain?\n", "");
    assert_run(&say(&project, &["chat", "helper"], "And of Spain?"), 0, "What of Spain?\n", "");
    let file = project.path().join(".pace/state/state.db");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_to_string(project.path().join(".pace/.gitignore")).unwrap(), "*\n");
}

#[test]
fn a_conversation_without_a_name_is_not_kept() {
    let project = project();
    let mut command = pace(project.path(), &["chat", "helper"]);
    command.env_remove("PACE_STATE_DIR").env("TRACE_BACKEND", "none");
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"fox").unwrap();
    assert_eq!(ended(child).code, Some(0));
    let bytes = std::fs::read(project.path().join(".pace/state/state.db")).unwrap();
    assert!(!bytes.windows(9).any(|window| window == b"brown fox"), "it is kept");
}

#[test]
fn a_turn_that_fails_leaves_it_as_it_was() {
    let project = project();
    say(&project, TOUR, FRANCE);
    assert_eq!(say(&project, TOUR, "unheard of").code, Some(1));
    assert_run(&say(&project, TOUR, "And of Spain?"), 0, "Madrid, too.\n", "");
}

#[test]
fn everybody_has_names_of_their_own() {
    let project = project();
    say(&project, TOUR, FRANCE);
    let bens = [TOUR, &["--as", "user:ben"]].concat();
    assert_run(&say(&project, &bens, "And of Spain?"), 0, "What of Spain?\n", "");
    assert_run(&say(&project, TOUR, "And of Spain?"), 0, "Madrid, too.\n", "");
}

#[test]
fn names_are_labels() {
    let project = project();
    for name in ["../x", "A", "", "a/b", "-x"] {
        let run = say(&project, &["chat", "helper", &format!("--session={name}")], FRANCE);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{name}");
    }
    assert!(!project.path().join(".pace").exists());
}

#[test]
fn one_turn_at_a_time() {
    let project = project();
    say(&project, TOUR, FRANCE);
    let mut slow = start(project.path(), TOUR, b"slow");
    // Whoever said something in order to see that the session is taken could take it first.
    let file = rusqlite::Connection::open(project.path().join(".pace/state/state.db")).unwrap();
    file.busy_timeout(pace_tests::process::PATIENCE).unwrap();
    let taken = "SELECT count(*) FROM pace_sessions WHERE turn_until > 0";
    until("a turn is taken", || file.query_row(taken, [], |row| row.get::<_, i64>(0)).unwrap() == 1);
    let second = say(&project, TOUR, "fox");
    assert_eq!((second.code, second.out.as_str()), (Some(1), ""));
    assert!(second.err.contains("is taking a turn already"), "{}", second.err);
    // One that is told to end gives it back.
    let _told = std::process::Command::new("kill").args(["-INT", &slow.id().to_string()]).status().unwrap();
    assert_eq!(end_of(&mut slow).code(), Some(130));
    assert_eq!(say(&project, TOUR, "fox").code, Some(0));
}

#[test]
fn where_nothing_can_be_kept_nothing_is_asked() {
    let project = project();
    project.write(".pace", "a file");
    let run = say(&project, TOUR, FRANCE);
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
    assert!(run.err.starts_with("error: the store cannot be kept at `"), "{}", run.err);
    let mut command = pace(project.path(), TOUR);
    let output = command.env("PACE_STATE_DIR", "memory").output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    let why = "error: the session `tour` cannot be kept: the variable `PACE_STATE_DIR` is `memory`\n  \
               help: unset `PACE_STATE_DIR`, or leave `--session` out\n";
    assert_eq!((output.status.code(), err.as_str()), (Some(2), why));
}

#[test]
fn an_answer_is_given_where_nothing_can_be_kept() {
    let project = project();
    project.write(".pace", "a file");
    let ask = |more: &[&str]| {
        let mut command = pace(project.path(), &[&["chat", "helper"], more].concat());
        command.env_remove("PACE_STATE_DIR");
        command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), FRANCE.as_bytes()).unwrap();
        ended(child)
    };
    let run = ask(&[]);
    assert_eq!((run.code, run.out.as_str()), (Some(0), "Paris.\n"), "{}", run.err);
    let note = "note: nothing is kept of this, neither traces nor sessions: the store cannot be kept at `";
    assert!(run.err.starts_with(note) && run.err.lines().count() == 1, "{}", run.err);
}
