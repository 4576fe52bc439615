//! `pace auth remove`: forgets a credential.

use clap::Args;
use pace_compiler::Named;
use pace_ir::program::Principal;
use pace_ir::text::quoted;
use pace_runner::credentials::Credentials;

use super::subject;
use crate::arguments::Global;
use crate::exit::{Ended, ExitCode};
use crate::output::Output;
use crate::{credentials, project};

/// Forget a credential
#[derive(Debug, Args)]
pub(super) struct Remove {
    /// A tool (`tools/<name>`), or a server by its address or alias
    #[arg(value_name = "TOOL", required_unless_present = "value", conflicts_with = "value")]
    tool: Option<String>,
    /// Forget one value by its name in `${credential:NAME}`
    #[arg(long, value_name = "NAME")]
    value: Option<String>,
    /// Whose; without it, everybody's
    #[arg(long = "for", visible_alias = "as", value_name = "WHO", conflicts_with = "value")]
    holder: Option<Principal>,
}

/// Runs the command.
pub(super) fn run(command: &Remove, global: &Global) -> anyhow::Result<ExitCode> {
    let (root, output) = (project::find(global)?, Output::new(global));
    let kept = credentials::kept(&root)?;
    let forgotten = match (&command.value, &command.tool) {
        (Some(name), _) => vec![Forgotten::Value(name.clone())],
        (None, typed) => of_tool(command, typed.as_deref().unwrap_or_default(), &kept, &root)?,
    };
    let there: Vec<_> = forgotten.into_iter().filter(|forgotten| forgotten.is_in(&kept)).collect();
    if there.is_empty() {
        let what = command.value.as_ref().or(command.tool.as_ref()).map(|what| quoted(what)).unwrap_or_default();
        return Err(Ended::usage(format!("nothing is kept for `{what}`"), "see what is with `pace auth list`").into());
    }
    credentials::change(&root, |kept| there.iter().for_each(|forgotten| forgotten.forget(kept)))?;
    for forgotten in there {
        output.note(&format!("✓ Removed {}\n", forgotten.words()));
    }
    Ok(ExitCode::Success)
}

enum Forgotten {
    Value(String),
    Held(String, Principal),
}

fn of_tool(
    command: &Remove,
    typed: &str,
    kept: &Credentials,
    root: &std::path::Path,
) -> anyhow::Result<Vec<Forgotten>> {
    let wanted = subject::find(typed, root)?;
    let held = |server: &String| {
        let held = kept.servers.get(server).into_iter().flat_map(|held| held.keys());
        let of_holder = held.filter(|holder| command.holder.as_ref().is_none_or(|wanted| wanted == *holder));
        of_holder.map(|holder| Forgotten::Held(server.clone(), holder.clone())).collect::<Vec<_>>()
    };
    Ok(match &wanted.named {
        Named::Server(server) if command.holder.is_some() => held(server),
        Named::Server(server) => {
            held(server).into_iter().chain(wanted.credentials.into_iter().map(Forgotten::Value)).collect()
        }
        Named::Tool(_) => wanted.credentials.into_iter().map(Forgotten::Value).collect(),
    })
}

impl Forgotten {
    fn is_in(&self, kept: &Credentials) -> bool {
        match self {
            Self::Value(name) => kept.values.contains_key(name),
            Self::Held(server, holder) => kept.servers.get(server).is_some_and(|held| held.contains_key(holder)),
        }
    }

    fn forget(&self, kept: &mut Credentials) {
        match self {
            Self::Value(name) => drop(kept.values.remove(name)),
            Self::Held(server, holder) => {
                if let Some(held) = kept.servers.get_mut(server) {
                    held.remove(holder);
                }
                kept.servers.retain(|_, held| !held.is_empty());
            }
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Value(name) => format!("the credential `{}`", quoted(name)),
            Self::Held(server, holder) => format!("the credential for `{}`, of `{holder}`", quoted(server)),
        }
    }
}
