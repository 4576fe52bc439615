//! `pace init`: what it makes, what it says, and what it leaves alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use tempfile::TempDir;

const TEMPLATES: [&str; 6] = ["minimal", "weather", "file-reader", "showcase", "research-team", "team"];

/// What the minimal template says of its agent.
const CHAT: &str = "pace chat helper    # needs GOOGLE_API_KEY; a key is free at https://aistudio.google.com/apikey";

const MOVE_IT: &str = "start in another folder with `pace init <dir>`, or move it away";

#[test]
fn a_template_is_copied_whole_and_builds_without_a_warning() {
    for template in TEMPLATES {
        let home = TempDir::new().unwrap();
        assert_ok(&pace(home.path(), &["init", "desk", "--template", template]));
        let project = home.path().join("desk");
        let mut made = files(&project);
        // What editors need for tools is made for each machine, and is no part of a template.
        made.retain(|path, _| !path.starts_with(".pace/") && path != "tsconfig.json");
        assert_eq!(made, files(&templates().join(template)), "{template}");
        // What is pinned is built without asking anybody.
        let built = pace(&project, &["build", "--deny-warnings", "--offline"]);
        assert_ok(&built);
        assert!(stderr(&built).starts_with("✓ Build succeeded\n"), "{}", stderr(&built));
    }
}

