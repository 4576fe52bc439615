//! Where state is, and for how long: `PACE_STATE_DIR`, `DATABASE_URL`, `PACE_ENVIRONMENT`, `PACE_RETENTION`, `TRACE_BACKEND`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::otlp::{OtlpSettings, otlp_settings};
use super::{put, wrong};
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
    /// How long it keeps what is over; nothing for ever.
    pub retention: Option<Duration>,
    /// Where traces are exported to, if they are.
    pub otlp: Option<OtlpSettings>,
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

/// How long what is over is kept where nobody says so: a month's traces of a busy runner fit on a usual volume.
const USUAL_RETENTION: Duration = Duration::from_hours(30 * 24);
/// What is kept for less is kept for nobody.
const SHORTEST_RETENTION: Duration = Duration::from_hours(1);
/// Ten years.
const LONGEST_RETENTION: Duration = Duration::from_hours(3_650 * 24);

impl Usual<'static> {
    /// For servers outside of a project: the folder that images mount a volume at.
    pub fn server() -> Self {
        Self { folder: Path::new("/var/lib/paceline"), environment: "production" }
    }
}

/// Where state is.
///
/// # Errors
/// Values are wrong; all that are, in one.
pub fn state_settings(environment: &Environment, usual: Usual<'_>) -> Result<StateSettings, SetupError> {
    let mut errors = Vec::new();
    let mut settings = StateSettings {
        place: Some(StatePlace::Folder(usual.folder.to_owned())),
        environment: usual.environment.to_owned(),
        keeps_traces: false,
        retention: Some(USUAL_RETENTION),
        otlp: None,
    };
    put(&mut settings.place, place(environment, usual.folder).map(Some), &mut errors);
    put(&mut settings.environment, deployment(environment), &mut errors);
    put(&mut settings.retention, kept_for(environment).map(Some), &mut errors);
    let mut backends = None;
    put(&mut backends, self::backends(environment, settings.place.is_some()).map(Some).map(Some), &mut errors);
    if let Some(Backends { store, otlp }) = backends {
        settings.keeps_traces = store;
        let otlp = if otlp { otlp_settings(environment) } else { Ok(None) };
        put(&mut settings.otlp, otlp.map(Some), &mut errors);
    }
    SetupError::all(errors).map_or(Ok(settings), Err)
}

/// The store that is named, or else the usual folder; nothing where none is wanted.
fn place(environment: &Environment, usual: &Path) -> Result<Option<StatePlace>, SetupError> {
    let (folder, database) = SetupError::both(environment.text("PACE_STATE_DIR"), environment.secret("DATABASE_URL"))?;
    Ok(match (folder, database) {
        // Whoever says so wants nothing kept, wherever a database is that others use too.
        (Some("memory"), _) => None,
        (_, Some(address)) => Some(StatePlace::Database(postgres(address)?)),
        (folder, None) => Some(StatePlace::Folder(folder.map_or_else(|| usual.to_owned(), PathBuf::from))),
    })
}

fn deployment(environment: &Environment) -> Result<Option<String>, SetupError> {
    let Some(name) = environment.text("PACE_ENVIRONMENT")? else { return Ok(None) };
    if is_name(name) {
        return Ok(Some(name.to_owned()));
    }
    let help = "set it to letters, digits and dashes, such as `staging`";
    Err(wrong("PACE_ENVIRONMENT", name, "is no name of a deployment", help))
}

/// Nothing is for ever.
fn kept_for(environment: &Environment) -> Result<Option<Duration>, SetupError> {
    match environment.text("PACE_RETENTION")? {
        None => Ok(Some(USUAL_RETENTION)),
        Some("forever") => Ok(None),
        Some(text) => retention(text).map(Some).ok_or_else(|| {
            let what = "is no time from `1h` to `3650d`";
            wrong("PACE_RETENTION", text, what, "set it to hours or days such as `12h` or `30d`, or to `forever`")
        }),
    }
}

/// `12h`, `30d`.
fn retention(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let hours = match unit {
        "h" => 1,
        "d" => 24,
        _ => return None,
    };
    let number: u64 = number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())??;
    let retention = Duration::from_secs(number.checked_mul(hours * 3_600)?);
    (SHORTEST_RETENTION..=LONGEST_RETENTION).contains(&retention).then_some(retention)
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

/// Where traces go.
struct Backends {
    store: bool,
    otlp: bool,
}

