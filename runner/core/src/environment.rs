//! The variables a runner was started with, read once. Nothing else in the runner asks the process for them, so that tests
//! can say what they are, and a secret is in as few places as can be.

mod given;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pace_ir::program::Template;
use pace_ir::program::template::TemplatePart;
use pace_ir::text::quoted;
use serde::{Deserialize, Serialize};

use crate::credentials::Credentials;
use crate::setup::SetupError;

pub use given::Given;

/// A value that is never printed. It is written where credentials are kept, and nowhere else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// A secret of this value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, for whoever sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(***)")
    }
}

/// The variables of a process, and the credentials it was given.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, OsString>,
    credentials: Arc<Credentials>,
    /// Whether there are credentials that cannot be read.
    are_credentials_lost: bool,
    home: Option<Home>,
    given: Given,
}

/// The folder of a project, and what servers are told of it.
#[derive(Clone)]
struct Home {
    folder: PathBuf,
    roots: Roots,
}

/// What servers are told that they may reach.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Roots {
    /// The project's folder.
    Project,
    /// What their entries list.
    Listed,
}

impl fmt::Debug for Environment {
    /// Names only: values may be secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.variables.keys()).finish()
    }
}

impl Environment {
    /// This process's. Variables whose names are not UTF-8 cannot be asked for and are left out.
    pub fn of_process() -> Self {
        let named = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        Self { variables: named.collect(), ..Self::default() }
    }

    /// These, for tests and for runs that set more.
    pub fn from_pairs<K: Into<String>, V: Into<OsString>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        let variables = pairs.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self { variables: variables.collect(), ..Self::default() }
    }

    /// With these credentials.
    #[must_use]
    pub fn with_credentials(self, credentials: Credentials) -> Self {
        for (name, secret) in credentials.secrets() {
            self.given.add(name, secret);
        }
        Self { credentials: Arc::new(credentials), ..self }
    }

    /// For those who judge the rest although the credentials cannot be read: of what refers to them, nobody can say whether it is
    /// there.
    #[must_use]
    pub(crate) fn with_lost_credentials(self) -> Self {
        Self { are_credentials_lost: true, ..self }
    }

    /// Whether there are credentials that cannot be read.
    pub(crate) fn are_credentials_lost(&self) -> bool {
        self.are_credentials_lost
    }

    /// With those of its variables alone that are `kept`.
    #[must_use]
    pub(crate) fn only(&self, kept: impl Fn(&str) -> bool) -> Self {
        let variables = self.variables.iter().filter(|(name, _)| kept(name));
        Self { variables: variables.map(|(name, value)| (name.clone(), value.clone())).collect(), ..self.clone() }
    }

    /// For the project in this folder, on its author's machine: servers are told of the folder, and start in it.
    #[must_use]
    pub fn in_project(self, project: &Path) -> Self {
        Self { home: Some(Home { folder: project.to_owned(), roots: Roots::Project }), ..self }
    }

    /// For a bundle that is served from the folder of its project: servers start in it, as in [`Self::in_project`], and are told
    /// of what their entries list, as in production.
    #[must_use]
    pub fn served_from(self, project: &Path) -> Self {
        Self { home: Some(Home { folder: project.to_owned(), roots: Roots::Listed }), ..self }
    }

    /// The project's folder, where its author runs it or serves it.
    pub fn project(&self) -> Option<&Path> {
        self.home.as_ref().map(|home| home.folder.as_path())
    }

    /// The folder that servers are told of instead of what their entries list.
    pub fn root(&self) -> Option<&Path> {
        self.home.as_ref().filter(|home| home.roots == Roots::Project).map(|home| home.folder.as_path())
    }

    /// What may be shown to others.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The secrets that were given out, to this moment and later.
    pub fn given(&self) -> &Given {
        &self.given
    }

    /// Every name.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str)
    }

    /// A variable's text; one that is empty counts as not set, as in shells' `${NAME:-…}`.
    ///
    /// # Errors
    /// It is not UTF-8.
    pub fn text(&self, name: &str) -> Result<Option<&str>, SetupError> {
        match self.variables.get(name) {
            None => Ok(None),
            Some(value) if value.is_empty() => Ok(None),
            Some(value) => value.to_str().map(Some).ok_or_else(|| {
                SetupError::new(format!("the variable `{name}` is not UTF-8"), "set it to a text in UTF-8")
            }),
        }
    }

    /// A secret: the variable itself, or the content of the file that `<name>_FILE` names, white space at its ends left out.
    ///
    /// # Errors
    /// Both are set, or the file cannot be read or is empty.
    pub fn secret(&self, name: &str) -> Result<Option<Secret>, SetupError> {
        let secret = self.value(name)?;
        if let Some(secret) = &secret {
            self.given.add(name, secret);
        }
        Ok(secret)
    }

    fn value(&self, name: &str) -> Result<Option<Secret>, SetupError> {
        let of_file = format!("{name}_FILE");
        match (self.text(name)?, self.text(&of_file)?) {
            (None, None) => Ok(None),
            (Some(value), None) => Ok(Some(Secret::new(value.trim()))),
            (None, Some(path)) => read(&of_file, Path::new(path)).map(Some),
            (Some(_), Some(_)) => Err(SetupError::new(
                format!("both `{name}` and `{of_file}` are set"),
                "set one of them: the value itself, or the file that holds it",
            )),
        }
    }

    /// The value a reference leads to, if it leads to one; nothing for a text.
    ///
    /// # Errors
    /// As [`Environment::secret`].
    pub fn referred(&self, part: &TemplatePart) -> Result<Option<Secret>, SetupError> {
        match part {
            TemplatePart::Literal(_) => Ok(None),
            TemplatePart::Env(name) => self.secret(name),
            TemplatePart::Credential(name) => Ok(self.credentials.values.get(name).cloned()),
        }
    }

    /// A text of a bundle with its references filled in. `what` says what it is for in messages: ``the `api_key` of `x` ``.
    ///
    /// # Errors
    /// A reference leads to nothing.
    pub fn resolve(&self, template: &Template, what: &str) -> Result<Secret, SetupError> {
        self.filled(template, what, |_, part| self.referred(part))
    }

    /// As [`Self::resolve`], for an address. The variable it begins with is where something is, which people have to be able to
    /// read in traces; what is filled in behind that may be a key.
    ///
    /// # Errors
    /// A reference leads to nothing.
    pub fn resolve_address(&self, template: &Template, what: &str) -> Result<Secret, SetupError> {
        self.filled(template, what, |place, part| match part {
            TemplatePart::Env(name) if place == 0 => self.value(name),
            part => self.referred(part),
        })
    }

    /// A text with its references filled in, each by its place.
    fn filled(
        &self,
        template: &Template,
        what: &str,
        referred: impl Fn(usize, &TemplatePart) -> Result<Option<Secret>, SetupError>,
    ) -> Result<Secret, SetupError> {
        let (mut text, mut missing, mut is_lost) = (String::new(), Vec::new(), false);
        for (place, part) in template.parts.iter().enumerate() {
            match (part, referred(place, part)?) {
                (TemplatePart::Literal(literal), _) => text.push_str(literal),
                (_, Some(value)) => text.push_str(value.expose()),
                (TemplatePart::Credential(_), None) if self.are_credentials_lost => is_lost = true,
                (part, None) => missing.push(part),
            }
        }
        if !missing.is_empty() {
            return Err(absent(template, what, &missing));
        }
        if is_lost {
            return Err(SetupError::unjudged(format!("{what}, because it is `{template}` and {LOST}")));
        }
        Ok(Secret(text))
    }
}