#[test]
fn every_template_can_be_chosen() {
    let mut folders: Vec<_> = fs::read_dir(templates()).unwrap().map(|entry| name(&entry.unwrap().path())).collect();
    folders.sort();
    let mut templates = TEMPLATES;
    templates.sort_unstable();
    assert_eq!(folders, templates);
    let home = TempDir::new().unwrap();
    let output = pace(home.path(), &["init", "--template", "large"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("[possible values: minimal, weather, file-reader, showcase, research-team, team]"),
        "{}",
        stderr(&output)
    );
    assert!(files(home.path()).is_empty());
}

#[test]
fn it_says_what_it_made_and_what_comes_next() {
    let home = TempDir::new().unwrap();
    let output = pace(home.path(), &["init", "my desk/büro"]);
    assert_ok(&output);
    assert_eq!(
        stderr(&output),
        format!(
            "✓ Project started in `my desk/büro`\n  agents/helper/spec.yaml\n  paceline.yaml\n  .gitignore\n\
             \nNext:\n  cd 'my desk/büro'\n  {CHAT}\n  pace build\n"
        )
    );
    assert_eq!(output.stdout, b"");
    assert_ok(&pace(&home.path().join("my desk/büro"), &["build"]));
}

#[test]
fn without_a_folder_it_takes_the_current_one_and_leaves_other_files_alone() {
    let home = TempDir::new().unwrap();
    write(home.path(), "README.md", "mine\n");
    write(home.path(), "agents/notes.txt", "mine\n");
    write(home.path(), ".gitignore", "target/\n");
    let output = pace(home.path(), &["init"]);
    assert_ok(&output);
    assert_eq!(
        stderr(&output),
        format!(
            "✓ Project started\n  agents/helper/spec.yaml\n  paceline.yaml\n  \
             .gitignore was there already and is left as it is\n\nNext:\n  {CHAT}\n  pace build\n"
        )
    );
    let files = files(home.path());
    for (path, text) in [("README.md", "mine\n"), ("agents/notes.txt", "mine\n"), (".gitignore", "target/\n")] {
        assert_eq!(files[path], text.as_bytes(), "{path}");
    }
    assert_eq!(files.len(), 5);
}

#[test]
fn the_folder_does_not_name_the_project() {
    let home = TempDir::new().unwrap();
    for folder in ["one", "two"] {
        assert_ok(&pace(home.path(), &["init", folder]));
    }
    assert_eq!(files(&home.path().join("one")), files(&home.path().join("two")));
    let ids = ["one", "two"].map(|folder| {
        assert_ok(&pace(&home.path().join(folder), &["build"]));
        fs::read(home.path().join(folder).join(".pace/build/latest")).unwrap()
    });
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn a_second_time_there_is_nothing_to_do() {
    let home = TempDir::new().unwrap();
    assert_ok(&pace(home.path(), &["init", "desk"]));
    let before = files(home.path());
    let output = pace(home.path(), &["init", "desk"]);
    assert_ok(&output);
    assert_eq!(stderr(&output), "✓ Nothing to do: all files of the template are in `desk` already\n");
    assert_eq!(files(home.path()), before);
}

#[test]
fn a_file_in_the_way_stops_everything() {
    for (path, text) in [("desk/agents/helper/spec.yaml", "name: mine\n"), ("desk/paceline.yaml", "project: mine\n")] {
        let home = TempDir::new().unwrap();
        write(home.path(), path, text);
        let why = format!("`{path}` is in the way; nothing was written");
        refused(&home, &["init", "desk"], &why, MOVE_IT);
    }
    let home = TempDir::new().unwrap();
    write(home.path(), "agents/helper/spec.yaml", "name: mine\n");
    write(home.path(), "paceline.yaml", "project: mine\n");
    let why = "these are in the way: `agents/helper/spec.yaml`, `paceline.yaml`; nothing was written";
    refused(&home, &["init", "."], why, "start in another folder with `pace init <dir>`, or move them away");
}

#[test]
fn another_template_on_top_names_all_that_is_in_the_way() {
    let home = TempDir::new().unwrap();
    assert_ok(&pace(home.path(), &["init", "desk"]));
    let why = "these are in the way: `desk/agents/helper/spec.yaml`, `desk/paceline.yaml`; nothing was written";
    let help = "start in another folder with `pace init <dir> --template team`, or move them away";
    refused(&home, &["init", "desk", "--template", "team"], why, help);
    // What was named was all of it.
    fs::remove_dir_all(home.path().join("desk/agents")).unwrap();
    fs::remove_file(home.path().join("desk/paceline.yaml")).unwrap();
    assert_ok(&pace(home.path(), &["init", "desk", "--template", "team"]));
}

#[test]
fn anything_in_the_way_stops_everything() {
    let home = TempDir::new().unwrap();
    write(home.path(), "desk", "a file");
    refused(&home, &["init", "desk"], "`desk` is in the way; nothing was written", MOVE_IT);
    let home = TempDir::new().unwrap();
    write(home.path(), "desk/agents", "a file");
    let why = "`desk/agents` is in the way; nothing was written";
    refused(&home, &["init", "desk"], why, MOVE_IT);
    let home = TempDir::new().unwrap();
    write(home.path(), "desk/paceline.yaml/x", "in a folder");
    let why = "`desk/paceline.yaml` is in the way; nothing was written";
    refused(&home, &["init", "desk"], why, MOVE_IT);
}

#[cfg(unix)]
#[test]
fn a_link_to_nowhere_is_not_written_through() {
    let home = TempDir::new().unwrap();
    fs::create_dir(home.path().join("desk")).unwrap();
    std::os::unix::fs::symlink("elsewhere", home.path().join("desk/paceline.yaml")).unwrap();
    let output = pace(home.path(), &["init", "desk"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).starts_with("error: `desk/paceline.yaml` is in the way"), "{}", stderr(&output));
    let left: Vec<_> =
        fs::read_dir(home.path().join("desk")).unwrap().map(|entry| name(&entry.unwrap().path())).collect();
    assert_eq!(left, ["paceline.yaml"]);
}

#[test]
fn another_project_is_not_mixed_with_a_template() {
    let home = TempDir::new().unwrap();
    write(home.path(), "desk/agents/mine/spec.yaml", "name: mine\n");
    let help = "choose another folder, or write an agent of your own in `agents/<name>/spec.yaml`";
    let why = "`desk` is a project already: it has `agents/mine/spec.yaml`; nothing was written";
    refused(&home, &["init", "desk"], why, help);
    write(home.path(), "desk/agents/yours/spec.yaml", "name: yours\n");
    let why =
        "`desk` is a project already: it has `agents/mine/spec.yaml`, `agents/yours/spec.yaml`; nothing was written";
    refused(&home, &["init", "desk"], why, help);
}

#[test]
fn a_project_inside_of_another_one_is_pointed_out() {
    let home = TempDir::new().unwrap();
    assert_ok(&pace(home.path(), &["init", "outer"]));
    let output = pace(&home.path().join("outer"), &["init", "inner"]);
    assert_ok(&output);
    let note = "note: it stands inside of the project `";
    assert!(stderr(&output).contains(note), "{}", stderr(&output));
    assert!(stderr(&output).contains("outer`; commands started here are about the new one\n"), "{}", stderr(&output));
}

#[test]
fn a_folder_that_cannot_be_written_is_said_and_left() {
    let home = TempDir::new().unwrap();
    let folder = "x".repeat(300);
    let output = pace(home.path(), &["init", &folder]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).starts_with("error: cannot "), "{}", stderr(&output));
    assert!(files(home.path()).is_empty());
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_is_said_and_left() {
    use std::os::unix::fs::PermissionsExt;
    let home = TempDir::new().unwrap();
    let folder = home.path().join("desk");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    // Permissions do not hold for root; the kernel's own file system does.
    let is_root = fs::write(folder.join("probe"), "").is_ok();
    let folder = if is_root { Path::new("/proc") } else { folder.as_path() };
    let output = pace(home.path(), &["init", folder.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let start = format!("error: cannot start a project in `{}`; nothing was written: ", folder.display());
    assert!(stderr(&output).starts_with(&start), "{}", stderr(&output));
    assert!(!folder.join("agents").exists() && !folder.join("paceline.yaml").exists());
}

#[test]
fn quiet_says_nothing() {
    let home = TempDir::new().unwrap();
    let output = pace(home.path(), &["init", "-q"]);
    assert_ok(&output);
    assert_eq!((stderr(&output), output.stdout), (String::new(), Vec::new()));
}

/// Expects a refusal that changes nothing.
fn refused(home: &TempDir, arguments: &[&str], why: &str, help: &str) {
    let before = files(home.path());
    let output = pace(home.path(), arguments);
    assert_eq!(stderr(&output), format!("error: {why}\n  help: {help}\n"));
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(files(home.path()), before);
}

fn templates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates")
}

/// Every file below a folder, by its path with `/`.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files
                .extend(self::files(&path).into_iter().map(|(below, text)| (format!("{}/{below}", name(&path)), text)));
        } else {
            files.insert(name(&path), fs::read(&path).unwrap());
        }
    }
    files
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn assert_ok(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Runs the `pace` that was built beside this test.
fn pace(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = pace_tests::pace(folder, arguments);
    command.env("LC_ALL", "C.UTF-8").output().unwrap()
}

#[test]
fn beside_a_project_is_not_inside_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("a");
    std::fs::create_dir_all(&inner).unwrap();
    std::fs::write(inner.join("paceline.yaml"), "version: 1\n").unwrap();
    let init = |name: &str| pace_tests::pace(&inner, &["init", name]).output().unwrap();
    let beside = String::from_utf8(init("../b").stderr).unwrap();
    assert!(folder.path().join("b").is_dir() && !beside.contains("inside of"), "{beside}");
    let inside = String::from_utf8(init("c").stderr).unwrap();
    assert!(inside.contains("note: it stands inside of the project `"), "{inside}");
}
