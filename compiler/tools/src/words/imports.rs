//! `P0512` (an import of what is no module), `P0513` (a module of Node.js), `P0514` (a name that is not exported), `P0518`
//! (an import only known at run time), `P0521` (an import that leads out of the project).

use std::collections::BTreeSet;

use pace_diag::nearest::listing;
use pace_diag::{Applicability, Diagnostic, code};

use super::{Files, Says, package};
use crate::child::builtin;
use crate::protocol::{Exporter, Finding, Problem};

/// What tools import of Paceline: nothing of it is installed.
pub(super) const RUNTIME: &str = "@paceline/runtime";

pub(super) fn file_type(says: &Says<'_>, specifier: &str) -> Diagnostic {
    let message = format!("`{specifier}` is no code and no JSON");
    says.show(Diagnostic::new(&code::UNRESOLVED_IMPORT, message), "cannot be part of a tool")
        .help("import `.ts`, `.js` and `.json` files; a text can be the value of a constant")
}

/// One import, and all that the packages behind it want of Node.js. The shortest way to any of it is shown.
pub(super) fn needs_node(group: &[Finding], files: &mut Files<'_>) -> Diagnostic {
    let wanted: BTreeSet<&str> = group
        .iter()
        .filter_map(|finding| match &finding.problem {
            Problem::NodeBuiltin { specifier } => Some(specifier.strip_prefix("node:").unwrap_or(specifier)),
            _ => None,
        })
        .collect();
    let Some(nearest) = group.iter().min_by_key(|finding| (finding.chain.len(), &finding.chain)) else {
        return Diagnostic::new(&code::NODE_BUILTIN, "a package needs Node.js");
    };
    let imported = nearest.chain.get(1).map_or("", |path| package(path));
    let listed = listing(wanted.iter().copied());
    let message = format!("the package `{imported}` needs Node.js, which a tool does not have");
    let says = Says { finding: nearest, place: files.span(&nearest.file, nearest.place) };
    let diagnostic =
        says.show(Diagnostic::new(&code::NODE_BUILTIN, message), "").note(format!("needed of Node.js: {listed}")).help(
            format!("use a package that works in browsers instead of `{imported}`, or write the part that is needed"),
        );
    match wanted.first().filter(|_| wanted.len() == 1) {
        Some(only) => diagnostic.help(builtin::instead(only)),
        None => diagnostic,
    }
}

pub(super) fn builtin(says: &Says<'_>, specifier: &str) -> Diagnostic {
    let message = format!("`{specifier}` is a part of Node.js, which a tool does not have");
    says.show(Diagnostic::new(&code::NODE_BUILTIN, message), "tools run in a sandbox without Node.js")
        .help(builtin::instead(specifier))
}

pub(super) fn outside(says: &Says<'_>, specifier: &str) -> Diagnostic {
    if says.is_in_package() {
        let message = format!("`{specifier}` leads out of the package `{}`", says.package());
        return says
            .show(Diagnostic::new(&code::IMPORT_OUTSIDE, message), "")
            .help("name the other package in its dependencies, and import it by its name");
    }
    let message = format!("`{specifier}` leads out of the project");
    says.show(Diagnostic::new(&code::IMPORT_OUTSIDE, message), "a build reads nothing outside of the project's folder")
        .help("move the file into the project, or make a package of it and import that by its name")
}

pub(super) fn missing_export(
    says: &Says<'_>,
    name: &str,
    exporter: &Exporter,
    is_type: bool,
    near: Option<&str>,
) -> Diagnostic {
    let shown = match exporter {
        Exporter::Own(shown) | Exporter::Package { package: shown, .. } => shown,
    };
    let message = match (name, says.is_in_package()) {
        ("default", false) => format!("`{shown}` has no default export"),
        (_, false) => format!("`{shown}` exports no `{name}`"),
        (_, true) => format!("`{shown}` exports no `{name}`, which `{}` needs", says.package()),
    };
    let label = if is_type { "a type, which is gone when the code runs" } else { "not exported there" };
    let diagnostic = says.show(Diagnostic::new(&code::MISSING_EXPORT, message), label);
    match (near, says.place) {
        _ if says.is_in_package() => diagnostic.help("install versions that go together"),
        _ if is_type => diagnostic.help("write `import type { … }` or `export type { … }` for types"),
        (Some(near), Some(span)) if name != "default" => {
            diagnostic.fix(format!("did you mean `{near}`?"), Applicability::Unsafe, span, near)
        }
        _ => diagnostic.help(another(name, exporter)),
    }
}

/// What to import where nothing is near.
fn another(name: &str, exporter: &Exporter) -> String {
    let (exports, of_package) = match exporter {
        Exporter::Own(path) if path == RUNTIME => {
            return "import `{ defineTool }`, which is all it exports besides types".to_owned();
        }
        Exporter::Own(_) => (String::new(), false),
        Exporter::Package { exports, .. } => (listing(exports.iter().map(String::as_str)), true),
    };
    let which = if exports.is_empty() { String::new() } else { format!(": it exports {exports}") };
    match (name, of_package) {
        ("default", _) => format!("import by name, `import {{ … }} from …`{which}"),
        (_, false) => "export it there, or import another name".to_owned(),
        (_, true) => format!("import another name{which}; types are imported with `import type`"),
    }
}

pub(super) fn circle(says: &Says<'_>, name: &str) -> Diagnostic {
    let message = format!("no module defines `{name}`: it is passed on in a circle");
    says.show(Diagnostic::new(&code::MISSING_EXPORT, message), "leads back to here")
        .help("define it in one of the modules, and pass it on from there")
}

pub(super) fn dynamic(says: &Says<'_>) -> Diagnostic {
    let message = "`import()` of something that is only known when the tool runs";
    says.show(Diagnostic::new(&code::DYNAMIC_IMPORT, message), "not a plain string")
        .help("import every module that may be needed by its own string, and choose among them")
}
