//! The store and the collector, as far as the settings that name them are right: a wrong time of keeping says nothing about either.

use pace_ir::Bundle;
use pace_state::Looked;

use super::Found;
use crate::config::otlp::shown;
use crate::config::{self, StatePlace, StateSettings, Usual};
use crate::environment::Environment;
use crate::state;
use crate::trace::otlp::{Program, probe};

/// The variables that say where the store is.
const PLACE: [&str; 3] = ["PACE_STATE_DIR", "DATABASE_URL", "DATABASE_URL_FILE"];
/// Those that say what is done with what is in it.
const KEPT: [&str; 2] = ["PACE_ENVIRONMENT", "PACE_RETENTION"];

impl Found {
    /// Looks whether there is a store, and makes none: who checks may be somebody else than who serves. Returns
    /// settings that say where it is to be, if that is known; all else in them is right only if nothing is wrong.
    pub(super) async fn state(
        &mut self,
        bundle: &Bundle,
        environment: &Environment,
        usual: Usual<'_>,
    ) -> Option<StateSettings> {
        let settings = self.take(config::state_settings(environment, usual));
        // Of wrong settings, those are read again that have to do with the one thing alone.
        let of = |kept: &dyn Fn(&str) -> bool| config::state_settings(&environment.only(kept), usual).ok();
        let traced = settings.clone().or_else(|| of(&|name| !PLACE.contains(&name) && !KEPT.contains(&name)));
        match traced {
            Some(settings) => self.collector(bundle, &settings, environment).await,
            None => self.unjudged("the collector of traces, because its settings are wrong".to_owned()),
        }
        let Some(settings) = settings.or_else(|| of(&|name| PLACE.contains(&name))) else {
            self.unjudged("the store, because the settings that name it are wrong".to_owned());
            return None;
        };
        if let Some(looked) = self.take(state::look(&settings, environment).await) {
            let place = match &settings.place {
                None => "none is kept".to_owned(),
                Some(StatePlace::Folder(folder)) => format!("the folder `{}`", crate::load::shown(folder)),
                // The address may hold a password.
                Some(StatePlace::Database(_)) => "the database at `DATABASE_URL`".to_owned(),
            };
            let begun = match looked {
                None | Some(Looked::Ready) => "",
                Some(Looked::Older) => ", which the start brings up to date",
                Some(Looked::Absent) => ", which the start sets up",
            };
            self.fine(format!("state: {place}{begun}"));
        }
        Some(settings)
    }

    /// Sends nothing to the collector, where there is one, and heeds what it answers. One that is away keeps nothing from starting.
    async fn collector(&mut self, bundle: &Bundle, settings: &StateSettings, environment: &Environment) {
        let Some(otlp) = &settings.otlp else { return };
        let project = bundle.meta.project.to_string();
        let program = Program { project: &project, deployment: &settings.environment };
        let address = shown(&otlp.endpoint);
        match self.take(probe(otlp, program, environment).await) {
            Some(Ok(())) => self.fine(format!("collector: `{address}`, takes spans")),
            Some(Err(why)) => self.odd.push(format!("the collector at `{address}` takes no spans now: {why}")),
            None => {}
        }
    }
}
