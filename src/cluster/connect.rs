//! The connection to the API server.

use crate::cluster::api_clock::ApiClock;
use crate::core::clock::Clock;
use crate::metrics::upstream::UpstreamMetrics;
use crate::telemetry::propagation;
use anyhow::Context;
use kube::client::ClientBuilder;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A client for the cluster that we run in, or that `kubeconfig` names, and the clock of its API server, which it measures
/// on every answer. `metrics` hears of every answer, too.
///
/// Its requests name the trace that they belong to. It does not retry by itself: every caller here has a loop with a time limit of its own.
pub async fn connect(
    kubeconfig: Option<&Path>,
    clock: &Arc<dyn Clock>,
    metrics: &UpstreamMetrics,
) -> anyhow::Result<(Client, ApiClock)> {
    let config = config(kubeconfig).await?;
    let api_clock = ApiClock::new(Arc::clone(clock));
    let builder = ClientBuilder::try_from(config).context("cannot connect to the API server")?;
    let builder = builder.with_layer(&api_clock).with_layer(metrics);
    let traced = builder.with_layer(&propagation::outgoing());
    Ok((traced.build(), api_clock))
}

async fn config(kubeconfig: Option<&Path>) -> anyhow::Result<Config> {
    let mut config = match kubeconfig {
        Some(path) => {
            let file = Kubeconfig::read_from(path)
                .with_context(|| format!("cannot read the kubeconfig {}", path.display()))?;
            Config::from_custom_kubeconfig(file, &KubeConfigOptions::default())
                .await
                .context("the kubeconfig cannot be used")?
        }
        None => Config::infer()
            .await
            .context("no cluster: run inside one, or give --kubeconfig")?,
    };
    config.default_retry = false;
    config.connect_timeout = Some(Duration::from_secs(5));
    // Longer than a watch lives (200 s): it ends what hangs, not what is quiet.
    config.read_timeout = Some(Duration::from_mins(4));
    config.reset_reader_on_write = true;
    Ok(config)
}
