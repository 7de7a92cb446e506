use crate::api::installation::Installation;
use crate::cluster::api_clock::ApiClock;
use crate::cluster::connect;
use crate::core::clock::Clock;
use crate::metrics::upstream::UpstreamMetrics;
use crate::telemetry::{LogFormat, Telemetry};
use kube::Client;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// What every process of an installation is told.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct InCluster {
    /// What the names of the installation's objects begin with.
    #[arg(
        long,
        value_name = "NAME",
        env = "COUNTERSIGN_NAME",
        default_value = "countersign"
    )]
    name: String,
    /// The namespace of the installation.
    #[arg(
        long,
        value_name = "NAMESPACE",
        env = "POD_NAMESPACE",
        default_value = "countersign-system"
    )]
    namespace: String,
    /// Serve this namespace only; may be repeated. Default: the whole cluster.
    #[arg(long, value_name = "NAMESPACE")]
    watch_namespace: Vec<String>,
    /// How to reach the cluster, from outside of it.
    #[arg(long, value_name = "FILE", env = "KUBECONFIG")]
    kubeconfig: Option<PathBuf>,
    /// Where to serve /livez, /readyz and /metrics.
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:9402")]
    pub(super) health_listen: SocketAddr,
    /// How to log.
    #[arg(long, value_enum, default_value = "json")]
    log_format: LogFormat,
    /// What to log.
    #[arg(long, value_name = "FILTER", default_value = "info,kube_runtime=error")]
    log_level: String,
}

impl InCluster {
    /// Sends logs and traces where they belong; `service` is who it is in traces.
    pub(super) fn start_telemetry(&self, service: &'static str) -> anyhow::Result<Telemetry> {
        Telemetry::start(self.log_format, &self.log_level, service)
    }

    /// Connects to the API server, and measures its answers, and its clock beside `clock`.
    pub(super) async fn connect(
        &self,
        clock: &Arc<dyn Clock>,
        metrics: &UpstreamMetrics,
    ) -> anyhow::Result<(Client, ApiClock)> {
        connect::connect(self.kubeconfig.as_deref(), clock, metrics).await
    }

    /// The installation that the process is a part of.
    pub(super) fn installation(&self) -> Installation {
        Installation {
            name: self.name.clone(),
            namespace: self.namespace.clone(),
            watch_namespaces: self.watch_namespace.clone(),
        }
    }
}
