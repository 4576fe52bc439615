//! A tool that a file defines and does not hand over: where it stands, and what would be written instead.

use oxc_ast::ast::{
    BindingIdentifier, BindingPattern, CallExpression, Declaration, Expression, Statement, VariableDeclaration,
};
use oxc_semantic::Scoping;
use oxc_span::{GetSpan, Span};

use crate::protocol::{Place, Problem};

/// The first one among a file's statements.
pub(super) fn find(body: &[Statement<'_>], scoping: &Scoping) -> Option<(Place, Problem)> {
    body.iter().find_map(|statement| in_statement(statement, scoping))
}

fn in_statement(statement: &Statement<'_>, scoping: &Scoping) -> Option<(Place, Problem)> {
    let whole = statement.span();
    match statement {
        Statement::VariableDeclaration(variables) => in_variables(variables, whole, scoping),
        Statement::ExportDeclaration(export) => match &export.declaration {
            Declaration::VariableDeclaration(variables) => in_variables(variables, whole, scoping),
            _ => None,
        },
        Statement::ExpressionStatement(statement) => {
            let value = match statement.expression.get_inner_expression() {
                Expression::AssignmentExpression(assignment) => &assignment.right,
                value => value,
            };
            Some(replaced(whole, tool(value)?))
        }
        _ => None,
    }
}

fn in_variables(variables: &VariableDeclaration<'_>, whole: Span, scoping: &Scoping) -> Option<(Place, Problem)> {
    let mut tools =
        variables.declarations.iter().filter_map(|variable| Some((&variable.id, tool(variable.init.as_ref()?)?)));
    let (pattern, call) = tools.next()?;
    match pattern {
        BindingPattern::BindingIdentifier(name) if variables.declarations.len() > 1 || is_used(name, scoping) => {
            Some((name.span.into(), Problem::Undelivered { held: Some(name.name.to_string()) }))
        }
        _ => Some(replaced(whole, call)),
    }
}

fn is_used(name: &BindingIdentifier<'_>, scoping: &Scoping) -> bool {
    name.symbol_id.get().is_some_and(|symbol| !scoping.get_resolved_reference_ids(symbol).is_empty())
}

/// From the statement's first word to `defineTool`: what `export default defineTool` takes the place of.
fn replaced(whole: Span, call: &CallExpression<'_>) -> (Place, Problem) {
    let place = Place { start: whole.start, end: call.callee.span().end };
    (place, Problem::Undelivered { held: None })
}

fn tool<'e, 'a>(value: &'e Expression<'a>) -> Option<&'e CallExpression<'a>> {
    match value.get_inner_expression() {
        Expression::CallExpression(call) if super::is_named(&call.callee, "defineTool") => Some(call),
        _ => None,
    }
}
