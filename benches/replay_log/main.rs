//! The replay log in a cluster: what it costs, beside the same server with its log in memory, beside one
//! bare append, and beside one object for each assertion.
//!
//! `cargo bench --bench replay_log -- --help`. A real etcd that waits for the disk and a real API server
//! have one processor, the released server has the other. Nothing leaves the loopback interface, all is
//! bounded in number and time, and nothing is left behind.

mod append;
#[expect(dead_code, reason = "the load tool uses the rest")]
#[path = "../driver/mod.rs"]
mod driver;
mod flood;
mod growth;
mod latency;
mod load;
mod memory;
mod naive;
mod observe;
mod options;
mod rate;
mod restart;
mod scene;
mod segments;
mod server;
#[expect(dead_code, reason = "the other benchmarks use the rest")]
#[path = "../shared/mod.rs"]
mod shared;
#[expect(
    dead_code,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the integration tests' own: what fails there ends the run"
)]
#[path = "../../tests/it/support/mod.rs"]
mod support;
mod table;
mod throughput;

use clap::Parser;
use options::{Options, Part};
use scene::Scene;
use std::io::Write;
use table::Table;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == memory::COMMAND) {
        return memory::serve(arguments);
    }
    let options = Options::parse();
    let mut out = std::io::stdout().lock();
    let mut table = Table::default();
    for run in 1..=options.runs {
        writeln!(out, "run {run} of {}", options.runs)?;
        for part in &options.only {
            writeln!(out, "  {}", part.told())?;
            // Who has written in the last minute counts as a writer, and gets a share of the pace.
            let scene = &Scene::set(&options)?;
            let figures = match part {
                Part::Append => append::measure(scene)?,
                Part::Latency => latency::measure(scene)?,
                Part::Rate => rate::of_one(scene)?,
                Part::Replicas => rate::of_three(scene)?,
                Part::Flood => flood::measure(scene)?,
                Part::Growth => growth::measure(scene)?,
                Part::Restart => restart::measure(scene)?,
                Part::Throughput => throughput::measure(scene)?,
                Part::Naive => naive::measure(scene)?,
            };
            for figure in figures {
                writeln!(out, "    {figure}")?;
                table.add(figure);
            }
        }
    }
    table.write(&mut out)?;
    Ok(())
}
