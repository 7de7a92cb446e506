//! The load tool: starts the released server on a processor of its own, and asks it for tokens from
//! another.
//!
//! `cargo bench --bench load -- --help`. Nothing leaves the loopback interface; all is bounded in
//! number and time.

#[path = "../driver/mod.rs"]
mod driver;
mod measure;
mod options;
mod report;
mod server;
#[path = "../shared/mod.rs"]
mod shared;

use clap::Parser;
use options::Options;
use std::io::Write;

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let mut out = std::io::stdout().lock();
    let mut runs: Vec<_> = options
        .kinds
        .iter()
        .map(|exchange| (*exchange, Vec::new()))
        .collect();
    for run in 1..=options.runs {
        for (exchange, figures) in &mut runs {
            writeln!(out, "run {run} of {}: {}", options.runs, exchange.name)?;
            figures.push(measure::run(&options, *exchange)?);
        }
    }
    for (exchange, figures) in &runs {
        report::write(&mut out, &options, *exchange, figures)?;
    }
    Ok(())
}
