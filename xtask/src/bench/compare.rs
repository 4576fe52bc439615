//! Servers under the same load in turn, a line for each.

use anyhow::Result;

use super::load::{Load, Outcome};
use super::server::Server;

/// Servers take turns, so that a noisy minute hits all of them.
const ROUNDS: usize = 5;

/// What the last of several servers costs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Last {
    pub(super) cpu_us: f64,
    pub(super) p99_ms: f64,
    /// As a multiple of the first one's.
    pub(super) ratio: f64,
}

/// The line above those of [`compare`].
pub(super) fn heading(seconds: u32) -> String {
    format!(
        "\nmedian of {ROUNDS} rounds of {seconds} s, servers in turn; a new session for each request\n\n{:<30} {:<18} {:>10} {:>7} {:>9} \
         {:>9} {:>9} {:>10}",
        "", "", "CPU µs", "±", "req/s", "p50 ms", "p99 ms", "CPU/first"
    )
}

/// Loads the servers in turn, and prints a line for each.
pub(super) fn compare(what: &str, load: Load<'_>, servers: &[&(&str, Server)]) -> Result<Last> {
    let mut outcomes: Vec<Vec<Outcome>> = vec![Vec::new(); servers.len()];
    for round in 0..=ROUNDS {
        for ((_, server), outcomes) in servers.iter().zip(&mut outcomes) {
            let outcome = load.run(server)?;
            // The first round warms up.
            if round > 0 {
                outcomes.push(outcome);
            }
        }
    }
    let mut floor = f64::NAN;
    let mut last = Last { cpu_us: f64::NAN, p99_ms: f64::NAN, ratio: f64::NAN };
    for (index, ((name, _), outcomes)) in servers.iter().zip(&outcomes).enumerate() {
        let median = Outcome::median(outcomes);
        if index == 0 {
            floor = median.cpu_us;
        }
        last = Last { cpu_us: median.cpu_us, p99_ms: median.p99_ms, ratio: median.cpu_us / floor };
        println!(
            "{what:<30} {name:<18} {:>10.1} {:>6.0}% {:>9.0} {:>9.2} {:>9.2} {:>10.2}",
            median.cpu_us,
            Outcome::spread(outcomes) * 100.0,
            median.rate,
            median.p50_ms,
            median.p99_ms,
            last.ratio,
        );
    }
    Ok(last)
}