fn backends(environment: &Environment, has_store: bool) -> Result<Backends, SetupError> {
    const HELP: &str = "set it to `store`, `otlp`, both with a comma between, or `none`";
    let Some(text) = environment.text("TRACE_BACKEND")? else { return Ok(Backends { store: has_store, otlp: false }) };
    let words: Vec<_> = text.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    if words.iter().any(|word| !["store", "otlp", "none"].contains(word)) {
        return Err(wrong("TRACE_BACKEND", text, "names no place for traces", HELP));
    }
    let backends = Backends { store: words.contains(&"store"), otlp: words.contains(&"otlp") };
    let goes_nowhere = words == ["none"];
    if !goes_nowhere && (words.is_empty() || words.contains(&"none")) {
        return Err(wrong("TRACE_BACKEND", text, "contradicts itself", HELP));
    }
    if backends.store && !has_store {
        let help = "set `PACE_STATE_DIR` to a folder, or take `store` out of `TRACE_BACKEND`";
        return Err(SetupError::new("`TRACE_BACKEND` wants traces stored, and `PACE_STATE_DIR` is `memory`", help));
    }
    Ok(backends)
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
    fn what_is_over_is_kept_for_a_while_or_for_ever() {
        let kept = |text: &str| of(&[("PACE_RETENTION", text)]).map(|settings| settings.retention);
        assert_eq!(of(&[]).unwrap().retention, Some(Duration::from_hours(720)));
        assert_eq!((kept("1h"), kept("forever")), (Ok(Some(Duration::from_hours(1))), Ok(None)));
        assert_eq!(kept("3650d"), Ok(Some(LONGEST_RETENTION)));
        for wrong in ["0h", "30", "d", "-1d", "+1d", "30 d", "1w", "3651d", "99999999999999999999d", "é", "0"] {
            assert!(kept(wrong).unwrap_err().message.contains("is no time from `1h`"), "{wrong}");
        }
    }

    #[test]
    fn traces_go_to_a_store_a_collector_or_both() {
        for (text, keeps, exports) in [
            ("store", true, false),
            ("otlp", false, true),
            ("store, otlp", true, true),
            ("otlp,store,", true, true),
            ("none", false, false),
        ] {
            let settings = of(&[("TRACE_BACKEND", text)]).unwrap();
            assert_eq!((settings.keeps_traces, settings.otlp.is_some()), (keeps, exports), "{text}");
        }
        assert!(of(&[("TRACE_BACKEND", "otlp"), ("PACE_STATE_DIR", "memory")]).unwrap().otlp.is_some());
        // What nobody uses is not judged.
        assert!(of(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "x")]).unwrap().otlp.is_none());
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let error = of(&[
            ("DATABASE_URL", "mysql://x"),
            ("PACE_ENVIRONMENT", "a b"),
            ("PACE_RETENTION", "1w"),
            ("TRACE_BACKEND", "otlp"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "x"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "json"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "0"),
            ("OTEL_TRACES_SAMPLER", "never"),
        ])
        .unwrap_err();
        for name in
            ["DATABASE_URL", "PACE_ENVIRONMENT", "PACE_RETENTION", "_ENDPOINT", "_PROTOCOL", "_TIMEOUT", "_SAMPLER"]
        {
            assert!(error.message.contains(name), "{name}: {error:?}");
        }
        let error = of(&[("TRACE_BACKEND", "file"), ("PACE_RETENTION", "1w")]).unwrap_err();
        assert!(error.message.contains("TRACE_BACKEND") && error.message.contains("PACE_RETENTION"), "{error:?}");
    }

    #[test]
    fn wrong_values_say_what_is_right_and_no_password() {
        for (pairs, words) in [
            (&[("TRACE_BACKEND", "file")][..], "names no place for traces"),
            (&[("TRACE_BACKEND", "store,none")], "contradicts itself"),
            (&[("TRACE_BACKEND", "none,otlp")], "contradicts itself"),
            (&[("TRACE_BACKEND", ",")], "contradicts itself"),
            (&[("TRACE_BACKEND", "otlp"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "x")], "is no http or https address"),
            (&[("TRACE_BACKEND", "store"), ("PACE_STATE_DIR", "memory")], "`PACE_STATE_DIR` is `memory`"),
            (&[("PACE_ENVIRONMENT", "a b")], "is no name of a deployment"),
            (&[("DATABASE_URL", "mysql://root:hunter2@db/x")], "is not the address of a PostgreSQL database"),
        ] {
            let error = of(pairs).unwrap_err();
            assert!(error.message.contains(words) && !error.message.contains("hunter2"), "{error:?}");
        }
    }
}
