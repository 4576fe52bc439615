//! From what the lock pins and what servers answer to one pin for each server (`P0317`, `P0803`, `P0804`, `P0805`). A pin
//! is never changed here: what differs is told, and `pace mcp update` adopts it.

use std::collections::BTreeMap;

use pace_diag::{Diagnostic, Reported, Sink, code};
use pace_ir::text::shortened;
use pace_syntax::source::MAX_FILE_BYTES;
use pace_syntax::{Limits, SourceMap};

use super::used::{Server, Variant};
use super::{Added, PinReport, PinnedUse, failure, locked, offer, place};
use crate::check::Checked;
use crate::pins::{self, Change, Lock, PATH, Pin};
use crate::servers::{Offer, PinMode, ProbeFailure, ServerProber, WantedServer};

/// What is known of each server.
pub(super) struct Settled<'c> {
    /// Those that are pinned now.
    pub(super) servers: BTreeMap<&'c str, PinnedUse<'c>>,
    /// Those among them that the lock did not have.
    pub(super) new: Vec<&'c str>,
}

type Answer = Result<Offer, ProbeFailure>;

/// Asks what has to be asked, and settles each server.
pub(super) fn settle<'c>(
    servers: &BTreeMap<&'c str, Server<'c>>,
    checked: &'c Checked<'c>,
    door: &dyn ServerProber,
    mode: PinMode,
    sink: &mut Sink,
) -> Settled<'c> {
    let pinned = |key: &str| locked(checked).and_then(|lock| lock.servers.get(key));
    let is_asked = |key: &str| match mode {
        PinMode::Online => true,
        PinMode::Offline => false,
        PinMode::Frozen => pinned(key).is_some(),
    };
    let asked = servers.iter().filter(|(key, _)| is_asked(key)).flat_map(|(_, server)| &server.variants);
    let asked: Vec<WantedServer> = asked.map(|variant| variant.wanted.clone()).collect();
    let mut answers = if asked.is_empty() { Vec::new() } else { door.probe(&asked) }.into_iter();
    let mut settled = Settled { servers: BTreeMap::new(), new: Vec::new() };
    for (&key, server) in servers {
        let count = if is_asked(key) { server.variants.len() } else { 0 };
        let answers: Vec<Answer> = answers.by_ref().take(count).collect();
        let mut settling = Settling { key, server, checked, mode, ask: WantedServer::clone, sink };
        let pin = match pinned(key) {
            Some(pin) => {
                settling.compare(pin, answers);
                Some(pin.clone())
            }
            None => settling.first(answers).inspect(|_| settled.new.push(key)),
        };
        if let Some(pin) = pin {
            settled.servers.insert(key, PinnedUse { pin, uses: server.uses.clone() });
        }
    }
    settled
}

/// What the lock alone knows.
pub(super) fn known<'c>(
    servers: &BTreeMap<&'c str, Server<'c>>,
    checked: &'c Checked<'c>,
) -> BTreeMap<&'c str, PinnedUse<'c>> {
    let pinned = |key: &str| locked(checked).and_then(|lock| lock.servers.get(key)).cloned();
    servers
        .iter()
        .filter_map(|(key, server)| Some((*key, PinnedUse { pin: pinned(key)?, uses: server.uses.clone() })))
        .collect()
}

/// The new text of the lock, if there is anything new.
///
/// # Errors
/// When it would be too long to be read again.
pub(super) fn adopt(
    settled: &Settled<'_>,
    checked: &Checked<'_>,
    mut report: PinReport,
    sink: &mut Sink,
) -> Result<PinReport, Reported> {
    if settled.new.is_empty() {
        return Ok(report);
    }
    let mut lock: Lock = locked(checked).cloned().unwrap_or_default();
    for key in &settled.new {
        let Some(PinnedUse { pin, .. }) = settled.servers.get(key) else { continue };
        let version = pin.package.as_ref().map(|package| package.version.clone());
        report.added.push(Added { server: (*key).to_owned(), version, tools: pin.tools.len() });
        lock.servers.insert((*key).to_owned(), pin.clone());
    }
    report.lock = Some(written(checked, &lock, sink)?);
    Ok(report)
}

