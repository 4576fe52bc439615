//! A conversation as both manners of `pace chat` hold it: each message is an invocation, and goes on from the last one that
//! was answered.

use std::sync::Arc;
use std::time::Duration;

use pace_diag::nearest;
use pace_ir::Bundle;
use pace_ir::access::{Chain, Subject};
use pace_ir::program::{AgentName, ModelName, Role};
use pace_ir::text::quoted;
use pace_runner::events::Answer;
use pace_runner::invoke::{Admitted, Call, Conversation, admit, may_begin};
use pace_runner::problem::Code;
use pace_runner::session::Owner;
use pace_runner::tool::{AgentTools, Status};
use pace_runner::work::Work;
use pace_runner::{Problem, Runner};

use super::calls;
use super::named::{Named, SessionName};
use crate::exit::Ended;

/// A conversation.
#[derive(Debug)]
pub(super) struct Talk {
    runner: Arc<Runner>,
    agent: AgentName,
    subject: Subject,
    next: Conversation,
    named: Option<Named>,
}

impl Talk {
    /// A conversation that begins, or goes on from where one of this name is.
    ///
    /// # Errors
    /// The rules do not let the subject talk to the agent: said before anything is typed. The store does not say which has the name.
    pub(super) async fn new(
        runner: Arc<Runner>,
        agent: AgentName,
        subject: Subject,
        name: Option<SessionName>,
    ) -> Result<Self, Ended> {
        if let Err(problem) = may_begin(&runner, &agent, &Chain::direct(subject.clone())) {
            let help = help(&problem).map(|help| help + &admitted(runner.bundle(), &agent));
            return Err(Ended::errors(problem.detail, help));
        }
        let owner = Owner { agent: agent.clone(), principal: subject.principal.clone(), within: None };
        let named = match name {
            None => None,
            Some(name) => Some(Named::find(&runner, owner, name).await.map_err(|problem| ended(&problem))?),
        };
        let next = named.as_ref().map_or(Conversation::New, Named::conversation);
        Ok(Self { runner, agent, subject, next, named })
    }

    /// Who answers.
    pub(super) fn agent(&self) -> &AgentName {
        &self.agent
    }

    /// What answers for it.
    pub(super) fn model(&self) -> Option<&ModelName> {
        Some(&self.runner.agent(&self.agent)?.spec.model)
    }

    /// Whether its replies are data.
    pub(super) fn is_data(&self) -> bool {
        self.runner.agent(&self.agent).is_some_and(|agent| agent.output.is_some())
    }

    /// What the agent may call, in words.
    pub(super) fn introductions(&self) -> Vec<String> {
        self.runner.tools(&self.agent).map(AgentTools::introductions).unwrap_or_default()
    }

    /// What is wrong with servers, one line each: connects to all of them.
    pub(super) async fn troubles(&self) -> Vec<String> {
        let servers = self.runner.servers(&Chain::direct(self.subject.clone())).await;
        let words = servers.into_iter().flat_map(|(_, server, status)| match status {
            Status::Connected => Vec::new(),
            Status::Failed(why) => vec![format!("`{}` is not connected: {why}", quoted(server.alias()))],
            Status::Differs(tools) => {
                tools.into_iter().map(|why| format!("`{}`: {why}", quoted(server.alias()))).collect()
            }
        });
        words.collect()
    }

    /// What is going on.
    pub(super) fn runner(&self) -> &Arc<Runner> {
        &self.runner
    }

    /// What it is kept under.
    pub(super) fn named(&self) -> Option<&Named> {
        self.named.as_ref()
    }

    /// The next message's invocation.
    ///
    /// # Errors
    /// What [`admit`] says.
    pub(super) async fn say(&self, message: String) -> Result<Admitted, Problem> {
        let call = Call {
            agent: self.agent.clone(),
            chain: Chain::direct(self.subject.clone()),
            message,
            conversation: self.next.clone(),
            trace: None,
        };
        admit(&self.runner, call).await
    }

    /// Goes on from here.
    ///
    /// # Errors
    /// What was said is not kept, although it was to be.
    pub(super) fn answered(&mut self, answer: &Answer) -> Result<(), Ended> {
        if let Some(why) = answer.unkept {
            let message = format!("the answer is not kept in the session: {why}");
            return Err(Ended::errors(message, Some("the conversation is as it was before; say it again".to_owned())));
        }
        self.next = Conversation::Session(answer.session);
        Ok(())
    }

    /// Begins anew.
    ///
    /// # Errors
    /// What was said under its name cannot be forgotten.
    pub(super) async fn reset(&mut self) -> Result<(), Ended> {
        self.next = match &mut self.named {
            None => Conversation::New,
            Some(named) => {
                named.forget(&self.runner).await.map_err(|problem| ended(&problem))?;
                named.conversation()
            }
        };
        Ok(())
    }
}

/// What to do about a problem, where the command line knows more than the runner.
pub(crate) fn help(problem: &Problem) -> Option<String> {
    match problem.code {
        Code::NotAllowed => Some(calls::AS.to_owned()),
        _ => problem.help.clone(),
    }
}

/// The most principals that are named; a longer list is `pace who-can`'s to tell.
const MOST_ADMITTED: usize = 4;

/// A line about whom an agent admits, where they are few.
pub(crate) fn admitted(bundle: &Bundle, agent: &AgentName) -> String {
    let acl = bundle.auth.agents.get(agent).and_then(|access| access.acl.as_ref());
    let acl = acl.into_iter().flat_map(|acl| acl.iter()).filter(|(_, role)| *role == Role::Execute);
    let names: Vec<_> = acl.map(|(principal, _)| quoted(&principal.to_string())).collect();
    if names.is_empty() || names.len() > MOST_ADMITTED {
        return String::new();
    }
    format!("\nthe agent admits {}", nearest::listing(names.iter().map(String::as_str)))
}

/// How long a write that was begun is waited for without a word.
const MOMENT: Duration = Duration::from_millis(300);

/// Waits until every live write that was begun is done and on record; `tell` is called where that takes a while.
pub(crate) async fn written(work: &Work, tell: impl FnOnce()) {
    if tokio::time::timeout(MOMENT, work.written()).await.is_err() {
        tell();
        work.written().await;
    }
}

/// A problem that ends the run.
pub(super) fn ended(problem: &Problem) -> Ended {
    Ended::errors(problem.detail.clone(), help(problem))
}

/// One line about an answer that is cut.
pub(super) fn cut(answer: &Answer) -> Option<String> {
    let reason = answer.cut.as_deref()?;
    Some(match reason {
        "length" => "the answer is cut: the model reached its longest output".to_owned(),
        reason => format!("the answer is cut: the model's service stopped it ({})", quoted(reason)),
    })
}
