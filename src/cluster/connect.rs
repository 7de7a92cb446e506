//! The connection to the API server.

use anyhow::Context;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use std::path::Path;
use std::time::Duration;

/// A client for the cluster that we run in, or that `kubeconfig` names.
///
/// It does not retry by itself: every caller here has a loop with a time limit of its own.
pub async fn connect(kubeconfig: Option<&Path>) -> anyhow::Result<Client> {
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
    Client::try_from(config).context("cannot connect to the API server")
}
