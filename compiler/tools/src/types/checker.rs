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
    if let Some(module) = untyped(told) {
        return diagnostic.help(untyped_help(&printable(module)));
    }
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
        // Another `lib` would declare it, and the sandbox would still not have it.
        Some(advice)
            if advice.contains("'lib'") && SHARED.iter().any(|name| message.contains(&format!("'{name}'"))) =>
        {
            diagnostic.help("do without: a call of a tool is alone in its sandbox, and shares no memory with anybody")
        }
        // A browser's types would make the types right and the tool wrong.
        Some(advice) if advice.contains("'dom'") => {
            diagnostic.help("use what the web has without a page: a tool has no DOM")
        }
        Some(advice) => diagnostic.help(lowered(&printable(advice))),
        None => diagnostic,
    }
}

/// What only programs of several threads have a use for.
const SHARED: [&str; 2] = ["Atomics", "SharedArrayBuffer"];

/// The module that is there and has no types; what else is said of it is a path of this machine, and advice for JavaScript.
fn untyped(told: &Told) -> Option<&str> {
    let words = told.message.strip_prefix("Could not find a declaration file for module '")?;
    words.split_once('\'').map(|(module, _)| module).filter(|_| told.number == "7016")
}

fn untyped_help(module: &str) -> String {
    let package = crate::child::package_name(module);
    // As npm names the types of packages with a scope (DefinitelyTyped).
    let types = package.trim_start_matches('@').replace('/', "__");
    format!(
        "`npm i -D @types/{types}` if there is such a package, or write `declare module \"{module}\";` into a `.d.ts` file in \
         `tools/`"
    )
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

    fn said(text: &str) -> Diagnostic {
        diagnostic(Path::new("/nowhere"), &parse(text).remove(0), &mut SourceMap::default())
    }

    #[test]
    fn a_package_without_types_is_told_with_what_to_do() {
        let said = |module: &str| {
            said(&format!(
                "tools/a.ts(2,18): error TS7016: Could not find a declaration file for module '{module}'. \
                 '/home/ann/node_modules/x/index.js' implicitly has an 'any' type.\n  Try `npm i --save-dev @types/x` if it \
                 exists or add a new declaration (.d.ts) file containing `declare module 'x';`\n"
            ))
        };
        let one = said("left/lib/x.js");
        assert_eq!(one.message, "could not find a declaration file for module `left/lib/x.js`");
        let help = "`npm i -D @types/left` if there is such a package, or write `declare module \"left/lib/x.js\";` into a \
                    `.d.ts` file in `tools/`";
        assert_eq!(one.help.iter().map(|help| help.text.as_str()).collect::<Vec<_>>(), [help]);
        assert!(!format!("{one:?}").contains("/home/ann"), "{one:?}");
        assert!(said("@a/b").help.iter().any(|help| help.text.contains("@types/a__b` if")), "scopes");
    }

    #[test]
    fn no_library_is_advised_that_the_sandbox_does_not_have() {
        let text = |name: &str| {
            format!(
                "a.ts(1,1): error TS2583: Cannot find name '{name}'. Do you need to change your target library? Try changing \
                 the 'lib' compiler option to 'es2017' or later.\n"
            )
        };
        let help = |name: &str| said(&text(name)).help.iter().map(|help| help.text.clone()).collect::<String>();
        assert!(help("Atomics").starts_with("do without") && help("SharedArrayBuffer").starts_with("do without"));
        assert!(help("Promise").contains("`lib`"), "{}", help("Promise"));
    }
}
