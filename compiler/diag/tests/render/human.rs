//! The default format, to the character.

use pace_diag::render::{Action, Colour, Glyphs, Report, Warnings, human, human_within};
use pace_diag::{Diagnostic, code};
use pace_syntax::{SourceMap, Span};

use crate::project::Project;

fn plain(project: &Project) -> String {
    human(&project.report(), Colour::Plain, Glyphs::Unicode)
}

/// What is shown for the one diagnostic of a project, without the totals.
fn frame(project: &Project) -> String {
    plain(project).strip_suffix("\nerror: build failed: 1 error\n").unwrap().to_owned()
}

#[test]
fn the_sample() {
    let expected = r#"error[P0201]: unknown model `claude-sonet-4`
  ┌─ agents/triage/spec.yaml:2:8
  │
2 │ model: claude-sonet-4
  │        ^^^^^^^^^^^^^^ no model has this name
  │
  ┌─ paceline.yaml:6:1
  │
6 │ models:
  │ ------ models are declared here
  │
  = help: did you mean `claude-sonnet-4`?

error[P0601]: hour `25` is out of range
  ┌─ loops/digest.yaml:2:14
  │
2 │ schedule: "0 25 * * 1-5"
  │              ^^ expected 0 to 23
  │
  = note: the five fields are minute, hour, day of month, month and day of week,
    in the time zone of the loop

error[P0401]: undeclared service account `reporter`
   ┌─ paceline.yaml:12:20
   │
12 │       - principal: serviceaccount:reporter
   │                    ^^^^^^^^^^^^^^^^^^^^^^^ not in `service_accounts`
   │
   ┌─ paceline.yaml:3:1
   │
 3 │ service_accounts:
   │ ---------------- this project may use only the accounts listed here
   │
   = help: declare `reporter`, or grant to `digest-bot`

warning[P0405]: the grant of `mail/read` to `digest-bot` is never used
   ┌─ paceline.yaml:13:11
   │
13 │   - tool: mail/read
   │           ^^^^^^^^^
   │
   = note: `unused-grant` is a lint, set to `warn` by default
   = help: remove the grant (`pace check --fix` does this)

warning[P0405]: the grant of `mail/send` to `reporter` is never used
   ┌─ paceline.yaml:10:11
   │
10 │   - tool: mail/send
   │           ^^^^^^^^^
   │
   = help: remove the grant (`pace check --fix` does this)

error[P0122]: there is nothing to build
 = note: `no-agents` is a lint, set to `deny`
 = help: run `pace init` to begin with an example

error: build failed: 4 errors, 2 warnings
"#;
    assert_eq!(plain(&Project::sample()), expected);
}

#[test]
fn ascii_frames_have_the_same_words() {
    let sample = Project::sample();
    let ascii = human(&sample.report(), Colour::Plain, Glyphs::Ascii);
    assert!(ascii.is_ascii());
    assert_eq!(ascii, plain(&sample).replace("┌─", "-->").replace('│', "|"));
}

#[test]
fn colours_add_nothing_but_colours() {
    let sample = Project::sample();
    let coloured = human(&sample.report(), Colour::Ansi, Glyphs::Unicode);
    let mut stripped = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        stripped.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    stripped.push_str(rest);
    assert_eq!(stripped, plain(&sample));
    assert!(coloured.contains("\u{1b}[38;5;9merror[P0201]\u{1b}[0m\u{1b}[1m: unknown model"), "red, then bold");
    assert!(coloured.contains("\u{1b}[34m┌─\u{1b}[0m"), "blue frames");
    assert!(coloured.contains("\u{1b}[1;36mhelp\u{1b}[0m: remove the grant"), "cyan help");
    assert!(coloured.contains("\u{1b}[38;5;11mwarning[P0405]"), "yellow warnings");
    assert!(coloured.ends_with("\u{1b}[1;31merror\u{1b}[0m: build failed: 4 errors, 2 warnings\n"));
}

#[test]
fn totals() {
    let mut sample = Project::sample();
    let last = |report: &Report<'_>| human(report, Colour::Plain, Glyphs::Unicode).lines().last().map(str::to_owned);
    let check = Report { action: Action::Check, ..sample.report() };
    assert_eq!(last(&check).unwrap(), "error: check failed: 4 errors, 2 warnings");
    sample.diagnostics = sample.diagnostics.drain(3..4).collect();
    assert_eq!(last(&sample.report()).unwrap(), "warning: the project has 1 warning");
    let denied = sample.report().with_warnings(Warnings::Denied);
    assert_eq!(last(&denied).unwrap(), "error: build failed: 1 warning, and warnings are denied");
    assert_eq!(human(&Report::new(&[], &sample.sources, Action::Build), Colour::Ansi, Glyphs::Unicode), "");
}

#[test]
fn neighbours_share_a_frame() {
    let mut project = Project::one("a: 1\nb: 2\nc: 3\n\nd: 4\n", "d", "again");
    let file = project.sources.find("agents/a/spec.yaml").unwrap();
    let (first, value) = (project.span(file, "a"), project.span(file, "4"));
    let diagnostic = project.diagnostics.remove(0);
    project.diagnostics.push(diagnostic.also(first, "first").also(value, "its value"));
    let expected = "error[P0101]: unknown key
  ┌─ agents/a/spec.yaml:5:1
  │
1 │ a: 1
  │ - first
  ·
5 │ d: 4
  │ ^  - its value
  │ │
  │ again
";
    assert_eq!(frame(&project), expected);
}

