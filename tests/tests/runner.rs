//! `pace-runner` through its binary: what it refuses, what it says about it, and how it ends.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pace_tests::program::Said;
use tempfile::TempDir;

/// A project without tools, and the bundle `pace` made of it.
struct Project {
    folder: TempDir,
    bundle: PathBuf,
    bytes: Vec<u8>,
}

/// How a run of `pace-runner` ended.
#[derive(Debug)]
struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Project {
    fn build() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("paceline.yaml", "project: shop\nservice_accounts:\n  - name: digest-bot\n");
        write("agents/helper/spec.yaml", "name: helper\nmodel: gemini-2.5-flash\ndescription: You help.\n");
        write("agents/writer/spec.yaml", "name: writer\nmodel: gemini-2.5-flash\ndescription: You write.\n");
        let digest = "name: digest\nschedule: 0 9 * * *\ntimezone: Europe/Berlin\nagent: writer\n\
                      run_as: serviceaccount:digest-bot\ninstruction: Write the digest.\n";
        write("loops/digest.yaml", digest);
        write("loops/off.yaml", &digest.replace("name: digest", "name: off\nenabled: false"));
        let built = run_binary("pace", &["-C", folder.path().to_str().unwrap(), "build", "--output", "shop.pace"]);
        assert_eq!(built.code, Some(0), "{}", built.err);
        let bundle = folder.path().join("shop.pace");
        let bytes = std::fs::read(&bundle).unwrap();
        Self { folder, bundle, bytes }
    }

    /// A file beside the bundle.
    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Checks other bytes in the place of the bundle's.
    fn check(&self, bytes: &[u8]) -> Run {
        check(&self.file("other.pace", bytes), &[])
    }
}

fn check(path: &Path, more: &[&str]) -> Run {
    run_binary("pace-runner", &[&["check", path.to_str().unwrap()], more].concat())
}

fn binary(name: &str) -> PathBuf {
    // Test programs lie in `deps`, the binaries beside it.
    let folder = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().to_owned();
    let binary = folder.join(name).with_extension(std::env::consts::EXE_EXTENSION);
    assert!(binary.is_file(), "there is no `{name}` yet: run `cargo build --workspace --bins` first");
    binary
}

fn run_binary(name: &str, arguments: &[&str]) -> Run {
    let mut command = Command::new(binary(name));
    // What the tests are told is none of its variables.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PACE_")) {
        command.env_remove(name);
    }
    // What a bundle with a built-in model needs, and no state on the machine that tests.
    command.args(arguments).env("GOOGLE_API_KEY", "unused").env("PACE_STATE_DIR", "memory");
    command.env("XDG_STATE_HOME", pace_tests::state_home());
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: status.code(), out: text(stdout), err: text(stderr) }
}

/// Refused, with nothing on standard output, one reason and one help.
#[track_caller]
fn assert_refused(run: &Run, reason: &str, help: &str) {
    assert_eq!((run.code, run.out.as_str()), (Some(3), ""), "{run:?}");
    let lines: Vec<_> = run.err.lines().collect();
    assert!(matches!(lines.as_slice(), [_, _]), "{run:?}");
    assert!(lines[0].starts_with("error: `") && lines[0].contains("is refused: "), "{run:?}");
    assert!(lines[0].contains(reason), "{reason:?} is not in {run:?}");
    assert!(lines[1].starts_with("  help: ") && lines[1].contains(help), "{help:?} is not in {run:?}");
}

/// The surroundings failed.
#[track_caller]
fn assert_environment(run: &Run, reason: &str, help: &str) {
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{run:?}");
    assert!(run.err.starts_with("error: ") && run.err.contains(reason) && run.err.contains(help), "{run:?}");
}

