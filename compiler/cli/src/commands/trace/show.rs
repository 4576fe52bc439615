//! `pace trace show`: one trace whole, with the invocations below it.

mod text;

use clap::Args;
use pace_diag::render::Glyphs;
use pace_ir::text::quoted;
use pace_runner::trace::Trace;
use pace_runner::trace::stored::{MOST_BELOW, read};
use pace_state::{Key, Store, StoreError};
use serde::Serialize;

use super::reading::{self, Which, failed};
use crate::arguments::Global;
use crate::exit::{Ended, ExitCode};
use crate::output::{Output, out};

/// Show one trace whole, and the invocations below it
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Its id, as lists, answers and logs have it
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    which: Which,
    /// Print JSON: the record, with the ones below it as `children`
    #[arg(long)]
    json: bool,
    /// Print what was said and given back whole
    #[arg(long)]
    full: bool,
}

/// A trace with those below it.
#[derive(Debug, Serialize)]
struct Tree {
    #[serde(flatten)]
    trace: Trace,
    children: Vec<Tree>,
}

/// Runs the command.
pub(super) fn run(command: &Show, global: &Global) -> anyhow::Result<ExitCode> {
    let id = id(&command.id)?;
    let unknown = || {
        let help = "`pace trace list` lists those there are; one of a server may be in `--environment production`";
        Ended::errors(format!("there is no trace `{}`", quoted(&command.id)), Some(help.to_owned()))
    };
    let Some(reading) = reading::open(&command.which, global)? else { return Err(unknown().into()) };
    let tree = reading.runtime.block_on(tree(&reading.store, id)).map_err(|error| failed(&error))?;
    let tree = tree.ok_or_else(unknown)?;
    out(&if command.json {
        format!("{}\n", serde_json::to_string_pretty(&tree)?)
    } else {
        let length = if command.full { text::Length::Whole } else { text::Length::Short };
        text::render(&tree, length, Output::new(global).glyphs())
    })?;
    Ok(ExitCode::Success)
}

fn id(text: &str) -> Result<Key, Ended> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let key = (text.len() == 32 && text.bytes().all(is_digit)).then(|| text.parse().ok()).flatten();
    key.ok_or_else(|| {
        let help = "copy the 32 digits that `pace trace list` ends its lines with";
        Ended::usage(format!("`{}` is no id of a trace", quoted(text)), help)
    })
}

/// The text of a trace, shortened; nothing where there is none.
pub(super) async fn text(store: &Store, id: Key, glyphs: Glyphs) -> Result<Option<String>, StoreError> {
    Ok(tree(store, id).await?.map(|tree| text::render(&tree, text::Length::Short, glyphs)))
}

async fn tree(store: &Store, id: Key) -> Result<Option<Tree>, StoreError> {
    let Some(trace) = read(store, id).await? else { return Ok(None) };
    let root = pace_runner::trace::stored::key(trace.root);
    let mut below = Vec::new();
    for row in store.traces_below(root, MOST_BELOW).await?.into_iter().filter(|row| row.id != id) {
        // One that was pruned meanwhile is gone.
        below.extend(read(store, row.id).await?);
    }
    Ok(Some(grown(trace, &mut below)))
}

/// Takes the children of a trace out of those that are left, and theirs. Each is taken once, so that this ends.
fn grown(trace: Trace, left: &mut Vec<Trace>) -> Tree {
    let own: Vec<_> = left.extract_if(.., |child| child.parent == Some(trace.id)).collect();
    let children = own.into_iter().map(|child| grown(child, left)).collect();
    Tree { trace, children }
}