/// Why nothing is known of what refers to a credential.
pub(crate) const LOST: &str = "what `PACE_CREDENTIALS` leads to cannot be read";

/// That some references of a text lead to nothing.
fn absent(template: &Template, what: &str, missing: &[&TemplatePart]) -> SetupError {
    let absent = missing.iter().filter_map(|part| missing_reference(part)).collect::<Vec<_>>();
    let names = absent.iter().map(|(what, _)| what.as_str()).collect::<Vec<_>>().join(", and ");
    let help = absent.into_iter().map(|(_, help)| help);
    SetupError::new(format!("{what} is `{template}`, and {names}"), help.collect::<Vec<_>>().join("\n"))
}

/// What is not there, and what to do about it.
fn missing_reference(part: &TemplatePart) -> Option<(String, String)> {
    match part {
        TemplatePart::Literal(_) => None,
        TemplatePart::Env(name) => Some((
            format!("the variable `{name}` is not set"),
            format!("set `{name}`, or `{name}_FILE` to a file that holds the value"),
        )),
        TemplatePart::Credential(name) => {
            let name = quoted(name);
            Some((
                format!("there is no credential `{name}`"),
                format!("keep one with `pace auth add --value {name}`, or give it in what `PACE_CREDENTIALS` names"),
            ))
        }
    }
}

