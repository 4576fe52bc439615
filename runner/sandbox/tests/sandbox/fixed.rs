//! A clock that stands still.

use pace_sandbox::{Call, Clock};

use crate::support::{call, limits, tool};

fn fixed(seed: u64) -> Call {
    Call { clock: Clock::Fixed { now: 1_767_225_600_123, seed }, ..call() }
}

#[tokio::test(flavor = "multi_thread")]
async fn time_and_chance_are_as_asked() {
    let asks = tool("return [Date.now(), new Date().toISOString(), Math.random(), crypto.randomUUID()];");
    let once = asks.call(fixed(1)).await.unwrap();
    assert!(once.starts_with(r#"[1767225600123,"2026-01-01T00:00:00.123Z","#), "{once}");
    assert_eq!(asks.call(fixed(1)).await.unwrap(), once);
    assert_ne!(asks.call(fixed(2)).await.unwrap(), once);
}

#[tokio::test(flavor = "multi_thread")]
async fn timers_take_no_time_and_move_the_clock() {
    let sleeps = tool(
        "const order = []; const wait = (ms) => new Promise((r) => setTimeout(() => { order.push([ms, Date.now()]); r(); }, ms)); \
         await Promise.all([wait(3_000_000), wait(10), wait(20), wait(10)]); return order;",
    );
    let limits = limits();
    let order = sleeps.call(Call { limits, ..fixed(0) }).await.unwrap();
    assert_eq!(order, "[[10,1767225600133],[10,1767225600133],[20,1767225600143],[3000000,1767228600123]]");
}
