//! How many agents have called each other before a call, over all runners: an agent may list a server that is itself, here or
//! by way of others, and each step holds a session and waits. Runners tell each other in `_meta`. A server of another kind in
//! between passes nothing on, and what is told is believed: whoever tells less than there is only has more of their own calls.

use pace_ir::access::{Chain, Subject};
use serde_json::{Map, Value};

use crate::problem::{Code, Problem};

/// How many agents may have called each other before one that is called. Each holds its session and waits in memory.
pub(crate) const MOST_CALLERS: usize = 8;

/// The key in `_meta`.
const DEPTH: &str = "dev.paceline/depth";

/// `meta` of a call to a server that an agent makes, which is a caller too.
pub(crate) fn told(mut meta: Map<String, Value>, chain: &Chain) -> Map<String, Value> {
    meta.insert(DEPTH.to_owned(), (chain.callers() + 1).into());
    meta
}

/// The chain of a call that came with this `meta`.
///
/// # Errors
/// [`Code::LimitReached`].
pub(crate) fn chain(subject: Subject, meta: &Map<String, Value>) -> Result<Chain, Problem> {
    let told = meta.get(DEPTH).and_then(Value::as_u64).unwrap_or_default();
    let before = usize::try_from(told).unwrap_or(usize::MAX);
    if before > MOST_CALLERS {
        return Err(too_many());
    }
    Ok(Chain { before, ..Chain::direct(subject) })
}

/// What is said to one caller too many.
pub(crate) fn too_many() -> Problem {
    let detail = format!("agents may call each other over {MOST_CALLERS} steps, and this would be one more");
    Problem::new(Code::LimitReached, detail).help("answer without it")
}

#[cfg(test)]
mod tests {
    use pace_ir::program::Access;

    use super::*;

    #[test]
    fn each_runner_counts_on_from_the_one_before() {
        let subject = || Subject::account(&"bot".parse().unwrap());
        let mut meta = Map::new();
        let mut calls = 0;
        while let Ok(chain) = chain(subject(), &meta) {
            calls += 1;
            assert!(calls < 100, "there is no end of it");
            meta = told(Map::new(), &chain);
        }
        // One that nobody called, and eight that had callers.
        assert_eq!(calls, 1 + MOST_CALLERS);
        let inner = Chain::direct(subject()).through(&"bot".parse().unwrap(), Access::Read);
        assert_eq!(told(Map::new(), &inner)[DEPTH], 2);
    }

    #[test]
    fn nonsense_is_no_depth() {
        let subject = || Subject::account(&"bot".parse().unwrap());
        let before = |value: Value| chain(subject(), &Map::from_iter([(DEPTH.to_owned(), value)])).map(|it| it.before);
        for value in [Value::Null, "9".into(), (-1).into(), 1.5.into()] {
            assert!(matches!(before(value), Ok(0)));
        }
        assert!(before(u64::MAX.into()).is_err());
    }
}
