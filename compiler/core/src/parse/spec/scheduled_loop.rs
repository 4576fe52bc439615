//! `loops/<name>.yaml`.

use pace_ir::program::scheduled_loop::Concurrency;
use pace_ir::program::{LoopName, Milliseconds, Principal};

use super::access::AclEntrySpec;
use crate::parse::decode::mapping;
use crate::parse::field::List;
use crate::parse::scalar::{Line, Text, Whole, decode_word};

decode_word!(Concurrency, [
    "forbid" => Concurrency::Forbid,
    "allow" => Concurrency::Allow,
    "replace" => Concurrency::Replace,
]);

mapping! {
    /// A loop: an instruction given to an agent on a schedule.
    pub(crate) struct LoopSpec ("a loop") {
        /// The loop's name.
        required name: LoopName,
        /// When: five cron fields (minute, hour, day of month, month, day of week) as Kubernetes reads them, or
        /// `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.
        required schedule: Line,
        /// The agent that works, by its `name`.
        required agent: Line,
        /// Who the loop acts as: a service account of `paceline.yaml`.
        required run_as: Principal,
        /// What is said to the agent at each firing.
        required instruction: Text,
        /// Who may trigger it (`execute`) and see its traces (`read`). Without it, only the operator's machine.
        optional acl: List<AclEntrySpec>,
        /// The IANA time zone of the schedule. Default: UTC.
        optional timezone: Line,
        /// When the last firing is still running: `forbid` skips the new one (the default), `allow` runs both,
        /// `replace` cancels the old one.
        optional concurrency: Concurrency,
        /// What happens to firings missed while no runner was up.
        optional catch_up: CatchUpSpec,
        /// Wall-clock time of one firing. Default: the agent's limit.
        optional timeout: Milliseconds,
        /// `false` keeps the schedule from firing. Default: true.
        optional enabled: bool,
    }
}

mapping! {
    /// What happens to firings missed while no runner was up.
    pub(crate) struct CatchUpSpec ("`catch_up`") {
        /// How old a missed firing may be and still run. Default: 1h.
        optional window: Milliseconds,
        /// How many of them run at most, newest first. Default: 1.
        optional max: Whole<0, 1_000>,
    }
}
