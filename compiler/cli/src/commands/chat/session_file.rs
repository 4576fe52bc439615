//! Conversations that are kept: `.pace/state/chat/<agent>/<name>.json`, for its owner's eyes only. One command at a time
//! holds one, a file that cannot be read is never written over, and what is written is there whole or not at all.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use pace_ir::access::Subject;
use pace_ir::program::AgentName;
use pace_runner::conversation::Message;
use pace_runner::invoke::Conversation;
use serde::{Deserialize, Serialize};

use crate::exit::Ended;
use crate::private_file;
use crate::world::plain;

/// The format this version writes. One that adds what older versions would lose gets the next number.
const VERSION: u32 = 2;
/// The oldest that is read: it has no images.
const OLDEST: u32 = 1;

/// The longest file that is read, bytes: JSON escapes may take six bytes for one of a conversation.
const MOST_BYTES: u64 = 64 << 20;

/// What a conversation is kept under: a label, as agents' names are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionName(String);

impl FromStr for SessionName {
    type Err = pace_ir::program::name::MalformedName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<AgentName>().map(|label| Self(label.to_string()))
    }
}

/// A conversation that is kept, held by this process.
#[derive(Debug)]
pub(super) struct SessionFile {
    root: PathBuf,
    /// Relative to the project.
    path: String,
    /// Where it is, links followed: a conversation that was moved elsewhere stays there.
    place: PathBuf,
    name: SessionName,
    kept: Kept,
    /// Held until the process ends, however it ends.
    _lock: File,
}

/// The file's content.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u32,
    agent: String,
    principal: String,
    messages: Vec<Message>,
}

/// What every version says of itself.
#[derive(Debug, Deserialize)]
struct Versioned {
    version: u32,
}

impl SessionFile {
    /// Takes hold of a conversation, new or kept.
    ///
    /// # Errors
    /// Another command holds it, the file is damaged or somebody else's, or nothing can be kept here.
    pub(super) fn open(root: &Path, agent: &AgentName, name: &SessionName, subject: &Subject) -> Result<Self, Ended> {
        let folder = format!(".pace/state/chat/{agent}");
        let path = format!("{folder}/{}.json", name.0);
        private_file::make_folder(root, &root.join(&folder)).map_err(|error| unkept(&path, &error))?;
        let place = root.join(&path);
        let place = place.canonicalize().unwrap_or(place);
        // Beside the file itself: whoever gets there by another name holds the same lock.
        let lock = lock(&place.with_extension("lock"), name).map_err(|why| match why {
            Unlocked::InUse(ended) => ended,
            Unlocked::Failed(error) => unkept(&path, &error),
        })?;
        let principal = subject.principal.to_string();
        let kept = match private_file::read(&place, MOST_BYTES) {
            Ok(Some(text)) => parse(&text).map_err(|why| damaged(&path, &why))?,
            Ok(None) => {
                Kept { version: VERSION, agent: agent.to_string(), principal: principal.clone(), messages: Vec::new() }
            }
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                return Err(damaged(&path, &error.to_string()));
            }
            Err(error) => {
                return Err(Ended::usage(
                    format!("cannot read `{path}`: {}", plain(&error)),
                    "choose another `--session`",
                ));
            }
        };
        if kept.principal != principal {
            let message =
                format!("the session `{}` is one of `{}`, not of `{principal}`", name.0, shown(&kept.principal));
            return Err(Ended::usage(message, "choose another `--session`, or say who asks with `--as`"));
        }
        Ok(Self { root: root.to_owned(), path, place, name: name.clone(), kept, _lock: lock })
    }

    /// Where it goes on from.
    pub(super) fn conversation(&self) -> Conversation {
        if self.kept.messages.is_empty() { Conversation::New } else { Conversation::Kept(self.kept.messages.clone()) }
    }

    /// What it is kept under.
    pub(super) fn name(&self) -> &str {
        &self.name.0
    }

    /// How many messages were kept when it was opened, or last saved.
    pub(super) fn length(&self) -> usize {
        self.kept.messages.len()
    }

    /// Keeps these instead of what is there.
    ///
    /// # Errors
    /// The file cannot be written; what it held is still there.
    pub(super) fn save(&mut self, messages: Vec<Message>) -> Result<(), Ended> {
        self.kept.messages = messages;
        self.kept.version = VERSION;
        let text = serde_json::to_string(&self.kept)
            .map_err(|error| Ended::usage(format!("cannot keep the session: {error}"), "report this as a fault"))?;
        private_file::write(&self.root, &self.place, format!("{text}\n").as_bytes())
            .map_err(|error| unkept(&self.path, &error))
    }
}

enum Unlocked {
    InUse(Ended),
    Failed(std::io::Error),
}

fn lock(path: &Path, name: &SessionName) -> Result<File, Unlocked> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(Unlocked::Failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let message = format!("the session `{}` is in use by another `pace chat`", name.0);
            Err(Unlocked::InUse(Ended::usage(message, "wait until that ends, or choose another `--session`")))
        }
        Err(TryLockError::Error(error)) => Err(Unlocked::Failed(error)),
    }
}

fn parse(text: &str) -> Result<Kept, String> {
    let Versioned { version } = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if !(OLDEST..=VERSION).contains(&version) {
        return Err(format!("it has the version {version}, and this `pace` knows {VERSION}"));
    }
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn damaged(path: &str, why: &str) -> Ended {
    let message = format!("the session in `{path}` cannot be read: {}", shown(why));
    Ended::usage(message, "move the file away, or choose another `--session`; it was left as it is")
}

fn unkept(path: &str, error: &std::io::Error) -> Ended {
    let message = format!("cannot keep the session in `{path}`: {}", plain(error));
    Ended::usage(message, "make the folder writable, or leave `--session` out")
}

fn shown(text: &str) -> String {
    pace_ir::text::quoted(text)
}
