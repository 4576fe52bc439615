//! The loops, for those who may do something with them.

use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::State;
use axum::response::Response;
use chrono::SecondsFormat;
use hyper::StatusCode;
use pace_ir::access::{Origin, Subject};
use schemars::JsonSchema;
use serde::Serialize;

use super::reply::json;
use super::routes::{Asker, Shared};
use crate::authorize::Action;
use crate::instantiate::{NextFiring, ServedLoop};

/// `GET /loops`: those that whoever asks may trigger or read. What the others are called is nobody else's business.
pub(super) async fn list(State(shared): State<Arc<Shared>>, Asker(subject): Asker) -> Response {
    let loops = shared.runner.loops(SystemTime::now().into());
    let loops = loops.map(|scheduled| Entry::new(&scheduled, may(&shared, &subject, &scheduled)));
    let loops = loops.filter(|entry| !entry.may.is_empty()).collect();
    json(StatusCode::OK, &List { is_fired: FIRES, loops })
}

/// Whether this version fires loops, and has them triggered.
const FIRES: bool = false;

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Loops")]
pub(super) struct List<'a> {
    /// Whether this version fires them; while it does not, `next` and `may` say what schedules and rules would allow.
    is_fired: bool,
    loops: Vec<Entry<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Loop")]
struct Entry<'a> {
    name: &'a str,
    /// Five fields, or a word such as `@daily`.
    schedule: String,
    timezone: String,
    agent: &'a str,
    is_enabled: bool,
    /// When it fires next: RFC 3339; absent where it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// Of `trigger`, `instruct` and `read`, what whoever asks may do with it.
    may: Vec<&'static str>,
}

impl<'a> Entry<'a> {
    fn new(scheduled: &ServedLoop<'a>, may: Vec<&'static str>) -> Self {
        let next = match scheduled.next {
            NextFiring::At(next) => Some(next.to_rfc3339_opts(SecondsFormat::Secs, true)),
            NextFiring::Never | NextFiring::Disabled => None,
        };
        Self {
            name: scheduled.name.as_str(),
            schedule: scheduled.schedule.to_string(),
            timezone: scheduled.timezone.to_string(),
            agent: scheduled.agent.as_str(),
            is_enabled: scheduled.next != NextFiring::Disabled,
            next,
            may,
        }
    }
}

fn may(shared: &Shared, subject: &Subject, scheduled: &ServedLoop<'_>) -> Vec<&'static str> {
    let all = [
        ("trigger", Action::Trigger(scheduled.name, Origin::Listener)),
        ("instruct", Action::Instruct(scheduled.name, Origin::Listener)),
        ("read", Action::ReadLoop(scheduled.name)),
    ];
    all.into_iter().filter(|(_, action)| shared.may(subject, *action)).map(|(word, _)| word).collect()
}
