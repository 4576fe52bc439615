//! `P0523`: what the project's own TypeScript says of it, in our frames. Types are checked by nothing else: no build needs
//! them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use pace_diag::{Diagnostic, Sink, code};
use pace_syntax::SourceMap;

use crate::words::Files;

/// Why types cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckerError {
    /// Neither in `node_modules` nor on the path.
    #[error("types cannot be checked: there is no TypeScript")]
    Missing,
    /// It is there and does not run.
    #[error("types cannot be checked: `{program}` cannot be run: {why}")]
    Failed {
        /// What was run.
        program: String,
        /// In the system's words.
        why: String,
    },
}

/// Checks the types of a project by the settings in `settings`, a `tsconfig.json` relative to it. Answers with how many
/// errors there are.
///
/// # Errors
/// [`CheckerError`] when there is no type checker, or it does not run.
pub fn check(root: &Path, settings: &str, sources: &mut SourceMap, sink: &mut Sink) -> Result<usize, CheckerError> {
    let mut command = find(root).ok_or(CheckerError::Missing)?;
    let program = command.get_program().to_string_lossy().into_owned();
    command.args(["--project", settings, "--noEmit", "--pretty", "false"]).current_dir(root).stdin(Stdio::null());
    let output =
        command.output().map_err(|error| CheckerError::Failed { program: program.clone(), why: error.to_string() })?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = parse(&text);
    if told.is_empty() && !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        let words = words.lines().chain(text.lines()).find(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
        return Err(CheckerError::Failed { program, why: pace_ir::text::printable(words) });
    }
    for one in &told {
        sink.error(diagnostic(root, one, sources));
    }
    Ok(told.len())
}

/// The nearest TypeScript, as a module of Node.js is found: a native one needs no Node.js.
fn find(root: &Path) -> Option<Command> {
    for folder in root.ancestors().map(|folder| folder.join("node_modules")) {
        let package = folder.join("typescript");
        // Some package managers keep what a package needs beside the package itself.
        let beside = package.canonicalize().ok().and_then(|real| real.parent().map(Path::to_owned));
        let native = [Some(folder.clone()), beside].into_iter().flatten().map(|folder| folder.join(native_package()));
        if let Some(native) = native.map(|package| package.join("lib/tsc")).find(|path| path.is_file()) {
            return Some(Command::new(native));
        }
        let script = package.join("bin/tsc");
        if script.is_file() && on_path("node").is_some() {
            let mut command = Command::new("node");
            command.arg(script);
            return Some(command);
        }
    }
    on_path("tsc").map(Command::new)
}

/// Whether there is a type checker for a project.
pub fn is_there(root: &Path) -> bool {
    find(root).is_some()
}

/// Where npm puts the native TypeScript for this machine.
fn native_package() -> String {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        "windows" => "win32",
        other => other,
    };
    let processor = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("@typescript/typescript-{system}-{processor}")
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// One error: `tools/a.ts(3,7): error TS2339: …`, and the lines below it that are indented.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    place: Option<(String, u32, u32)>,
    number: String,
    message: String,
    more: Vec<String>,
}

fn parse(text: &str) -> Vec<Told> {
    let mut all: Vec<Told> = Vec::new();
    for line in text.lines() {
        if let (true, Some(last)) = (line.starts_with(' '), all.last_mut()) {
            last.more.push(line.trim().to_owned());
        } else if let Some(told) = parse_line(line) {
            all.push(told);
        }
    }
    all
}

fn parse_line(line: &str) -> Option<Told> {
    let (before, rest) = match line.split_once(": error TS") {
        Some((place, rest)) => (Some(place), rest),
        None => (None, line.strip_prefix("error TS")?),
    };
    let (number, message) = rest.split_once(": ")?;
    let place = before.and_then(|place| {
        let (path, at) = place.strip_suffix(')')?.rsplit_once('(')?;
        let (line, column) = at.split_once(',')?;
        Some((path.replace('\\', "/"), line.parse().ok()?, column.parse().ok()?))
    });
    Some(Told { place, number: number.to_owned(), message: message.trim_end_matches('.').to_owned(), more: Vec::new() })
}

fn diagnostic(root: &Path, told: &Told, sources: &mut SourceMap) -> Diagnostic {
    let printable = |text: &str| pace_ir::text::printable(&text.replace('\'', "`"));
    // What follows the first sentence is advice.
    let (message, advice) = match told.message.split_once(". ") {
        Some((message, advice)) => (message, Some(advice)),
        None => (told.message.as_str(), None),
    };
    let diagnostic = Diagnostic::new(&code::TYPE_ERROR, lowered(&printable(message)));
    let mut texts = std::collections::BTreeMap::new();
    let inside = |path: &str| !path.starts_with("../") && !path.contains("node_modules/");
    if let Some((path, ..)) = told.place.as_ref().filter(|(path, ..)| inside(path) && sources.find(path).is_none())
        && let Ok(text) = std::fs::read_to_string(root.join(path))
    {
        texts.insert(path.clone(), text);
    }
    let mut files = Files::new(sources, &texts);
    let span = told.place.as_ref().and_then(|(path, line, column)| files.word(path, *line, *column));
    let label = format!("TS{}", told.number);
    let diagnostic = match (span, &told.place) {
        (Some(span), _) => diagnostic.at(span, label),
        (None, Some((path, line, _))) => diagnostic.note(format!("{label}, in `{path}`, line {line}")),
        (None, None) => diagnostic.note(label),
    };
    let diagnostic = told
        .more
        .iter()
        .take(3)
        .fold(diagnostic, |diagnostic, line| diagnostic.note(lowered(&printable(line.trim_end_matches('.')))));
    if told.number == "2307" && told.message.contains("@paceline/runtime") {
        let help = "add `\"paths\": { \"@paceline/runtime\": [\"./.pace/types/runtime.d.ts\"] }` to `compilerOptions` of \
                    `tsconfig.json`, and `\".pace/types/globals.d.ts\"` to `include`";
        return diagnostic.help(help);
    }
    match advice {
        // It advises to install the types of Node.js, which would make the types right and the tool wrong.
        _ if NEEDS_NODE.contains(&told.number.as_str()) => {
            diagnostic.help("use what the web has: a tool has no Node.js")
        }
        // A browser's types would make the types right and the tool wrong.
        Some(advice) if advice.contains("'dom'") => {
            diagnostic.help("use what the web has without a page: a tool has no DOM")
        }
        Some(advice) => diagnostic.help(lowered(&printable(advice))),
        None => diagnostic,
    }
}

/// A name or a module that only the types of Node.js would know.
const NEEDS_NODE: [&str; 2] = ["2580", "2591"];

fn lowered(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_checker_are_read() {
        let text = "tools/a.ts(3,7): error TS2339: Property 'x' does not exist on type '{}'.\n  Types of property 'y' are \
                    incompatible.\nerror TS5083: Cannot read file 'tsconfig.json'.\nFound 2 errors.\n";
        let told = parse(text);
        assert_eq!(told.len(), 2);
        assert_eq!(told[0].place, Some(("tools/a.ts".to_owned(), 3, 7)));
        assert_eq!((told[0].number.as_str(), told[0].more.len()), ("2339", 1));
        assert_eq!((told[1].place.as_ref(), told[1].number.as_str()), (None, "5083"));
    }
}
