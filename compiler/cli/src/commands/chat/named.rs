//! Conversations that are kept under a name: sessions in the store, of who asks, with one agent. Which one has the name, the store
//! says; nothing of it is here.

use std::fmt;
use std::str::FromStr;

use pace_ir::program::AgentName;
use pace_runner::invoke::Conversation;
use pace_runner::session::{Overview, Owner};
use pace_runner::{Problem, Runner};

/// What a conversation is kept under: a label, as agents' names are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionName(String);

impl FromStr for SessionName {
    type Err = pace_ir::program::name::MalformedName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<AgentName>().map(|label| Self(label.to_string()))
    }
}

impl fmt::Display for SessionName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A conversation with a name.
#[derive(Debug)]
pub(super) struct Named {
    name: SessionName,
    owner: Owner,
    /// As it was found; nothing where it begins.
    found: Option<Overview>,
}

impl Named {
    /// Looks for it.
    ///
    /// # Errors
    /// The store cannot say.
    pub(super) async fn find(runner: &Runner, owner: Owner, name: SessionName) -> Result<Self, Problem> {
        let found = runner.sessions().named(&owner, &name.0).await?;
        Ok(Self { name, owner, found })
    }

    /// What it is kept under.
    pub(super) fn name(&self) -> &SessionName {
        &self.name
    }

    /// How many turns it had when it was found.
    pub(super) fn turns(&self) -> u64 {
        self.found.as_ref().map_or(0, |found| found.turns)
    }

    /// Where it goes on.
    pub(super) fn conversation(&self) -> Conversation {
        let begins = || Conversation::Named(self.name.0.clone());
        self.found.as_ref().map_or_else(begins, |found| Conversation::Session(found.id))
    }

    /// Forgets what was said under the name, by whichever command.
    ///
    /// # Errors
    /// The store fails.
    pub(super) async fn forget(&mut self, runner: &Runner) -> Result<(), Problem> {
        self.found = runner.sessions().named(&self.owner, &self.name.0).await?;
        if let Some(found) = &self.found {
            runner.sessions().forget(&self.owner, found.id).await?;
        }
        self.found = None;
        Ok(())
    }
}
