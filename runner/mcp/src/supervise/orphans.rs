//! What a supervisor leaves behind that was killed: by the program that it watched, say, which may do so. Processes that had
//! left its group are given to the caller then, who ends them – those alone, and no other children of the caller.
//!
//! Linux does not say whose a process once was. What it does keep is a hard limit: whoever is not root can lower one and not
//! raise it. A supervisor lowers one by a byte that nobody needs, and whatever descends from it has no more.

#[cfg(target_os = "linux")]
pub(crate) use linux::{end, ended, mark, spawn};
#[cfg(not(target_os = "linux"))]
pub(crate) use others::{end, ended, mark, spawn};

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeSet;
    use std::io;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use rustix::process::{
        Pid, Resource, Rlimit, WaitOptions, getpid, getrlimit, set_child_subreaper, setrlimit, waitpid,
    };
    use tokio::process::{Child, Command};

    use super::super::tree;

    /// The supervisors of this process that have not ended. Held while one is started, and while orphans are looked for: one that
    /// is not yet known must not be taken for an orphan.
    static SUPERVISORS: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

    /// Message queues of POSIX: bytes for all of them.
    const MARKED: Resource = Resource::Msgqueue;
    const NAME: &str = "Max msgqueue size";

    /// Marks this process and all that will descend from it.
    pub(crate) fn mark() {
        let limit = getrlimit(MARKED);
        let most = limit.maximum.unwrap_or(u64::from(u32::MAX)).saturating_sub(1);
        let current = limit.current.map_or(most, |current| current.min(most));
        // It is lower than it was, which is never refused.
        let _refused = setrlimit(MARKED, Rlimit { current: Some(current), maximum: Some(most) });
    }

    /// Starts a supervisor. Whatever it should leave behind comes to this process from then on.
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Child> {
        let mut supervisors = supervisors();
        // Linux 3.4 and later; before, what is left behind is not found.
        let _unknown = set_child_subreaper(Some(getpid()));
        let child = command.spawn()?;
        supervisors.extend(child.id());
        Ok(child)
    }

    /// A supervisor has ended, and left nothing.
    pub(crate) fn ended(supervisor: Option<u32>) {
        let mut supervisors = supervisors();
        if let Some(supervisor) = supervisor {
            supervisors.remove(&supervisor);
        }
        if supervisors.is_empty() {
            let _unknown = set_child_subreaper(None);
        }
    }

    /// A supervisor was killed: what it left is ended too.
    pub(crate) async fn end(supervisor: Option<u32>) {
        // Fails if the runtime ends.
        let _ended = tokio::task::spawn_blocking(move || {
            let mut supervisors = supervisors();
            if let Some(supervisor) = supervisor {
                supervisors.remove(&supervisor);
            }
            let own = maximum(&limits("self"));
            let is_orphan = |process: Pid| {
                let id = process.as_raw_nonzero().get();
                let is_supervisor = u32::try_from(id).is_ok_and(|id| supervisors.contains(&id));
                !is_supervisor && is_lower(maximum(&limits(&id.to_string())), own)
            };
            tree::end_below(is_orphan, || reap(&is_orphan));
        })
        .await;
        ended(None);
    }

    /// Takes note of the end of orphans, which nobody else waits for.
    fn reap(is_orphan: &impl Fn(Pid) -> bool) {
        for process in tree::children().into_iter().filter(|process| is_orphan(*process)) {
            let _running = waitpid(Some(process), WaitOptions::NOHANG);
        }
    }

    fn supervisors() -> MutexGuard<'static, BTreeSet<u32>> {
        SUPERVISORS.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn limits(process: &str) -> String {
        std::fs::read_to_string(format!("/proc/{process}/limits")).unwrap_or_default()
    }

    /// The hard limit, where it is known.
    pub(super) fn maximum(limits: &str) -> Option<u64> {
        let line = limits.lines().find_map(|line| line.strip_prefix(NAME))?;
        match line.split_whitespace().nth(1)? {
            "unlimited" => Some(u64::MAX),
            most => most.parse().ok(),
        }
    }

    pub(super) fn is_lower(its: Option<u64>, own: Option<u64>) -> bool {
        its.zip(own).is_some_and(|(its, own)| its < own)
    }
}

#[cfg(not(target_os = "linux"))]
mod others {
    use tokio::process::{Child, Command};

    pub(crate) fn mark() {}

    pub(crate) fn spawn(command: &mut Command) -> std::io::Result<Child> {
        command.spawn()
    }

    pub(crate) fn ended(_supervisor: Option<u32>) {}

    pub(crate) async fn end(_supervisor: Option<u32>) {}
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::linux::{is_lower, maximum};

    #[test]
    fn a_lower_limit_tells_whose_a_process_was() {
        let limits = |most: &str| {
            maximum(&format!("Limit   Soft Limit   Hard Limit   Units\nMax msgqueue size   8000   {most}   bytes \n"))
        };
        assert_eq!((limits("8192"), limits("unlimited"), maximum("")), (Some(8192), Some(u64::MAX), None));
        assert!(is_lower(limits("8191"), limits("8192")) && is_lower(limits("5"), limits("unlimited")));
        assert!(!is_lower(limits("8192"), limits("8192")) && !is_lower(limits("unlimited"), limits("8192")));
        // What is not known is left alone.
        assert!(!is_lower(None, limits("8192")) && !is_lower(limits("1"), None));
    }
}
