//! What the prelude cannot do in JavaScript, or not fast enough. It gets these functions once, as its argument, and keeps
//! them to itself: a tool never sees them.

use javy::quickjs::context::EvalOptions;
use javy::quickjs::prelude::{Func, Opt};
use javy::quickjs::{Ctx, Exception, Function, Object, Persistent, Result, TypedArray};
use sha1::{Digest, Sha1};
use sha2::{Sha256, Sha384, Sha512};
use url::form_urlencoded;

use crate::host;

/// The prelude, one function in parts. The order matters: each part uses what stands before it.
const PRELUDE: &str = concat!(
    include_str!("../prelude/open.js"),
    include_str!("../prelude/event.js"),
    include_str!("../prelude/console.js"),
    include_str!("../prelude/encoding.js"),
    include_str!("../prelude/url.js"),
    include_str!("../prelude/clone.js"),
    include_str!("../prelude/timer.js"),
    include_str!("../prelude/crypto.js"),
    include_str!("../prelude/headers.js"),
    include_str!("../prelude/body.js"),
    include_str!("../prelude/fetch.js"),
    include_str!("../prelude/close.js"),
);

/// Runs the prelude and returns what it offers to the engine.
pub(crate) fn install(ctx: &Ctx<'_>) -> Result<Persistent<Object<'static>>> {
    let mut options = EvalOptions::default();
    options.filename = Some("pace:prelude".into());
    let prelude: Function = ctx.eval_with_options(PRELUDE, options)?;
    let api: Object = prelude.call((functions(ctx)?,))?;
    Ok(Persistent::save(ctx, api))
}

fn functions<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let functions = Object::new(ctx.clone())?;
    functions.set("log", Func::from(|level: u32, text: String| host::log(level, &text)))?;
    functions.set("start", Func::from(start))?;
    functions.set("startTimer", Func::from(host::timer_start))?;
    functions.set("cancel", Func::from(host::op_cancel))?;
    functions.set("random", Func::from(random))?;
    functions.set("digest", Func::from(digest))?;
    functions.set("encode", Func::from(encode))?;
    functions.set("decode", Func::from(decode))?;
    functions.set("urlParse", Func::from(url_parse))?;
    functions.set("urlSet", Func::from(url_set))?;
    functions.set("formParse", Func::from(form_parse))?;
    functions.set("formSerialize", Func::from(form_serialize))?;
    Ok(functions)
}

fn start(request: String, body: Opt<Option<TypedArray<'_, u8>>>) -> u32 {
    host::op_start(&request, body.0.flatten().as_ref().and_then(TypedArray::as_bytes).unwrap_or_default())
}

/// So many random bytes.
fn random<'js>(ctx: Ctx<'js>, length: u32) -> Result<TypedArray<'js, u8>> {
    let mut bytes = vec![0; length as usize];
    host::random(&mut bytes);
    TypedArray::new(ctx, bytes)
}

fn digest<'js>(ctx: Ctx<'js>, algorithm: String, bytes: TypedArray<'js, u8>) -> Result<TypedArray<'js, u8>> {
    let bytes = bytes.as_bytes().unwrap_or_default();
    let digest = match algorithm.as_str() {
        "SHA-1" => Sha1::digest(bytes).to_vec(),
        "SHA-256" => Sha256::digest(bytes).to_vec(),
        "SHA-384" => Sha384::digest(bytes).to_vec(),
        "SHA-512" => Sha512::digest(bytes).to_vec(),
        _ => return Err(Exception::throw_type(&ctx, "Unrecognized algorithm name")),
    };
    TypedArray::new(ctx, digest)
}

/// UTF-8 of a text; the prelude has made it well-formed.
fn encode<'js>(ctx: Ctx<'js>, text: String) -> Result<TypedArray<'js, u8>> {
    TypedArray::new(ctx, text.into_bytes())
}

/// The text of UTF-8, with U+FFFD for what is none; nothing if `fatal` and there is such.
fn decode(bytes: TypedArray<'_, u8>, fatal: bool) -> Option<String> {
    let bytes = bytes.as_bytes().unwrap_or_default();
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.to_owned()),
        Err(_) if fatal => None,
        Err(_) => Some(String::from_utf8_lossy(bytes).into_owned()),
    }
}

/// The parts of a URL in the prelude's order, or nothing if it is none.
fn url_parse(text: String, base: Opt<Option<String>>) -> Option<Vec<String>> {
    let base = match base.0.flatten() {
        Some(base) => Some(url::Url::parse(&base).ok()?),
        None => None,
    };
    url::Url::options().base_url(base.as_ref()).parse(&text).ok().as_ref().map(parts)
}

/// The parts after one of them was set; an impossible value changes nothing, as the URL standard has it.
fn url_set(href: String, part: String, value: String) -> Option<Vec<String>> {
    let mut url = url::Url::parse(&href).ok()?;
    match part.as_str() {
        "protocol" => drop(url::quirks::set_protocol(&mut url, &value)),
        "username" => drop(url::quirks::set_username(&mut url, &value)),
        "password" => drop(url::quirks::set_password(&mut url, &value)),
        "host" => drop(url::quirks::set_host(&mut url, &value)),
        "hostname" => drop(url::quirks::set_hostname(&mut url, &value)),
        "port" => drop(url::quirks::set_port(&mut url, &value)),
        "pathname" => url::quirks::set_pathname(&mut url, &value),
        "search" => url::quirks::set_search(&mut url, &value),
        _ => url::quirks::set_hash(&mut url, &value),
    }
    Some(parts(&url))
}

fn parts(url: &url::Url) -> Vec<String> {
    use url::quirks;
    let parts = [
        url.as_str(),
        quirks::protocol(url),
        quirks::username(url),
        quirks::password(url),
        quirks::host(url),
        quirks::hostname(url),
        quirks::port(url),
        quirks::pathname(url),
        quirks::search(url),
        quirks::hash(url),
    ];
    let mut parts: Vec<String> = parts.map(str::to_owned).into();
    parts.push(quirks::origin(url));
    parts
}

/// Names and values in turn.
fn form_parse(text: String) -> Vec<String> {
    form_urlencoded::parse(text.as_bytes()).flat_map(|(name, value)| [name.into_owned(), value.into_owned()]).collect()
}

fn form_serialize(pairs: Vec<String>) -> String {
    let mut serializer = form_urlencoded::Serializer::new(String::new());
    serializer.extend_pairs(pairs.as_chunks::<2>().0.iter().map(|[name, value]| (name, value)));
    serializer.finish()
}
