//! What the store costs: `cargo run --release -p pace-state --example measure -- requests|traces|audit [postgresql://…]`.
//!
//! `requests` plays a runner under load: tasks that compute for a quarter of a millisecond and then store a session and a trace, and
//! the same without a store; the difference is the store's. `traces` asks lists of 10^3 and of 10^6 traces. `audit` appends.
//! `fill <folder>` stores 10^6 traces of the last day as those of a runner of the project `bench`, for `cargo xtask bench state`.

#![expect(clippy::print_stdout, reason = "figures are what it is for")]

use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use pace_state::{
    AuditEntry, AuditKind, AuditLog, Begun, Key, Location, Moment, NewSession, PostgresSettings, Scope, SessionOwner,
    Settings, SinkSettings, Store, Trace, TraceFilter, TraceSink, TraceStatus, TurnEnd,
};

/// Bytes of a conversation and of a trace's record, as two turns with two calls of tools make them.
const CONVERSATION: usize = 1200;
const RECORD: usize = 1500;
const REQUESTS: u32 = 20_000;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_default();
    let url = arguments.next();
    let folder = tempfile::tempdir_in(".")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        if let ("fill", Some(folder)) = (what.as_str(), &url) {
            return fill(Path::new(folder)).await;
        }
        let store = open(folder.path(), url).await?;
        match what.as_str() {
            "requests" => requests(&store).await,
            "traces" => traces(&store).await,
            "audit" => audit(&store).await,
            _ => Err("say `requests`, `traces`, `audit` or `fill <folder>`".into()),
        }?;
        Ok(store.close().await?)
    })
}

async fn open(folder: &Path, url: Option<String>) -> Result<Store> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let tls = Arc::new(tls.with_root_certificates(roots).with_no_client_auth());
    let location =
        url.map_or(Location::Sqlite(folder.to_owned()), |url| Location::Postgres(PostgresSettings::new(url, tls)));
    let scope = Scope { project: "measure".to_owned(), environment: Instant::now().elapsed().as_nanos().to_string() };
    let settings = Settings { deadline: Duration::from_mins(1), ..Settings::default() };
    Ok(Store::open(location, scope, settings).await?)
}

async fn fill(folder: &Path) -> Result<()> {
    let scope = Scope { project: "bench".to_owned(), environment: "production".to_owned() };
    let settings = Settings { deadline: Duration::from_mins(1), ..Settings::default() };
    let store = Store::open(Location::Sqlite(folder.to_owned()), scope, settings).await?;
    let now = i64::try_from(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_millis())?;
    for thousand in (0..1000).rev() {
        let started = |number: i64| Moment(now - thousand * 86_400 - number * 86);
        let rows: Vec<_> =
            (0..1000).map(|number| (Trace { started: started(number), ..trace(1000) }, vec![b'y'; 300])).collect();
        store.insert_traces(&rows).await?;
    }
    Ok(store.close().await?)
}

