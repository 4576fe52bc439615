//! What a package asks for and can do without: a `require` or an awaited `import()` in a `try` block, or an `import()` with a
//! `catch`, of something that is not there. In its place stands a module that fails as Node.js does, so that the package goes
//! on as it does there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    AccessorProperty, Argument, ArrowFunctionExpression, AwaitExpression, CallExpression, Expression, Function,
    ImportExpression, NewExpression, ObjectExpression, PropertyDefinition, TryStatement,
};
use oxc_ast_visit::{Visit, walk};
use oxc_parser::{ParseOptions, Parser};
use oxc_span::SourceType;
use oxc_syntax::scope::ScopeFlags;

use super::reach::is_path;

/// What the ids of such modules begin with: those that are required, and those that are imported while the tool runs.
const REQUIRED: &str = "\0paceline:absent:";
const AWAITED: &str = "\0paceline:absent-import:";

/// The id of the module that stands for something absent.
pub(super) fn id(specifier: &str, is_awaited: bool) -> String {
    format!("{}{specifier}", if is_awaited { AWAITED } else { REQUIRED })
}

/// The text of such a module, by its id. It fails each time it is asked for: a module that fails while it is loaded is empty
/// to whoever asks again, in the bundler's manner.
pub(super) fn module(id: &str) -> Option<String> {
    // As Node.js words it, which packages compare.
    let (specifier, kind, code) = match (id.strip_prefix(REQUIRED), id.strip_prefix(AWAITED)) {
        (Some(specifier), _) => (specifier, "module", "MODULE_NOT_FOUND"),
        (_, Some(specifier)) if is_path(specifier) => (specifier, "module", "ERR_MODULE_NOT_FOUND"),
        (_, specifier) => (specifier?, "package", "ERR_MODULE_NOT_FOUND"),
    };
    let words = serde_json::Value::from(format!("Cannot find {kind} '{specifier}'"));
    Some(format!(
        "Object.defineProperty(module, \"exports\", {{\n  get() {{\n    throw Object.assign(new Error({words}), {{ code: \
         \"{code}\" }});\n  }},\n}});\n"
    ))
}

/// What a module asks for so that whatever asks for it can do without.
pub(super) fn tried(path: &Path, text: &str) -> BTreeSet<String> {
    let kind = SourceType::from_path(path).unwrap_or_default();
    let allocator = Allocator::default();
    let options = ParseOptions { allow_return_outside_function: true, ..ParseOptions::default() };
    let parsed =
        Parser::new(&allocator, text, kind.with_unambiguous(!kind.is_typescript())).with_options(options).parse();
    let mut walk = Walk::default();
    walk.visit_program(&parsed.program);
    walk.found.into_iter().filter(|(_, always_tried)| *always_tried).map(|(specifier, _)| specifier).collect()
}

#[derive(Debug, Default)]
struct Walk {
    /// Whether what fails here is caught.
    tried: bool,
    /// Whether a promise that fails here is: it has a `catch`, or is awaited where that is tried.
    heard: bool,
    /// By what is asked for: whether it was so each time.
    found: BTreeMap<String, bool>,
}

impl Walk {
    fn within(&mut self, tried: bool, visit: impl FnOnce(&mut Self)) {
        let before = (std::mem::replace(&mut self.tried, tried), std::mem::replace(&mut self.heard, false));
        visit(self);
        (self.tried, self.heard) = before;
    }

    fn hearing(&mut self, heard: bool, visit: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.heard, heard);
        visit(self);
        self.heard = before;
    }

    fn asked(&mut self, specifier: Option<String>, is_caught: bool) {
        if let Some(specifier) = specifier {
            *self.found.entry(specifier).or_insert(true) &= is_caught;
        }
    }
}

impl<'a> Visit<'a> for Walk {
    fn visit_try_statement(&mut self, it: &TryStatement<'a>) {
        let tried = self.tried || it.handler.is_some();
        self.within(tried, |walk| walk.visit_block_statement(&it.block));
        if let Some(handler) = &it.handler {
            self.visit_catch_clause(handler);
        }
        if let Some(finalizer) = &it.finalizer {
            self.visit_block_statement(finalizer);
        }
    }

