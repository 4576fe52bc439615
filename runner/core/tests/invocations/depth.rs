//! How much of a stack agents take that call each other: each is polled on the stack of its caller, and a stack that is not
//! long enough ends the process.

use std::sync::{Arc, Mutex};

use pace_ir::access::{Chain, Subject};
use pace_ir::program::Access;
use pace_runner::State;
use pace_runner::events::{Event, EventSink, Source};
use pace_runner::invoke::{Call, Conversation, admit};
use serde_json::{Value, json};

use crate::delegation::{Agents, asks};

/// As deep as agents may call each other, and the one that is asked first.
const LEVELS: usize = 9;
/// The most bytes of stack that one level may take, in a build for tests, whose frames are several times as long as those of a release.
const MOST: usize = 64 << 10;
/// Half of what threads of tokio and of the standard library have.
const STACK: usize = 1 << 20;

/// Writes down where on the stack it hears that an agent begins.
#[derive(Debug, Default)]
struct Depths(Mutex<Vec<usize>>);

impl EventSink for Depths {
    fn on_event(&self, _source: &Source, event: &Event<'_>) {
        if matches!(event, Event::Started { .. }) {
            let here = 0_u8;
            self.0.lock().unwrap().push(std::ptr::from_ref(&here).addr());
        }
    }
}

/// Agents in a row, `lead` first; each asks the next.
fn row() -> Agents {
    let names: Vec<_> = (0..LEVELS).map(|at| if at == 0 { "lead".to_owned() } else { format!("agent-{at}") }).collect();
    let mut turns: Vec<Value> = Vec::new();
    for (at, next) in names.iter().skip(1).enumerate() {
        turns.extend(asks(&format!("go {at}"), &[(next, &format!("go {}", at + 1))]));
    }
    turns.push(json!({"user": format!("go {}", LEVELS - 1), "model": "the bottom"}));
    let mut agents = Agents::new(&Value::from(turns));
    for (at, name) in names.iter().enumerate() {
        let calls: Vec<_> = names.get(at + 1).map(|next| (next.as_str(), Access::Read)).into_iter().collect();
        agents = agents.agent(name, &calls);
    }
    agents
}

#[test]
fn the_deepest_row_of_agents_fits_a_small_stack() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_stack_size(STACK)
        .enable_all()
        .build()
        .unwrap();
    let depths = Arc::new(Depths::default());
    let heard = Arc::clone(&depths);
    // On a worker, whose stack is as long as it was asked for.
    let asked = runtime.spawn(async move {
        let runner = row().runner_with(State::default());
        let chain = Chain::direct(Subject::new("user:ann".parse().unwrap()));
        let (agent, message) = ("lead".parse().unwrap(), "go 0".to_owned());
        let call = Call { agent, chain, message, conversation: Conversation::New, trace: None };
        admit(&runner, call).await.unwrap().run(&*heard).await.unwrap().usage.model_calls
    });
    assert_eq!(runtime.block_on(asked).unwrap() as usize, 2 * LEVELS - 1, "all of them answered");
    let places = depths.0.lock().unwrap().clone();
    let levels: Vec<_> = places.windows(2).map(|two| two[0].abs_diff(two[1])).collect();
    assert_eq!(levels.len(), LEVELS - 1);
    assert!(levels.iter().all(|bytes| *bytes < MOST), "bytes of stack, level by level: {levels:?}");
}
