//! `pace diff` through the binary, on bundles that `pace build` made.

use pace_tests::run as pace;

use serde_json::Value;

const AGENT: &str = "name: helper
model: gemini-2.5-flash
description: You help.
acl:
  - {principal: \"group:ops\", role: execute}
  - {principal: \"serviceaccount:bot\", role: execute}
limits: {max_turns: 5}
";
const LOOP: &str = "name: daily
schedule: 0 8 * * *
agent: helper
run_as: serviceaccount:bot
instruction: Report.
acl: [{principal: user:ann, role: execute}]
";
const SETTINGS: &str = "service_accounts: [{name: bot}]
acl: [{principal: user:root, role: read}]
";

/// Two builds of one project, the second after replacements in its files.
fn two_builds(replacements: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let build = |output: &str, replacements: &[(&str, &str)]| {
        for (path, text) in
            [("agents/helper/spec.yaml", AGENT), ("loops/daily.yaml", LOOP), ("paceline.yaml", SETTINGS)]
        {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let text = replacements.iter().fold(text.to_owned(), |text, (old, new)| text.replace(old, new));
            std::fs::write(path, text).unwrap();
        }
        let run = pace(folder.path(), &["build", "--output", output]);
        assert_eq!(run.code, Some(0), "{run:?}");
    };
    build("old.pace", &[]);
    build("new.pace", replacements);
    folder
}

const CHANGED: &[(&str, &str)] = &[
    ("You help.", "You help a lot."),
    ("group:ops", "user:x"),
    ("max_turns: 5", "max_turns: 50"),
    ("0 8 * * *", "0 9 * * *"),
    ("instruction: Report.\nacl: [{principal: user:ann, role: execute}]", "instruction: Report."),
    ("role: read}", "role: admin}"),
];

#[test]
fn differences_are_told_by_place_with_their_direction() {
    let folder = two_builds(CHANGED);
    let run = pace(folder.path(), &["diff", "old.pace", "new.pace"]);
    let expected = "project
  + `user:root` is an admin, was a reader of all traces and sessions
agent `helper`
  ~ prompt is another: 1 line added, 1 line removed
  + `max_turns` is 50, was 5
  + `user:x` may execute it
  - `group:ops` may no longer execute it
loop `daily`
  ~ schedule is `0 9 * * *`, was `0 8 * * *`
  + has no `acl` any more: the operator of the machine may trigger it
  - `user:ann` may no longer trigger it
total: 4 more (+), 2 less (-), 2 other (~)
";
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (Some(0), expected, ""));
}

#[test]
fn growth_fails_where_it_is_asked_to() {
    let folder = two_builds(&[("max_turns: 5", "max_turns: 50")]);
    let code = |arguments: &[&str]| pace(folder.path(), arguments).code;
    assert_eq!(code(&["diff", "old.pace", "new.pace", "--fail-on", "grow"]), Some(1));
    assert_eq!(code(&["diff", "new.pace", "old.pace", "--fail-on", "grow"]), Some(0));
    assert_eq!(code(&["diff", "old.pace", "new.pace"]), Some(0));
    assert_eq!(code(&["diff", "old.pace", "new.pace", "--fail-on", "change"]), Some(2));
    let run = pace(folder.path(), &["diff", "old.pace", "new.pace", "--fail-on", "grow"]);
    assert!(run.out.contains("+ `max_turns` is 50, was 5"), "{run:?}");
}

#[test]
fn programs_get_the_same_differences() {
    let folder = two_builds(CHANGED);
    let run = pace(folder.path(), &["diff", "old.pace", "new.pace", "--json"]);
    let value: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(value["same_program"], false);
    assert_eq!(value["totals"], serde_json::json!({"grows": 4, "shrinks": 2, "changes": 2}));
    let first = serde_json::json!({
        "direction": "grows",
        "kind": "project",
        "name": null,
        "key": "acl",
        "text": "`user:root` is an admin, was a reader of all traces and sessions",
    });
    assert_eq!(value["changes"][0], first);
    let inspected: Value = serde_json::from_str(&pace(folder.path(), &["inspect", "new.pace", "--json"]).out).unwrap();
    assert_eq!(value["new"]["id"], inspected["file"]["id"]);
    assert_eq!(value["new"]["program_digest"], inspected["file"]["program_digest"]);
}

#[test]
fn a_comment_leaves_the_same_program() {
    let folder = two_builds(&[("name: helper", "# by hand\nname: helper")]);
    let run = pace(folder.path(), &["diff", "old.pace", "new.pace", "--fail-on", "grow"]);
    let expected = "beside the program
    input `agents/helper/spec.yaml` is another
    source positions are others
same program
";
    assert_eq!((run.code, run.out.as_str()), (Some(0), expected), "{run:?}");
    let run = pace(folder.path(), &["diff", "old.pace", "old.pace"]);
    assert_eq!((run.code, run.out.as_str()), (Some(0), "same bundle\n"), "{run:?}");
}

#[test]
fn another_project_name_is_not_passed_over() {
    let folder = two_builds(&[("service_accounts:", "project: shop\nservice_accounts:")]);
    let run = pace(folder.path(), &["diff", "old.pace", "new.pace"]);
    assert!(run.out.starts_with("beside the program\n    project is `shop`, was `default`\n"), "{run:?}");
    assert!(run.out.ends_with("same program\n"), "{run:?}");
}

#[test]
fn a_damaged_bundle_is_refused() {
    let folder = two_builds(&[]);
    std::fs::write(folder.path().join("cut.pace"), b"\x89PACE").unwrap();
    let run = pace(folder.path(), &["diff", "old.pace", "cut.pace"]);
    assert_eq!((run.code, run.out.as_str()), (Some(3), ""), "{run:?}");
    assert!(run.err.contains("`cut.pace` is refused: "), "{run:?}");
}