async fn requests(store: &Store) -> Result<()> {
    for connections in [1, 16] {
        let idle = load(connections, None, Kind::New).await?;
        println!("{connections} connections, nothing stored: {idle:.1} µs of processor time a request");
        for (kind, name) in [(Kind::New, "new session"), (Kind::Next, "next turn")] {
            let busy = load(connections, Some(store), kind).await?;
            println!("{connections} connections, {name} and trace: {:.1} µs more", busy - idle);
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Kind {
    New,
    Next,
}

/// Processor time of a request, in microseconds.
async fn load(connections: u32, store: Option<&Store>, kind: Kind) -> Result<f64> {
    let sink =
        store.map(|store| TraceSink::begin(store.clone(), SinkSettings { traces: 100_000, ..SinkSettings::default() }));
    let work = calibrate();
    let begun = processor_time()?;
    let tasks = (0..connections).map(|_| {
        let (store, sink) = (store.cloned(), sink.clone());
        tokio::spawn(async move {
            let id = key();
            if let (Some(store), Kind::Next) = (&store, kind) {
                store.create_session(&new(id), &end()).await.map_err(|error| error.to_string())?;
            }
            for _ in 0..REQUESTS / connections {
                compute(work);
                if let (Some(store), Some(sink)) = (&store, &sink) {
                    one(store, kind, id).await.map_err(|error| error.to_string())?;
                    if !sink.offer((trace(1000), vec![b'y'; RECORD])) {
                        return Err("a trace was dropped".to_owned());
                    }
                }
                tokio::task::yield_now().await;
            }
            Ok(())
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await??;
    }
    if let Some(sink) = sink {
        sink.flush(Duration::from_mins(1)).await?;
    }
    Ok((processor_time()? - begun) / f64::from(REQUESTS))
}

async fn one(store: &Store, kind: Kind, id: Key) -> Result<()> {
    match kind {
        Kind::New => store.create_session(&new(key()), &end()).await?,
        Kind::Next => {
            let begun = store.begin_turn(&owner(), id, None, Duration::from_mins(1), now()).await?;
            let Begun::Taken { lease, .. } = begun else { return Err("the session is busy".into()) };
            store.commit_turn(&lease, &end()).await?;
        }
    }
    Ok(())
}

fn new(id: Key) -> NewSession {
    NewSession { owner: owner(), id, name: None, created: now() }
}

fn end() -> TurnEnd {
    TurnEnd { conversation: vec![b'x'; CONVERSATION], inside: Vec::new(), now: now() }
}

async fn traces(store: &Store) -> Result<()> {
    let mut stored = 0;
    for count in [1_000_u32, 1_000_000] {
        let begun = (processor_time()?, Instant::now());
        let added = count - stored;
        while stored < count {
            let rows: Vec<_> = (0..1000).map(|_| (trace(1000), vec![b'y'; 300])).collect();
            store.insert_traces(&rows).await?;
            stored += 1000;
        }
        let processor = (processor_time()? - begun.0) / f64::from(added);
        println!(
            "{count} traces: {processor:.1} µs of processor time each to store, {:.1} s in all",
            begun.1.elapsed().as_secs_f64()
        );
        ask(store).await?;
    }
    Ok(())
}

async fn ask(store: &Store) -> Result<()> {
    let text = |value: &str| Some(value.to_owned());
    let filters = [
        ("all", TraceFilter::default()),
        ("agent", TraceFilter { agent: text("agent-7"), ..TraceFilter::default() }),
        ("loop", TraceFilter { loop_name: text("loop-3"), ..TraceFilter::default() }),
        ("subject", TraceFilter { subject: text("user:77"), ..TraceFilter::default() }),
        ("failed", TraceFilter { status: Some(TraceStatus::Failed), ..TraceFilter::default() }),
        (
            "agent, failed",
            TraceFilter { agent: text("agent-7"), status: Some(TraceStatus::Failed), ..TraceFilter::default() },
        ),
        ("agent, subject", TraceFilter { agent: text("agent-7"), subject: text("user:77"), ..TraceFilter::default() }),
        ("agent nobody is", TraceFilter { agent: text("nobody"), ..TraceFilter::default() }),
        (
            "an hour long ago",
            TraceFilter { from: Some(Moment(1_000)), before: Some(Moment(20_000)), ..TraceFilter::default() },
        ),
    ];
    for (name, filter) in filters {
        let (mut took, mut rows) = (Vec::new(), 0);
        for _ in 0..50 {
            let begun = Instant::now();
            rows = black_box(store.traces(&filter, None, 50).await?).rows.len();
            took.push(begun.elapsed().as_secs_f64() * 1e6);
        }
        took.sort_by(f64::total_cmp);
        println!("  {name}: {rows} rows, {:.0} µs (median of 50)", took.get(25).copied().unwrap_or_default());
    }
    Ok(())
}

async fn audit(store: &Store) -> Result<()> {
    for tasks in [1_u64, 16] {
        let log = Arc::new(AuditLog::begin(store, key(), now()).await?);
        let begun = (processor_time()?, Instant::now());
        let writers = (0..tasks).map(|_| {
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                for _ in 0..2000 / tasks {
                    let (kind, payload) = (AuditKind::Intent, vec![b'z'; 400]);
                    let entry = AuditEntry { kind, invocation: key(), call: "1".to_owned(), at: now(), payload };
                    log.append(entry).await.map_err(|error| error.to_string())?;
                }
                Ok::<(), String>(())
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await??;
        }
        let (processor, wall) = (processor_time()? - begun.0, begun.1.elapsed().as_secs_f64() * 1e6);
        println!(
            "{tasks} at once: {:.0} µs of processor time and {:.0} µs a row on the disk",
            processor / 2000.0,
            wall / 2000.0
        );
    }
    Ok(())
}

/// Always the same amount of work, whoever else has the processor meanwhile.
fn compute(rounds: u64) {
    let mut state = black_box(1_u64);
    for _ in 0..rounds {
        state = black_box(state.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    }
}

/// How many rounds take a quarter of a millisecond.
fn calibrate() -> u64 {
    static ROUNDS: OnceLock<u64> = OnceLock::new();
    *ROUNDS.get_or_init(|| {
        let least = (0..200).map(|_| {
            let begun = Instant::now();
            compute(100_000);
            begun.elapsed()
        });
        let once = least.min().unwrap_or_default().as_nanos().max(1);
        u64::try_from(25_000_000_000 / once).unwrap_or(u64::MAX)
    })
}

/// What this process has taken of the processors, in microseconds.
fn processor_time() -> Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let micros = u64::try_from((usage.user_time() + usage.system_time()).num_microseconds())?;
    Ok(Duration::from_micros(micros).as_secs_f64() * 1e6)
}

fn number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// As scattered as random ones.
fn key() -> Key {
    Key(u128::from(number()).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
}

/// A clock that never stands still.
fn now() -> Moment {
    Moment(i64::try_from(number()).unwrap_or_default())
}

fn owner() -> SessionOwner {
    SessionOwner { agent: "agent-1".to_owned(), principal: "user:ann".to_owned(), parent: None }
}

fn trace(subjects: u64) -> Trace {
    // A key takes a number too.
    let (id, number) = (key(), number() / 2);
    Trace {
        id,
        parent: None,
        root: id,
        agent: format!("agent-{}", number % 20),
        loop_name: (number.is_multiple_of(10)).then(|| format!("loop-{}", number / 10 % 5)),
        subject: format!("user:{}", number % subjects),
        actors: "[\"serviceaccount:agent-1\"]".to_owned(),
        model: Some("gemini-3.5-flash".to_owned()),
        bundle: "b3:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef".to_owned(),
        status: if number.is_multiple_of(50) { TraceStatus::Failed } else { TraceStatus::Ok },
        error: None,
        started: Moment(i64::try_from(number).unwrap_or_default()),
        duration: Duration::from_millis(3),
        input_tokens: 900,
        output_tokens: 80,
        cost: Some(120),
        model_calls: 2,
        tool_calls: 2,
    }
}
