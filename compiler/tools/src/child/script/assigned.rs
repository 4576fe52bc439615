//! Constants and imports that are given another value: the bundler refuses them and keeps the place to itself.

use oxc_semantic::{Semantic, SymbolFlags};

use crate::protocol::{Place, Problem};

/// Every place where one is.
pub(super) fn problems(semantic: &Semantic<'_>) -> Vec<(Place, Problem)> {
    let scoping = semantic.scoping();
    let mut problems = Vec::new();
    for symbol in scoping.symbol_ids() {
        let Some(fixed) = Fixed::of(scoping.symbol_flags(symbol)) else { continue };
        let declared = Place::from(scoping.symbol_span(symbol));
        let written = scoping.get_resolved_references(symbol).filter(|reference| reference.is_write());
        let name = scoping.symbol_name(symbol);
        problems
            .extend(written.map(|written| (semantic.reference_span(written).into(), fixed.problem(name, declared))));
    }
    problems
}

/// A name with one value for good.
#[derive(Debug, Clone, Copy)]
enum Fixed {
    Constant,
    Import,
}

impl Fixed {
    fn of(flags: SymbolFlags) -> Option<Self> {
        match flags {
            _ if flags.is_const_variable() => Some(Self::Constant),
            _ if flags.contains(SymbolFlags::Import) => Some(Self::Import),
            _ => None,
        }
    }

    fn problem(self, name: &str, declared: Place) -> Problem {
        match self {
            Self::Constant => {
                let help = format!("declare it with `let {name}`, or assign to another variable");
                problem(format!("`{name}` is a constant, and is assigned to"), help, vec![(declared, "a constant")])
            }
            Self::Import => import(name, vec![(declared, "imported here")]),
        }
    }
}

/// What is said where an import is assigned to.
pub(crate) fn import(name: &str, others: Vec<(Place, &str)>) -> Problem {
    let help = format!("assign to a variable of this file: only the module that exports `{name}` can change it");
    problem(format!("`{name}` is imported, and is assigned to"), help, others)
}

fn problem(message: String, help: String, others: Vec<(Place, &str)>) -> Problem {
    let others = others.into_iter().map(|(place, text)| (place, text.to_owned())).collect();
    Problem::Syntax { message, label: "assigned here".to_owned(), help: Some(help), others }
}
