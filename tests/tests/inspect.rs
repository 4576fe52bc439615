//! `pace inspect` and the manifest, through the binary.

use pace_tests::run as pace;

use serde_json::Value;

const AGENT: &str = "name: helper
model: gemini-2.5-flash
description: |
  You help.

  Briefly.
acl:
  - {principal: \"group:ops\", role: execute}
  - {principal: \"serviceaccount:bot\", role: execute}
generation: {temperature: 0.2, stop: [\"END\\n\"]}
output: {type: object}
limits: {max_turns: 5, timeout: 90s, max_cost_usd: 0.5}
";
const LOOP: &str = "name: daily
schedule: 0 8 * * 1-5
timezone: Europe/Berlin
agent: helper
run_as: serviceaccount:bot
instruction: Report.
";
const SETTINGS: &str = "project: shop
service_accounts: [{name: bot}]
acl: [{principal: user:root, role: admin}]
authentication:
  - {type: tokens, tokens: [{value: \"${env:OPS_TOKEN}\", principal: user:ann, groups: [ops]}]}
";
/// What `--program` prints of them.
const PROGRAM: &str = r#"project `shop`
  authentication:
    tokens
      user:ann with ${env:OPS_TOKEN}
        groups: ops
  service accounts: bot
  acl:
    user:root is admin

agent `helper`
  model: gemini-2.5-flash
  summary: Agent helper
  run as: serviceaccount:helper
  acl:
    group:ops may execute
    serviceaccount:bot may execute
  prompt:
    | You help.
    |
    | Briefly.
  tools: none
  generation: temperature 0.2, stop at "END\n"
  output: {"type":"object"}
  limits: 5 turns, 90s, $0.50

loop `daily`
  schedule: 0 8 * * 1-5 (Europe/Berlin)
  enabled: yes
  agent: helper
  run as: serviceaccount:bot
  acl: none, so only the operator's machine may trigger it
  instruction:
    | Report.
  concurrency: forbid
  catch up: at most 1 missed within 1h
  timeout: as its agent's

model `gemini-2.5-flash`
  provider: gemini
  model: gemini-2.5-flash
  price for a million tokens: in $0.30, cached $0.03, out $2.50
"#;

fn built() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [("agents/helper/spec.yaml", AGENT), ("loops/daily.yaml", LOOP), ("paceline.yaml", SETTINGS)] {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let run = pace(folder.path(), &["build", "--output", "shop.pace"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    folder
}

#[test]
fn the_program_is_the_same_text_anywhere() {
    let folder = built();
    let run = pace(folder.path(), &["inspect", "--program"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
    assert_eq!(run.out, PROGRAM);
    let elsewhere = pace(built().path(), &["inspect", "--program", "shop.pace"]);
    assert_eq!(elsewhere.out, PROGRAM);
}

#[test]
fn everything_comes_before_the_program_and_names_no_folder() {
    let folder = built();
    let run = pace(folder.path(), &["inspect", "shop.pace"]);
    let (file, program) = run.out.split_once("\n\n").unwrap();
    assert_eq!(program, PROGRAM);
    let lines: Vec<&str> = file.lines().collect();
    assert!(lines[0].starts_with("bundle b3:") && lines[1].starts_with("program "), "{file}");
    let inputs = lines.iter().skip_while(|line| **line != "inputs:").skip(1).map_while(|line| line.strip_prefix("  "));
    let inputs = inputs.filter_map(|line| line.split_once("  ")).map(|(_, path)| path);
    assert_eq!(inputs.collect::<Vec<_>>(), ["agents/helper/spec.yaml", "loops/daily.yaml", "paceline.yaml"]);
    assert!(!run.out.contains(folder.path().to_str().unwrap()), "{}", run.out);
}

#[test]
fn the_manifest_is_the_json_of_inspect() {
    let folder = built();
    let json = pace(folder.path(), &["inspect", "--json"]).out;
    let name = std::fs::read_to_string(folder.path().join(".pace/build/latest")).unwrap();
    let manifest = folder.path().join(".pace/build").join(name.trim()).with_extension("json");
    assert_eq!(std::fs::read_to_string(manifest).unwrap(), json);
    let value: Value = serde_json::from_str(&json).unwrap();
    let told = |path: &str| value.pointer(path).unwrap_or_else(|| panic!("no {path} in {json}"));
    assert_eq!(told("/agents/helper/prompt"), "You help.\n\nBriefly.\n");
    assert_eq!(told("/agents/helper/limits/timeout_ms"), 90_000);
    assert_eq!(told("/agents/helper/output/type"), "object");
    assert_eq!(told("/agents/helper/acl/0/principal"), "group:ops");
    assert_eq!(told("/loops/daily/run_as"), "serviceaccount:bot");
    assert_eq!(told("/authentication/sources/0/tokens/0/value"), "${env:OPS_TOKEN}");
    assert_eq!(told("/file/source_map/agents~1helper~1model/line"), 2);
    assert!(told("/file/id").as_str().unwrap().starts_with("b3:"));
    let program: Value = serde_json::from_str(&pace(folder.path(), &["inspect", "--json", "--program"]).out).unwrap();
    assert_eq!(program.get("file"), None);
    assert_eq!(program.get("agents"), value.get("agents"));
}

#[test]
fn what_is_no_bundle_is_refused_and_what_is_not_there_is_named() {
    let folder = built();
    let mut bytes = std::fs::read(folder.path().join("shop.pace")).unwrap();
    bytes[40] ^= 1;
    std::fs::write(folder.path().join("flipped.pace"), bytes).unwrap();
    let run = pace(folder.path(), &["inspect", "flipped.pace"]);
    assert_eq!((run.code, run.out.as_str()), (Some(3), ""), "{run:?}");
    assert!(run.err.contains("`flipped.pace` is refused: "), "{run:?}");
    let run = pace(folder.path(), &["inspect", "absent.pace"]);
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{run:?}");
    assert!(run.err.contains("`absent.pace`"), "{run:?}");
}

#[test]
fn without_a_build_it_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("paceline.yaml"), "").unwrap();
    let run = pace(folder.path(), &["inspect"]);
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{run:?}");
    assert!(run.err.contains("the project has no bundle yet") && run.err.contains("run `pace build`"), "{run:?}");
}

#[test]
fn a_bundle_is_found_from_the_folder_of_the_option() {
    let folder = built();
    let elsewhere = tempfile::tempdir().unwrap();
    let run = pace(elsewhere.path(), &["-C", folder.path().to_str().unwrap(), "inspect", "--program", "shop.pace"]);
    assert_eq!((run.code, run.out.as_str()), (Some(0), PROGRAM), "{run:?}");
}