    // A function is called who knows where.
    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        self.within(false, |walk| walk::walk_function(walk, it, flags));
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        self.within(false, |walk| walk::walk_arrow_function_expression(walk, it));
    }

    // So is what a field begins with, unless it is the class's own.
    fn visit_property_definition(&mut self, it: &PropertyDefinition<'a>) {
        self.within(self.tried && it.r#static, |walk| walk::walk_property_definition(walk, it));
    }

    fn visit_accessor_property(&mut self, it: &AccessorProperty<'a>) {
        self.within(self.tried && it.r#static, |walk| walk::walk_accessor_property(walk, it));
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if super::script::is_named(&it.callee, "require") {
            self.asked(it.arguments.first().and_then(Argument::as_expression).and_then(plain), self.tried);
        }
        let (mut is_caught, mut is_joined) = (false, false);
        if let Expression::StaticMemberExpression(member) = &it.callee {
            // `import(…).then(…).catch(…)`: what fails before is heard at its end.
            is_caught = matches!((member.property.name.as_str(), it.arguments.len()), ("catch", 1..) | ("then", 2..));
            let is_promise = super::script::is_named(&member.object, "Promise");
            is_joined =
                is_promise && (member.property.name == "allSettled" || self.heard && member.property.name == "all");
        }
        self.hearing(self.heard || is_caught, |walk| walk.visit_expression(&it.callee));
        self.hearing(is_joined, |walk| walk.visit_arguments(&it.arguments));
    }

    fn visit_await_expression(&mut self, it: &AwaitExpression<'a>) {
        self.hearing(self.tried, |walk| walk::walk_await_expression(walk, it));
    }

    fn visit_new_expression(&mut self, it: &NewExpression<'a>) {
        self.hearing(false, |walk| walk::walk_new_expression(walk, it));
    }

    fn visit_object_expression(&mut self, it: &ObjectExpression<'a>) {
        self.hearing(false, |walk| walk::walk_object_expression(walk, it));
    }

    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        self.asked(plain(&it.source), self.heard);
        self.hearing(false, |walk| walk::walk_import_expression(walk, it));
    }
}

/// A string that is written out.
fn plain(expression: &Expression<'_>) -> Option<String> {
    match expression {
        Expression::StringLiteral(text) => Some(text.value.to_string()),
        Expression::TemplateLiteral(text) => text.single_quasi().map(|text| text.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{id, module, tried};

    #[test]
    fn what_is_tried_is_told_from_what_is_needed() {
        for (text, wanted) in [
            ("try { require('x') } catch {}", true),
            ("let x; try { if (a) x = require('x').y } catch (error) { throw error }", true),
            ("function f() { try { return require('x') } catch { return null } }", true),
            ("try { try { require('x') } finally { y() } } catch {}", true),
            ("if (a) return; try { require('x') } catch {}", true),
            ("require('x')", false),
            ("try { require('y') } catch {}", false),
            ("try { require('x') } finally { y() }", false),
            ("try { y() } catch { require('x') }", false),
            ("try { f = () => require('x') } catch {}", false),
            ("try { f = function () { require('x') } } catch {}", false),
            ("try { require('x') } catch {}\nrequire('x')", false),
            ("require('x')\ntry { require('x') } catch {}", false),
            ("try { require(`x`) } catch {}", true),
            ("try { require(`x`) } catch {}\nrequire(`x`)", false),
            ("try { require(`x${y}`) } catch {}", false),
            ("try { class A { b = require('x') } } catch {}", false),
            ("try { class A { accessor b = require('x') } } catch {}", false),
            ("try { class A { static b = require('x') } } catch {}", true),
            ("try { class A { static { require('x') } } } catch {}", true),
            ("try { await import('x') } catch {}", true),
            ("try { const { y } = await import('x').then((m) => m.default) } catch {}", true),
            ("try { y(await import(`x`)) } catch {}", true),
            ("const y = await import('x').catch(() => null)", true),
            ("export const y = () => import('x').then((m) => m.y).catch(() => null)", true),
            ("try { const [y] = await Promise.all([import('x'), z]) } catch {}", true),
            ("const y = Promise.allSettled([import('x')])", true),
            ("import('x').then((m) => m.y, () => null)", true),
            ("import('x').then((m) => m.y)", false),
            ("import('x').catch()", false),
            ("const y = Promise.all([import('x')])", false),
            ("try { await new Y(import('x')) } catch {}", false),
            ("try { await { y: import('x') } } catch {}", false),
            ("try { import('x') } catch {}", false),
            ("try { y = () => import('x') } catch {}", false),
            ("try { await y(import('x')) } catch {}", false),
            ("try { await (() => import('x'))() } catch {}", false),
            ("await import('x')", false),
            ("try { await import('x') } catch {}\nimport('x')", false),
            ("try { await import('x') } catch {}\nrequire('x')", false),
            ("z.then(() => import('x')).catch(() => null)", false),
        ] {
            assert_eq!(tried(Path::new("index.js"), text).contains("x"), wanted, "{text}");
        }
    }

    #[test]
    fn a_name_with_quotes_breaks_no_module() {
        assert!(module(&id("a'b\"c", false)).unwrap().contains(r#"new Error("Cannot find module 'a'b\"c'")"#));
        assert!(module(&id("a", true)).unwrap().contains("package 'a'"));
        assert_eq!(module("\0other"), None);
    }
}
