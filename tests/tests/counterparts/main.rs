//! The runner against models' services from other hands: mocks of all three interfaces, one that judges how it retries, one
//! that is as strict as Gemini about signatures, one that does all that a broken or hostile service can do, and a small
//! real model. Everything runs through the real `pace-runner`, over HTTP, on bundles that `pace` built.

mod aimock;
mod conformance;
mod hostile;
mod http;
mod llmock;
mod program;
mod runner;
mod smollm;
mod strict;
mod tools;

/// The agents of the project, one for each interface.
const AGENTS: [&str; 3] = ["gemini", "openai", "anthropic"];
