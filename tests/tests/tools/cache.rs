//! The cache: used while nothing changed, wrong never, whoever else builds, dies or writes into it.

use std::os::unix::fs::MetadataExt;
use std::process::Stdio;
use std::time::Duration;

use pace_tests::Project;

use crate::{built, cached, latest, project, tool};

fn small() -> Project {
    let text = tool("first", "import { clean } from \"../lib/clean\";", "clean(\" a \")");
    let project = project(&[("first", &text), ("second", &tool("second", "", "2"))]);
    project.write("lib/clean.ts", "export const clean = (text: string) => text.trim();\n");
    project
}

/// What tells whether files were written again: a file renamed into its place is another one.
fn identities(project: &Project) -> Vec<u64> {
    cached(project).iter().map(|path| std::fs::metadata(path).unwrap().ino()).collect()
}

#[test]
fn what_did_not_change_is_not_made_again() {
    let project = small();
    let first = built(&project);
    let files = identities(&project);
    assert_eq!(files.len(), 2);
    assert_eq!((built(&project).id(), identities(&project)), (first.id(), files));
}

#[test]
fn what_changed_is_made_again_and_nothing_else() {
    let project = small();
    let first = built(&project);
    let before = identities(&project);
    project.write("lib/clean.ts", "export const clean = (text: string) => text.trimEnd();\n");
    let second = built(&project);
    let after = identities(&project);
    assert_ne!(first.program_digest(), second.program_digest());
    assert_eq!(before.iter().filter(|one| after.contains(one)).count(), 1);
}

#[test]
fn a_file_that_would_be_found_instead_is_noticed() {
    let project = small();
    let first = built(&project);
    project.write("lib/clean.tsx", "export const clean = (text: string) => `found before: ${text}`;\n");
    let second = built(&project);
    assert_ne!(first.program_digest(), second.program_digest());
    std::fs::remove_file(project.path().join("lib/clean.tsx")).unwrap();
    assert_eq!(built(&project).program_digest(), first.program_digest());
}

#[test]
fn a_comment_changes_no_program() {
    let project = small();
    let first = built(&project);
    let text = std::fs::read_to_string(project.path().join("tools/first.ts")).unwrap();
    project.write("tools/first.ts", &format!("// Why this is here.\n\n{text}"));
    let second = built(&project);
    assert_ne!(first.id(), second.id());
    assert_eq!(first.program_digest(), second.program_digest());
    let map = |bundle: &pace_ir::VerifiedBundle| bundle.bundle().tool_map.clone().unwrap().tools["tools/first"].clone();
    assert_ne!(map(&first), map(&second));
}

#[test]
fn a_broken_cache_is_no_cache() {
    let project = small();
    let first = built(&project);
    for damage in [&b""[..], b"paceline tool cache 3 ", &[0xff; 100]] {
        for path in cached(&project) {
            std::fs::write(path, damage).unwrap();
        }
        assert_eq!(built(&project).id(), first.id());
    }
    for path in cached(&project) {
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(path, bytes).unwrap();
    }
    assert_eq!(built(&project).id(), first.id());
    std::fs::remove_dir_all(project.path().join(".pace/cache")).unwrap();
    std::fs::write(project.path().join(".pace/cache"), "in the way").unwrap();
    assert_eq!(built(&project).id(), first.id());
}

#[test]
fn builds_at_once_do_not_disturb_each_other() {
    let project = small();
    let start = || project.pace(&["build"]).stderr(Stdio::piped()).spawn().unwrap();
    let builds: Vec<_> = (0..6).map(|_| start()).collect();
    for build in builds {
        let output = pace_tests::program::output_of(build);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let id = latest(project.path()).id();
    let files = identities(&project);
    assert_eq!((built(&project).id(), identities(&project)), (id, files));
}

#[test]
fn a_build_that_was_killed_leaves_nothing_in_the_way() {
    let whole = small();
    let wanted = built(&whole).id();
    for milliseconds in [0, 5, 10, 20, 30, 40, 60, 80, 120, 200] {
        let project = small();
        let mut build = project.pace(&["build"]).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        let _ended = build.kill();
        build.wait().unwrap();
        assert_eq!(built(&project).id(), wanted, "killed after {milliseconds} ms");
    }
}
