//! Why a runner cannot be made here although the bundle is sound: something is missing in its surroundings. Exit code 2.

/// What is missing, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SetupError {
    /// What is wrong, one line that stands alone. Never holds a secret.
    pub message: String,
    /// What to do, imperative; may have several lines.
    pub help: String,
    verdict: Verdict,
    /// Those that it was made of, where they are several.
    parts: Vec<Self>,
}

/// What is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It does not work.
    Wrong,
    /// Nobody can say whether it works, because something else does not, which is told by itself.
    Unjudged,
}

impl SetupError {
    /// An error with its help.
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        let (message, help) = (message.into(), help.into());
        Self { message, help, verdict: Verdict::Wrong, parts: Vec::new() }
    }

    /// What cannot be judged, and because of what: ``the token of `x`, because …``. What it depends on has an error of its own.
    pub(crate) fn unjudged(what: impl Into<String>) -> Self {
        Self { verdict: Verdict::Unjudged, ..Self::new(what, "") }
    }

    /// Whether nobody can say that anything is wrong with it.
    pub(crate) fn is_unjudged(&self) -> bool {
        self.verdict == Verdict::Unjudged
    }

    /// Several in one, so that one start tells all; `None` for none. Each is told once, and what could not be judged only where
    /// nothing else is to be told.
    pub fn all(errors: Vec<Self>) -> Option<Self> {
        let mut parts: Vec<Self> = Vec::new();
        for part in errors.into_iter().flat_map(Self::each) {
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        let verdict = parts.iter().map(|part| part.verdict).find(|verdict| *verdict == Verdict::Wrong);
        let verdict = verdict.or(parts.first().map(|part| part.verdict))?;
        let told = parts.iter().filter(|part| part.verdict == verdict);
        let message = told.clone().map(|part| part.message.as_str()).collect::<Vec<_>>().join("; ");
        let mut help: Vec<&str> = Vec::new();
        for line in told.flat_map(|part| part.help.lines()) {
            if !help.contains(&line) {
                help.push(line);
            }
        }
        let help = help.join("\n");
        if parts.len() == 1 { parts.pop() } else { Some(Self { message, help, verdict, parts }) }
    }

    /// What there is to tell: itself, or each that it was made of and that is told, with its own help.
    pub fn told(&self) -> impl Iterator<Item = &Self> {
        let alone = self.parts.is_empty().then_some(self);
        alone.into_iter().chain(self.parts.iter().filter(|part| part.verdict == self.verdict))
    }

    /// Those that it was made of, in their order.
    pub(crate) fn each(self) -> Vec<Self> {
        if self.parts.is_empty() { vec![self] } else { self.parts }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_are_told_in_one_and_found_again() {
        let (key, proxy) = (SetupError::new("no key", "set it\nor not"), SetupError::new("no proxy", "set it"));
        let unjudged = SetupError::unjudged("the token, because there is no file");
        let both = SetupError::all(vec![key.clone(), proxy.clone()]).unwrap();
        let all = SetupError::all(vec![unjudged.clone(), both, key.clone()]).unwrap();
        assert_eq!((all.message.as_str(), all.help.as_str()), ("no key; no proxy", "set it\nor not"));
        assert!(!all.is_unjudged());
        assert_eq!(all.told().collect::<Vec<_>>(), [&key, &proxy]);
        assert_eq!(key.told().collect::<Vec<_>>(), [&key]);
        assert_eq!(all.each(), [unjudged.clone(), key, proxy]);
        assert_eq!(SetupError::all(vec![unjudged.clone(), unjudged.clone()]), Some(unjudged));
        assert_eq!(SetupError::all(Vec::new()), None);
    }
}
