//! A small project with mistakes in it, and the report about them.

use pace_diag::render::{Action, Report};
use pace_diag::{Applicability, Diagnostic, Severity, code};
use pace_syntax::{FileId, SourceMap, Span};

const PROJECT: &str = "\
name: support-desk

service_accounts:
  - digest-bot

models:
  claude-sonnet-4:
    provider: anthropic
tool_grants:
  - tool: mail/send
    to:
      - principal: serviceaccount:reporter
  - tool: mail/read
    to: [serviceaccount:digest-bot]
";

const TRIAGE: &str = "\
name: triage
model: claude-sonet-4
prompt: |
  Sort the mail.
  Be kind.
";

const DIGEST: &str = "agent: triage\nschedule: \"0 25 * * 1-5\"\n";

/// Files and what is wrong with them.
pub(crate) struct Project {
    pub(crate) sources: SourceMap,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Project {
    pub(crate) fn new() -> Self {
        Self { sources: SourceMap::new(), diagnostics: Vec::new() }
    }

    /// One file, one diagnostic that points at the first `needle` in it.
    pub(crate) fn one(text: &str, needle: &str, label: &str) -> Self {
        let mut project = Self::new();
        let file = project.sources.add("agents/a/spec.yaml", text);
        let span = project.span(file, needle);
        project.diagnostics.push(Diagnostic::new(&code::UNKNOWN_KEY, "unknown key").at(span, label));
        project
    }

    /// The whole sample, sorted as a sink would.
    pub(crate) fn sample() -> Self {
        let mut project = Self::new();
        let triage = project.sources.add("agents/triage/spec.yaml", TRIAGE);
        let digest = project.sources.add("loops/digest.yaml", DIGEST);
        let manifest = project.sources.add("paceline.yaml", PROJECT);
        project.diagnostics = vec![
            project.unknown_model(triage, manifest),
            project.bad_hour(digest),
            project.undeclared_account(manifest),
            project.unused_grant(manifest, "mail/read", "digest-bot"),
            project.unused_grant(manifest, "mail/send", "reporter"),
            no_agents(),
        ];
        project
    }

    pub(crate) fn report(&self) -> Report<'_> {
        Report::new(&self.diagnostics, &self.sources, Action::Build)
    }

    pub(crate) fn span(&self, file: FileId, needle: &str) -> Span {
        let text = self.sources.get(file).unwrap().text();
        let start = text.find(needle).unwrap();
        Span::new(file, start..start + needle.len())
    }

    fn unknown_model(&self, triage: FileId, manifest: FileId) -> Diagnostic {
        let span = self.span(triage, "claude-sonet-4");
        Diagnostic::new(&code::UNKNOWN_MODEL, "unknown model `claude-sonet-4`")
            .at(span, "no model has this name")
            .also(self.span(manifest, "models"), "models are declared here")
            .fix("did you mean `claude-sonnet-4`?", Applicability::Unsafe, span, "claude-sonnet-4")
    }

    fn bad_hour(&self, digest: FileId) -> Diagnostic {
        Diagnostic::new(&code::MALFORMED_SCHEDULE, "hour `25` is out of range")
            .at(self.span(digest, "25"), "expected 0 to 23")
            .note("the five fields are minute, hour, day of month, month and day of week, in the time zone of the loop")
    }

    fn undeclared_account(&self, manifest: FileId) -> Diagnostic {
        Diagnostic::new(&code::UNDECLARED_ACCOUNT, "undeclared service account `reporter`")
            .at(self.span(manifest, "serviceaccount:reporter"), "not in `service_accounts`")
            .also(self.span(manifest, "service_accounts"), "this project may use only the accounts listed here")
            .help("declare `reporter`, or grant to `digest-bot`")
    }

    fn unused_grant(&self, manifest: FileId, tool: &str, account: &str) -> Diagnostic {
        let message = format!("the grant of `{tool}` to `{account}` is never used");
        let span = self.span(manifest, tool);
        let mut lint = Diagnostic::new(&code::UNUSED_GRANT, message).at(span, "").fix(
            "remove the grant",
            Applicability::Safe,
            span,
            "",
        );
        lint.severity = Severity::Warning;
        lint
    }
}

fn no_agents() -> Diagnostic {
    Diagnostic::new(&code::NO_AGENTS, "there is nothing to build").help("run `pace init` to begin with an example")
}
