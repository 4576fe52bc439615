//! A process that writes to a store as a runner does, for tests that kill it: `writer <folder> load|fill|open`.
//!
//! It says on standard output what it was told is stored, a line each, so that what survives can be compared.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use pace_state::{
    AuditEntry, AuditKind, AuditLog, Begun, Key, Location, Moment, NewSession, Scope, SessionInside, SessionOwner,
    Settings, SinkSettings, Store, StoreError, Trace, TraceSink, TraceStatus, TurnEnd,
};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("say which folder")?;
    let mode = arguments.next().unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let scope = Scope { project: "shop".to_owned(), environment: "test".to_owned() };
        let store = Store::open(Location::Sqlite(folder.into()), scope, Settings::default()).await?;
        match mode.as_str() {
            "load" => load(store).await,
            "fill" => fill(&store).await,
            _ => Ok(()),
        }
    })
}

/// Sessions, traces and audit, until it is killed.
async fn load(store: Store) -> Result<()> {
    let log = Arc::new(AuditLog::begin(&store, key()?, Moment(0)).await?);
    say(&format!("instance {}", log.instance()));
    // What may be lost is bounded by construction: one batch that is being stored, and as many that wait.
    let settings = SinkSettings { traces: 64, batch: 64, delay: Duration::from_millis(5), ..SinkSettings::default() };
    let sink = TraceSink::begin(store.clone(), settings);
    let tasks = (0..8).map(|_| tokio::spawn(converse(store.clone(), Arc::clone(&log), sink.clone())));
    for task in tasks.collect::<Vec<_>>() {
        task.await??;
    }
    Ok(())
}

/// A session, turn by turn, each with a write.
async fn converse(store: Store, log: Arc<AuditLog>, sink: TraceSink) -> Result<()> {
    let owner = SessionOwner { agent: "helper".to_owned(), principal: "user:ann".to_owned(), parent: None };
    let id = key()?;
    let new = NewSession { owner: owner.clone(), id, name: None, created: Moment(0) };
    store.create_session(&new, &end(id, 1)).await?;
    for turn in 2.. {
        let (invocation, call) = (key()?, turn.to_string());
        let begun = store.begin_turn(&owner, id, None, Duration::from_mins(1), Moment(turn)).await?;
        let Begun::Taken { lease, .. } = begun else { return Err("nobody else takes turns".into()) };
        let entry = |kind| AuditEntry { kind, invocation, call: call.clone(), at: Moment(turn), payload: vec![1; 200] };
        let intent = log.append(entry(AuditKind::Intent)).await?;
        say(&format!("intent {intent}"));
        let outcome = log.append(entry(AuditKind::Outcome { intent })).await?;
        say(&format!("outcome {outcome}"));
        store.commit_turn(&lease, &end(id, turn)).await?;
        say(&format!("session {id} {turn}"));
        if sink.offer((trace(invocation, turn), vec![2; 500])) {
            say("trace");
        }
    }
    Ok(())
}

/// Until nothing more can be stored; then says why, and whether there is still an answer. A line on standard input, and it
/// goes on.
async fn fill(store: &Store) -> Result<()> {
    let mut stored = 0;
    let error = loop {
        let rows: Vec<_> = (0..20).map(|turn| Ok((trace(key()?, turn), vec![3; 2000]))).collect::<Result<_>>()?;
        match store.insert_traces(&rows).await {
            Ok(()) => stored += 20,
            Err(error) => break error,
        }
    };
    say(&format!("stored {stored}"));
    say(match error {
        StoreError::Full { .. } => "full",
        StoreError::Unavailable { .. } => "unavailable",
        _ => "other",
    });
    let found = store.traces(&pace_state::TraceFilter::default(), None, 10).await?;
    say(&format!("readable {}", found.rows.len()));
    // At the end of its input it ends.
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// What stands in a session after a turn: as long as a conversation, and no other turn's.
fn conversation(turn: i64) -> Vec<u8> {
    format!("{turn};").repeat(600).into_bytes()
}

/// A turn with a session inside it that is as far.
fn end(id: Key, turn: i64) -> TurnEnd {
    let owner = SessionOwner { agent: "helper".to_owned(), principal: "user:ann".to_owned(), parent: Some(id) };
    let inside = SessionInside {
        owner,
        id: Key(!id.0),
        turns: turn.unsigned_abs(),
        created: Moment(0),
        conversation: conversation(turn),
    };
    TurnEnd { conversation: conversation(turn), inside: vec![inside], now: Moment(turn) }
}

/// A line, whole.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    // Whoever listened is gone; then this process is about to be killed.
    let _unheard = out.write_all(format!("{text}\n").as_bytes()).and_then(|()| out.flush());
}

fn key() -> Result<Key> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
    Ok(Key(u128::from_le_bytes(bytes)))
}

fn trace(id: Key, at: i64) -> Trace {
    Trace {
        id,
        parent: None,
        root: id,
        agent: "helper".to_owned(),
        loop_name: None,
        subject: "user:ann".to_owned(),
        actors: "[]".to_owned(),
        model: None,
        bundle: "b3:0".to_owned(),
        status: TraceStatus::Ok,
        error: None,
        started: Moment(at),
        duration: Duration::from_millis(1),
        input_tokens: 1,
        output_tokens: 1,
        cost: None,
        model_calls: 1,
        tool_calls: 1,
        denials: 0,
    }
}
