//! A trace of what did not work names the line of the project that it has to do with.

use super::{exported, pace, project};

#[test]
fn what_did_not_work_names_the_line_that_it_was_written_in() {
    let project = project("");
    let asked = pace(&project, &["chat", "lead"], "misread\n");
    assert_eq!((asked.code, asked.out.as_str()), (Some(0), "north\n"), "{asked:?}");
    assert_eq!(pace(&project, &["chat", "lead"], "unheard of\n").code, Some(1));
    let denied = pace(&project, &["chat", "closed"], "hello\n");
    assert_eq!(denied.code, Some(1), "{denied:?}");
    let of = |status: &str| exported(&project, "development", &["--status", status]).remove(0);
    // The entry of `look` in the agent's list, the model that has no such turn, and the agent whose `acl` it is.
    assert_eq!(of("ok")["steps"][1]["tool"]["place"], "agents/lead/spec.yaml:5");
    assert_eq!(of("failed")["error"]["place"], "paceline.yaml:2");
    assert_eq!(of("denied")["error"]["place"], "agents/closed/spec.yaml:1");
    let id = of("ok")["id"].as_str().unwrap().to_owned();
    let shown = pace(&project, &["trace", "show", &id], "");
    assert!(shown.out.contains("see agents/lead/spec.yaml:5\n"), "{shown:?}");
}
