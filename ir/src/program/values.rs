//! The other half of duty 8: values that their types would allow and no compiler writes. A runner that met one would have
//! to guess, so a reader refuses it; what is only long, empty or oddly spelled is nobody's guess and passes.

use super::agent::{Generation, Limits};
use super::authentication::{Authentication, Source, TokenSecret};
use super::authorization::Credential;
use super::model::{Model, Provider};
use super::principal::Principal;
use super::quantity::Milliseconds;
use super::template::{Template, TemplatePart};
use super::tool::{Net, PinnedServer, Target, ToolEntry};
use super::{Agent, Bundle};
use crate::text::quoted;

/// The most texts at which a model stops.
pub const MAX_STOPS: usize = 8;

/// A value that means nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{holder} {fault}")]
pub struct MeaninglessValue {
    /// What is at fault: ``agent `helper` ``.
    pub holder: String,
    /// In which way: ``has the temperature NaN; it is from 0 to 2``.
    pub fault: String,
}

type Check = Result<(), MeaninglessValue>;

impl Bundle {
    /// Checks the values that no type can.
    ///
    /// # Errors
    /// The first value that means nothing, in the order agents, loops, models, authentication, credentials, servers,
    /// engine.
    pub fn check_values(&self) -> Check {
        for (name, agent) in &self.program.agents {
            check_agent(agent).map_err(|fault| at(format!("agent `{name}`"), fault))?;
        }
        for (name, l) in &self.program.loops {
            lasts(l.timeout).map_err(|fault| at(format!("loop `{name}`"), fault))?;
        }
        for (name, model) in &self.program.models {
            check_model(model).map_err(|fault| at(format!("model `{name}`"), fault))?;
        }
        check_authentication(&self.auth.authentication).map_err(|fault| at("the authentication".to_owned(), fault))?;
        for (server, of_server) in &self.auth.credentials {
            for (principal, credential) in of_server {
                let holder = || {
                    let (principal, server) = (principal.to_string(), quoted(server));
                    format!("the credential of `{}` for `{server}`", quoted(&principal))
                };
                templates_of(credential).into_iter().try_for_each(joined).map_err(|fault| at(holder(), fault))?;
            }
        }
        for (server, pinned) in &self.tools.servers {
            check_server(pinned).map_err(|fault| at(format!("server `{}`", quoted(server)), fault))?;
        }
        self.check_engine()
    }

    /// An engine is named where tools were compiled by one.
    fn check_engine(&self) -> Check {
        match (self.meta.engine.is_some(), self.tools.local.keys().next()) {
            (false, Some(tool)) => Err(at(
                "the bundle".to_owned(),
                format!("holds the compiled tool `{}` and names no engine", quoted(tool)),
            )),
            (true, None) => Err(at("the bundle".to_owned(), "names an engine and holds no compiled tool".to_owned())),
            _ => Ok(()),
        }
    }
}

fn at(holder: String, fault: String) -> MeaninglessValue {
    MeaninglessValue { holder, fault }
}

type Fault = Result<(), String>;

fn holds(is_held: bool, fault: impl FnOnce() -> String) -> Fault {
    if is_held { Ok(()) } else { Err(fault()) }
}

fn check_agent(agent: &Agent) -> Fault {
    check_generation(&agent.generation)?;
    check_limits(&agent.limits)?;
    agent.tools.iter().try_for_each(check_entry)
}

/// Comparisons with NaN are false, so it is in no range.
fn check_generation(generation: &Generation) -> Fault {
    let Generation { temperature, top_p, max_output_tokens, stop, thinking_budget } = generation;
    if let Some(value) = temperature {
        // Zero has two encodings, and equality does not tell them apart.
        let fits = (0.0..=2.0).contains(value) && value.is_sign_positive();
        holds(fits, || format!("has the temperature {value:?}; it is from 0 to 2"))?;
    }
    if let Some(value) = top_p {
        holds(*value > 0.0 && *value <= 1.0, || format!("has the top_p {value:?}; it is over 0 and at most 1"))?;
    }
    holds(*max_output_tokens != Some(0), || "has a longest reply of no tokens".to_owned())?;
    holds(stop.len() <= MAX_STOPS, || format!("stops at {} texts; there are at most {MAX_STOPS}", stop.len()))?;
    let budget = thinking_budget.unwrap_or_default();
    holds(budget >= -1, || format!("has the thinking budget {budget}; it is -1 or more"))
}

