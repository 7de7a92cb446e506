use super::audit::{AuditArgs, finish};
use super::in_cluster::InCluster;
use super::serving_tls::TlsArgs;
use super::{Outcome, observed, runtime};
use crate::clock::SystemClock;
use crate::cluster::replay_log::{ClusterLog, LogMetrics, LogOptions};
use crate::cluster::view::View;
use crate::core::client::AudiencePolicy;
use crate::core::clock::Clock;
use crate::core::issuer::Issuer;
use crate::core::resource::ResourceId;
use crate::grants::Settings;
use crate::index::MintedResources;
use crate::jose::Algorithm;
use crate::lifecycle::{Signals, Tasks};
use crate::metrics::process::{self, Component};
use crate::metrics::upstream::{Upstream, UpstreamMetrics};
use crate::readiness::Readiness;
use crate::replay::{Capacity, ReplayLog};
use crate::server::broker::Broker;
use crate::server::limits::Limits;
use crate::server::metrics::state::register_index;
use crate::server::serve::{GRACE, PublicPort, bind, routes, serve_health, serve_public};
use prometheus::Registry;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Our issuer identifier: an https URL under which clients reach this server.
    #[arg(long, value_name = "URL", env = "COUNTERSIGN_ISSUER")]
    issuer: String,
    /// A resource that tokens are minted for, with its algorithm if not ES256: `URI` or `URI=RS256`; may be repeated.
    #[arg(
        long,
        value_name = "URI[=ALG]",
        required_unless_present = "own_namespace_resources"
    )]
    resource: Vec<Minted>,
    /// Mint tokens for `https://<service>.<namespace>.svc`, too, to clients of that namespace.
    #[arg(long)]
    own_namespace_resources: bool,
    /// The laxest audience policy that a client gets, whatever its object says: Compat (each client's own),
    /// Standard, Strict or Fapi.
    #[arg(long, value_name = "POLICY", default_value_t = AudiencePolicy::Compat)]
    audience: AudiencePolicy,
    #[command(flatten)]
    tls: TlsArgs,
    /// Where to serve tokens, over TLS.
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:8443")]
    listen: SocketAddr,
    /// Appends per second to the replay log, of all servers of the installation together; fewer while they are larger than
    /// 7.5 KiB on average.
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u32).range(10..=100_000))]
    append_rate: u32,
    /// Used assertions that the replay log holds at the most; one client may hold a twentieth of them.
    #[arg(long, value_name = "NUMBER", default_value_t = Capacity::default().keys)]
    replay_capacity: usize,
    /// How long the server goes on after it was told to end, in seconds: not ready any more, while callers and load balancers
    /// learn to go elsewhere.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u16).range(..=600))]
    drain: u16,
    #[command(flatten)]
    audit: AuditArgs,
    #[command(flatten)]
    cluster: InCluster,
}

/// A resource and the algorithm of its tokens.
#[derive(Debug, Clone)]
struct Minted {
    identifier: ResourceId,
    algorithm: Algorithm,
}

impl FromStr for Minted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (identifier, algorithm) = match text.rsplit_once('=').map(|(uri, name)| (uri, name.parse())) {
            Some((uri, Ok(algorithm))) => (uri, algorithm),
            _ => (text, Algorithm::Es256),
        };
        let identifier = identifier
            .parse()
            .map_err(|fault: crate::core::resource::InvalidResource| fault.to_string())?;
        Ok(Self {
            identifier,
            algorithm,
        })
    }
}

impl Args {
    pub(super) fn run(self) -> Outcome {
        self.run_with(None)
    }

    /// The same with another replay log than the cluster's, if one is given.
    pub(super) fn run_with(self, log: Option<Arc<dyn ReplayLog>>) -> Outcome {
        runtime()?.block_on(async {
            let telemetry = self.cluster.start_telemetry("countersign-server")?;
            observed(telemetry, self.serve(log)).await
        })?;
        Ok(Ok(()))
    }

    async fn serve(self, other: Option<Arc<dyn ReplayLog>>) -> anyhow::Result<()> {
        let issuer = Issuer::parse(&self.issuer)?;
        let resources: BTreeMap<String, Algorithm> = self
            .resource
            .iter()
            .map(|minted| (minted.identifier.to_string(), minted.algorithm))
            .collect();
        let registry = Registry::new();
        let source = self.tls.load(&registry)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let tasks = Tasks::draining_for(Duration::from_secs(self.drain.into()));
        let readiness = Readiness::new();
        process::register(&registry, Component::Server, &readiness)?;
        let upstream = UpstreamMetrics::new(&registry, &[Upstream::Kubernetes])?;
        let (client, api_clock) = self.cluster.connect(&clock, &upstream).await?;
        let signals = Signals::listen()?;

        let installation = self.cluster.installation();
        let mut resources = MintedResources::listed(resources);
        if self.own_namespace_resources {
            resources = resources.and_own_services(issuer.clone(), Algorithm::Es256);
        }
        let tls = source.follow(&client, &installation.namespace, &tasks, &readiness);
        let view = View::follow(&client, &installation, resources, &clock, &tasks, &readiness);
        let signing = view.index.signing_algorithms();
        register_index(&registry, &view.index)?;

        let settings = Settings {
            audience_floor: self.audience,
            ..Settings::new(issuer.clone())
        };
        let log = LogOptions {
            look_elsewhere: installation.is_cluster_wide(),
            namespace: installation.namespace,
            issuer,
            skew: settings.skew,
            capacity: Capacity::of(self.replay_capacity),
            append_rate: self.append_rate,
        };
        let metrics = LogMetrics::new(&registry)?;
        let replay: Arc<dyn ReplayLog> = match other {
            Some(other) => other,
            None => Arc::new(ClusterLog::follow(
                &client, log, &clock, &api_clock, metrics, &tasks, &readiness,
            )?),
        };
        let broker = Broker {
            settings,
            directory: view.index,
            replay,
            keys: view.keys,
            clock,
        };
        let limits = Limits::default();
        let audit = self.audit.open(&registry)?;
        let router = routes(Arc::new(broker), &signing, limits, &registry, audit.clone())?;
        let socket = bind(self.listen).await?;
        let health = bind(self.cluster.health_listen).await?;
        tracing::info!(public = %socket.local_addr()?, health = %health.local_addr()?, "listening");
        serve_public(
            &tasks,
            PublicPort {
                socket,
                tls: Some(tls),
                limits,
            },
            router,
        );
        serve_health(&tasks, health, readiness, registry);
        let ended = tasks.run_until_done(signals, GRACE).await;
        finish(&audit).await;
        Ok(ended?)
    }
}
