//! The texts of statements as PostgreSQL reads them, each made once.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::settings::LeaseClock;

/// Texts by what they were made of. As many as the crate has statements.
pub(super) struct Texts {
    now: &'static str,
    made: RwLock<HashMap<String, Arc<str>>>,
}

impl Texts {
    pub(super) fn new(clock: LeaseClock) -> Self {
        let now = match clock {
            // The parameter has to be used, so that it has a type.
            LeaseClock::Database => {
                "(CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) + 0 * CAST($1 AS BIGINT))"
            }
            LeaseClock::Caller => "CAST($1 AS BIGINT)",
        };
        Self { now, made: RwLock::default() }
    }

    pub(super) fn of(&self, sql: &str) -> Arc<str> {
        if let Some(text) = self.made.read().unwrap_or_else(PoisonError::into_inner).get(sql) {
            return Arc::clone(text);
        }
        let text: Arc<str> = sql.replace("NOW(?1)", self.now).replace('?', "$").into();
        let mut made = self.made.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(made.entry(sql.to_owned()).or_insert(text))
    }
}
