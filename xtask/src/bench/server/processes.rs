//! A process and all that descend from it, as Linux's `/proc` tells of them (proc(5)).

use std::fs::read_to_string;

use anyhow::{Context, Result};

use crate::bench::measure::count;

/// Linux tells programs 100 ticks a second, whatever its own clock does.
const TICK_MS: f64 = 10.0;

/// The processes.
#[derive(Debug)]
pub(super) struct Processes(Vec<u32>);

/// Resident memory of all of them, MiB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// Now.
    pub(crate) resident: f64,
    /// The most there ever was, each counted by itself.
    pub(crate) peak: f64,
}

impl Processes {
    /// A process and its descendants as they are now.
    pub(super) fn of(root: u32) -> Result<Self> {
        let folders = std::fs::read_dir("/proc").context("measuring needs Linux's /proc")?;
        let ids = folders.filter_map(|folder| folder.ok()?.file_name().to_str()?.parse::<u32>().ok());
        let pairs: Vec<(u32, u32)> = ids.filter_map(|id| Some((id, parent(id)?))).collect();
        let mut family = vec![root];
        let mut next = 0;
        while let Some(&member) = family.get(next) {
            family.extend(pairs.iter().filter(|(_, parent)| *parent == member).map(|(id, _)| *id));
            next += 1;
        }
        Ok(Self(family))
    }

    /// User and system time so far, milliseconds.
    pub(super) fn cpu_ms(&self) -> Result<f64> {
        let times = self.0.iter().filter_map(|&id| {
            let fields = stat(id)?;
            // The 14th and 15th field of the line, of which two stand before the rest.
            Some(fields.get(11)?.parse::<usize>().ok()? + fields.get(12)?.parse::<usize>().ok()?)
        });
        let ticks: usize = times.sum();
        self.is_alive()?;
        Ok(count(ticks) * TICK_MS)
    }

    /// Their memory.
    pub(super) fn memory(&self) -> Result<Memory> {
        self.is_alive()?;
        let all = |key: &str| {
            let kibibytes = self.0.iter().filter_map(|&id| {
                let status = read_to_string(format!("/proc/{id}/status")).ok()?;
                let line = status.lines().find_map(|line| line.strip_prefix(key))?;
                line.trim().trim_end_matches(" kB").parse::<usize>().ok()
            });
            count(kibibytes.sum()) / 1024.0
        };
        Ok(Memory { resident: all("VmRSS:"), peak: all("VmHWM:") })
    }

    fn is_alive(&self) -> Result<()> {
        let state = self.0.first().and_then(|&root| stat(root)?.first().cloned());
        anyhow::ensure!(state.is_some_and(|state| state != "Z"), "a server under measurement is gone");
        Ok(())
    }
}

fn parent(id: u32) -> Option<u32> {
    stat(id)?.get(1)?.parse().ok()
}

/// The fields after the program's name, which may hold anything. A process may end while it is being read.
fn stat(id: u32) -> Option<Vec<String>> {
    let line = read_to_string(format!("/proc/{id}/stat")).ok()?;
    Some(line.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect())
}
