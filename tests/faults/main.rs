//! The long forms of what `tests/it/replay_log` does in seconds: half an hour of faults, and a report. `tests/faults/run`
//! calls this.

// True of this binary anyway; clippy needs to read it to take all of this for test code.
#![cfg(test)]
#![expect(
    clippy::arithmetic_side_effects,
    reason = "an overflow in a test is a failed test"
)]

mod report;
#[expect(dead_code, reason = "the integration tests share it, and use all of it")]
#[path = "../it/support/mod.rs"]
mod support;

#[path = "../it/replay_log/api_servers.rs"]
mod api_servers;
#[path = "../it/replay_log/checker.rs"]
mod checker;
#[path = "../it/replay_log/clocks.rs"]
mod clocks;
#[path = "../it/replay_log/connections.rs"]
mod connections;
#[path = "../it/replay_log/history.rs"]
mod history;
#[path = "../it/replay_log/load.rs"]
mod load;
#[path = "../it/replay_log/races.rs"]
mod races;
#[path = "../it/replay_log/recorder.rs"]
mod recorder;
#[path = "../it/replay_log/reinstalled.rs"]
mod reinstalled;
#[path = "../it/replay_log/replicas.rs"]
mod replicas;
#[path = "../it/replay_log/scenario.rs"]
mod scenario;
#[path = "../it/replay_log/site.rs"]
mod site;
#[path = "../it/replay_log/skewed.rs"]
mod skewed;
#[path = "../it/replay_log/storage.rs"]
mod storage;
#[path = "../it/replay_log/storm.rs"]
mod storm;
#[path = "../it/replay_log/uses.rs"]
mod uses;
#[path = "../it/replay_log/workload.rs"]
mod workload;
#[path = "../it/replay_log/writes.rs"]
mod writes;
