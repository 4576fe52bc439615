//! Where the parts of an object given to `defineTool` stand. What is kept in a constant of the same file is looked for there:
//! the name alone is nothing that its author would mend.

use std::collections::BTreeMap;

use oxc_ast::ast::{
    BindingPattern, Declaration, Expression, ObjectExpression, ObjectPropertyKind, Statement, VariableDeclarator,
};
use oxc_span::{GetSpan, Span};

use crate::protocol::Place;

/// Key and value, by path.
pub(super) type Properties = BTreeMap<String, (Place, Place)>;

/// How deep in an object given to `defineTool` places are kept: a schema in a parameter of a parameter.
const DEPTH: usize = 6;

/// How many properties are looked at. Constants in constants multiply.
const MOST: usize = 10_000;

/// How many constants may lead to another: some name each other in a circle.
const MOST_STEPS: usize = 8;

/// What a tool may have. Of another key, its own place is what counts.
const PARTS: [&str; 4] = ["name", "description", "parameters", "execute"];

/// The constants that a file declares outside of its functions.
#[derive(Debug, Default)]
pub(super) struct Constants<'c, 'a>(BTreeMap<&'c str, &'c Expression<'a>>);

impl<'c, 'a> Constants<'c, 'a> {
    pub(super) fn of(body: &'c [Statement<'a>]) -> Self {
        let declarations = body.iter().filter_map(|statement| match statement {
            Statement::VariableDeclaration(variables) => Some(&**variables),
            Statement::ExportDeclaration(export) => match &export.declaration {
                Declaration::VariableDeclaration(variables) => Some(&**variables),
                _ => None,
            },
            _ => None,
        });
        let constants = declarations.filter(|variables| variables.kind.is_const());
        Self(constants.flat_map(|variables| &variables.declarations).filter_map(named).collect())
    }

    /// What stands for an expression: itself, or what its constant was given. Types and brackets are left out.
    pub(super) fn follow<'e>(&'e self, expression: &'e Expression<'a>) -> &'e Expression<'a> {
        self.lead(expression, MOST_STEPS)
    }

    fn lead<'e>(&'e self, expression: &'e Expression<'a>, steps: usize) -> &'e Expression<'a> {
        let inner = expression.get_inner_expression();
        let next = match inner {
            _ if steps == 0 => None,
            Expression::Identifier(identifier) => self.0.get(identifier.name.as_str()).copied(),
            Expression::StaticMemberExpression(member) => match self.lead(&member.object, steps - 1) {
                Expression::ObjectExpression(object) => value_of(object, member.property.name.as_str()),
                _ => None,
            },
            _ => None,
        };
        next.map_or(inner, |next| self.lead(next, steps - 1))
    }

    /// The places of an object's properties, and of the objects in them.
    pub(super) fn properties(&self, object: &ObjectExpression<'a>) -> Properties {
        let mut noting = Noting { constants: self, left: MOST, into: Properties::new() };
        noting.object(object, "", DEPTH);
        noting.into
    }
}

struct Noting<'n, 'c, 'a> {
    constants: &'n Constants<'c, 'a>,
    left: usize,
    into: Properties,
}

impl<'a> Noting<'_, '_, 'a> {
    fn object(&mut self, object: &ObjectExpression<'a>, above: &str, depth: usize) {
        for property in &object.properties {
            match property {
                ObjectPropertyKind::ObjectProperty(property) => {
                    let Some(name) = property.key.static_name().filter(|_| !property.computed) else { continue };
                    self.part(property.key.span(), &name, &property.value, above, depth);
                }
                ObjectPropertyKind::SpreadProperty(spread) => {
                    let constants = self.constants;
                    if let (Expression::ObjectExpression(inner), true) = (constants.follow(&spread.argument), depth > 0)
                    {
                        self.object(inner, above, depth - 1);
                    }
                }
            }
        }
    }

    /// A property, or an element of a list: its key is its place.
    fn part(&mut self, key: Span, name: &str, value: &Expression<'a>, above: &str, depth: usize) {
        let Some(left) = self.left.checked_sub(1) else { return };
        self.left = left;
        let path = if above.is_empty() { name.to_owned() } else { format!("{above}/{name}") };
        let is_part = !above.is_empty() || PARTS.contains(&name);
        let constants = self.constants;
        let followed = constants.follow(value);
        match followed {
            Expression::ObjectExpression(inner) if depth > 0 => self.object(inner, &path, depth - 1),
            Expression::ArrayExpression(list) if depth > 0 => {
                for (index, element) in list.elements.iter().enumerate() {
                    // What follows a spread stands at a place that is not known.
                    let Some(element) = element.as_expression() else { break };
                    self.part(element.span(), &index.to_string(), element, &path, depth - 1);
                }
            }
            _ => {}
        }
        let is_here = !is_part || std::ptr::eq(followed, value.get_inner_expression());
        let place = if is_here { value.span() } else { followed.span() };
        self.into.insert(path, (key.into(), place.into()));
    }
}

fn named<'c, 'a>(variable: &'c VariableDeclarator<'a>) -> Option<(&'c str, &'c Expression<'a>)> {
    match (&variable.id, &variable.init) {
        (BindingPattern::BindingIdentifier(name), Some(value)) => Some((name.name.as_str(), value)),
        _ => None,
    }
}

fn value_of<'e, 'a>(object: &'e ObjectExpression<'a>, name: &str) -> Option<&'e Expression<'a>> {
    object.properties.iter().rev().find_map(|property| match property {
        ObjectPropertyKind::ObjectProperty(property) => {
            let is_it = !property.computed && property.key.static_name().is_some_and(|key| key == name);
            is_it.then_some(&property.value)
        }
        ObjectPropertyKind::SpreadProperty(_) => None,
    })
}
