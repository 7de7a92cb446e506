//! The command line: `countersign`.
//!
//! Data goes to standard output, narration and errors to standard error. Exit codes: 0 done, 1 refused
//! or failed, 2 wrong usage, 4 not in time.

mod assert;
mod certificates;
mod check;
mod controller;
mod demo;
mod dev;
mod in_cluster;
mod keygen;
mod manifests;
mod server;
mod serving_tls;
mod token;

use crate::replay::ReplayLog;
use clap::{Parser, Subcommand};
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

/// Workload identity token broker for Kubernetes.
///
/// Workloads hand in a signed assertion (RFC 7523) or their service-account token, and get a
/// short-lived access token.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the main job on an embedded server: register, assert, exchange, verify, refuse.
    Demo,
    /// Serve on loopback from a folder of YAML objects, and follow changes in it.
    Dev(dev::Args),
    /// Make a client's key; prints the public half as a JWK Set, or a whole OAuthClient object.
    Keygen(keygen::Args),
    /// Sign an assertion with a client's key.
    Assert(assert::Args),
    /// Get an access token; prints it, or explains the refusal.
    Token(token::Args),
    /// Check that an installation answers, is trusted and exchanges tokens.
    Check(check::Args),
    /// Run the token endpoint in a cluster.
    Server(server::Args),
    /// Run the controller in a cluster.
    Controller(controller::Args),
    /// Print the custom resource definitions.
    Crds,
    /// Print the service accounts and roles of an installation.
    Rbac(manifests::Args),
    /// Print the admission policies of an installation.
    Policies(manifests::Args),
}

/// A failure that was explained already.
#[derive(Debug, Clone, Copy)]
enum Explained {
    /// It was refused, or did not hold.
    Failed,
    /// It did not come to hold in the time that was given.
    TimedOut,
}

impl Cli {
    /// Runs the command; the exit code is the process's.
    pub fn run(self) -> ExitCode {
        provide_tls();
        let outcome = match self.command {
            Command::Demo => demo::run(),
            Command::Dev(args) => args.run(),
            Command::Keygen(args) => args.run(),
            Command::Assert(args) => args.run(),
            Command::Token(args) => args.run(),
            Command::Check(args) => args.run(),
            Command::Server(args) => args.run(),
            Command::Controller(args) => args.run(),
            Command::Crds => manifests::crds(),
            Command::Rbac(args) => args.rbac(),
            Command::Policies(args) => args.policies(),
        };
        match outcome {
            Ok(Ok(())) => ExitCode::SUCCESS,
            Ok(Err(Explained::Failed)) => ExitCode::FAILURE,
            Ok(Err(Explained::TimedOut)) => ExitCode::from(4),
            Err(error) => {
                narrate(&format!("error: {}", chain(&error)));
                ExitCode::FAILURE
            }
        }
    }

    /// Runs `countersign server` with `log` in the place of the cluster's replay log: benchmarks tell what that one costs
    /// beside it.
    ///
    /// # Errors
    /// Those of the server, and any other command.
    pub fn serve_with(self, log: Arc<dyn ReplayLog>) -> anyhow::Result<()> {
        provide_tls();
        let Command::Server(args) = self.command else {
            anyhow::bail!("not the command `server`");
        };
        args.run_with(Some(log)).map(drop)
    }
}

/// rustls finds its provider here, whoever uses it first; a second install changes nothing.
fn provide_tls() {
    if rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .is_err()
    {
        tracing::debug!("the TLS provider is installed already");
    }
}

type Outcome = anyhow::Result<Result<(), Explained>>;

/// An error with its causes, each told once: many messages end with that of their cause already.
fn chain(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if told.is_empty() {
            told = cause;
        } else if !told.ends_with(&cause) {
            told = format!("{told}: {cause}");
        }
    }
    told
}

/// Writes a line to standard error. There is nobody left to tell if that fails.
fn narrate(line: &str) {
    if writeln!(io::stderr(), "{line}").is_err() {
        tracing::debug!("standard error is closed");
    }
}

/// Writes data to standard output.
fn print(data: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(data.as_bytes())?;
    if !data.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

/// A runtime with a thread for every core.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;
    use thiserror::Error;

    #[derive(Debug, Error)]
    #[error("cannot read it: {0}")]
    struct Repeating(#[source] io::Error);

    #[test]
    fn every_cause_is_told_once() {
        let cause = || io::Error::other("it is broken");
        let repeated = anyhow::Error::from(Repeating(cause())).context("no key");
        assert_eq!(chain(&repeated), "no key: cannot read it: it is broken");
        let plain = Err::<(), _>(cause()).context("no key").unwrap_err();
        assert_eq!(chain(&plain), "no key: it is broken");
    }
}
