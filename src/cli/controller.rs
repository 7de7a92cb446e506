use super::certificates::{CertificateArgs, Certificates};
use super::in_cluster::InCluster;
use super::{Outcome, observed, runtime};
use crate::clock::SystemClock;
use crate::controller::certificates::Bundle;
use crate::controller::certificates::metrics::CertificateMetrics;
use crate::controller::election::{Elector, Identity};
use crate::controller::heartbeat::Heartbeat;
use crate::controller::lease::LeaseTimes;
use crate::controller::metrics::ControllerMetrics;
use crate::controller::owners::Owners;
use crate::controller::replay_log::{CollectionMetrics, Collector};
use crate::controller::signing_keys::Rotation;
use crate::controller::sources::schedule::Pace;
use crate::controller::{self, ControllerOptions};
use crate::core::clock::Clock;
use crate::fetch::FetchOptions;
use crate::fetch::addresses::AddressPolicy;
use crate::jose::Algorithm;
use crate::keys::RotationPolicy;
use crate::lifecycle::{Signals, Tasks};
use crate::metrics::process::{self, Component};
use crate::metrics::upstream::{Upstream, UpstreamMetrics};
use crate::readiness::Readiness;
use crate::server::serve::{bind, serve_health};
use anyhow::Context;
use ipnet::IpNet;
use kube::{Api, Client};
use prometheus::Registry;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;
use url::Url;

/// How often the leader says that it is alive.
const HEARTBEAT: Duration = Duration::from_mins(1);
/// How long work may take to end after a shutdown began.
const GRACE: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// The algorithms that there are signing keys for.
    #[arg(
        long,
        value_name = "ALG",
        value_delimiter = ',',
        default_value = "ES256,RS256"
    )]
    signing_algorithms: Vec<Algorithm>,
    /// How often the key sets behind URLs are fetched, in seconds; sooner where their host allows less caching.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    fetch_interval: u32,
    /// An otherwise refused address range from which key sets may be fetched; may be repeated.
    #[arg(long, value_name = "CIDR")]
    fetch_allow: Vec<IpNet>,
    /// A range that looks public and is not to be called, such as the cluster's pods; may be repeated.
    #[arg(long, value_name = "CIDR")]
    fetch_refuse: Vec<IpNet>,
    /// A proxy for fetching key sets; it has to do the filtering of addresses then.
    #[arg(long, value_name = "URL")]
    fetch_proxy: Option<Url>,
    /// Certificate authorities (PEM) to trust for fetching, besides the system's.
    #[arg(long, value_name = "FILE")]
    fetch_ca: Option<PathBuf>,
    /// The name of this replica in Events and leases.
    #[arg(
        long,
        value_name = "NAME",
        env = "POD_NAME",
        default_value = "countersign-controller"
    )]
    pod_name: String,
    #[command(flatten)]
    certificates: CertificateArgs,
    #[command(flatten)]
    cluster: InCluster,
}

impl Args {
    pub(super) fn run(self) -> Outcome {
        runtime()?.block_on(async {
            let telemetry = self.cluster.start_telemetry("countersign-controller")?;
            observed(telemetry, self.serve()).await
        })?;
        Ok(Ok(()))
    }

    async fn serve(self) -> anyhow::Result<()> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let (tasks, readiness, registry) = (Tasks::new(), Readiness::new(), Registry::new());
        process::register(&registry, Component::Controller, &readiness)?;
        let upstream = UpstreamMetrics::new(&registry, &[Upstream::Kubernetes, Upstream::Jwks])?;
        let (client, _) = self.cluster.connect(&clock, &upstream).await?;
        let signals = Signals::listen()?;
        let installation = self.cluster.installation();
        let namespace = installation.namespace.clone();
        let metrics = ControllerMetrics::new(&registry, upstream)?;
        let collection = CollectionMetrics::new(&registry)?;
        let identity = Identity::new(&self.pod_name)?;
        let owners = self.certificates.owners(&client, &installation);
        let (bundle, published) = watch::channel(Bundle::None);
        let certificates = self.certificates.certificates(
            &client,
            &installation,
            (&clock, &owners),
            bundle,
            CertificateMetrics::new(&registry)?,
        )?;
        let owners_of_keys = self.certificates.owners_of_keys(&owners);
        let options = self.options(metrics, identity.as_str(), published, Arc::clone(&owners))?;
        let policy = RotationPolicy::new(self.signing_algorithms.iter().copied().collect())?;
        let health = bind(self.cluster.health_listen).await?;
        tracing::info!(health = %health.local_addr()?, identity = identity.as_str(), "a candidate for leadership");
        serve_health(&tasks, health, readiness, registry);

