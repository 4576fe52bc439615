//! Where state is: `PACE_STATE_DIR`, `DATABASE_URL`, `PACE_ENVIRONMENT`, `TRACE_BACKEND`.

use std::path::{Path, PathBuf};

use super::wrong;
use crate::environment::{Environment, Secret};
use crate::setup::SetupError;

/// What counts where nothing is set.
#[derive(Debug, Clone, Copy)]
pub struct Usual<'a> {
    /// The folder.
    pub folder: &'a Path,
    /// What the deployment is called.
    pub environment: &'static str,
}

/// Where state is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateSettings {
    /// Which store; nothing where none is wanted.
    pub place: Option<StatePlace>,
    /// What the deployment is called.
    pub environment: String,
    /// Whether traces are kept in it.
    pub keeps_traces: bool,
}

/// A store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatePlace {
    /// A folder of this host.
    Folder(PathBuf),
    /// The address of a database.
    Database(Secret),
}

/// The longest name of a deployment, characters.
const LONGEST_ENVIRONMENT: usize = 63;

impl Usual<'static> {
    /// For servers outside of a project: the folder that images mount a volume at.
    pub fn server() -> Self {
        Self { folder: Path::new("/var/lib/paceline"), environment: "production" }
    }
}

/// Where state is.
///
/// # Errors
/// A value is wrong.
pub fn state_settings(environment: &Environment, usual: Usual<'_>) -> Result<StateSettings, SetupError> {
    let database = environment.secret("DATABASE_URL")?;
    let place = match (environment.text("PACE_STATE_DIR")?, database) {
        // Whoever says so wants nothing kept, wherever a database is that others use too.
        (Some("memory"), _) => None,
        (_, Some(address)) => Some(StatePlace::Database(postgres(address)?)),
        (folder, None) => Some(StatePlace::Folder(folder.map_or_else(|| usual.folder.to_owned(), PathBuf::from))),
    };
    let name = environment.text("PACE_ENVIRONMENT")?;
    if let Some(name) = name.filter(|name| !is_name(name)) {
        let help = "set it to letters, digits and dashes, such as `staging`";
        return Err(wrong("PACE_ENVIRONMENT", name, "is no name of a deployment", help));
    }
    let keeps_traces = backend(environment, place.is_some())?;
    Ok(StateSettings { place, environment: name.unwrap_or(usual.environment).to_owned(), keeps_traces })
}

fn is_name(name: &str) -> bool {
    name.len() <= LONGEST_ENVIRONMENT && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// The address may hold a password, so that nothing of it is shown.
fn postgres(address: Secret) -> Result<Secret, SetupError> {
    let (text, schemes) = (address.expose(), ["postgres://", "postgresql://"]);
    let is_address =
        schemes.iter().any(|scheme| text.starts_with(scheme)) || (!text.contains("://") && text.contains('='));
    if is_address {
        return Ok(address);
    }
    Err(SetupError::new(
        "the variable `DATABASE_URL` is not the address of a PostgreSQL database",
        "set it to one such as `postgresql://user:password@host:5432/database`; SQLite is used where it is not set, in the \
         folder `PACE_STATE_DIR`",
    ))
}

fn backend(environment: &Environment, has_store: bool) -> Result<bool, SetupError> {
    let Some(text) = environment.text("TRACE_BACKEND")? else { return Ok(has_store) };
    let words: Vec<_> = text.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    for word in &words {
        match *word {
            "store" | "none" => {}
            "otlp" => {
                let help = "set it to `store`, and export what is stored with `pace trace export`";
                return Err(wrong("TRACE_BACKEND", text, "names `otlp`, which this version cannot send yet", help));
            }
            _ => return Err(wrong("TRACE_BACKEND", text, "names no place for traces", "set it to `store` or `none`")),
        }
    }
    match words.as_slice() {
        ["none"] => Ok(false),
        words if words.is_empty() || words.contains(&"none") => {
            Err(wrong("TRACE_BACKEND", text, "is not one place for traces", "set it to `store` or `none`"))
        }
        _ if !has_store => {
            let help = "set `PACE_STATE_DIR` to a folder, or `TRACE_BACKEND` to `none`";
            Err(SetupError::new("`TRACE_BACKEND` wants traces stored, and `PACE_STATE_DIR` is `memory`", help))
        }
        _ => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Result<StateSettings, SetupError> {
        state_settings(&Environment::from_pairs(pairs.iter().copied()), Usual::server())
    }

    #[test]
    fn state_is_in_a_folder_a_database_or_nowhere() {
        let settings = of(&[]).unwrap();
        assert_eq!(settings.place, Some(StatePlace::Folder("/var/lib/paceline".into())));
        assert_eq!((settings.environment.as_str(), settings.keeps_traces), ("production", true));
        assert_eq!(of(&[("PACE_STATE_DIR", "/data")]).unwrap().place, Some(StatePlace::Folder("/data".into())));
        let memory = of(&[("PACE_STATE_DIR", "memory"), ("DATABASE_URL", "postgres://a/b")]).unwrap();
        assert_eq!((memory.place, memory.keeps_traces), (None, false));
        let database = of(&[("DATABASE_URL", "postgres://a/b"), ("PACE_STATE_DIR", "/data")]).unwrap();
        assert_eq!(database.place, Some(StatePlace::Database(Secret::new("postgres://a/b"))));
        assert!(!of(&[("TRACE_BACKEND", "none")]).unwrap().keeps_traces);
        assert_eq!(of(&[("PACE_ENVIRONMENT", "eu-1")]).unwrap().environment, "eu-1");
    }

    #[test]
    fn wrong_values_say_what_is_right_and_no_password() {
        for (pairs, words) in [
            (&[("TRACE_BACKEND", "otlp")][..], "which this version cannot send yet"),
            (&[("TRACE_BACKEND", "store,otlp")], "which this version cannot send yet"),
            (&[("TRACE_BACKEND", "file")], "names no place for traces"),
            (&[("TRACE_BACKEND", "store,none")], "is not one place"),
            (&[("TRACE_BACKEND", ",")], "is not one place"),
            (&[("TRACE_BACKEND", "store"), ("PACE_STATE_DIR", "memory")], "`PACE_STATE_DIR` is `memory`"),
            (&[("PACE_ENVIRONMENT", "a b")], "is no name of a deployment"),
            (&[("DATABASE_URL", "mysql://root:hunter2@db/x")], "is not the address of a PostgreSQL database"),
        ] {
            let error = of(pairs).unwrap_err();
            assert!(error.message.contains(words) && !error.message.contains("hunter2"), "{error:?}");
        }
    }
}