#[test]
fn a_gap_of_one_line_is_filled() {
    let mut project = Project::one("a: 1\nb: 2\nc: 3\n", "c", "again");
    let file = project.sources.find("agents/a/spec.yaml").unwrap();
    let first = project.span(file, "a");
    let diagnostic = project.diagnostics.remove(0);
    project.diagnostics.push(diagnostic.also(first, "first"));
    let expected = "error[P0101]: unknown key
  ┌─ agents/a/spec.yaml:3:1
  │
1 │ a: 1
  │ - first
2 │ b: 2
3 │ c: 3
  │ ^ again
";
    assert_eq!(frame(&project), expected);
}

#[test]
fn blocks_end_with_their_last_line() {
    let block = "prompt: |\n  1\n  2\n  3\n  4\n  5\n  6\n  7\n";
    let expected = "error[P0101]: unknown key
  ┌─ agents/a/spec.yaml:2:1
  │
2 │ ╭ prompt: |
3 │ │   1
4 │ │   2
5 │ │   3
  · │
8 │ │   6
9 │ │   7
  │ ╰───^ not here
";
    assert_eq!(frame(&Project::one(&format!("x: y\n{block}z: 1\n"), block, "not here")), expected);
    // The same with the line ends of Windows.
    let windows = block.replace('\n', "\r\n");
    assert_eq!(frame(&Project::one(&format!("x: y\r\n{windows}z: 1\r\n"), &windows, "not here")), expected);
}

fn line(text: &str, needle: &str) -> Vec<String> {
    let shown = frame(&Project::one(text, needle, "here"));
    shown.lines().skip(1).filter(|line| !line.ends_with('│')).map(str::to_owned).collect()
}

#[test]
fn carets_stand_under_what_they_mean() {
    let at = |column| format!("  ┌─ agents/a/spec.yaml:1:{column}");
    assert_eq!(line("a: \tb\tc\n", "b"), [at(5), "1 │ a:  b   c".into(), "  │     ^ here".into()]);
    assert_eq!(line("日本: 😀 x\n", "😀"), [at(5), "1 │ 日本: 😀 x".into(), "  │       ^^ here".into()]);
    assert_eq!(line("日本: 😀 x\n", "x"), [at(7), "1 │ 日本: 😀 x".into(), "  │          ^ here".into()]);
    assert_eq!(line("a: b   \n", "b   "), [at(4), "1 │ a: b".into(), "  │    ^^^^ here".into()]);
    assert_eq!(line("\u{feff}a: b\n", "a"), [at(1), "1 │ a: b".into(), "  │ ^ here".into()]);
}

#[test]
fn places_without_text() {
    assert_eq!(line("", ""), ["  ┌─ agents/a/spec.yaml:1:1", "  │ ^ here"]);
    assert_eq!(line("a\n", "\n"), ["  ┌─ agents/a/spec.yaml:1:2", "1 │ a", "  │  ^ here"]);
    let mut project = Project::one("a: 1\n", "a", "the end");
    let label = project.diagnostics[0].primary.as_mut().unwrap();
    (label.span.start, label.span.end) = (5, 5);
    assert!(frame(&project).contains("spec.yaml:2:1\n  │\n2 │\n  │ ^ the end\n"), "{}", frame(&project));
}

#[test]
fn wrong_spans_are_shown_as_well_as_can_be() {
    let mut other = SourceMap::new();
    let files = ["a", "b"].map(|path| other.add(path, "x"));
    let mut project = Project::one("é\n", "é", "here");
    project.diagnostics[0].primary.as_mut().unwrap().span.start = 1;
    assert!(plain(&project).contains("spec.yaml:1:1\n"), "inside of a character");
    project.diagnostics[0].primary.as_mut().unwrap().span.end = u32::MAX;
    assert!(plain(&project).contains("1 │ é\n"), "past the end");
    project.diagnostics = vec![Diagnostic::new(&code::UNKNOWN_KEY, "unknown key").at(Span::new(files[1], 0..1), "x")];
    assert_eq!(frame(&project), "error[P0101]: unknown key\n", "of another map");
}

#[test]
fn on_a_narrow_terminal_lines_end_between_words() {
    let mut project = Project::one("one: 1\n", "one", "here");
    let diagnostic = &mut project.diagnostics[0];
    diagnostic.message = "a message that is longer than a line of this terminal has room".to_owned();
    *diagnostic =
        diagnostic.clone().note("a fact about `a b c d` and others").help("do this, and that, and a third thing");
    let narrow = human_within(&project.report(), (Colour::Plain, Glyphs::Unicode), Some(40));
    assert!(narrow.lines().all(|line| line.chars().count() <= 40), "{narrow}");
    // The same words as without one, in other lines.
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&narrow), words(&plain(&project)));
}