        let leases = Api::namespaced(client.clone(), &namespace);
        let holder = identity.as_str().to_owned();
        let elector = Elector::new(leases, identity, LeaseTimes::default(), Arc::clone(&clock))
            .owned_by(Arc::clone(&owners));
        let leader = Leader {
            client,
            namespace,
            holder,
            clock,
            options,
            policy,
            collection,
            certificates,
            owners,
            owners_of_keys,
        };
        let stop = tasks.shutdown();
        tasks.spawn_essential("leadership", async move {
            Box::pin(elector.lead(&stop, |stop| leader.work(stop)))
                .await
                .context("leading")
        });
        Ok(tasks.run_until_done(signals, GRACE).await?)
    }

    fn options(
        &self,
        metrics: ControllerMetrics,
        instance: &str,
        bundle: watch::Receiver<Bundle>,
        owners: Arc<Owners>,
    ) -> anyhow::Result<ControllerOptions> {
        let extra_roots = match &self.fetch_ca {
            Some(path) => {
                Some(std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?)
            }
            None => None,
        };
        let refresh = Duration::from_secs(u64::from(self.fetch_interval));
        Ok(ControllerOptions {
            installation: self.cluster.installation(),
            fetch: FetchOptions {
                addresses: AddressPolicy {
                    allowed: self.fetch_allow.clone(),
                    refused: self.fetch_refuse.clone(),
                },
                proxy: self.fetch_proxy.clone(),
                extra_roots,
                ..FetchOptions::default()
            },
            pace: Pace {
                refresh,
                ..Pace::default()
            },
            at_once: 16,
            instance: instance.to_owned(),
            bundle,
            owners,
            metrics,
        })
    }
}

/// What the one leading replica does.
struct Leader {
    client: Client,
    namespace: String,
    holder: String,
    clock: Arc<dyn Clock>,
    options: ControllerOptions,
    policy: RotationPolicy,
    collection: CollectionMetrics,
    certificates: Certificates,
    owners: Arc<Owners>,
    owners_of_keys: Option<Arc<Owners>>,
}

impl Leader {
    async fn work(self, stop: CancellationToken) -> anyhow::Result<()> {
        let secrets = Api::namespaced(self.client.clone(), &self.namespace);
        let metrics = self.options.metrics.clone();
        let report = move |event| metrics.rotated(event);
        let rotation = Rotation::new(secrets, self.policy, Arc::clone(&self.clock), report)
            .owned_by(self.owners_of_keys);
        let leases = Api::namespaced(self.client.clone(), &self.namespace);
        let heartbeat =
            Heartbeat::new(leases, self.holder, HEARTBEAT, Arc::clone(&self.clock)).owned_by(self.owners);
        let collector = Collector::new(self.client.clone(), &self.namespace, self.collection);
        let (synced, first_pass) = oneshot::channel();
        let synced = move || {
            if synced.send(()).is_err() {
                tracing::debug!("nobody waits for the first pass any more");
            }
        };
        // Without a first pass there is nothing to vouch for: then the heart never beats.
        let first_pass = async {
            if first_pass.await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let (vouched, (), (), (), ()) = tokio::join!(
            controller::run(self.client, self.options, self.clock, stop.clone(), synced),
            rotation.run(stop.clone()),
            self.certificates.run(stop.clone()),
            heartbeat.run(first_pass, stop.clone()),
            collector.run(stop),
        );
        Ok(vouched?)
    }
}
