use super::{Explained, Outcome, print, runtime};
use crate::client::check::{self, Check, Subject};
use crate::clock::SystemClock;
use crate::core::clock::Clock;
use crate::core::issuer::Issuer;
use anyhow::Context;
use clap::ValueEnum;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long to wait between two tries.
const PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The issuer identifier of the authorization server.
    #[arg(long, value_name = "URL", env = "COUNTERSIGN_ISSUER", value_parser = Issuer::parse_loopback)]
    issuer: Issuer,
    /// Where to reach it, if not at its issuer identifier: the same path at another host.
    #[arg(long, value_name = "URL", value_parser = Issuer::parse_loopback)]
    endpoint: Option<Issuer>,
    /// Certificates (PEM) to trust instead of the system's.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// A file with a projected service-account token, to be exchanged for an access token.
    #[arg(long, value_name = "FILE", requires = "resource")]
    service_account_token: Option<PathBuf>,
    /// The API that the access token is to be for.
    #[arg(long, value_name = "URI")]
    resource: Option<String>,
    /// The scopes to ask for, separated by spaces.
    #[arg(long, value_name = "SCOPES")]
    scope: Option<String>,
    /// Try again for so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u16,
    /// How to tell the result.
    #[arg(long, short, value_enum, default_value = "text")]
    output: Output,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Output {
    /// A line for each check.
    Text,
    /// One JSON object.
    Json,
}

impl Args {
    pub(super) fn run(self) -> Outcome {
        let checks = runtime()?.block_on(self.until_done())?;
        let ok = checks.iter().all(|check| check.ok);
        match self.output {
            Output::Text => print(&text(&checks))?,
            Output::Json => print(&json!({"ok": ok, "checks": checks}).to_string())?,
        }
        Ok(match (ok, self.wait) {
            (true, _) => Ok(()),
            (false, 0) => Err(Explained::Failed),
            (false, _) => Err(Explained::TimedOut),
        })
    }

    /// Checks until everything holds or the time is over.
    async fn until_done(&self) -> anyhow::Result<Vec<Check>> {
        let began = Instant::now();
        let patience = Duration::from_secs(self.wait.into());
        loop {
            // Read anew each time: the kubelet may put files there, and replace them, while we wait.
            let outcome = self.once().await;
            let held = outcome
                .as_ref()
                .is_ok_and(|checks| checks.iter().all(|check| check.ok));
            if held || began.elapsed() >= patience {
                return outcome;
            }
            sleep(PAUSE).await;
        }
    }

    async fn once(&self) -> anyhow::Result<Vec<Check>> {
        let ca = self.ca.as_deref().map(read).transpose()?;
        let token = self.service_account_token.as_deref().map(read).transpose()?;
        let token = token.map(String::from_utf8).transpose();
        let token = token.context("the service-account token is not text")?;
        let subject = Subject {
            issuer: &self.issuer,
            endpoint: self.endpoint.as_ref(),
            ca: ca.as_deref(),
            service_account_token: token.as_deref().map(str::trim),
            resource: self.resource.as_deref(),
            scope: self.scope.as_deref(),
        };
        Ok(check::run(&subject, SystemClock.now()).await)
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn text(checks: &[Check]) -> String {
    let line = |check: &Check| {
        let mark = if check.ok { "✓" } else { "✗" };
        format!("{mark} {}: {}", check.name, check.detail)
    };
    checks.iter().map(line).collect::<Vec<_>>().join("\n")
}
