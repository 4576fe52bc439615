//! Why a runner cannot be made here although the bundle is sound: something is missing in its surroundings. Exit code 2.

/// What is missing, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SetupError {
    /// What is wrong, one line that stands alone. Never holds a secret.
    pub message: String,
    /// What to do, imperative; may have several lines.
    pub help: String,
}

impl SetupError {
    /// An error with its help.
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }

    /// Several in one, so that one start tells all; `None` for none.
    pub fn all(errors: Vec<Self>) -> Option<Self> {
        let mut errors = errors.into_iter();
        let first = errors.next()?;
        Some(errors.fold(first, |mut all, next| {
            all.message = format!("{}; {}", all.message, next.message);
            let known: Vec<&str> = all.help.lines().collect();
            let new: Vec<&str> = next.help.lines().filter(|line| !known.contains(line)).collect();
            all.help = [known, new].concat().join("\n");
            all
        }))
    }

    /// Both, or what either lacks: one start tells all.
    ///
    /// # Errors
    /// Those of either.
    pub fn both<A, B>(first: Result<A, Self>, second: Result<B, Self>) -> Result<(A, B), Self> {
        match (first, second) {
            (Ok(first), Ok(second)) => Ok((first, second)),
            (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
            (Err(first), Err(second)) => Err(Self::all(vec![first.clone(), second]).unwrap_or(first)),
        }
    }
}
