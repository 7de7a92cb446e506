//! Where it is measured: a control plane on one processor, and an installation with clients in it.

use crate::driver::clients::{self, CLIENTS, Keys, clients};
use crate::driver::process::processor_time;
use crate::options::Options;
use crate::server::ISSUER;
use crate::shared::kind::{Kind, NAMESPACE, Presented};
use crate::support::accounts::service_account;
use crate::support::{ControlPlane, Options as PlaneOptions, Process};
use anyhow::anyhow;
use countersign::api::installation::{Account, Installation};
use countersign::api::{crds, manifests};
use countersign::jose::Algorithm;
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The namespace of the installation.
pub(crate) const RELEASE: &str = "countersign-system";

/// What is asked for: an RS256 assertion for an ES256 token.
pub(crate) const KIND: Kind = Kind {
    presented: Presented::Assertion(Algorithm::Rs256),
    token: Algorithm::Es256,
};

/// A control plane with an installation. All of it ends with this value.
pub(crate) struct Scene {
    /// What is measured, and where.
    pub(crate) options: Options,
    /// etcd and the API server.
    pub(crate) plane: ControlPlane,
    keys: Keys,
    trust: Arc<ClientConfig>,
    _controller: Process,
}

// === impl Scene ===

impl Scene {
    /// Starts everything but servers.
    pub(crate) fn set(options: &Options) -> anyhow::Result<Self> {
        let plane = ControlPlane::start(&PlaneOptions {
            // What etcd grows by between two compactions is measured, so that none may come in between.
            apiserver_flags: vec!["--etcd-compaction-interval=0s".to_owned()],
            fsync: true,
            processor: Some(options.cluster_processor),
        });
        let keys = Keys::new()?;
        let controller = on_this_thread(async || {
            install(&plane, &keys).await?;
            controller(&plane, options).await
        })?;
        Ok(Self {
            options: options.clone(),
            keys,
            trust: certify(&plane.ca_file())?,
            plane,
            _controller: controller,
        })
    }

    /// The whole HTTP request for a token, of the client with this number, taken in turn.
    pub(crate) fn request(&self, kind: Kind, number: usize) -> anyhow::Result<Vec<u8>> {
        self.keys.request(kind, &clients::name(number), ISSUER)
    }

    /// The same of every client but the first.
    pub(crate) fn request_but_of_the_first(&self, number: usize) -> anyhow::Result<Vec<u8>> {
        let others = CLIENTS.saturating_sub(1);
        let number = number.checked_rem(others).unwrap_or_default();
        self.request(KIND, number.saturating_add(1))
    }

    /// The certificate of every server and its key: files in PEM.
    pub(crate) fn certificate(&self) -> [PathBuf; 2] {
        certificate(&self.plane.ca_file())
    }

    /// Who talks to a server trusts this.
    pub(crate) fn trust(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.trust)
    }

    /// The processor time of etcd and the API server.
    pub(crate) fn processor_time(&self) -> anyhow::Result<Duration> {
        let times = self.plane.pids().map(processor_time);
        times.into_iter().sum()
    }

    /// Runs `work` to its end on a runtime of this thread.
    #[expect(clippy::unused_self, reason = "nobody works without a scene")]
    pub(crate) fn on_this_thread<T>(
        &self,
        work: impl AsyncFnOnce() -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        on_this_thread(work)
    }
}

/// Runs `work` to its end on a runtime of this thread.
fn on_this_thread<T>(work: impl AsyncFnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(work())
}

/// Beside the files of the control plane, so that it goes when they do.
fn certificate(beside: &Path) -> [PathBuf; 2] {
    ["server.crt", "server.key"].map(|name| beside.with_file_name(name))
}

/// Makes the certificate of the servers; it vouches for itself.
fn certify(beside: &Path) -> anyhow::Result<Arc<ClientConfig>> {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    let [chain, key] = certificate(beside);
    std::fs::write(chain, made.cert.pem())?;
    std::fs::write(key, made.signing_key.serialize_pem())?;
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone())?;
    let trust = ClientConfig::builder().with_root_certificates(roots);
    Ok(Arc::new(trust.with_no_client_auth()))
}

/// The definitions, accounts, rights and policies of an installation, and its clients.
async fn install(plane: &ControlPlane, keys: &Keys) -> anyhow::Result<()> {
    let apply = async |yaml: String| plane.apply_yaml(&yaml).await.map_err(|error| anyhow!(error));
    for name in [RELEASE, NAMESPACE] {
        apply(json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } }).to_string())
            .await?;
    }
    for definition in apply(crds::yaml()?).await? {
        let name = definition.metadata.name.unwrap_or_default();
        plane.wait_crd_established(&name).await;
    }
    let installation = installation();
    apply(manifests::rbac_yaml(&installation)?).await?;
    apply(manifests::policies_yaml(&installation)?).await?;
    for client in clients() {
        apply(keys.client(&client)?.to_string()).await?;
    }
    Ok(())
}

fn installation() -> Installation {
    Installation {
        namespace: RELEASE.to_owned(),
        watch_namespaces: vec![NAMESPACE.to_owned()],
        ..Installation::default()
    }
}

/// The controller, which makes the signing keys and collects segments. It shares the cluster's processor.
async fn controller(plane: &ControlPlane, options: &Options) -> anyhow::Result<Process> {
    let kubeconfig = plane
        .kubeconfig_as(RELEASE, &service_account(Account::Controller))
        .await;
    let processor = options.cluster_processor.to_string();
    let health = format!("127.0.0.1:{}", crate::support::ports::free_port());
    let program = [
        "-c",
        &processor,
        env!("CARGO_BIN_EXE_countersign"),
        "controller",
        "--health-listen",
        &health,
        "--namespace",
        RELEASE,
        "--watch-namespace",
        NAMESPACE,
    ];
    Ok(Process::program("taskset".as_ref(), program)
        .env("KUBECONFIG", kubeconfig)
        .start())
}
