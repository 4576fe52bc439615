//! A lock in which some servers changed, and every other one stands as it stood, byte for byte: comments, a merge by hand, the
//! spelling of an older version. A difference in version control then shows what changed and nothing else.

use std::collections::BTreeMap;

use pace_diag::Sink;
use pace_syntax::{Limits, SourceMap};

use super::{Lock, LockFile, PATH, read, write};

/// The text of `after`: that of `before` with the servers in it that differ, or all of it written anew where the old text
/// cannot be cut into its servers (it may be YAML of any form).
pub(crate) fn spliced(before: &LockFile, after: &Lock) -> String {
    match cut(before).map(|(head, blocks)| joined(before, after, head, &blocks)) {
        Some(text) if says(&text, after) => text,
        _ => write(after),
    }
}

/// The servers of a lock, each with the lines that speak of it, in the order of the text.
type Blocks<'t> = Vec<(&'t str, &'t str)>;

/// What stands before the first server, and the servers.
fn cut(before: &LockFile) -> Option<(&str, Blocks<'_>)> {
    let text = before.text.as_str();
    let mut starts: Vec<(usize, &str)> = Vec::new();
    for (key, places) in &before.places {
        starts.push((block_start(text, places.server.range().start)?, key));
    }
    starts.sort_unstable();
    let ends = starts.iter().skip(1).map(|(start, _)| *start).chain([text.len()]);
    let blocks = starts.iter().zip(ends).map(|((start, key), end)| Some((*key, text.get(*start..end)?)));
    Some((text.get(..starts.first()?.0)?, blocks.collect::<Option<_>>()?))
}

/// Where the lines of a server begin whose key stands at `key`: with the empty lines and comments right above it. Nothing if
/// it does not stand first in its line.
fn block_start(text: &str, key: usize) -> Option<usize> {
    let above = text.get(..key)?.trim_end_matches(' ');
    if !above.ends_with('\n') {
        return None;
    }
    let indent = key - above.len();
    let is_aside = |line: &str| {
        let words = line.trim_start_matches(' ');
        words.trim().is_empty() || (words.starts_with('#') && line.len() - words.len() <= indent)
    };
    let aside = above.split_inclusive('\n').rev().take_while(|line| is_aside(line)).map(str::len).sum::<usize>();
    Some(above.len() - aside)
}

fn joined(before: &LockFile, after: &Lock, head: &str, blocks: &[(&str, &str)]) -> String {
    let mut new: BTreeMap<&str, String> = BTreeMap::new();
    for (key, pin) in &after.servers {
        if before.lock.servers.get(key) != Some(pin) {
            new.insert(key, write::block(key, pin));
        }
    }
    let mut text = head.to_owned();
    let mut add = |block: &str| {
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(block);
    };
    for (key, block) in blocks {
        // Those that are new stand before the first one that follows them by name.
        let added: Vec<_> =
            new.keys().filter(|name| *name < key && !before.lock.servers.contains_key(**name)).copied().collect();
        added.into_iter().filter_map(|name| new.remove(name)).for_each(|block| add(&block));
        match new.remove(key) {
            Some(changed) => add(&changed),
            None if after.servers.contains_key(*key) => add(block),
            None => {}
        }
    }
    for block in new.values() {
        add(block);
    }
    text
}

/// Whether a text is read as that lock.
fn says(text: &str, lock: &Lock) -> bool {
    let file = SourceMap::new().add(PATH, text);
    let document = pace_syntax::parse(file, text, Limits::default());
    let is_whole = document.complete && document.errors.is_empty();
    is_whole && read(&document, file, &mut Sink::new()).is_ok_and(|found| found.lock == *lock)
}
