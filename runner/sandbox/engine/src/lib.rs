//! The engine inside the sandbox, in the manner of a Javy plugin: QuickJS-ng with a prelude of web APIs, its memory stored
//! after start-up, woken afresh for each call. It trusts nothing it is handed and is trusted by nobody: whatever happens in
//! here, the host sees an answer through `output`, or a trap. `../README.md` has the interface.

mod binding;
mod event_loop;
mod host;
mod memory;

use std::cell::{Cell, RefCell};

use javy::quickjs::{self, CatchResultExt, CaughtError, Ctx, Function, Module, Object, Persistent, Promise, Value};
use javy::{Config, Runtime};

/// How much of the WebAssembly module's own stack (1 MiB) JavaScript may use before it gets a `RangeError`, bytes.
const STACK: usize = 512 * 1024;
/// After how many bytes of objects cycles are looked for. A call is short: most end before it comes to that.
const COLLECT_AFTER: usize = 8 << 20;

/// What start-up leaves behind.
struct Engine {
    runtime: Runtime,
    api: Persistent<Object<'static>>,
}

thread_local! {
    static ENGINE: RefCell<Option<Engine>> = const { RefCell::new(None) };
    /// What the module of `load-tool` exports by default.
    static LOADED: RefCell<Option<Persistent<Value<'static>>>> = const { RefCell::new(None) };
    /// Whether a promise was ever rejected without anybody to hear of it.
    static LOST: Cell<bool> = const { Cell::new(false) };
}

/// Tells the prelude of a promise that was rejected while nobody was there to hear of it, or that somebody was found for.
#[expect(clippy::needless_pass_by_value, reason = "QuickJS hands its values over")]
fn rejected<'js>(ctx: Ctx<'js>, promise: Value<'js>, reason: Value<'js>, is_handled: bool) {
    let api = ENGINE.with(|engine| engine.borrow().as_ref().map(|engine| engine.api.clone()));
    let Some(Ok(api)) = api.map(|api| api.restore(&ctx)) else { return };
    LOST.set(true);
    let tell = |api: &Object<'js>| api.get::<_, Function>("rejected")?.call::<_, ()>((promise, reason, is_handled));
    // Where there is no memory left to note it, the call has other sorrows.
    drop(tell(&api).catch(&ctx));
}

/// Start-up, run once when the engine is built.
#[unsafe(export_name = "initialize-runtime")]
extern "C" fn initialize_runtime() {
    let mut config = Config::default();
    config.max_stack_size(STACK).gc_threshold(COLLECT_AFTER).weak_ref(true);
    let runtime = Runtime::new(config).expect("QuickJS starts");
    let install =
        |ctx: Ctx<'_>| binding::install(&ctx).catch(&ctx).map_err(|error| error.to_string()).expect("the prelude runs");
    let api = runtime.context().with(install);
    runtime.context().runtime().set_host_promise_rejection_tracker(Some(Box::new(rejected)));
    // What start-up has no more use for would be collected in the midst of a call.
    runtime.context().with(|ctx| ctx.run_gc());
    ENGINE.with(|engine| engine.replace(Some(Engine { runtime, api })));
    memory::fill();
}

/// Runs the host's module as its request says.
#[unsafe(export_name = "run-tool")]
extern "C" fn run_tool() {
    let bytecode = host::module();
    with_engine(|ctx, api| answer(ctx, api, run(ctx, api, &bytecode)));
}

/// Evaluates the host's module before there is a request, and keeps what it exports: 1, or 0 where it failed or has looked
/// at something that belongs to a call. After a 1 the host may store the memory, and begin any number of calls from it.
#[unsafe(export_name = "load-tool")]
extern "C" fn load_tool() -> u32 {
    let mut bytecode = host::module();
    let mut loaded = 0;
    with_engine(|ctx, api| {
        let exported = load(ctx, api, &bytecode).ok().filter(|_| is_untouched(api));
        loaded = u32::from(exported.is_some());
        LOADED.replace(exported.map(|exported| Persistent::save(ctx, exported)));
    });
    // It is read and done with; memory that is as it was before takes no part in what the host stores.
    bytecode.fill(0);
    std::hint::black_box(&bytecode);
    loaded
}

/// Runs what `load-tool` has kept as the request says.
#[unsafe(export_name = "call-loaded")]
extern "C" fn call_loaded() {
    with_engine(|ctx, api| {
        let exported = LOADED.take().and_then(|exported| exported.restore(ctx).ok());
        let result = begin(ctx, api).and_then(|()| match exported {
            Some(exported) => execute(ctx, api, exported),
            None => Err(Failure("module", None)),
        });
        answer(ctx, api, result);
    });
}

/// The same as `run-tool` for a module that brings its own bytecode: what a bundle's tool modules call when another host runs them. The
/// last three arguments are Javy's, for a function to call; unused.
#[unsafe(export_name = "invoke")]
extern "C" fn invoke(bytecode: *const u8, length: usize, _: u32, _: *const u8, _: usize) {
    // SAFETY: the module wrote `length` bytes where `cabi_realloc` told it to.
    let bytecode = unsafe { std::slice::from_raw_parts(bytecode, length) };
    with_engine(|ctx, api| answer(ctx, api, run(ctx, api, bytecode)));
}

