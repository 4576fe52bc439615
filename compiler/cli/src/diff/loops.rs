//! Loops.

use pace_ir::Bundle;
use pace_ir::program::scheduled_loop::Concurrency;
use pace_ir::program::{Loop, LoopName};

use super::changes::{Changes, paired};
use super::{Place, access, values};

/// All loops.
pub(super) fn compare(changes: &mut Changes, a: &Bundle, b: &Bundle) {
    for (name, old, new) in paired(&a.program.loops, &b.program.loops) {
        changes.at(Place::Loop(name.to_string()));
        match (old, new) {
            (None, Some(l)) => changes.grows("loop", format!("is new: {}", described(b, name, l))),
            (Some(l), None) => changes.shrinks("loop", format!("is gone: {}", described(a, name, l))),
            (Some(old), Some(new)) => {
                scheduled_loop(changes, old, new);
                if let (Some(old), Some(new)) = (a.auth.loops.get(name), b.auth.loops.get(name)) {
                    changes.value("run_as", "`run_as`", &old.run_as, &new.run_as);
                    access::scheduled_loop(changes, old.acl.as_ref(), new.acl.as_ref());
                }
            }
            (None, None) => {}
        }
    }
}

fn described(bundle: &Bundle, name: &LoopName, l: &Loop) -> String {
    let run_as = bundle.auth.loops.get(name).map(|access| format!(" as `serviceaccount:{}`", access.run_as));
    let pause = if l.enabled { "" } else { ", disabled" };
    format!("runs `{}` at `{}`{}{pause}", l.agent, l.schedule, run_as.unwrap_or_default())
}

fn scheduled_loop(changes: &mut Changes, a: &Loop, b: &Loop) {
    let Loop { schedule, timezone, agent, instruction, concurrency, catch_up, timeout, enabled } = a;
    changes.value("schedule", "schedule", schedule, &b.schedule);
    changes.value("timezone", "time zone", timezone.name(), b.timezone.name());
    changes.value("agent", "agent", agent, &b.agent);
    changes.text("instruction", "instruction", instruction, &b.instruction);
    self::concurrency(changes, *concurrency, b.concurrency);
    let windows = (catch_up.window, b.catch_up.window);
    changes.level("catch_up", "`catch_up.window`", windows, ToString::to_string);
    changes.level("catch_up", "`catch_up.max`", (catch_up.max, b.catch_up.max), ToString::to_string);
    values::timeout(changes, "timeout", "`timeout`", (*timeout, b.timeout));
    let show = |enabled: &bool| if *enabled { "enabled" } else { "disabled" }.to_owned();
    changes.level("enabled", "the schedule", (*enabled, b.enabled), show);
}

/// Only `allow` lets two firings run at once; which of two that may not meet gives way is neither more nor less.
fn concurrency(changes: &mut Changes, a: Concurrency, b: Concurrency) {
    let is_parallel = |concurrency| concurrency == Concurrency::Allow;
    let text = format!("`concurrency` is `{}`, was `{}`", b.as_str(), a.as_str());
    match (is_parallel(a), is_parallel(b)) {
        (false, true) => changes.grows("concurrency", text),
        (true, false) => changes.shrinks("concurrency", text),
        _ if a != b => changes.changes("concurrency", text),
        _ => {}
    }
}
