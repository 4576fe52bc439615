//! `pace demo`: what a newcomer sees first, wherever they run it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use pace_tests::program::{Said, end_of, output_of};
use pace_tests::{Run, pace};

/// `pace demo` in a folder, with a temporary folder of its own.
fn demo(folder: &Path, temporary: &Path) -> Command {
    let mut command = pace(folder, &["demo"]);
    command.env("TMPDIR", temporary).env("LC_ALL", "C.UTF-8");
    command
}

fn run(mut command: Command) -> Run {
    let output = output_of(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// It showed everything, and left nothing.
#[track_caller]
fn assert_shown(run: &Run, temporary: &Path) {
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{}", run.out);
    for sentence in [
        "agents/helper/spec.yaml\n    name: helper\n    model: recorded\n",
        "      - {name: tools/find-part, access: read, net: []}\n",
        "tools/find-part.ts\n    export default defineTool({\n",
        "✓ 3 agents, 1 loop, 5 tools in ",
        "    `group:support` may execute `refunds`; write `tools/give-discount`\n",
        "✓ ready after ",
        "  [calls find_part {\"bicycle\":\"Brompton\",\"trouble\":\"squeak\"}]\n  helper: A Brompton that squeaks",
        "  [calls stock_count {\"part\":\"chain oil\"}]\n  helper: Yes: seven bottles",
        "  [would have called book_repair {\"bicycle\":\"Brompton\",\"day\":\"Friday\"}]\n  helper: Nothing is booked",
        "  [give_discount {\"percent\":10} denied: `tool_grants` closes\n",
        "  triage: {\n            \"topic\": \"delivery\",\n",
        "  [calls triage {\"message\":\"A parcel is two weeks late.\"}]\n  helper: It is passed on",
        "  403: no `acl` gives `anonymous` the role `execute` on the agent `refunds`\n",
        "  ✗ refunds  anonymous  denied",
        "  ✓ helper   anonymous",
        "    └─ denied `give_discount`: `tool_grants` closes `tools/give-discount`",
        "  ✓ helper  anonymous  ok  ",
        "    call of triage (paceline://triage), read: done, ",
        "      ✓ triage  anonymous  ok  ",
        "        through helper\n",
        "  12 │ run_as: serviceaccount:morning-jb\n     │         ^^^^^^^^^^^^^^^^^^^^^^^^^ not in",
        "     = help: did you mean `serviceaccount:morning-job`?\n",
        "  pace init hello && cd hello\n  pace chat helper      with GOOGLE_API_KEY set",
        "http://localhost:11434/v1",
        "`pace init shop --template showcase`",
    ] {
        assert!(run.out.contains(sentence), "{sentence:?} is missing:\n{}", run.out);
    }
    assert_nothing_left(temporary);
}

#[track_caller]
fn assert_nothing_left(temporary: &Path) {
    let left: Vec<_> = std::fs::read_dir(temporary).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.is_empty(), "{left:?} is left");
}

#[test]
fn it_shows_the_product_on_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let run = run(demo(folder.path(), temporary.path()));
    assert_shown(&run, temporary.path());
    assert_nothing_left(folder.path());
    for line in run.out.lines() {
        assert!(line.chars().count() <= 100 && !line.ends_with(' ') && !line.contains('\u{1b}'), "{line:?}");
    }
    assert!(run.out.lines().count() <= 150, "{}", run.out.lines().count());
}

#[test]
fn two_at_once_do_not_meet() {
    let folder = tempfile::tempdir().unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let start = || demo(folder.path(), temporary.path()).stdout(Stdio::piped()).spawn().unwrap();
    let children = [start(), start()];
    for child in children {
        let output = output_of(child);
        assert_eq!(output.status.code(), Some(0));
        assert!(String::from_utf8(output.stdout).unwrap().contains("helper: No discount was given."));
    }
    assert_nothing_left(temporary.path());
}

#[test]
fn nothing_of_the_environment_matters() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o555)).unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let mut command = Command::new(pace_tests::binary("pace"));
    command.arg("demo").current_dir(folder.path()).stdin(Stdio::null()).env_clear();
    command.env("TMPDIR", temporary.path());
    // Where other commands would make a key.
    command.env("XDG_STATE_HOME", folder.path());
    // Where the program of the project's server is, as everywhere.
    command.env("PATH", std::env::var_os("PATH").unwrap());
    // Nobody answers there: whoever asked would fail.
    for proxy in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env(proxy, "http://127.0.0.1:1");
    }
    command.env("GOOGLE_API_KEY", "a").env("GOOGLE_API_KEY_FILE", "/nowhere").env("PORT", "x").env("HOST", "y");
    let run = run(command);
    assert_shown(&run, temporary.path());
    assert_nothing_left(folder.path());
}

#[test]
fn a_reader_that_left_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let mut child = demo(folder.path(), temporary.path()).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(end_of(&mut child).code(), Some(0));
    let mut shell = Command::new("sh");
    let line = format!("exec {} demo >&-", pace_tests::binary("pace").display());
    let status = shell.args(["-c", &line]).current_dir(folder.path()).env("TMPDIR", temporary.path()).status().unwrap();
    assert_eq!(status.code(), Some(0));
    assert_nothing_left(temporary.path());
    assert_nothing_left(folder.path());
}

#[test]
fn without_a_temporary_folder_it_says_what_to_set() {
    let folder = tempfile::tempdir().unwrap();
    let run = run(demo(folder.path(), &folder.path().join("missing")));
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
    assert!(run.err.starts_with("error: cannot write to the temporary folder `"), "{}", run.err);
    assert!(run.err.ends_with("\n  help: set TMPDIR to a folder that can be written\n"), "{}", run.err);
}

#[test]
fn an_interrupted_one_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let mut child = demo(folder.path(), temporary.path()).stdout(Stdio::piped()).spawn().unwrap();
    // By the first words of an answer, it hears signals.
    Said::on(child.stdout.take()).until("helper: A");
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert_eq!(end_of(&mut child).code(), Some(130));
    assert_nothing_left(temporary.path());
}

#[test]
fn colours_are_for_those_who_want_them() {
    let folder = tempfile::tempdir().unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let mut command = demo(folder.path(), temporary.path());
    command.args(["--color", "always"]);
    let coloured = run(command);
    assert_eq!(coloured.code, Some(0));
    assert!(coloured.out.contains("\u{1b}[1m2. A tool is a function in TypeScript\u{1b}[0m"), "{}", coloured.out);
}
