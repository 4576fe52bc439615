//! One file as the bundler's own parser sees it: what is wrong with it, what it imports and exports, and where. The bundler
//! keeps the ranges of its errors to itself, so a file it stumbles over is read again here.

pub(crate) mod assigned;
mod properties;
mod undelivered;

use std::collections::BTreeSet;
use std::path::Path;

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    AccessorProperty, CallExpression, Declaration, Decorator, ExportDefaultDeclaration, Expression, ImportExpression,
    JSXElement, JSXFragment, RegExpFlags, RegExpLiteral, Statement, TSExternalModuleReference,
};
use oxc_ast_visit::{Visit, walk};
use oxc_diagnostics::OxcDiagnostic;
use oxc_parser::{ParseOptions, Parser, ParserReturn};
use oxc_semantic::SemanticBuilder;
use oxc_span::{GetSpan, SourceType};

use self::properties::{Constants, Properties};
use crate::protocol::{Outline, Place, Problem, Shape};

/// What one file says.
#[derive(Debug, Default)]
pub(crate) struct Script {
    /// What is wrong with it, whoever imports it.
    pub(crate) problems: Vec<(Place, Problem)>,
    /// What it imports: the specifier and its place, in the order of the file, types left out.
    pub(crate) imports: Vec<(String, Place)>,
    /// The names it imports or passes on: the name over there, the specifier, the place.
    pub(crate) names: Vec<(String, String, Place)>,
    /// Modules whose names it passes on: `export * from`.
    pub(crate) passed: Vec<String>,
    /// The names it exports.
    pub(crate) exports: BTreeSet<String>,
    /// Names it declares that exist for the type checker alone.
    pub(crate) types: BTreeSet<String>,
    /// Where the parts of a tool are.
    pub(crate) outline: Outline,
    /// A tool that is defined in a statement of its own, and what is wrong if there is no default export.
    pub(crate) undelivered: Option<(Place, Problem)>,
}

/// Reads a file.
pub(crate) fn read(path: &Path, text: &str) -> Script {
    let kind = SourceType::from_path(path).unwrap_or_default();
    let allocator = Allocator::default();
    let (parsed, mut problems) = parse(&allocator, kind, text);
    if !parsed.diagnostics.is_empty() {
        return Script { problems: broken(kind, text, &parsed), ..Script::default() };
    }
    let checked = SemanticBuilder::new().with_check_syntax_error(true).with_build_nodes(true).build(&parsed.program);
    problems.extend(checked.diagnostics.iter().map(syntax));
    problems.extend(assigned::problems(&checked.semantic));
    let undelivered = undelivered::find(&parsed.program.body, checked.semantic.scoping());
    let mut script = Script { problems, undelivered, ..Script::default() };
    record(&parsed, &mut script);
    script.types = parsed.program.body.iter().filter_map(type_name).collect();
    let mut walk = Walk::new(&mut script, Constants::of(&parsed.program.body));
    walk.visit_program(&parsed.program);
    let (exported, tool, shape, tools) = (walk.exported, walk.tool, walk.shape, std::mem::take(&mut walk.tools));
    script.outline = Outline { exported, shape, ..outline(tool, tools) };
    script.imports.sort_by_key(|(_, place)| *place);
    script
}

/// Parses a file, and says what is wrong with its regular expressions. They do not keep the rest from being read: the bundler
/// takes them as they come, and only the engine would say that it cannot.
fn parse<'a>(allocator: &'a Allocator, kind: SourceType, text: &'a str) -> (ParserReturn<'a>, Vec<(Place, Problem)>) {
    let strict = ParseOptions { parse_regular_expression: true, ..ParseOptions::default() };
    let parsed = Parser::new(allocator, text, kind).with_options(strict).parse();
    if parsed.diagnostics.is_empty() {
        return (parsed, Vec::new());
    }
    let lenient = Parser::new(allocator, text, kind).parse();
    (lenient, parsed.diagnostics.iter().map(syntax).collect())
}

/// What a parser says of a file it cannot read. Of JSX in a plain `.ts` file it says nothing a reader would recognise.
fn broken(kind: SourceType, text: &str, parsed: &ParserReturn<'_>) -> Vec<(Place, Problem)> {
    if kind.is_typescript() && !kind.is_jsx() {
        let allocator = Allocator::default();
        let again = Parser::new(&allocator, text, kind.with_jsx(true)).parse();
        let mut script = Script::default();
        if again.diagnostics.is_empty() {
            Walk::new(&mut script, Constants::default()).visit_program(&again.program);
        }
        let jsx = script.problems.into_iter().find(|(_, problem)| *problem == Problem::Jsx);
        if let Some(jsx) = jsx {
            return vec![jsx];
        }
    }
    // What follows the first error is mostly its echo.
    parsed.diagnostics.iter().take(1).map(syntax).collect()
}

