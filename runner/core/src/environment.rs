//! The variables a runner was started with, read once. Nothing else in the runner asks the process for them, so that tests
//! can say what they are, and a secret is in as few places as can be.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::Path;

use pace_ir::program::Template;
use pace_ir::program::template::TemplatePart;

use crate::setup::SetupError;

/// A value that is never printed.
#[derive(Clone, PartialEq, Eq)]
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

/// The variables of a process.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, OsString>,
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
        Self { variables: named.collect() }
    }

    /// These, for tests and for runs that set more.
    pub fn from_pairs<K: Into<String>, V: Into<OsString>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        Self { variables: pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect() }
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

    /// A text of a bundle with its references filled in. `what` says what it is for in messages: ``the `api_key` of `x` ``.
    ///
    /// # Errors
    /// A reference leads to nothing.
    pub fn resolve(&self, template: &Template, what: &str) -> Result<Secret, SetupError> {
        let (mut text, mut unset) = (String::new(), Vec::new());
        for part in &template.parts {
            match part {
                TemplatePart::Literal(literal) => text.push_str(literal),
                TemplatePart::Env(name) => match self.secret(name)? {
                    Some(value) => text.push_str(value.expose()),
                    None => unset.push(name.as_str()),
                },
                TemplatePart::Credential(name) => {
                    return Err(SetupError::new(
                        format!("{what} is `{template}`, and this version keeps no credentials"),
                        format!("write `${{env:{}}}` instead", variable(name)),
                    ));
                }
            }
        }
        if unset.is_empty() {
            return Ok(Secret(text));
        }
        let (variable, verb) = if unset.len() == 1 { ("variable", "is") } else { ("variables", "are") };
        let names = unset.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let help = unset.iter().map(|name| format!("set `{name}`, or `{name}_FILE` to a file that holds the value"));
        Err(SetupError::new(
            format!("{what} is `{template}`, and the {variable} {names} {verb} not set"),
            help.collect::<Vec<_>>().join("\n"),
        ))
    }
}

/// A variable's name made of a credential's.
fn variable(credential: &str) -> String {
    let upper = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    credential.chars().map(upper).collect()
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
    fn secrets_are_not_printed() {
        let environment = Environment::from_pairs([("KEY", "s3cret")]);
        let secret = environment.secret("KEY").unwrap();
        assert!(!format!("{environment:?} {secret:?}").contains("s3cret"));
    }
}
