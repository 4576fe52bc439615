//! The layout of the roadmap's Milestone 4, to the character.

use pace_diag::render::{Action, Colour, Glyphs, Report, Warnings, short};
use pace_diag::{Diagnostic, code};

use crate::project::Project;

#[test]
fn the_sample() {
    let expected = "✗ Build failed (4 errors)

  agents/triage/spec.yaml:2
    ✗ unknown model `claude-sonet-4`: no model has this name [P0201]
      did you mean `claude-sonnet-4`?

  loops/digest.yaml:2
    ✗ hour `25` is out of range: expected 0 to 23 [P0601]

  paceline.yaml:12
    ✗ undeclared service account `reporter`: not in `service_accounts` [P0401]
      declare `reporter`, or grant to `digest-bot`

  paceline.yaml:13
    ⚠ the grant of `mail/read` to `digest-bot` is never used [P0405]
      remove the grant

  paceline.yaml:10
    ⚠ the grant of `mail/send` to `reporter` is never used [P0405]
      remove the grant

  (project)
    ✗ there is nothing to build [P0122]
      run `pace init` to begin with an example

4 errors, 2 warnings. Fix these before deploying.
";
    assert_eq!(short(&Project::sample().report(), Colour::Plain, Glyphs::Unicode), expected);
}

/// What a server said before it ended is all the reason there is.
#[test]
fn what_somebody_else_said_is_told() {
    let mut project = Project::one("a: 1\n", "a", "");
    let file = project.sources.find("agents/a/spec.yaml").unwrap();
    let ended = Diagnostic::new(&code::BROKEN_SERVER, "the MCP server `x` does not work");
    let ended =
        ended.at(project.span(file, "1"), "its program ended").note("stderr: no shop today").help("start it by hand");
    project.diagnostics = vec![ended];
    let report = Report { action: Action::Check, ..project.report() };
    let told = short(&report, Colour::Plain, Glyphs::Ascii);
    let words = "does not work: its program ended [P0305]\n      stderr: no shop today\n      start it by hand\n";
    assert!(told.contains(words), "{told}");
}

#[test]
fn one_line_groups_its_messages() {
    let mut project = Project::one("a: 1\n", "a", "");
    let file = project.sources.find("agents/a/spec.yaml").unwrap();
    let message = "tool_grants references serviceaccount:reporter but it is not declared in service_accounts";
    let value = project.span(file, "1");
    project.diagnostics.push(Diagnostic::new(&code::UNDECLARED_ACCOUNT, message).at(value, ""));
    let expected = "x Check failed (2 errors)

  agents/a/spec.yaml:1
    x unknown key [P0101]
    x tool_grants references serviceaccount:reporter but it is not
      declared in service_accounts [P0401]

2 errors, 0 warnings. Fix these before deploying.
";
    let report = Report { action: Action::Check, ..project.report() };
    assert_eq!(short(&report, Colour::Plain, Glyphs::Ascii), expected);
}

#[test]
fn warnings_alone_do_not_fail() {
    let mut sample = Project::sample();
    sample.diagnostics = sample.diagnostics.drain(3..4).collect();
    let listed = "  paceline.yaml:13
    ⚠ the grant of `mail/read` to `digest-bot` is never used [P0405]
      remove the grant

0 errors, 1 warning.";
    assert_eq!(short(&sample.report(), Colour::Plain, Glyphs::Unicode), format!("{listed}\n"));
    let denied = sample.report().with_warnings(Warnings::Denied);
    let expected = format!("✗ Build failed (1 warning, denied)\n\n{listed} Fix these before deploying.\n");
    assert_eq!(short(&denied, Colour::Plain, Glyphs::Unicode), expected);
    assert_eq!(short(&Report::new(&[], &sample.sources, Action::Build), Colour::Plain, Glyphs::Unicode), "");
}

#[test]
fn marks_are_coloured() {
    let coloured = short(&Project::sample().report(), Colour::Ansi, Glyphs::Unicode);
    assert!(coloured.starts_with("\u{1b}[1;31m✗\u{1b}[0m Build failed"));
    assert!(coloured.contains("    \u{1b}[1;33m⚠\u{1b}[0m the grant"));
    assert!(coloured.contains("\n  \u{1b}[1mpaceline.yaml:12\u{1b}[0m\n"));
}
