//! Surroundings that do not work: links, pipes, devices, readers that leave, builds that are killed. Plain words, the right
//! exit code, nothing lost and nothing half-written.

#![cfg(unix)]

use std::fs::{self, File, OpenOptions, Permissions};
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::process::{Command, Stdio};

use pace_tests::{Project, binary};

fn latest(project: &Project) -> String {
    fs::read_to_string(project.path().join(".pace/build/latest")).unwrap()
}

/// The bundle that `latest` names verifies.
fn assert_whole(project: &Project) {
    let bundle = project.path().join(".pace/build").join(latest(project).trim());
    let mut check = Command::new(binary("pace-runner"));
    check.arg("check").arg(bundle).env("GOOGLE_API_KEY", "unused").env("PACE_STATE_DIR", "memory");
    let check = check.output().unwrap();
    assert_eq!(check.status.code(), Some(0), "{}", String::from_utf8_lossy(&check.stderr));
}

#[test]
fn nothing_outside_of_the_project_is_read() {
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("x.yaml"), "version: 1\n").unwrap();
    let project = Project::minimal();
    symlink(elsewhere.path().join("x.yaml"), project.path().join("paceline.yaml")).unwrap();
    let ran = project.run(&["check"]);
    assert_eq!(ran.code, Some(2));
    assert_eq!(
        ran.err,
        "error: cannot read `paceline.yaml`: it is a link that leads out of the project\n  \
         help: put the file itself into the project\n"
    );
}

#[test]
fn what_should_be_a_file_and_is_none_is_no_absence() {
    let cases: [(&str, &str); 4] = [
        ("paceline.yaml", "it is a link that leads nowhere"),
        ("agents/other", "it is a link that leads nowhere"),
        ("agents/other/spec.yaml", "it is a link that leads nowhere"),
        ("loops/daily.yaml", "it is a link that leads nowhere"),
    ];
    for (path, why) in cases {
        let project = Project::minimal();
        fs::create_dir_all(project.path().join(path).parent().unwrap()).unwrap();
        symlink("nowhere", project.path().join(path)).unwrap();
        let ran = project.run(&["check"]);
        assert_eq!(ran.code, Some(2), "{path}");
        assert!(ran.err.starts_with(&format!("error: cannot read `{path}`: {why}\n")), "{}", ran.err);
    }
    let project = Project::minimal();
    fs::create_dir(project.path().join("paceline.yaml")).unwrap();
    assert_eq!(
        project.run(&["check"]).err.lines().next(),
        Some("error: cannot read `paceline.yaml`: it is not a file")
    );
}

#[test]
fn an_unreadable_folder_is_told_in_plain_words() {
    let project = Project::minimal();
    let agent = project.path().join("agents/helper");
    fs::set_permissions(&agent, Permissions::from_mode(0o000)).unwrap();
    let reads_everything = File::open(agent.join("spec.yaml")).is_ok();
    let mut pace = project.pace(&["check"]);
    if reads_everything {
        // The superuser's run is made somebody else's, who has to be let to the project and to a copy of the binary.
        let copy = project.path().join("pace");
        // Not by this process: what another test starts meanwhile would hold the copy open for writing, and it would be busy.
        assert!(Command::new("cp").arg(binary("pace")).arg(&copy).status().unwrap().success());
        fs::set_permissions(project.path(), Permissions::from_mode(0o755)).unwrap();
        pace = Command::new(copy);
        pace.current_dir(project.path()).arg("check").stdin(Stdio::null());
        std::os::unix::process::CommandExt::uid(&mut pace, 65_534);
    }
    let output = pace.output().unwrap();
    fs::set_permissions(&agent, Permissions::from_mode(0o755)).unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("permission denied"), "{stderr}");
}

#[test]
fn a_copy_is_written_through_pipes_and_spares_the_sources() {
    let project = Project::minimal();
    let pipe = project.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read(pipe).unwrap()
    });
    assert_eq!(project.run(&["build", "--output", "pipe"]).code, Some(0));
    assert!(reader.join().unwrap().starts_with(b"\x89PACE"));
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo(), "the pipe is still one");

    let spec = fs::read(project.path().join("agents/helper/spec.yaml")).unwrap();
    for target in ["agents/helper/spec.yaml", ".pace/build/latest"] {
        let ran = project.run(&["build", "--output", target]);
        assert_eq!(ran.code, Some(2), "{target}");
        assert!(ran.err.contains("it is a part of the project"), "{}", ran.err);
    }
    assert_eq!(fs::read(project.path().join("agents/helper/spec.yaml")).unwrap(), spec);
}

