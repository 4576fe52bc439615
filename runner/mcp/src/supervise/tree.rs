//! Everything that came of a program. On Linux that is whatever descends from this process: who loses its parent is given to
//! it. Elsewhere it is the program's process group.

#[cfg(target_os = "linux")]
pub(super) use linux::{adopt, children, end_below, group, is_alive, kill, signal};
#[cfg(not(target_os = "linux"))]
pub(super) use others::{adopt, group, is_alive, kill, signal};

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::{BTreeMap, BTreeSet};
    use std::process::Command;
    use std::time::Duration;

    use rustix::process::{Pid, Signal, getpid, kill_process, set_child_subreaper};

    /// Rounds of stopping and killing: processes that make others faster than they are found are gone after the first few.
    const ROUNDS: u32 = 200;

    /// Orphans become children of this process from now on.
    pub(in super::super) fn adopt() {
        // Linux 3.4 and later; before, what escapes is not found.
        let _unknown = set_child_subreaper(Some(getpid()));
    }

    /// The program stays in this process's group, so that the caller can end both at once if this process fails to.
    pub(in super::super) fn group(_program: &mut Command) {}

    /// Whether there was anybody to get it.
    pub(in super::super) fn signal(_program: Pid, signal: Signal) -> bool {
        let all = descendants();
        for process in &all {
            // Who has ended meanwhile needs none.
            let _ended = kill_process(*process, signal);
        }
        !all.is_empty()
    }

    pub(in super::super) fn is_alive(_program: Pid) -> bool {
        !descendants().is_empty()
    }

    /// Ends all of them, those too that are made meanwhile.
    pub(in super::super) fn kill(_program: Pid, reap: impl FnMut()) {
        end_below(|_child| true, reap);
    }

    /// Ends children of this process and whatever descends from them, if they are such, those too that are made meanwhile.
    pub(in super::super) fn end_below(is_such: impl Fn(Pid) -> bool, mut reap: impl FnMut()) {
        let descendants = || descendants_of(&is_such);
        for _round in 0..ROUNDS {
            let mut stopped = BTreeSet::new();
            // Who is stopped makes no others.
            while let Some(new) = descendants().into_iter().find(|process| !stopped.contains(&process.as_raw_nonzero()))
            {
                let _ended = kill_process(new, Signal::STOP);
                stopped.insert(new.as_raw_nonzero());
            }
            for process in stopped.iter().filter_map(|process| Pid::from_raw(process.get())) {
                let _ended = kill_process(process, Signal::KILL);
            }
            reap();
            if descendants().is_empty() {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// All processes below this one that still run.
    fn descendants() -> Vec<Pid> {
        descendants_of(|_child| true)
    }

    /// The children of this process, those too that have ended.
    pub(in super::super) fn children() -> Vec<Pid> {
        let children = by_parent().remove(&getpid().as_raw_nonzero().get()).unwrap_or_default();
        children.into_iter().filter_map(|(child, _)| Pid::from_raw(child)).collect()
    }

    /// All processes by their parents, and whether they run.
    fn by_parent() -> BTreeMap<i32, Vec<(i32, bool)>> {
        let mut children: BTreeMap<i32, Vec<(i32, bool)>> = BTreeMap::new();
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        for process in processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok()) {
            if let Some((parent, is_running)) = parent(process) {
                children.entry(parent).or_default().push((process, is_running));
            }
        }
        children
    }

    /// Those of the children that are such, and whatever descends from them.
    fn descendants_of(is_such: impl Fn(Pid) -> bool) -> Vec<Pid> {
        let (mut children, this) = (by_parent(), getpid().as_raw_nonzero().get());
        if let Some(own) = children.get_mut(&this) {
            own.retain(|(child, _)| Pid::from_raw(*child).is_some_and(&is_such));
        }
        let (mut found, mut parents) = (Vec::new(), vec![this]);
        while let Some(parent) = parents.pop() {
            for (process, is_running) in children.remove(&parent).unwrap_or_default() {
                parents.push(process);
                found.extend(Pid::from_raw(process).filter(|_| is_running));
            }
        }
        found
    }

    /// The parent of a process, and whether it runs. `1234 (name) S 1 …`, where the name may hold anything.
    fn parent(process: i32) -> Option<(i32, bool)> {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        let (_, fields) = stat.rsplit_once(") ")?;
        let mut fields = fields.split(' ');
        let state = fields.next()?;
        Some((fields.next()?.parse().ok()?, !matches!(state, "Z" | "X")))
    }
}

#[cfg(not(target_os = "linux"))]
mod others {
    use std::os::unix::process::CommandExt as _;
    use std::process::Command;

    use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

    pub(in super::super) fn adopt() {}

    pub(in super::super) fn group(program: &mut Command) {
        program.process_group(0);
    }

    pub(in super::super) fn signal(program: Pid, signal: Signal) -> bool {
        kill_process_group(program, signal).is_ok()
    }

    pub(in super::super) fn is_alive(program: Pid) -> bool {
        test_kill_process_group(program).is_ok()
    }

    pub(in super::super) fn kill(program: Pid, mut reap: impl FnMut()) {
        let _ended = kill_process_group(program, Signal::KILL);
        reap();
    }
}
