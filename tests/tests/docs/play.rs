//! Plays a page as a reader would: from the top, in an empty folder, every file written where its block says and every
//! command run where it stands.
//!
//! - A block whose info string names a file (`yaml agents/a/spec.yaml`) is that file from there on.
//! - `console` blocks hold commands after `$ ` and what they print. A command that fails is followed by `$ echo $?`, so
//!   that no failure is an accident. `$ cd` moves on.
//! - `sh` blocks are run too and have to succeed, except for those that build Paceline itself.
//! - `<!-- new project -->` starts again in an empty folder.
//! - Wherever a project ends, it builds, asking no server. After `<!-- checked, not built yet -->` it passes `pace check`, and P0510 or
//!   P0803 is all that keeps it from being built offline; once it builds, the mark has to go.

use std::fmt::Write as _;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::binaries::shell;
use crate::page::{Piece, pieces};

const NEW_PROJECT: &str = "<!-- new project -->";
const NOT_BUILT_YET: &str = "<!-- checked, not built yet -->";

/// The folder a reader is in, and what they have done so far.
struct Reader {
    folder: TempDir,
    /// Relative to the folder; empty at first.
    here: PathBuf,
    /// The exit code of the last command.
    status: i32,
    /// The last command and what it printed.
    last: String,
    end: End,
}

/// What has to be true of a project where it ends.
#[derive(Clone, Copy)]
enum End {
    /// There is no project.
    Nothing,
    /// It builds.
    Builds,
    /// It passes the checks and has parts that this version cannot build.
    Checks,
}

/// The page with what its commands print now.
pub(crate) fn played(page: &str) -> Result<String, String> {
    let mut reader = Reader::new();
    let mut text = String::new();
    for piece in pieces(page)? {
        match piece {
            Piece::Line(line) => {
                if line == NEW_PROJECT {
                    reader.finish()?;
                    reader = Reader::new();
                }
                if line == NOT_BUILT_YET {
                    reader.end = End::Checks;
                }
                writeln!(text, "{line}").unwrap();
            }
            Piece::Block { info, lines } => write!(text, "```{info}\n{}```\n", reader.block(info, &lines)?).unwrap(),
        }
    }
    reader.finish()?;
    Ok(text)
}

impl Reader {
    fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            here: PathBuf::new(),
            status: 0,
            last: String::new(),
            end: End::Nothing,
        }
    }

    /// Does what a block says; its lines as they are now.
    fn block(&mut self, info: &str, lines: &[&str]) -> Result<String, String> {
        let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
        match info.split_once(' ') {
            Some((_, path)) => self.write(path, &text)?,
            None if info == "console" => return self.console(lines),
            None if info == "sh" => self.script(&text)?,
            None if info == "text" => {}
            None => return Err(format!("a block `{info}` is neither a file nor `console`, `sh` or `text`")),
        }
        Ok(text)
    }

    fn write(&mut self, path: &str, text: &str) -> Result<(), String> {
        self.ready()?;
        let path = self.place().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self.has_project();
        Ok(())
    }

    fn console(&mut self, lines: &[&str]) -> Result<String, String> {
        if !lines.first().is_some_and(|line| line.starts_with("$ ")) {
            return Err(format!("a `console` block starts with a command, not with {:?}", lines.first()));
        }
        let mut text = String::new();
        for command in lines.iter().filter_map(|line| line.strip_prefix("$ ")) {
            write!(text, "$ {command}\n{}", self.run(command)?).unwrap();
        }
        Ok(text)
    }

    fn run(&mut self, command: &str) -> Result<String, String> {
        if command != "echo $?" {
            self.ready()?;
        }
        if let Some(folder) = command.strip_prefix("cd ") {
            self.here.push(folder);
            return if self.place().is_dir() { Ok(String::new()) } else { Err(format!("there is no `{folder}`")) };
        }
        let (out, status) = shell(command, &self.place(), self.status);
        self.status = status;
        self.last = format!("$ {command}\n{out}");
        if command.starts_with("pace init") {
            self.has_project();
        }
        if out.contains(self.folder.path().to_str().unwrap()) {
            return Err(format!("`{command}` prints a path that is another one each time:\n{out}"));
        }
        Ok(out)
    }

    fn script(&mut self, text: &str) -> Result<(), String> {
        self.ready()?;
        if text.lines().all(|line| line.starts_with("cargo ") || line.starts_with("git clone ")) {
            return Ok(());
        }
        let (out, status) = shell(&format!("set -eu\n{text}"), &self.place(), 0);
        if status == 0 { Ok(()) } else { Err(format!("a script ends with {status}:\n{text}\n{out}")) }
    }

    /// The last command succeeded, or its failure was looked at.
    fn ready(&self) -> Result<(), String> {
        match self.status {
            0 => Ok(()),
            code => {
                Err(format!("a command ended with {code}; if it should, let `$ echo $?` follow it:\n{}", self.last))
            }
        }
    }

    fn has_project(&mut self) {
        if matches!(self.end, End::Nothing) {
            self.end = End::Builds;
        }
    }

    fn finish(&mut self) -> Result<(), String> {
        self.ready()?;
        match self.end {
            End::Nothing => Ok(()),
            End::Builds => self.ends("pace build --offline", 0, ""),
            End::Checks => self.ends("pace check", 0, "").and_then(|()| {
                let unbuilt = |word| self.ends("pace build --offline", 1, word);
                unbuilt("error[P0510]").or_else(|_| unbuilt("error[P0803]"))
            }),
        }
    }

    fn ends(&self, command: &str, wanted: i32, word: &str) -> Result<(), String> {
        let (out, status) = shell(command, &self.place(), 0);
        let came_true = status == wanted && out.contains(word);
        came_true.then_some(()).ok_or_else(|| format!("where the project ends, `{command}` ends with {status}:\n{out}"))
    }

    fn place(&self) -> PathBuf {
        self.folder.path().join(&self.here)
    }
}

#[test]
fn pages_are_played() {
    let file = "```yaml agents/a/spec.yaml\nname: a\nmodel: gemini-3.5-flash\ndescription: You help.\n```\n";
    let wrong = file.replace("name: a", "nam: a");
    let run = |text: &str| played(text).unwrap_err();

    let console = "```console\n$ echo one two\n$ ls\n```\n";
    assert_eq!(
        played(&format!("{file}{console}")).unwrap(),
        format!("{file}{}", console.replace("one two\n", "one two\none two\n").replace("$ ls\n", "$ ls\nagents\n"))
    );
    assert!(run(&wrong).contains("ends with 1"));
    assert!(run(&format!("{wrong}{NEW_PROJECT}\n")).contains("ends with 1"));
    assert!(run("```console\n$ false\n```\n").contains("ended with 1"));
    assert!(played("```console\n$ false\n$ echo $?\n1\n```\n").is_ok());
    assert!(run("```sh\nfalse\n```\n").contains("ends with 1"));
    assert!(run("```yaml\nname: a\n```\n").contains("neither a file"));
    assert!(run("```console\n$ pwd\n```\n").contains("another one each time"));
}
