//! The order in which a world lists its directories decides nothing.

use crate::project;
use crate::world::{Order, Strings};

fn reversed(world: &Strings) -> Strings {
    Strings { order: Order::Reversed, ..world.clone() }
}

/// A project with several of everything.
fn several() -> Strings {
    let mut world = project::every_key();
    for name in ["alpha", "beta", "gamma"] {
        let agent = format!("name: {name}\nmodel: recorded\ndescription: You are {name}.\n");
        let schedule = format!(
            "name: {name}\nschedule: '@daily'\nagent: {name}\nrun_as: serviceaccount:digest-bot\ninstruction: Go.\n"
        );
        world = world.with(&format!("agents/{name}/spec.yaml"), agent).with(&format!("loops/{name}.yaml"), schedule);
    }
    world
}

#[test]
fn reversed_listings_give_the_same_bytes() {
    let world = several();
    assert_eq!(reversed(&world).built().emitted.bytes, world.built().emitted.bytes);
}

#[test]
fn reversed_listings_give_the_same_diagnostics() {
    let mut world = several();
    world.edit("agents/alpha/spec.yaml", "name: alpha", "name: beta");
    world.edit("agents/gamma/spec.yaml", "model: recorded", "model: recoded");
    world.edit("loops/beta.yaml", "@daily", "@dayly");
    world.edit("loops/gamma.yaml", "name: gamma", "name: alpha");
    let world = world.with("agents/stray.yaml", "name: stray\n").with("loops/stray.yml", "name: stray\n");
    let said = |world: &Strings| {
        let outcome = world.check();
        let place = |span| format!("{} {:?}", outcome.sources.path(span), outcome.sources.get(span).is_some());
        let lines: Vec<String> = outcome
            .diagnostics
            .iter()
            .map(|one| {
                let labels = one.primary.iter().chain(&one.secondary).map(|label| place(label.span.file));
                format!("{} {} {:?}", one.code.id, one.concise(), labels.collect::<Vec<_>>())
            })
            .collect();
        lines
    };
    let lines = said(&world);
    assert!(lines.len() >= 6, "{lines:#?}");
    assert_eq!(said(&reversed(&world)), lines);
}
