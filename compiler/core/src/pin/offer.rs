//! From what a server says it offers to a pin. A server is foreign: what could not be pinned, granted or written down again
//! is refused here, in words that name the tool.

use std::collections::BTreeMap;

use pace_ir::program::{Access, Json};
use pace_ir::text::{is_invisible, quoted};
use serde_json::Value;

use crate::parse::stays_inside;
use crate::pins::{PackagePin, Pin, ToolPin, is_word, is_words};
use crate::servers::{Offer, OfferedTool, ServerAddress, WantedServer};

/// The most tools of one server; the longest list among those known has some 150.
const MOST_TOOLS: usize = 1_000;
/// The most bytes of all that a server says of its tools. A model's context is no larger, and the lock, which holds every
/// server's, has to stay within what is read of one file.
const MOST_BYTES: usize = 1 << 20;
/// The longest name of a tool; as long as grants take.
const LONGEST_NAME: usize = 128;

/// Makes a pin, or says why there is none. A tool that no entry takes (`is_taken`) and that could not be pinned is left out:
/// whoever lists the tools they want need not mind the others.
pub(super) fn pin(offer: &Offer, wanted: &WantedServer, is_taken: &dyn Fn(&str) -> bool) -> Result<Pin, String> {
    if offer.tools.len() > MOST_TOOLS {
        return Err(format!("it offers {} tools, of at most {MOST_TOOLS}", offer.tools.len()));
    }
    if let (Some(pinned), installed) = (&wanted.package, &offer.package)
        && installed.as_ref() != Some(pinned)
    {
        return Err("what was started is not the package that is pinned".to_owned());
    }
    match (&offer.package, &wanted.address) {
        (Some(package), _) => whole(package)?,
        (None, ServerAddress::Npm(..) | ServerAddress::PyPi(..)) => {
            return Err("nothing says what was installed of its package".to_owned());
        }
        (None, _) => {}
    }
    let mut tools = BTreeMap::new();
    let mut bytes = offer.name.len();
    for offered in &offer.tools {
        let pin = match name(&offered.name).and_then(|()| tool(offered)) {
            Ok(pin) => pin,
            Err(_) if !is_taken(&offered.name) => continue,
            Err(why) => return Err(why),
        };
        bytes += offered.name.len() + size(&pin);
        if tools.insert(offered.name.clone(), pin).is_some() {
            return Err(format!("it offers two tools of the name `{}`", quoted(&offered.name)));
        }
    }
    if bytes > MOST_BYTES {
        return Err(format!("it describes its tools in {bytes} bytes, of at most {MOST_BYTES}"));
    }
    let (name, package) = (offer.name.clone(), offer.package.clone());
    Ok(Pin { name, needs_credential: offer.needs_credential, package, tools })
}

/// A tool is told apart by its name in specs, grants and logs.
fn name(name: &str) -> Result<(), String> {
    let is_seen = |c: char| !c.is_control() && !c.is_whitespace() && !is_invisible(c);
    if name.is_empty() {
        return Err("it offers a tool without a name".to_owned());
    }
    if name.len() > LONGEST_NAME || !name.chars().all(is_seen) {
        let wanted = format!("a name has at most {LONGEST_NAME} bytes and neither spaces nor invisible characters");
        return Err(format!("it offers a tool of the name `{}`; {wanted}", quoted(name)));
    }
    Ok(())
}

fn tool(offered: &OfferedTool) -> Result<ToolPin, String> {
    let schema = |schema: &Value, of: &str| match schema {
        Value::Object(_) => Ok(Json(schema.to_string())),
        _ => Err(format!("the schema of the {of} of `{}` is no object", quoted(&offered.name))),
    };
    let OfferedTool { destructive, idempotent, open_world, .. } = *offered;
    Ok(ToolPin {
        title: offered.title.clone(),
        description: offered.description.clone(),
        access: if offered.read_only == Some(true) { Access::Read } else { Access::Write },
        destructive,
        idempotent,
        open_world,
        input: schema(&offered.input, "arguments")?,
        output: offered.output.as_ref().map(|output| schema(output, "results")).transpose()?,
    })
}

fn size(pin: &ToolPin) -> usize {
    let title = pin.title.as_ref().map_or(0, String::len);
    title + pin.description.len() + pin.input.0.len() + pin.output.as_ref().map_or(0, |output| output.0.len())
}

/// Whether a package could be installed again from what is written down.
fn whole(package: &PackagePin) -> Result<(), String> {
    let words = package.tree.iter().flat_map(|line| [&line.place, &line.version, &line.integrity]);
    let is_whole = !package.tree.is_empty()
        && words.chain([&package.version]).all(|word| is_word(word))
        && package.tree.iter().all(|line| line.rest.is_empty() || is_words(&line.rest))
        && (package.needs.is_empty() || is_words(&package.needs));
    if is_whole && stays_inside(&package.entry) {
        return Ok(());
    }
    Err("its package is not described as a lock has to".to_owned())
}
