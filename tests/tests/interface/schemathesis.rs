//! PyPI `schemathesis`: a judge from other hands reads the description, asks everything it allows and much that it does not, in single
//! requests and in series, and holds every answer against it.

use std::process::Command;

use pace_tests::installed;

use super::{ANN, project, start};

/// What it is held against. Left out are `positive_data_acceptance`, because an id that fits the description need not be one of
/// a session or a trace, and `ignored_auth`, because nobody has to say who they are: that is `anonymous`.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance,negative_data_rejection,unsupported_method,use_after_free,\
                      ensure_resource_availability";

fn judge(arguments: &[&str], variables: &[(&str, &str)]) {
    let Some(program) = installed("PACE_TEST_SCHEMATHESIS", "`schemathesis`") else { return };
    let project = project();
    let mut runner = start(&project, variables);
    let address = format!("http://{}/openapi.json", runner.address);
    let judged = Command::new(program)
        .args([
            "run",
            &address,
            "--checks",
            CHECKS,
            "--max-examples",
            "40",
            "--seed",
            "7",
            "--request-timeout",
            "60",
            "--no-color",
            "--suppress-health-check",
            "all",
        ])
        .args(arguments)
        .current_dir(project.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&judged.stdout);
    assert!(judged.status.success(), "{said}\n{}", String::from_utf8_lossy(&judged.stderr));
    assert!(said.contains("No issues found") || said.contains("passed"), "it judged nothing: {said}");
    assert_eq!(runner.stop(), Some(0));
    assert!(!runner.lines().concat().contains("panicked"), "{:?}", runner.lines());
}

#[test]
fn what_is_answered_to_somebody_is_as_described() {
    let state = tempfile::tempdir().unwrap();
    let state = state.path().to_str().unwrap();
    judge(&["--header", &format!("Authorization: Bearer {ANN}")], &[("PACE_STATE_DIR", state)]);
}

#[test]
fn what_is_answered_to_nobody_is_as_described() {
    judge(&[], &[]);
}
