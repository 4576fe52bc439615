//! The store against both of its databases. What holds for both is one suite, run twice; PostgreSQL is a real server, started
//! for these tests in a folder of its own.

mod attacks;
mod audit;
mod firings;
mod idempotency;
mod postgres;
mod prune;
mod schema;
mod sessions;
mod sink;
mod sqlite;
mod support;
mod traces;