/// The text of a lock that can be read again: that of the project's, with what changed.
///
/// # Errors
/// When it would be too long for that, or hold too much.
pub(super) fn written(checked: &Checked<'_>, lock: &Lock, sink: &mut Sink) -> Result<String, Reported> {
    let before = checked.resolved.parsed.lock.as_ref();
    let text = before.map_or_else(|| pins::write(lock), |before| pins::spliced(before, lock));
    if is_readable(&text) {
        return Ok(text);
    }
    let message = format!("`{PATH}` would hold more than can be read again");
    let diagnostic = Diagnostic::new(&code::TOO_LARGE, message);
    Err(sink.error(diagnostic.help("list fewer servers, or servers with fewer tools and shorter addresses")))
}

/// Whether the next build reads it: files have bounds, and so do keys in YAML.
fn is_readable(text: &str) -> bool {
    let file = SourceMap::new().add(PATH, text);
    let document = pace_syntax::parse(file, text, Limits::default());
    text.len() <= MAX_FILE_BYTES && document.complete && document.errors.is_empty()
}

/// One server being settled.
pub(super) struct Settling<'s, 'c> {
    /// By what it is known.
    pub(super) key: &'s str,
    /// What is done with it.
    pub(super) server: &'s Server<'c>,
    /// The project.
    pub(super) checked: &'s Checked<'c>,
    /// What was asked.
    pub(super) mode: PinMode,
    /// What is made of an entry to ask.
    pub(super) ask: fn(&WantedServer) -> WantedServer,
    /// Where complaints go.
    pub(super) sink: &'s mut Sink,
}

impl Settling<'_, '_> {
    fn variants(&self) -> impl Iterator<Item = &Variant> {
        self.server.variants.iter()
    }

    /// What a server is pinned with that was not before, or is to be pinned anew.
    pub(super) fn first(&mut self, answers: Vec<Answer>) -> Option<Pin> {
        if answers.is_empty() {
            self.not_pinned();
            return None;
        }
        let said_before = self.sink.errors();
        let (offered, failures) = self.offered(answers);
        let is_one = self.sink.errors() == said_before;
        let excused = |failure: &ProbeFailure| offered.is_some() && matches!(failure, ProbeFailure::VariablesNotSet(_));
        let failures: Vec<_> = failures.into_iter().filter(|(_, failure)| !excused(failure)).collect();
        let agent = self.server.uses.first().map_or("", |used| used.agent.resolved.name.value.as_str());
        for (at, failure) in &failures {
            if let Some(variant) = self.server.variants.get(*at) {
                self.sink.error(failure::diagnostic(failure, variant, agent));
            }
        }
        offered.filter(|_| failures.is_empty() && is_one)
    }

    /// A server that is pinned, and what it says today.
    fn compare(&mut self, pin: &Pin, answers: Vec<Answer>) {
        let (offered, failures) = self.offered(answers);
        let changes = offered.map_or_else(Vec::new, |offered| pins::compare(pin, &offered));
        if !changes.is_empty() {
            self.drift(&changes);
        }
        let mut told = false;
        for (at, failure) in &failures {
            let Some(variant) = self.server.variants.get(*at) else { continue };
            match failure {
                // What is pinned was taken from where they are set; here it is enough.
                ProbeFailure::VariablesNotSet(_) => {}
                // As it was when it was pinned, by somebody who had one.
                ProbeFailure::NeedsCredential(_) if pin.needs_credential => {}
                ProbeFailure::Tampered { .. } => {
                    self.sink.error(failure::diagnostic(failure, variant, ""));
                }
                _ if told => {}
                _ => {
                    told = true;
                    let message = format!("the server `{}` could not be asked, and is built as it is pinned", self.key);
                    let diagnostic = Diagnostic::new(&code::PIN_NOT_COMPARED, message);
                    let diagnostic = failure::explain(diagnostic, failure, variant);
                    self.sink.lint(&self.checked.lints, diagnostic);
                }
            }
        }
    }

