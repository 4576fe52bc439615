//! A bundle for people: indented lines in a fixed order. What is absent is left out, except where its absence opens or
//! closes something.

mod access;
mod agent;
mod page;
mod tool;

use page::Page;
pub(crate) use page::escaped;

use super::file::SectionView;
use super::{FileView, LoopView, View};
use pace_ir::program::Milliseconds;

/// The whole text.
pub(crate) fn of(view: &View) -> String {
    let mut page = Page::default();
    if let Some(file) = &view.file {
        self::file(&mut page, file);
        page.gap();
    }
    page.under(&format!("project `{}`", view.project), |page| {
        page.list("required features", &view.required_features);
        access::project(page, view);
    });
    for (name, agent) in &view.agents {
        page.gap();
        page.under(&format!("agent `{name}`"), |page| agent::agent(page, agent));
    }
    for (name, l) in &view.loops {
        page.gap();
        page.under(&format!("loop `{name}`"), |page| scheduled_loop(page, l));
    }
    for (name, model) in &view.models {
        page.gap();
        page.under(&format!("model `{name}`"), |page| agent::model(page, model));
    }
    tool::tools(&mut page, view);
    page.finish()
}

fn file(page: &mut Page, file: &FileView) {
    page.line(&format!("bundle {}", file.id));
    page.line(&format!("program {}", file.program_digest));
    page.line(&format!("{} bytes, made by pace {}", file.bytes, file.compiler));
    page.pair_if("tool engine", file.engine.as_deref());
    page.under("sections:", |page| file.sections.iter().for_each(|section| page.line(&row(section))));
    page.under("inputs:", |page| {
        for (path, digest) in &file.inputs {
            page.line(&format!("{digest}  {path}"));
        }
    });
    if let Some(map) = &file.source_map {
        page.line(&format!("source positions: {}", map.len()));
    }
    if let Some(packages) = &file.packages {
        page.under("packages:", |page| {
            for (package, held) in packages {
                page.line(&format!("{package} ({})", held.licence.as_deref().unwrap_or("no licence stated")));
            }
        });
    }
}

fn row(section: &SectionView) -> String {
    let need = if section.required { "required" } else { "optional" };
    let SectionView { id, version, stored_bytes, raw_bytes, .. } = section;
    format!("{id}  version {version}  {need}  {stored_bytes:>8} bytes stored  {raw_bytes:>8} unpacked")
}

fn scheduled_loop(page: &mut Page, l: &LoopView) {
    page.pair("schedule", &format!("{} ({})", l.schedule, l.timezone));
    page.pair("enabled", if l.enabled { "yes" } else { "no, fires only when triggered" });
    page.pair("agent", &l.agent);
    page.pair("run as", &l.run_as);
    access::acl(page, l.acl.as_deref(), "none, so only the operator's machine may trigger it");
    page.block("instruction:", &l.instruction);
    page.pair("concurrency", l.concurrency);
    let catch_up = &l.catch_up;
    page.pair("catch up", &format!("at most {} missed within {}", catch_up.max, Milliseconds(catch_up.window_ms)));
    page.pair("timeout", l.timeout_ms.map(duration).as_deref().unwrap_or("as its agent's"));
}

/// As an author writes it.
fn duration(milliseconds: u64) -> String {
    Milliseconds(milliseconds).to_string()
}
