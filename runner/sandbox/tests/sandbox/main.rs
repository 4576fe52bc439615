//! The sandbox from outside: tools in source, compiled by its engine and called, with what they did and what was left of
//! them. Hostile ones among them: none may hurt the process, another call, or learn what it was not granted.

mod concurrency;
mod corrupted;
mod describe;
mod digest;
mod fixed;
mod hostile;
mod isolation;
mod limits;
mod loaded;
mod network;
mod redaction;
mod server;
mod support;
mod tls;
mod told;
mod web;