fn read(variable: &str, path: &Path) -> Result<Secret, SetupError> {
    let shown = crate::load::shown(path);
    let text = std::fs::read_to_string(path).map_err(|error| {
        SetupError::new(
            format!("`{variable}` names the file `{shown}`, which cannot be read: {error}"),
            "name a file of UTF-8 text that the user who starts the runner may read",
        )
    })?;
    match text.trim() {
        "" => Err(SetupError::new(
            format!("`{variable}` names the file `{shown}`, which is empty"),
            "write the value into the file",
        )),
        value => Ok(Secret::new(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_comes_from_the_variable_or_a_file_and_never_from_both() {
        let file = std::env::temp_dir().join(format!("pace-secret-{}", std::process::id()));
        std::fs::write(&file, "s3cret\n").unwrap();
        let path = file.to_str().unwrap();
        let secret = |pairs: &[(&str, &str)]| Environment::from_pairs(pairs.iter().copied()).secret("KEY");
        assert_eq!(secret(&[]), Ok(None));
        assert_eq!(secret(&[("KEY", "")]), Ok(None));
        assert_eq!(secret(&[("KEY", "s3cret")]), Ok(Some(Secret::new("s3cret"))));
        assert_eq!(secret(&[("KEY_FILE", path)]), Ok(Some(Secret::new("s3cret"))));
        assert_eq!(
            secret(&[("KEY_FILE", path), ("KEY", "x")]).unwrap_err().message,
            "both `KEY` and `KEY_FILE` are set"
        );
        std::fs::write(&file, " \n").unwrap();
        assert!(secret(&[("KEY_FILE", path)]).unwrap_err().message.ends_with("which is empty"));
        std::fs::remove_file(&file).unwrap();
        assert!(secret(&[("KEY_FILE", path)]).unwrap_err().message.contains("cannot be read"));
    }

    #[test]
    fn references_lead_to_variables_and_credentials() {
        let mut credentials = Credentials::default();
        credentials.values.insert("TOKEN".into(), Secret::new("s3cret"));
        let environment = Environment::from_pairs([("HOST", "a.example")]).with_credentials(credentials);
        let template = |parts: &[TemplatePart]| Template { parts: parts.to_vec() };
        let env = |name: &str| TemplatePart::Env(name.into());
        let credential = |name: &str| TemplatePart::Credential(name.into());
        let resolved = environment.resolve(&template(&[env("HOST"), credential("TOKEN")]), "it");
        assert_eq!(resolved, Ok(Secret::new("a.examples3cret")));
        let error = environment.resolve(&template(&[env("NOT"), credential("NEITHER")]), "it").unwrap_err();
        assert_eq!(
            error.message,
            "it is `${env:NOT}${credential:NEITHER}`, and the variable `NOT` is not set, and there is no credential `NEITHER`"
        );
        assert_eq!(error.help.lines().count(), 2, "{}", error.help);
        let lost = Environment::default().with_lost_credentials();
        let error = lost.resolve(&template(&[env("NOT"), credential("NEITHER")]), "it").unwrap_err();
        assert_eq!(error.message, "it is `${env:NOT}${credential:NEITHER}`, and the variable `NOT` is not set");
        let error = lost.resolve(&template(&[credential("TOKEN")]), "it").unwrap_err();
        let wanted = "it, because it is `${credential:TOKEN}` and what `PACE_CREDENTIALS` leads to cannot be read";
        assert!(error.is_unjudged() && error.message == wanted, "{error:?}");
    }

    #[test]
    fn what_was_given_out_is_found_in_texts_and_addresses_are_not() {
        let mut credentials = Credentials::default();
        credentials.values.insert("TOKEN".into(), Secret::new("kept-token"));
        let environment =
            Environment::from_pairs([("KEY", "very-secret"), ("AT", "https://a.example"), ("OTHER", "not-asked-for")])
                .with_credentials(credentials);
        environment.secret("KEY").unwrap();
        let template = Template { parts: vec![TemplatePart::Env("AT".into()), TemplatePart::Literal("/mcp".into())] };
        assert_eq!(environment.resolve_address(&template, "it").unwrap().expose(), "https://a.example/mcp");
        let text = "very-secret kept-token https://a.example not-asked-for";
        let wanted = "[redacted:KEY] [redacted:TOKEN] https://a.example not-asked-for";
        assert_eq!(environment.given().redactor().text(text), wanted);
        environment.resolve(&template, "it").unwrap();
        assert!(environment.given().redactor().text(text).contains("[redacted:AT]"));
    }

    #[test]
    fn secrets_are_not_printed() {
        let environment = Environment::from_pairs([("KEY", "s3cret")]);
        let secret = environment.secret("KEY").unwrap();
        assert!(!format!("{environment:?} {secret:?}").contains("s3cret"));
    }
}