#[test]
fn a_good_bundle_is_named_and_served() {
    let project = Project::build();
    let run = check(&project.bundle, &[]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.err.lines().all(|line| line.starts_with("ok: ")), "{run:?}");
    let id = run.out.trim();
    assert!(id.starts_with("b3:") && id.len() == 67, "{id}");

    assert_eq!(check(&project.bundle, &["--expect", id]).code, Some(0));
    let shown = served(&project.bundle, id, 9);
    assert!(
        shown[0].contains("WARN") && shown[0].contains("a loop, and this version does not fire loops"),
        "{shown:?}"
    );
    assert!(shown[1].starts_with("  Listening on http://127.0.0.1:"), "{shown:?}");
    let agents = [
        "",
        "  Agents:",
        "    helper  → /agents/helper/chat",
        "    writer  → /agents/writer/chat",
        "",
        "  Loops, which this version does not fire yet:",
    ];
    assert_eq!(shown[2..8], agents);
    let digest = "    digest  → cron(0 9 * * *) Europe/Berlin, asks writer, next ";
    assert!(shown[8].starts_with(digest) && shown[8].contains(" 09:00 CE"), "{shown:?}");
}

/// The first lines that people are shown of a bundle that is served. That it answers is judged in `serve`.
fn served(bundle: &Path, id: &str, lines: usize) -> Vec<String> {
    let mut command = Command::new(binary("pace-runner"));
    command
        .arg(bundle)
        .args(["--expect", id])
        .env_clear()
        .env("PORT", "0")
        .env("PACE_STATE_DIR", "memory")
        .env("LOG_FORMAT", "text");
    // The models of this bundle are not recorded; nobody asks them.
    let mut child = command.env("GOOGLE_API_KEY", "unused").stderr(std::process::Stdio::piped()).spawn().unwrap();
    let shown = Said::on(child.stderr.take()).lines(lines);
    child.kill().unwrap();
    child.wait().unwrap();
    shown
}

#[test]
fn another_bundle_than_expected_is_refused() {
    let project = Project::build();
    let other = format!("b3:{}", "0".repeat(64));
    let run = check(&project.bundle, &["--expect", &other]);
    assert_refused(&run, &format!("{other} was demanded"), "which bundle is meant");
    let run = run_binary("pace-runner", &["--expect", &other, project.bundle.to_str().unwrap()]);
    assert_refused(&run, &format!("{other} was demanded"), "which bundle is meant");
    let run = check(&project.bundle, &["--expect", "b3:12"]);
    assert_environment(&run, "64 lower-case hexadecimal digits", "--expect");
}

#[test]
fn every_kind_of_cut_is_refused() {
    let project = Project::build();
    let length = project.bytes.len();
    for (kept, reason) in [
        (1, "the file is 1 bytes long; a bundle has at least 64"),
        (63, "the file is 63 bytes long; a bundle has at least 64"),
        (64, "the file ends at byte 64"),
        (length - 1, "bytes long; it is"),
    ] {
        assert_refused(&project.check(&project.bytes[..kept]), reason, "damaged or was changed");
    }
    assert_refused(
        &project.check(&[&project.bytes[..], b"\0"].concat()),
        "bytes long; it is",
        "damaged or was changed",
    );
}

#[test]
fn a_flipped_bit_is_refused_wherever_it_is() {
    let project = Project::build();
    // Every bit is flipped in the tests of the container; here it is one in each region, through the binary.
    let step = project.bytes.len() / 40;
    for at in (8..project.bytes.len()).step_by(step.max(1)) {
        let mut bytes = project.bytes.clone();
        bytes[at] ^= 0x10;
        let run = project.check(&bytes);
        assert_eq!((run.code, run.out.as_str()), (Some(3), ""), "byte {at}: {run:?}");
    }
    let mut bytes = project.bytes.clone();
    *bytes.last_mut().unwrap() ^= 1;
    assert_refused(&project.check(&bytes), "the table says", "damaged or was changed");
}

#[test]
fn a_container_of_the_future_says_which_runner_it_needs() {
    let project = Project::build();
    let mut bytes = project.bytes.clone();
    // The major version: a little-endian u16 after the magic (FORMAT.md).
    bytes[8] = 9;
    assert_refused(&project.check(&bytes), "this bundle is container version 9.", "a newer one");
}

