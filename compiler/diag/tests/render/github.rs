//! Workflow commands, to the character.

use pace_diag::render::github;
use pace_diag::{Diagnostic, code};

use crate::project::Project;

#[test]
fn the_sample() {
    let expected = "\
::error title=pace (P0201),file=agents/triage/spec.yaml,line=2,endLine=2,col=8,endColumn=22::unknown model `claude-sonet-4`: no model has this name%0Apaceline.yaml:6: models are declared here%0Ahelp: did you mean `claude-sonnet-4`?
::error title=pace (P0601),file=loops/digest.yaml,line=2,endLine=2,col=14,endColumn=16::hour `25` is out of range: expected 0 to 23%0Anote: the five fields are minute, hour, day of month, month and day of week, in the time zone of the loop
::error title=pace (P0401),file=paceline.yaml,line=12,endLine=12,col=20,endColumn=43::undeclared service account `reporter`: not in `service_accounts`%0Apaceline.yaml:3: this project may use only the accounts listed here%0Ahelp: declare `reporter`, or grant to `digest-bot`
::warning title=pace (P0405),file=paceline.yaml,line=13,endLine=13,col=11,endColumn=20::the grant of `mail/read` to `digest-bot` is never used%0Ahelp: remove the grant
::warning title=pace (P0405),file=paceline.yaml,line=10,endLine=10,col=11,endColumn=20::the grant of `mail/send` to `reporter` is never used%0Ahelp: remove the grant
::error title=pace (P0122)::there is nothing to build%0Ahelp: run `pace init` to begin with an example
";
    assert_eq!(github(&Project::sample().report()), expected);
}

#[test]
fn columns_only_on_one_line() {
    let project = Project::one("a: |\n  x\nb: 1\n", "a: |\n  x\n", "");
    let expected = "::error title=pace (P0101),file=agents/a/spec.yaml,line=1,endLine=2::unknown key\n";
    assert_eq!(github(&project.report()), expected);
}

#[test]
fn text_cannot_end_a_command_or_begin_another() {
    let mut project = Project::new();
    let file = project.sources.add("a,b:c/100%\n.yaml", "x");
    let span = project.span(file, "x");
    project.diagnostics =
        vec![Diagnostic::new(&code::UNKNOWN_KEY, "50%\r\n::stop-commands::x").at(span, "").note("one\ntwo %0A")];
    let expected = "::error title=pace (P0101),file=a%2Cb%3Ac/100%25\\n.yaml,line=1,endLine=1,col=1,endColumn=2::\
        50%25\\r\\n::stop-commands::x%0Anote: one%0Atwo %250A\n";
    assert_eq!(github(&project.report()), expected);
}
