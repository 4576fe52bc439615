//! The types an author's editor sees, judged by the real TypeScript.

use std::path::Path;

use pace_tests::{Project, link_packages, packages};

use crate::{built, failed_with, project, tool};

fn with_packages(text: &str) -> Option<Project> {
    let packages = packages()?;
    let project = project(&[("search", text)]);
    link_packages(project.path(), &packages);
    Some(project)
}

#[test]
fn arguments_follow_from_parameters_and_globals_are_the_sandboxs() {
    let Some(project) = with_packages(&tool("search", "", "1")) else { return };
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../stdlib-tools/runtime/test");
    let mut copied = 0;
    for entry in std::fs::read_dir(tests).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        project.write(&format!("tools/{name}"), &std::fs::read_to_string(entry.path()).unwrap());
        copied += 1;
    }
    assert!(copied > 1);
    built(&project);
    let run = project.run(&["check", "--types"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    // The same settings serve an editor: nothing is passed to the checker but the project.
    assert!(project.path().join("tsconfig.json").is_file());

    // A type test that could not fail would say nothing.
    let path = project.path().join("tools/types.test-d.ts");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("{ city: string; unit:", "{ city: number; unit:")).unwrap();
    failed_with(&project.run(&["check", "--types"]), "P0523");
}

#[test]
fn errors_of_the_checker_are_ours() {
    let text = tool("search", "", "args.text").replace("parameters: {}", "parameters: { text: { type: \"string\" } }");
    let text = text.replace("async () => (args.text)", "async ({ text }) => text.lenght");
    let Some(project) = with_packages(&text) else { return };
    // No build came before, and nothing but the types is written.
    let run = project.run(&["check", "--types"]);
    failed_with(&run, "error[P0523]: property `lenght` does not exist on type `string`");
    assert!(run.err.contains("┌─ tools/search.ts:8:37"), "{}", run.err);
    assert!(run.err.contains("help: did you mean `length`?"), "{}", run.err);
    assert!(!project.path().join("tsconfig.json").exists());

    let json = project.run(&["check", "--types", "--message-format", "json"]);
    assert!(json.out.lines().any(|line| line.contains("\"code\":\"P0523\"")), "{}", json.out);
}

#[test]
fn what_the_sandbox_has_is_known_without_settings_of_the_author() {
    let answer = "async () => (new URL(await (await fetch(\"https://example.com\")).text()).host)";
    let text = tool("search", "", "1").replace("async () => (1)", answer);
    assert!(text.contains(answer), "{text}");
    let Some(project) = with_packages(&text) else { return };
    let run = project.run(&["check", "--types"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(!project.path().join("tsconfig.json").exists());
}

#[test]
fn settings_of_the_author_are_kept() {
    let project = project(&[("search", &tool("search", "", "1"))]);
    project.write("tsconfig.json", "{}\n");
    built(&project);
    assert_eq!(std::fs::read_to_string(project.path().join("tsconfig.json")).unwrap(), "{}\n");
    assert!(project.path().join(".pace/types/runtime.d.ts").is_file());
}

#[test]
fn a_project_without_tools_gets_no_settings() {
    let project = Project::minimal();
    built(&project);
    assert!(!project.path().join("tsconfig.json").exists() && !project.path().join(".pace/types").exists());
}