fn syntax(diagnostic: &OxcDiagnostic) -> (Place, Problem) {
    let mut labels: Vec<(Place, String)> = diagnostic
        .labels
        .iter()
        .map(|label| {
            let start = label.offset();
            let place = Place { start, end: start.saturating_add(label.len()) };
            (place, label.label().unwrap_or_default().to_owned())
        })
        .collect();
    // The parser points at the first of two first; the author would edit the second.
    if diagnostic.message.ends_with("already been declared") {
        labels.reverse();
    }
    let mut labels = labels.into_iter();
    let (place, label) = labels.next().unwrap_or((Place { start: 0, end: 0 }, String::new()));
    let problem = Problem::Syntax {
        message: diagnostic.message.to_string(),
        label,
        help: diagnostic.help.as_ref().map(ToString::to_string),
        others: labels.collect(),
    };
    (place, problem)
}

/// What a module's record says of its imports and exports.
fn record(parsed: &ParserReturn<'_>, script: &mut Script) {
    let record = &parsed.module_record;
    for (specifier, requests) in &record.requested_modules {
        let places = requests.iter().filter(|request| !request.is_type).map(|request| request.span.into());
        script.imports.extend(places.map(|place| (specifier.to_string(), place)));
    }
    for entry in &record.import_entries {
        let (name, span) = match &entry.import_name {
            oxc_syntax::module_record::ImportImportName::Name(name) => (name.name.to_string(), name.span),
            oxc_syntax::module_record::ImportImportName::Default(span) => ("default".to_owned(), *span),
            oxc_syntax::module_record::ImportImportName::NamespaceObject => continue,
        };
        script.names.push((name, entry.module_request.name.to_string(), span.into()));
    }
    let whole = record.star_export_entries.iter().filter_map(|entry| entry.module_request.as_ref());
    script.passed = whole.map(|request| request.name.to_string()).collect();
    for entry in record.local_export_entries.iter().chain(&record.indirect_export_entries) {
        let name = match &entry.export_name {
            oxc_syntax::module_record::ExportExportName::Name(name) => name.name.to_string(),
            oxc_syntax::module_record::ExportExportName::Default(_) => "default".to_owned(),
            oxc_syntax::module_record::ExportExportName::Null => continue,
        };
        script.exports.insert(name);
        if let (Some(request), oxc_syntax::module_record::ExportImportName::Name(name)) =
            (&entry.module_request, &entry.import_name)
        {
            script.names.push((name.name.to_string(), request.name.to_string(), name.span.into()));
        }
    }
}

/// The name of a declared type.
fn type_name(statement: &Statement<'_>) -> Option<String> {
    let name = match statement {
        Statement::TSTypeAliasDeclaration(alias) => alias.id.name.as_str(),
        Statement::TSInterfaceDeclaration(interface) => interface.id.name.as_str(),
        Statement::ExportDeclaration(export) => match &export.declaration {
            Declaration::TSTypeAliasDeclaration(alias) => alias.id.name.as_str(),
            Declaration::TSInterfaceDeclaration(interface) => interface.id.name.as_str(),
            _ => return None,
        },
        _ => return None,
    };
    Some(name.to_owned())
}

/// The tool that is exported, or else the first that is defined.
fn outline(tool: Option<Place>, tools: Vec<(Place, Properties)>) -> Outline {
    let inside = |place: &Place| tool.is_some_and(|out| out.start <= place.start && place.end <= out.end);
    let exported = tools.iter().position(|(place, _)| inside(place));
    let (defined, is_certain) = (!tools.is_empty(), exported.is_some() || tools.len() == 1);
    let (call, properties) = tools.into_iter().nth(exported.unwrap_or(0)).unzip();
    Outline {
        call: call.filter(|_| is_certain),
        defined,
        properties: properties.unwrap_or_default(),
        ..Outline::default()
    }
}

/// Goes through a whole file.
struct Walk<'s, 'c, 'a> {
    script: &'s mut Script,
    constants: Constants<'c, 'a>,
    exported: Option<Place>,
    /// What is exported, or what the constant was given that is.
    tool: Option<Place>,
    shape: Shape,
    tools: Vec<(Place, Properties)>,
}

impl<'s, 'c, 'a> Walk<'s, 'c, 'a> {
    fn new(script: &'s mut Script, constants: Constants<'c, 'a>) -> Self {
        Self { script, constants, exported: None, tool: None, shape: Shape::Other, tools: Vec::new() }
    }
}

