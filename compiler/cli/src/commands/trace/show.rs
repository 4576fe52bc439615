//! `pace trace show`: one trace whole, with the invocations below it.

mod text;

use std::ops::RangeInclusive;

use clap::Args;
use pace_diag::render::Glyphs;
use pace_ir::text::quoted;
use pace_runner::trace::Trace;
use pace_runner::trace::stored::{MOST_BELOW, Summary, read};
use pace_state::{Key, Store, StoreError};
use serde::Serialize;

use super::reading::{self, failed};
use super::row::{agent, who};
use super::whose::Which;
use crate::arguments::Global;
use crate::exit::{Ended, ExitCode};
use crate::output::{Output, out};

/// Show one trace whole, and the invocations below it
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Its id, as lists, answers and logs have it, or how it begins where no other begins like that
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

/// As many digits as an id has.
const DIGITS: usize = 32;
/// The most traces that are named where several are meant.
const CANDIDATES: u32 = 8;

/// A trace with those below it.
#[derive(Debug, Serialize)]
struct Tree {
    #[serde(flatten)]
    trace: Trace,
    children: Vec<Tree>,
}

/// Runs the command.
pub(super) fn run(command: &Show, global: &Global) -> anyhow::Result<ExitCode> {
    let ids = ids(&command.id)?;
    let unknown = || {
        let help = "`pace trace list` lists those there are; one of a server may be in `--environment production`";
        Ended::errors(format!("there is no trace `{}`", quoted(&command.id)), Some(help.to_owned()))
    };
    let Some(reading) = reading::open(&command.which, global)? else { return Err(unknown().into()) };
    let found = reading.runtime.block_on(reading.store.traces_between(ids, CANDIDATES + 1));
    let id = match found.map_err(|error| failed(&error))?.as_slice() {
        [] => return Err(unknown().into()),
        [one] => one.id,
        several => return Err(ambiguous(&command.id, several).into()),
    };
    // One that was pruned meanwhile is gone.
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

/// The ids that begin like this: one, if it is whole.
fn ids(text: &str) -> Result<RangeInclusive<Key>, Ended> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_beginning = (1..=DIGITS).contains(&text.len()) && text.bytes().all(is_digit);
    let ends = ["0", "f"].map(|rest| format!("{text}{}", rest.repeat(DIGITS.saturating_sub(text.len()))).parse());
    match ends {
        [Ok(first), Ok(last)] if is_beginning => Ok(first..=last),
        _ => {
            let help = "copy the 32 digits that `pace trace list` ends its lines with, or as many of the first as no other has";
            Err(Ended::usage(format!("`{}` is no id of a trace", quoted(text)), help))
        }
    }
}

/// Several begin like what was asked for.
fn ambiguous(text: &str, several: &[pace_state::Trace]) -> Ended {
    let most = CANDIDATES as usize;
    let lines = several.iter().take(most).map(|row| {
        let Summary { id, agent: name, subject, started, .. } = Summary::from(row);
        format!("\n{id}  {}  {}  {started}", agent(&name), who(&subject))
    });
    let more = if several.len() > most { "\nand more" } else { "" };
    let message = format!("the ids of several traces begin with `{}`", quoted(text));
    Ended::usage(message, format!("give more digits of one of them:{}{more}", lines.collect::<String>()))
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