fn check_limits(limits: &Limits) -> Fault {
    holds(limits.max_turns > 0, || "may not call its model once".to_owned())?;
    lasts(Some(limits.timeout))
}

fn lasts(timeout: Option<Milliseconds>) -> Fault {
    holds(timeout != Some(Milliseconds(0)), || "has no time to do anything".to_owned())
}

fn check_entry(entry: &ToolEntry) -> Fault {
    lasts(entry.timeout)?;
    entry.env.values().try_for_each(joined)?;
    match &entry.target {
        // Values that a tool may send to anybody are no secrets.
        Target::Local(local) => holds(local.net != Net::AnyPublic || entry.env.is_empty(), || {
            format!("gives `{}` variables and lets it connect anywhere", quoted(&local.tool))
        }),
        Target::Server(server) => server.args.iter().try_for_each(joined),
        Target::Agent(_) => Ok(()),
    }
}

fn check_server(server: &PinnedServer) -> Fault {
    joined(&server.address)?;
    server.package.as_ref().map_or(Ok(()), |package| {
        let is_below = package.entry.split('/').all(|part| !matches!(part, "" | "." | ".."));
        holds(is_below && !package.entry.contains(['\\', '\0']), || {
            format!("is started by `{}`, which is not below the folder of its packages", quoted(&package.entry))
        })
    })
}

fn check_model(model: &Model) -> Fault {
    match (model.provider, model.turns) {
        (Provider::Replay, None) => return Err("answers from recorded turns and has none".to_owned()),
        (Provider::Replay, Some(_)) | (_, None) => {}
        (other, Some(_)) => {
            return Err(format!("has recorded turns; its provider `{}` has no use for them", other.as_str()));
        }
    }
    model.base_url.iter().chain(&model.api_key).try_for_each(joined)
}

fn check_authentication(authentication: &Authentication) -> Fault {
    let Authentication::Sources(sources) = authentication else { return Ok(()) };
    for source in sources {
        match source {
            Source::Jwt(jwt) => jwt.jwks.iter().try_for_each(joined)?,
            Source::Tokens(tokens) => {
                for token in tokens {
                    let is_somebody = matches!(token.principal, Principal::User(_) | Principal::ServiceAccount(_));
                    holds(is_somebody, || {
                        format!("has a token of `{}`, who is nobody", quoted(&token.principal.to_string()))
                    })?;
                    if let TokenSecret::Value(value) = &token.secret {
                        joined(value)?;
                    }
                }
            }
            Source::Header(_) => {}
        }
    }
    Ok(())
}

fn templates_of(credential: &Credential) -> Vec<&Template> {
    match credential {
        Credential::Bearer(value) | Credential::Header(_, value) => vec![value],
        Credential::OauthClient(client) => {
            client.token_url.iter().chain([&client.client_id, &client.client_secret]).collect()
        }
        Credential::OauthUser(user) => user.client_id.iter().collect(),
        Credential::Env(variables) => variables.values().collect(),
    }
}

/// Two literals side by side, or an empty one, would be a second way to write one text, and two bundles that do the same
/// would differ.
fn joined(template: &Template) -> Fault {
    let mut pairs = template.parts.iter().zip(template.parts.iter().skip(1));
    let apart =
        |(a, b): (&TemplatePart, &TemplatePart)| matches!((a, b), (TemplatePart::Literal(_), TemplatePart::Literal(_)));
    let is_empty = |part: &TemplatePart| matches!(part, TemplatePart::Literal(text) if text.is_empty());
    holds(!pairs.any(apart) && !template.parts.iter().any(is_empty), || {
        format!("holds the text `{}` in more pieces than it has", quoted(&template.to_string()))
    })
}