#[test]
fn files_that_are_no_bundles() {
    let project = Project::build();
    let not_a_bundle = "this is not a bundle; `pace build` makes one";
    let spec = project.folder.path().join("loops/digest.yaml");
    assert_refused(&check(&spec, &[]), "the file starts with `name: di`", not_a_bundle);
    assert_refused(&project.check(b"name: a\n"), "the file is 8 bytes long", not_a_bundle);
    assert_refused(&project.check(b""), "the file is 0 bytes long", "the file is empty");
    assert_refused(&project.check(&[0; 4096]), "a bundle starts with", not_a_bundle);
    let huge = project.file("huge.pace", b"");
    std::fs::File::options().write(true).open(&huge).unwrap().set_len((256 << 20) + 1).unwrap();
    assert_refused(
        &check(&huge, &[]),
        "the file is 268435457 bytes long; a bundle has at most 268435456",
        not_a_bundle,
    );
}

#[test]
fn surroundings_that_do_not_work() {
    let project = Project::build();
    let missing = project.folder.path().join("missing.pace");
    assert_environment(&check(&missing, &[]), "there is no file `", "`pace build` makes one");
    assert_environment(
        &check(project.folder.path(), &[]),
        "is a directory; a bundle is one file",
        "name the `.pace` file",
    );
    assert_environment(&run_binary("pace-runner", &[]), "<BUNDLE>", "Usage");
}

/// Nobody reads what is said: the exit code is the same.
#[cfg(unix)]
#[test]
fn closed_pipes_do_not_change_the_verdict() {
    let project = Project::build();
    let refused = project.file("refused.pace", b"name: a\n");
    let missing = project.folder.path().join("missing.pace");
    for (arguments, wanted) in [
        (vec!["check", project.bundle.to_str().unwrap()], 0),
        (vec![project.bundle.to_str().unwrap()], 2),
        (vec!["check", refused.to_str().unwrap()], 3),
        (vec![missing.to_str().unwrap()], 2),
        (vec!["check"], 2),
    ] {
        let closed = || std::process::Stdio::from(std::io::pipe().unwrap().1);
        let mut command = Command::new(binary("pace-runner"));
        command.env("GOOGLE_API_KEY", "unused").env("PACE_STATE_DIR", "memory");
        // What would be served is refused for its address, so that it ends.
        let port = if arguments[0] == "check" { "0" } else { "none" };
        let status = command.args(&arguments).env("PORT", port).stdout(closed()).stderr(closed()).status();
        assert_eq!(status.unwrap().code(), Some(wanted), "{arguments:?}");
    }
}

#[test]
fn paths_cannot_steer_a_terminal() {
    let project = Project::build();
    let named = |name: &str| project.folder.path().join(name);
    let missing = check(&named("a\u{1b}[2J\u{200b}.pace"), &[]);
    assert_environment(&missing, "a\\u{1b}[2J\\u{200b}.pace", "`pace build` makes one");
    let refused = check(&project.file("b\u{202e}.pace", b"name: a\n"), &[]);
    assert_refused(&refused, "the file is 8 bytes long", "this is not a bundle");
    assert!(refused.err.contains("b\\u{202e}.pace"), "{refused:?}");
}

#[test]
fn the_help_says_how_it_ends() {
    for arguments in [&["--help"][..], &["check", "--help"]] {
        let run = run_binary("pace-runner", arguments);
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
        assert!(run.out.contains("--expect <ID>") && run.out.contains("3 bundle refused"), "{run:?}");
    }
    let long = run_binary("pace-runner", &["--help"]).out;
    for variable in ["HOST", "PORT", "DRAIN_TIMEOUT", "GOOGLE_API_KEY, GOOGLE_API_KEY_FILE", "SSL_CERT_FILE"] {
        assert!(long.contains(&format!("\n  {variable}\n")), "{long}");
    }
    let version = run_binary("pace-runner", &["--version"]);
    assert_eq!(version.out, format!("pace-runner {}\n", env!("CARGO_PKG_VERSION")));
}
