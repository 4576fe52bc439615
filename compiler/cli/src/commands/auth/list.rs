//! `pace auth list`: what is kept, and never its values.

use clap::Args;
use pace_ir::text::quoted;
use pace_runner::credentials::{Credentials, ServerCredential};
use serde::Serialize;

use crate::arguments::Global;
use crate::exit::ExitCode;
use crate::output::{Output, out};
use crate::{credentials, project};

/// List what is kept, without the values
#[derive(Debug, Args)]
pub(super) struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Something that is kept, as `--json` prints it.
#[derive(Debug, Serialize)]
struct Row {
    /// `${credential:NAME}`, or the server's address.
    #[serde(rename = "for")]
    subject: String,
    /// On whose behalf a server is shown it.
    #[serde(skip_serializing_if = "Option::is_none")]
    holder: Option<String>,
    /// `value`, or how the server is shown it.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The header, or the variables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    names: Vec<String>,
}

/// Runs the command.
pub(super) fn run(command: &List, global: &Global) -> anyhow::Result<ExitCode> {
    let rows = rows(&credentials::kept(&project::find(global)?)?);
    out(&if command.json || Output::new(global).is_json() {
        serde_json::to_string_pretty(&rows)? + "\n"
    } else {
        table(&rows)
    })?;
    Ok(ExitCode::Success)
}

fn rows(kept: &Credentials) -> Vec<Row> {
    let values = kept.values.keys().map(|name| Row {
        subject: format!("${{credential:{name}}}"),
        holder: None,
        kind: "value",
        names: Vec::new(),
    });
    let servers = kept.servers.iter().flat_map(|(server, held)| {
        held.iter().map(move |(holder, credential)| Row {
            subject: server.clone(),
            holder: Some(holder.to_string()),
            kind: credential.kind(),
            names: match credential {
                ServerCredential::Header { name, .. } => vec![name.clone()],
                ServerCredential::Env { env } => env.keys().cloned().collect(),
                ServerCredential::Bearer { .. } | ServerCredential::OauthClient { .. } => Vec::new(),
            },
        })
    });
    values.chain(servers).collect()
}

fn table(rows: &[Row]) -> String {
    if rows.is_empty() {
        return "nothing is kept; `pace auth add <tool>` keeps a credential\n".to_owned();
    }
    let cells = rows.iter().map(|row| {
        let names = if row.names.is_empty() { String::new() } else { format!(" {}", quoted(&row.names.join(", "))) };
        (quoted(&row.subject), row.holder.as_deref().map(quoted).unwrap_or_default(), format!("{}{names}", row.kind))
    });
    let cells: Vec<_> = cells.collect();
    let width = |cell: fn(&(String, String, String)) -> &String| {
        cells.iter().map(|row| cell(row).chars().count()).max().unwrap_or_default()
    };
    let (first, second) = (width(|row| &row.0), width(|row| &row.1));
    let line = |(subject, holder, kind): &(String, String, String)| {
        format!("{subject:first$}  {holder:second$}  {kind}").trim_end().to_owned() + "\n"
    };
    cells.iter().map(line).collect::<Vec<_>>().concat()
}