pub(super) fn is_named(expression: &Expression<'_>, name: &str) -> bool {
    matches!(expression, Expression::Identifier(identifier) if identifier.name == name)
}

/// What an exported expression gives.
fn shape(expression: &Expression<'_>) -> Shape {
    match expression.get_inner_expression() {
        Expression::ImportExpression(_) => Shape::Promise,
        Expression::NewExpression(made) if is_named(&made.callee, "Promise") => Shape::Promise,
        Expression::CallExpression(call) => match call.callee.get_inner_expression() {
            Expression::StaticMemberExpression(member) if is_named(&member.object, "Promise") => Shape::Promise,
            Expression::ArrowFunctionExpression(function) if function.r#async => Shape::Promise,
            Expression::FunctionExpression(function) if function.r#async => Shape::Promise,
            callee if is_named(callee, "defineTool") => Shape::Other,
            _ => Shape::Call,
        },
        _ => Shape::Other,
    }
}

impl<'a> Visit<'a> for Walk<'_, '_, 'a> {
    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        match &it.source {
            Expression::StringLiteral(text) => {
                self.script.imports.push((text.value.to_string(), text.span.into()));
            }
            Expression::TemplateLiteral(text) if text.expressions.is_empty() => {
                let text_is = text.quasis.first().map(|part| part.value.raw.to_string()).unwrap_or_default();
                self.script.imports.push((text_is, text.span.into()));
            }
            other => self.script.problems.push((other.span().into(), Problem::DynamicImport)),
        }
        walk::walk_import_expression(self, it);
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if let Expression::Identifier(callee) = &it.callee {
            match (callee.name.as_str(), it.arguments.first().and_then(|first| first.as_expression())) {
                ("require", Some(Expression::StringLiteral(text))) => {
                    self.script.imports.push((text.value.to_string(), text.span.into()));
                }
                ("defineTool", Some(argument)) => {
                    if let Expression::ObjectExpression(object) = self.constants.follow(argument) {
                        let properties = self.constants.properties(object);
                        self.tools.push((it.span.into(), properties));
                    }
                }
                _ => {}
            }
        }
        walk::walk_call_expression(self, it);
    }

    /// `import x = require("x")`, which is a call of `require` by the time the bundler resolves it.
    fn visit_ts_external_module_reference(&mut self, it: &TSExternalModuleReference<'a>) {
        self.script.imports.push((it.expression.value.to_string(), it.expression.span.into()));
    }

    fn visit_export_default_declaration(&mut self, it: &ExportDefaultDeclaration<'a>) {
        self.exported = Some(it.declaration.span().into());
        let expression = it.declaration.as_expression();
        self.tool = expression.map(|expression| self.constants.follow(expression).span().into()).or(self.exported);
        self.shape = expression.map(shape).unwrap_or_default();
        walk::walk_export_default_declaration(self, it);
    }

    fn visit_decorator(&mut self, it: &Decorator<'a>) {
        self.script.problems.push((it.span.into(), Problem::Decorator { what: "decorators".to_owned() }));
    }

    fn visit_accessor_property(&mut self, it: &AccessorProperty<'a>) {
        let place = Place { start: it.span.start, end: it.key.span().end };
        self.script.problems.push((place, Problem::Decorator { what: "`accessor` properties".to_owned() }));
        walk::walk_accessor_property(self, it);
    }

    fn visit_reg_exp_literal(&mut self, it: &RegExpLiteral<'a>) {
        if it.regex.flags.contains(RegExpFlags::V) {
            self.script.problems.push((it.span.into(), Problem::UnicodeSets));
        }
    }

    fn visit_jsx_element(&mut self, it: &JSXElement<'a>) {
        self.script.problems.push((it.opening_element.span.into(), Problem::Jsx));
    }

    fn visit_jsx_fragment(&mut self, it: &JSXFragment<'a>) {
        self.script.problems.push((it.opening_fragment.span.into(), Problem::Jsx));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_ts(text: &str) -> Script {
        read(Path::new("tools/a.ts"), text)
    }

    fn at(text: &str, place: Place) -> &str {
        &text[place.start as usize..place.end as usize]
    }

    #[test]
    fn imports_are_found_with_their_places() {
        let text = "import type { T } from './t';\nimport { b as c } from \"b\";\nexport { d } from 'd';\nawait import(`e`);\nconst f = require('f');\n";
        let script = read_ts(text);
        let found: Vec<_> = script.imports.iter().map(|(name, place)| (name.as_str(), at(text, *place))).collect();
        assert_eq!(found, [("b", "\"b\""), ("d", "'d'"), ("e", "`e`"), ("f", "'f'")]);
        let name = |wanted: &str| {
            script.names.iter().find(|(name, ..)| name == wanted).map(|(_, from, at)| (from.as_str(), *at))
        };
        assert_eq!(name("b").map(|(from, place)| (from, at(text, place))), Some(("b", "b")));
        assert_eq!(name("d").map(|(from, place)| (from, at(text, place))), Some(("d", "d")));
    }

    #[test]
    fn parts_of_the_exported_tool_are_found() {
        let text = "const other = defineTool({ name: 'x' });\nexport default defineTool({\n  name: 'a',\n  parameters: { city: { type: 'string' } } as const,\n});\n";
        let script = read_ts(text);
        let property = |path: &str| {
            let (key, value) = script.outline.properties[path];
            (at(text, key), at(text, value))
        };
        assert_eq!(property("name"), ("name", "'a'"));
        assert_eq!(property("parameters/city/type"), ("type", "'string'"));
        assert!(script.exports.contains("default"));
    }

    #[test]
    fn constants_are_followed_to_what_they_were_given() {
        let text = "const kinds = ['a', 7];\nconst common = { city: { type: 'string' } } as const;\n\
                    export const schemas = { mine: { ...common, kind: { enum: kinds }, own } };\n\
                    const other = defineTool({ name: 'x' });\nconst around = around2, around2 = around, again = { ...again };\n\
                    const tool = defineTool({ name: 'a', parameters: schemas.mine satisfies object, more: kinds, around, again });\n\
                    export default tool;\n";
        let script = read_ts(text);
        let property = |path: &str| {
            let (key, value) = script.outline.properties[path];
            (at(text, key), at(text, value))
        };
        assert_eq!(property("parameters/city/type"), ("type", "'string'"));
        assert_eq!(property("parameters/kind/enum"), ("enum", "['a', 7]"));
        assert_eq!(property("parameters/kind/enum/1"), ("7", "7"));
        assert_eq!(property("parameters/own"), ("own", "own"));
        assert!(property("parameters").1.starts_with("{ ...common"), "{:?}", property("parameters"));
        assert_eq!(property("more").1, "kinds");
    }

    #[test]
    fn places_of_constants_that_multiply_are_bounded() {
        let levels = (0..6).map(|level| {
            let inside: Vec<_> = (0..100).map(|key| format!("k{key}: c{}", level + 1)).collect();
            format!("const c{level} = {{ {} }};\n", inside.join(", "))
        });
        let text = format!(
            "{}const c6 = {{}};\nexport default defineTool({{ parameters: c0 }});\n",
            levels.collect::<String>()
        );
        assert!(read_ts(&text).outline.properties.len() <= 10_000);
    }

    #[test]
    fn promises_are_told_by_their_looks() {
        let shape = |text: &str| read_ts(&format!("export default {text};\n")).outline.shape;
        for text in ["Promise.resolve(1)", "new Promise(() => {})", "(async () => 1)()", "import('./a')"] {
            assert_eq!(shape(text), Shape::Promise, "{text}");
        }
        for (text, wanted) in [("make()", Shape::Call), ("defineTool({})", Shape::Other), ("tool", Shape::Other)] {
            assert_eq!(shape(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_the_engine_does_not_know_is_found() {
        let text = "class A { @log() x = 1; accessor y = 2; }\nconst n = 'a';\nimport('./' + n);\n";
        let found: Vec<_> =
            read_ts(text).problems.into_iter().map(|(place, problem)| (at(text, place), problem)).collect();
        let decorator = |what: &str| Problem::Decorator { what: what.to_owned() };
        assert!(found.contains(&("@log()", decorator("decorators"))), "{found:?}");
        assert!(found.contains(&("accessor y", decorator("`accessor` properties"))), "{found:?}");
        assert!(found.contains(&("'./' + n", Problem::DynamicImport)), "{found:?}");
    }

    #[test]
    fn jsx_is_named_in_a_file_that_may_not_hold_it() {
        let text = "export const a = <p>hello</p>;\n";
        let problems = read_ts(text).problems;
        assert_eq!(problems.len(), 1);
        assert_eq!((at(text, problems[0].0), &problems[0].1), ("<p>", &Problem::Jsx));
    }

    #[test]
    fn syntax_errors_have_exact_places() {
        for (text, wanted) in [("const a = ;\n", ";"), ("let a = 1;\nlet a = 2;\n", "a"), ("const a = 'x\n", "'x\n")] {
            let problems = read_ts(text).problems;
            assert_eq!(problems.len(), 1, "{text}");
            assert_eq!(at(text, problems[0].0), wanted, "{problems:?}");
        }
    }
}