/// Compiles the host's module; the answer is its bytecode, or what is wrong with the source.
#[unsafe(export_name = "compile-module")]
extern "C" fn compile_module() {
    let (name, source) = (host::input(), host::module());
    with_engine(|ctx, api| {
        let options = quickjs::WriteOptions { strip_source: true, ..quickjs::WriteOptions::default() };
        match Module::declare(ctx.clone(), name, source).and_then(|module| module.write(options)).catch(ctx) {
            Ok(bytecode) => host::output(host::Answer::Value, &bytecode),
            Err(error) => fail(ctx, api, Failure("source", thrown(error))),
        }
    });
}

fn with_engine(work: impl for<'js> FnOnce(&Ctx<'js>, &Object<'js>)) {
    ENGINE.with(|engine| {
        let engine = engine.borrow();
        let engine = engine.as_ref().expect("start-up was run");
        engine.runtime.context().with(|ctx| {
            let api = engine.api.clone().restore(&ctx).expect("the prelude is there");
            work(&ctx, &api);
        });
    });
}

/// How far a module came before it failed, and what was thrown.
struct Failure<'js>(&'static str, Option<Value<'js>>);

fn run<'js>(ctx: &Ctx<'js>, api: &Object<'js>, bytecode: &[u8]) -> Result<String, Failure<'js>> {
    begin(ctx, api)?;
    let exported = load(ctx, api, bytecode)?;
    execute(ctx, api, exported)
}

/// Shows the prelude the request.
fn begin<'js>(ctx: &Ctx<'js>, api: &Object<'js>) -> Result<(), Failure<'js>> {
    let begin = |input: String| api.get::<_, Function>("begin")?.call::<_, ()>((input,));
    begin(host::input()).catch(ctx).map_err(stage("arguments"))
}

/// Evaluates the module and returns what it exports by default.
fn load<'js>(ctx: &Ctx<'js>, api: &Object<'js>, bytecode: &[u8]) -> Result<Value<'js>, Failure<'js>> {
    // SAFETY: bytecode nobody vouches for can break this instance and nothing else; that is what the sandbox is for.
    let module = unsafe { Module::load(ctx.clone(), bytecode) }.catch(ctx).map_err(stage("module"))?;
    let (module, evaluated) = module.eval().catch(ctx).map_err(stage("threw"))?;
    settled(ctx, api, &evaluated)?;
    module.namespace().and_then(|all| all.get("default")).catch(ctx).map_err(stage("module"))
}

/// Does with it what the request says.
fn execute<'js>(ctx: &Ctx<'js>, api: &Object<'js>, exported: Value<'js>) -> Result<String, Failure<'js>> {
    let execute = |exported: Value<'js>| api.get::<_, Function>("run")?.call::<_, Promise>((exported,));
    let result = execute(exported).catch(ctx).map_err(stage("threw"))?;
    settled(ctx, api, &result)?.get().catch(ctx).map_err(stage("result"))
}

/// Whether nothing was read so far that differs from call to call.
fn is_untouched(api: &Object<'_>) -> bool {
    let ask = || api.get::<_, Function>("isUntouched")?.call::<_, bool>(());
    ask().unwrap_or(false)
}

fn stage<'js>(name: &'static str) -> impl FnOnce(CaughtError<'js>) -> Failure<'js> {
    move |error| Failure(name, thrown(error))
}

fn settled<'js>(ctx: &Ctx<'js>, api: &Object<'js>, promise: &Promise<'js>) -> Result<Value<'js>, Failure<'js>> {
    match event_loop::drive(ctx, api, promise) {
        Ok(Some(value)) => Ok(value),
        Ok(None) => Err(Failure("deadlock", None)),
        Err(error) => Err(Failure("threw", thrown(CaughtError::from_error(ctx, error)))),
    }
}

fn answer<'js>(ctx: &Ctx<'js>, api: &Object<'js>, result: Result<String, Failure<'js>>) {
    if LOST.get() {
        let failed_with = result.as_ref().err().and_then(|Failure(_, thrown)| thrown.clone());
        let tell = |api: &Object<'js>| api.get::<_, Function>("tellLost")?.call::<_, ()>((result.is_err(), failed_with));
        drop(tell(api).catch(ctx));
    }
    match result {
        Ok(json) => host::output(host::Answer::Value, json.as_bytes()),
        Err(failure) => fail(ctx, api, failure),
    }
}

fn thrown(error: CaughtError<'_>) -> Option<Value<'_>> {
    match error {
        CaughtError::Exception(exception) => Some(exception.into_value()),
        CaughtError::Value(value) => Some(value),
        CaughtError::Error(_) => None,
    }
}

/// Answers with a failure: in the prelude's words for a thrown value, without words where there is none to be had.
fn fail<'js>(ctx: &Ctx<'js>, api: &Object<'js>, Failure(kind, thrown): Failure<'js>) {
    let told = thrown.and_then(|thrown| {
        let tell = api.get::<_, Function>("failure").and_then(|failure| failure.call::<_, String>((kind, thrown)));
        tell.catch(ctx).ok()
    });
    // Nothing in this text can hold a quote: the kinds are ours.
    let plain = || format!(r#"{{"kind":"{kind}","name":"","message":"","stack":""}}"#);
    host::output(host::Answer::Failure, told.unwrap_or_else(plain).as_bytes());
}