    /// The one thing that a server offers, however it is started, and the answers that were none.
    fn offered(&mut self, answers: Vec<Answer>) -> (Option<Pin>, Vec<(usize, ProbeFailure)>) {
        let uses = &self.server.uses;
        let is_taken = |tool: &str| {
            let lists = uses.iter().map(|used| used.tool.resolved.keys.tools.get());
            lists.into_iter().any(|list| list.is_none_or(|list| list.items.iter().any(|item| item.value.0 == tool)))
        };
        let mut found: Option<(usize, Pin)> = None;
        let mut failures = Vec::new();
        for (at, answer) in answers.into_iter().enumerate() {
            let Some(variant) = self.server.variants.get(at) else { continue };
            let pin = answer.and_then(|offer| {
                offer::pin(&offer, &(self.ask)(&variant.wanted), &is_taken).map_err(ProbeFailure::Protocol)
            });
            match (pin, &found) {
                (Err(failure), _) => failures.push((at, failure)),
                (Ok(pin), None) => found = Some((at, pin)),
                (Ok(pin), Some((first, other))) => {
                    let changes = pins::compare(other, &pin);
                    if !changes.is_empty() {
                        self.two_offers(*first, at, &changes);
                    }
                }
            }
        }
        (found.map(|(_, pin)| pin), failures)
    }

    fn two_offers(&mut self, first: usize, second: usize, changes: &[Change]) {
        let (Some(one), Some(other)) = (self.server.variants.get(first), self.server.variants.get(second)) else {
            return;
        };
        let message = format!("two entries start the server `{}` in ways in which it offers different tools", self.key);
        let diagnostic = Diagnostic::new(&code::DIFFERENT_OFFERS, message)
            .at(other.named_at, "started by this entry, it offers something else")
            .also(one.named_at, "than started by this one");
        let diagnostic = with_changes(diagnostic, changes);
        self.sink.error(
            diagnostic.help("give both entries the same `args` and `env`: a server is pinned once for its address"),
        );
    }

    fn drift(&mut self, changes: &[Change]) {
        let message = format!("the server `{}` no longer offers what `{PATH}` pins", self.key);
        let diagnostic = Diagnostic::new(&code::SERVER_DRIFT, message);
        let named_at = self.variants().next().map(|variant| variant.named_at);
        let diagnostic = match (place(self.checked, self.key), named_at) {
            (Some(places), Some(named_at)) => {
                let pinned = changes.iter().find_map(|change| places.tools.get(change.tool.as_ref()?));
                let diagnostic = diagnostic.at(*pinned.unwrap_or(&places.server), "pinned here");
                diagnostic.also(named_at, "used here")
            }
            (_, Some(named_at)) => diagnostic.at(named_at, "used here"),
            (_, None) => diagnostic,
        };
        let key = shell_word(self.key);
        let diagnostic = with_changes(diagnostic, changes)
            .help(format!("pin what it offers now with `pace mcp update {key}`, and review the difference"));
        if self.mode == PinMode::Frozen {
            self.sink.error(diagnostic);
        } else {
            self.sink.lint(&self.checked.lints, diagnostic);
        }
    }

    fn not_pinned(&mut self) {
        let Some(variant) = self.variants().next() else { return };
        let (label, help) = match self.mode {
            PinMode::Frozen => ("frozen, a build starts no server that is not pinned", "without `--frozen`"),
            PinMode::Offline | PinMode::Online => ("nobody was asked what it offers", "once without `--offline`"),
        };
        let message = format!("the server `{}` is not pinned in `{PATH}`", self.key);
        let diagnostic = Diagnostic::new(&code::NOT_PINNED, message).at(variant.named_at, label);
        self.sink.error(diagnostic.help(format!("build {help}, which pins it, and commit `{PATH}`")));
    }
}

/// How many changes are listed; a server that is another one altogether needs no more.
const LISTED: usize = 8;

fn with_changes(diagnostic: Diagnostic, changes: &[Change]) -> Diagnostic {
    let diagnostic =
        changes.iter().take(LISTED).fold(diagnostic, |diagnostic, change| diagnostic.note(change.to_string()));
    match changes.len().saturating_sub(LISTED) {
        0 => diagnostic,
        more => diagnostic.note(format!("and {more} more")),
    }
}

/// A key as it can be typed.
pub(super) fn shell_word(key: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if key.chars().all(plain) { key.to_owned() } else { format!("'{}'", shortened(&key.replace('\'', ""), 200)) }
}
