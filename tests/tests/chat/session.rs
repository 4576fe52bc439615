//! `pace chat --session`: a conversation over several processes.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use crate::{assert_run, ended, pace, project, say};

const FRANCE: &str = "What's the capital of France?";
const FILE: &str = ".pace/state/chat/helper/tour.json";

#[test]
fn it_goes_on_in_the_next_process() {
    let project = project();
    let tour = &["chat", "helper", "--session", "tour"];
    assert_run(&say(&project, tour, FRANCE), 0, "Paris.\n", "");
    assert_run(&say(&project, tour, "And of Spain?"), 0, "Madrid, too.\n", "");
    // Other names, other agents and no name are other conversations.
    let other = &["chat", "helper", "--session", "other"];
    assert_run(&say(&project, other, "And of Spain?"), 0, "What of Spain?\n", "");
    assert_run(&say(&project, &["chat", "helper"], "And of Spain?"), 0, "What of Spain?\n", "");
    let file = project.path().join(FILE);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let kept: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!((&kept["version"], kept["messages"].as_array().unwrap().len()), (&2.into(), 4));
    assert_eq!(std::fs::read_to_string(project.path().join(".pace/.gitignore")).unwrap(), "*\n");
}

#[test]
fn a_link_to_a_session_stays_one() {
    let project = project();
    let tour = &["chat", "helper", "--session", "tour"];
    say(&project, tour, FRANCE);
    let (file, elsewhere) = (project.path().join(FILE), project.path().join("elsewhere.json"));
    let before = std::fs::read_to_string(&file).unwrap();
    std::fs::rename(&file, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
    let run = say(&project, tour, "And of Spain?");
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert_eq!(std::fs::read_link(&file).unwrap(), elsewhere);
    assert!(std::fs::read_to_string(&elsewhere).unwrap().len() > before.len());
}

#[test]
fn a_turn_that_fails_leaves_it_as_it_was() {
    let project = project();
    let tour = &["chat", "helper", "--session", "tour"];
    say(&project, tour, FRANCE);
    let before = std::fs::read(project.path().join(FILE)).unwrap();
    assert_eq!(say(&project, tour, "unheard of").code, Some(1));
    assert_eq!(std::fs::read(project.path().join(FILE)).unwrap(), before);
    assert_run(&say(&project, tour, "And of Spain?"), 0, "Madrid, too.\n", "");
}

#[test]
fn a_damaged_file_is_left_alone() {
    let project = project();
    let tour = &["chat", "helper", "--session", "tour"];
    let newer = r#"{"version": 3, "agent": "helper", "principal": "user:ann", "turns": []}"#;
    for (text, why) in [
        ("{\"version\": 1, \"mess", "EOF while parsing"),
        ("", "EOF while parsing"),
        (newer, "it has the version 3, and this `pace` knows 2"),
        (r#"{"version": 1, "agent": "helper", "principal": "user:ann", "messages": [], "x": 1}"#, "unknown field `x`"),
    ] {
        project.write(FILE, text);
        let run = say(&project, tour, FRANCE);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
        let start = format!("error: the session in `{FILE}` cannot be read: {why}");
        assert!(run.err.starts_with(&start), "{}", run.err);
        assert_eq!(std::fs::read_to_string(project.path().join(FILE)).unwrap(), text);
    }
}

#[test]
fn it_is_of_whom_it_began_with() {
    let project = project();
    say(&project, &["chat", "helper", "--session", "tour"], FRANCE);
    let run = say(&project, &["chat", "helper", "--session", "tour", "--as", "user:ben"], FRANCE);
    let why = "error: the session `tour` is one of `user:ann`, not of `user:ben`\n  \
               help: choose another `--session`, or say who asks with `--as`\n";
    assert_run(&run, 2, "", why);
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
fn one_process_at_a_time() {
    let project = project();
    let tour = &["chat", "helper", "--session", "tour"];
    let mut command = pace(project.path(), tour);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut first = command.spawn().unwrap();
    let mut message = first.stdin.take().unwrap();
    // It holds the session while it waits for its message.
    let lock = project.path().join(".pace/state/chat/helper/tour.lock");
    let begun = std::time::Instant::now();
    let second = loop {
        if lock.exists() {
            let run = say(&project, tour, FRANCE);
            if run.code == Some(2) {
                break run;
            }
        }
        assert!(begun.elapsed().as_secs() < 30, "the session is never held");
        std::thread::sleep(std::time::Duration::from_millis(10));
    };
    let why = "error: the session `tour` is in use by another `pace chat`\n  \
               help: wait until that ends, or choose another `--session`\n";
    assert_run(&second, 2, "", why);
    message.write_all(FRANCE.as_bytes()).unwrap();
    drop(message);
    assert_run(&ended(first), 0, "Paris.\n", "");
    assert_run(&say(&project, tour, "And of Spain?"), 0, "Madrid, too.\n", "");
}

#[test]
fn where_nothing_can_be_kept_nothing_is_asked() {
    let project = project();
    project.write(".pace", "a file");
    let run = say(&project, &["chat", "helper", "--session", "tour"], FRANCE);
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
    assert!(run.err.starts_with(&format!("error: cannot keep the session in `{FILE}`: ")), "{}", run.err);
}
