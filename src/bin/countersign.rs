//! The `countersign` binary.

use clap::Parser;
use countersign::cli::Cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    Cli::parse().run()
}
