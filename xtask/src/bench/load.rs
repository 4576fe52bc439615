//! Load from wrk, and what it cost the server.

use anyhow::{Context, Result, bail};

use super::measure::{count, median};
use super::server::Server;
use crate::command;

/// How a server is loaded. `SESSION` in path or body stands for something different in each request of a series.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load<'a> {
    pub(super) path: &'a str,
    /// A JSON document.
    pub(super) body: &'a str,
    pub(super) connections: usize,
    pub(super) seconds: u32,
    /// Shown with each request; none where it is empty.
    pub(super) token: &'a str,
    /// What the names of its sessions begin with: a session of one series is none of another.
    pub(super) series: &'a str,
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outcome {
    pub(super) requests: f64,
    /// User and system time of the server for one request, microseconds.
    pub(super) cpu_us: f64,
    /// Requests a second.
    pub(super) rate: f64,
    /// Half of the answers took no longer, milliseconds.
    pub(super) p50_ms: f64,
    /// 99 of 100 answers took no longer, milliseconds.
    pub(super) p99_ms: f64,
}

impl Load<'_> {
    /// Loads the server.
    ///
    /// # Errors
    /// An answer was not a success, or none.
    pub(super) fn run(self, server: &Server) -> Result<Outcome> {
        let before = server.cpu_ms()?;
        let mut wrk = command::program("wrk")?;
        wrk.args(["--threads", "1", "--timeout", "30s", "--script", "tests/bench/load.lua"]);
        wrk.arg(format!("--connections={}", self.connections)).arg(format!("--duration={}s", self.seconds));
        wrk.arg(format!("http://127.0.0.1:{}", server.port));
        wrk.env("LOAD_PATH", self.path)
            .env("LOAD_BODY", self.body)
            .env("LOAD_TOKEN", self.token)
            .env("LOAD_SERIES", self.series);
        let output = String::from_utf8_lossy(&command::capture(&mut wrk)?).into_owned();
        let spent = server.cpu_ms()? - before;
        let result = output.lines().find_map(|line| line.strip_prefix("RESULT ")).context("wrk tells no result")?;
        let figures: Vec<f64> = result.split(' ').filter_map(|figure| figure.parse().ok()).collect();
        let [requests, failed, seconds, p50_ms, p99_ms] = figures[..] else { bail!("wrk tells `{result}`") };
        if failed == 0.0 && requests < 1.0 {
            bail!("nothing was answered in {} s at {}", self.seconds, self.path);
        }
        if failed > 0.0 {
            bail!("{failed} of {requests} requests failed at {}", self.path);
        }
        Ok(Outcome { requests, cpu_us: spent * 1_000.0 / requests, rate: requests / seconds, p50_ms, p99_ms })
    }
}

impl Outcome {
    /// The median of each figure.
    pub(super) fn median(outcomes: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| median(outcomes.iter().map(figure));
        Self {
            requests: of(|outcome| outcome.requests),
            cpu_us: of(|outcome| outcome.cpu_us),
            rate: of(|outcome| outcome.rate),
            p50_ms: of(|outcome| outcome.p50_ms),
            p99_ms: of(|outcome| outcome.p99_ms),
        }
    }

    /// How far the CPU times are from the middle one, as part of it: what the machine's noise does to them.
    pub(super) fn spread(outcomes: &[Self]) -> f64 {
        let times = || outcomes.iter().map(|outcome| outcome.cpu_us);
        let (least, most) = (times().fold(f64::INFINITY, f64::min), times().fold(0.0, f64::max));
        (most - least) / median(times()) / count(2)
    }
}