#[test]
fn a_copy_that_cannot_be_written_leaves_the_last_build() {
    let project = Project::minimal();
    assert_eq!(project.run(&["build"]).code, Some(0));
    let before = latest(&project);
    project.write("agents/helper/spec.yaml", "name: helper\nmodel: gemini-3.5-flash\ndescription: Something else.\n");
    let ran = project.run(&["build", "--output", "no/such/folder/x.pace"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("there is no such folder"), "{}", ran.err);
    assert_eq!(latest(&project), before);
}

#[test]
fn a_failed_build_leaves_the_last_bundle_and_nothing_else() {
    let project = Project::minimal();
    assert_eq!(project.run(&["build"]).code, Some(0));
    let before = files(&project);
    project.write("agents/helper/spec.yaml", "name: helper\nmodel: gpt-5\ndescription: x\n");
    assert_eq!(project.run(&["build"]).code, Some(1));
    assert_eq!(files(&project), before);
    assert_whole(&project);
}

fn files(project: &Project) -> Vec<(String, Vec<u8>)> {
    let folder = project.path().join(".pace/build");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .into_iter()
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
        .collect()
}

#[test]
fn builds_at_once_are_both_right() {
    let project = Project::minimal();
    let builds: Vec<_> = (0..8).map(|_| project.pace(&["build", "-q"]).spawn().unwrap()).collect();
    for mut build in builds {
        assert!(pace_tests::program::end_of(&mut build).success());
    }
    assert_whole(&project);
    assert_eq!(files(&project).len(), 3, "bundle, manifest and latest");
}

#[test]
fn a_killed_build_leaves_a_whole_one() {
    let project = Project::minimal();
    assert_eq!(project.run(&["build"]).code, Some(0));
    for round in 0..20 {
        let text = format!("name: helper\nmodel: gemini-3.5-flash\ndescription: Round {round}.\n");
        project.write("agents/helper/spec.yaml", &text);
        let mut build = project.pace(&["build", "-q"]).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(round));
        build.kill().unwrap();
        build.wait().unwrap();
        assert_whole(&project);
    }
}

#[test]
fn a_reader_that_leaves_changes_no_verdict() {
    let broken = Project::new(&[("agents/helper/spec.yaml", "name: helper\nmodel: gpt-5\ndescription: x\n")]);
    let sound = Project::minimal();
    for (project, code) in [(&broken, 1), (&sound, 0)] {
        for format in ["human", "json"] {
            let mut command = project.pace(&["build", "--message-format", format]);
            let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            drop((child.stdout.take(), child.stderr.take()));
            assert_eq!(pace_tests::program::end_of(&mut child).code(), Some(code), "{format}");
        }
    }
    assert_whole(&sound);
}

#[test]
fn where_nothing_can_be_said_the_exit_code_tells() {
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    let broken = Project::new(&[("agents/helper/spec.yaml", "name: helper\nmodel: gpt-5\ndescription: x\n")]);
    assert_eq!(broken.pace(&["check"]).stderr(full()).status().unwrap().code(), Some(1));
    assert_eq!(broken.pace(&["inspect", "none.pace"]).stderr(full()).status().unwrap().code(), Some(2));
    let output = broken.pace(&["schema", "agent"]).stdout(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "error: cannot write to standard output: the disk is full\n");
}

#[test]
fn fixes_keep_permissions_and_links() {
    let project = Project::new(&[("common/spec.yaml", "name: helper\nmodel: gemini-3.5-flash\ndescription: 12\n")]);
    let real = project.path().join("common/spec.yaml");
    fs::set_permissions(&real, Permissions::from_mode(0o600)).unwrap();
    fs::create_dir_all(project.path().join("agents/helper")).unwrap();
    let link = project.path().join("agents/helper/spec.yaml");
    symlink("../../common/spec.yaml", &link).unwrap();
    assert_eq!(project.run(&["check", "--fix"]).code, Some(0));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(fs::read_to_string(&real).unwrap().ends_with("description: \"12\"\n"));
}
