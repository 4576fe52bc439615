//! `pace trace` where no project is: the store is found as a runner finds it. And how an id is named by its beginning.

use std::path::Path;
use std::process::Stdio;

use pace_tests::{Run, binary};

use super::{exported, pace, project, serving};
use pace_tests::http;

/// `pace` in a folder that is no project, with these variables and no others.
fn outside(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Run {
    let mut command = std::process::Command::new(binary("pace"));
    command.env_clear().envs(variables.iter().copied()).args(arguments).current_dir(folder).stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn the_store_of_a_runner_is_read_outside_of_a_project() {
    let project = project("project: shop\n");
    let mut runner = serving(&project, &[]);
    assert_eq!(http::ask(runner.address, &http::post("/agents/guide/chat", r#"{"message":"where to?"}"#)).status, 200);
    assert_eq!(runner.stop(), Some(0));
    let (elsewhere, state) = (tempfile::tempdir().unwrap(), project.path().join(".pace/state"));
    let at = [("PACE_STATE_DIR", state.to_str().unwrap())];
    let bundle = project.path().join("x.pace");
    let found = |more: &[&str]| outside(elsewhere.path(), &at, &[&["trace", "list"], more].concat());
    // The only project that there are records of; the environment is the runner's.
    for more in [&[][..], &["--project", "shop"], &["--bundle", bundle.to_str().unwrap()]] {
        let run = found(more);
        assert!(run.code == Some(0) && run.out.contains("guide  anonymous") && run.err.is_empty(), "{more:?}: {run:?}");
    }
    let id = found(&[]).out.split_whitespace().last().unwrap().to_owned();
    let shown = outside(elsewhere.path(), &at, &["trace", "show", &id[..6]]);
    assert!(shown.code == Some(0) && shown.out.contains("answered: south"), "{shown:?}");

    // What is not there is told with what is.
    for (more, told) in [
        (&["--project", "till"][..], "no invocation of the environment `production` has left a trace in `"),
        (&["--environment", "staging"], "no invocation of the environment `staging` has left a trace in `"),
    ] {
        let run = found(more);
        let help = "help: the store has records of `shop` in `production`; choose with `--project` and `--environment`";
        assert!(run.code == Some(0) && run.out.is_empty(), "{run:?}");
        assert!(run.err.starts_with(told) && run.err.contains(help), "{run:?}");
    }
    let both = found(&["--project", "shop", "--bundle", "x.pace"]);
    assert_eq!(both.code, Some(2), "{both:?}");

    // A second project in the same store has to be chosen.
    let paceline = std::fs::read_to_string(project.path().join("paceline.yaml")).unwrap();
    project.write("paceline.yaml", &paceline.replace("project: shop", "project: till"));
    std::fs::remove_file(&bundle).unwrap();
    assert_eq!(serving(&project, &[]).stop(), Some(0));
    let several = found(&[]);
    assert_eq!((several.code, several.out.as_str()), (Some(2), ""));
    let told = "the store has records of several projects in the environment `production`";
    let help = "name one with `--project`: `shop` in `production`, `till` in `production`";
    assert!(several.err.contains(told) && several.err.contains(help), "{several:?}");
    assert!(found(&["--project", "shop"]).out.contains(&id));
    // Inside a project, the flag names another one at the same place.
    let arguments = ["trace", "list", "--project", "shop", "--environment", "production"];
    assert!(pace(&project, &arguments, "").out.contains(&id));
}

#[test]
fn where_nobody_says_where_to_look_that_is_said() {
    let elsewhere = tempfile::tempdir().unwrap();
    for arguments in [&["trace", "list"][..], &["trace", "show", "0"], &["trace", "verify"], &["trace", "export"]] {
        let run = outside(elsewhere.path(), &[], arguments);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{arguments:?}");
        for part in [
            "there is no project in `",
            "or any folder above it, and no store in `/var/lib/paceline`",
            "help: set PACE_STATE_DIR or DATABASE_URL as the runner has it, or name the project's folder with `-C <dir>`",
        ] {
            assert!(run.err.contains(part), "{arguments:?}: {}", run.err);
        }
    }
    // Somebody named a place: it is where was looked.
    let empty = elsewhere.path().join("empty");
    let run = outside(elsewhere.path(), &[("PACE_STATE_DIR", empty.to_str().unwrap())], &["trace", "list"]);
    assert!(run.code == Some(0) && run.err.contains("/empty`, which does not exist"), "{run:?}");
}

#[test]
fn an_id_is_named_by_its_beginning() {
    let project = project("");
    // Of seventeen ids, two begin alike.
    for _ in 0..17 {
        assert_eq!(pace(&project, &["chat", "guide"], "where to?\n").code, Some(0));
    }
    let records = exported(&project, "development", &[]);
    let ids: Vec<_> = records.iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect();
    let alike = |digits: usize, id: &str| ids.iter().filter(|other| other.starts_with(&id[..digits])).count();
    let first = ids.iter().find(|id| alike(1, id) > 1).unwrap();
    let run = pace(&project, &["trace", "show", &first[..1]], "");
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
    assert!(run.err.contains(&format!("the ids of several traces begin with `{}`", &first[..1])), "{}", run.err);
    let named = ids.iter().filter(|id| run.err.contains(id.as_str())).count();
    assert_eq!(named, alike(1, first).min(8), "{}", run.err);
    let enough = (1..=32).find(|digits| alike(*digits, first) == 1).unwrap();
    let run = pace(&project, &["trace", "show", &first[..enough], "--json"], "");
    assert!(run.code == Some(0) && run.out.contains(first.as_str()), "{run:?}");
    let none =
        (0..0x1000).map(|number| format!("{number:03x}")).find(|id| ids.iter().all(|other| !other.starts_with(id)));
    let none = pace(&project, &["trace", "show", &none.unwrap()], "");
    assert!(none.code == Some(1) && none.err.contains("there is no trace `"), "{none:?}");
    for wrong in ["", "x", "AB", &"0".repeat(33)] {
        assert_eq!(pace(&project, &["trace", "show", wrong], "").code, Some(2), "{wrong}");
    }
}
