//! The answer for programs: one document. These types are its shape and nothing else's.

use pace_ir::VerifiedBundle;
use pace_ir::program::Authentication;
use serde::Serialize;

use super::findings::{Answer, Finding, Row};
use super::question::{Question, Who};

#[derive(Debug, Serialize)]
struct Document {
    project: String,
    bundle: String,
    /// `unset`, `none` or `sources`.
    authentication: &'static str,
    who: Vec<Somebody>,
    nobody: Vec<Deed>,
}

#[derive(Debug, Serialize)]
struct Somebody {
    /// `anyone`, `operator` or a principal.
    who: String,
    groups: Vec<String>,
    may: Vec<Deed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    may_not: Option<Vec<Deed>>,
}

#[derive(Debug, Serialize)]
struct Deed {
    verb: String,
    kind: &'static str,
    name: String,
    through: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// The document. What is denied is left out where everything is asked for.
pub(super) fn render(verified: &VerifiedBundle, answer: &Answer) -> anyhow::Result<String> {
    let bundle = verified.bundle();
    let nobody = answer.nobody.iter().map(|(thing, verb)| Deed {
        verb: verb.as_str().replace(' ', "_"),
        kind: thing.kind(),
        name: thing.to_string(),
        through: Vec::new(),
        reason: None,
    });
    let document = Document {
        project: bundle.meta.project.to_string(),
        bundle: verified.id().to_string(),
        authentication: match bundle.auth.authentication {
            Authentication::Unset => "unset",
            Authentication::Nobody => "none",
            Authentication::Sources(_) => "sources",
        },
        who: answer.rows.iter().map(|row| somebody(row, &answer.question)).collect(),
        nobody: nobody.collect(),
    };
    Ok(format!("{}\n", serde_json::to_string_pretty(&document)?))
}

fn somebody(row: &Row, question: &Question) -> Somebody {
    let (who, groups) = match &row.who {
        Who::Anyone => ("anyone".to_owned(), Vec::new()),
        Who::Operator => ("operator".to_owned(), Vec::new()),
        Who::Subject(subject) => (subject.principal.to_string(), subject.groups.iter().cloned().collect()),
    };
    let may_not = match question {
        Question::Everything => None,
        Question::Who(_) | Question::What(_) => Some(row.may_not.iter().map(deed).collect()),
    };
    Somebody { who, groups, may: row.may.iter().map(deed).collect(), may_not }
}

fn deed(finding: &Finding) -> Deed {
    Deed {
        verb: finding.verb.as_str().replace(' ', "_"),
        kind: finding.thing.kind(),
        name: finding.thing.to_string(),
        through: finding.through.iter().map(ToString::to_string).collect(),
        reason: Some(finding.reason.to_string()),
    }
}
