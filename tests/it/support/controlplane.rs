//! A real etcd and kube-apiserver (and kube-controller-manager for who asks), on loopback.
//!
//! As in a real cluster: TLS, client certificates, RBAC, the service-account admission plugin, an RSA
//! key under the service-account tokens, and an issuer that is also the API's audience. Unlike one:
//! no scheduler and no kubelet, so pods stay `Pending`; no controllers unless started, so a new
//! namespace has no `default` service account and nothing is collected; and the binding that lets every
//! service account read the issuer's keys is deleted, because hardened clusters do so.

mod faults;
mod parts;

pub(crate) use faults::Part;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use k8s_openapi::api::rbac::v1::ClusterRoleBinding;
use kube::api::{Api, DeleteParams};

use super::binaries::Binaries;
use super::kubeconfig::{self, User};
use super::leash::{self, Leash};
use super::pki::Pki;
use super::{announce, eventually, logs, ports};
use parts::{Plan, flag, start};

/// The issuer of the control plane's service-account tokens, and the audience that its API accepts.
pub(crate) const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

/// How long a start may take. On an idle machine it is 4 seconds.
pub(crate) const START: Duration = Duration::from_mins(2);

/// How often a start is tried when another process was faster to take a port.
const TRIES: u32 = 5;

/// The default binding of every service account to the issuer's discovery documents.
const DISCOVERY_BINDING: &str = "system:service-account-issuer-discovery";

/// What a test wants to be different in a control plane of its own.
#[derive(Debug, Default, Clone)]
pub(crate) struct Options {
    /// More flags for the kube-apiserver.
    pub(crate) apiserver_flags: Vec<String>,
    /// Whether etcd waits until what it acknowledges is on the disk, as every other etcd does. Without,
    /// a control plane is faster, and what it stored does not survive a crash.
    pub(crate) fsync: bool,
    /// The only processor of etcd and the API server.
    pub(crate) processor: Option<u16>,
}

/// A running control plane. Its processes end with this value, or with this process, however it ends.
pub(crate) struct ControlPlane {
    plan: Plan,
    pub(super) pki: Pki,
    apiserver: Mutex<Leash>,
    etcd: Mutex<Leash>,
    /// Of nothing that runs: what watches over the folder while the parts come and go.
    _folder: Leash,
}

// === impl ControlPlane ===

impl ControlPlane {
    /// The control plane that all tests of this process share, started by the first that asks.
    ///
    /// # Panics
    /// When it cannot be started: in every test, with the same message.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Result<ControlPlane, String>> = OnceLock::new();
        match SHARED.get_or_init(|| on_own_runtime(&Options::default())) {
            Ok(running) => running,
            Err(error) => panic!("{error}"),
        }
    }

    /// A control plane for one test, stopped when the value is dropped. It costs 4 seconds and 400 MB:
    /// use [`ControlPlane::shared`] unless the test needs other flags or a controller manager.
    pub(crate) fn start(options: &Options) -> Self {
        on_own_runtime(options).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The path of one of its programs, `kubectl` for one.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.plan.binaries.program(name)
    }

    /// The address of the API server.
    pub(crate) fn url(&self) -> &str {
        &self.plan.url
    }

    /// The address of etcd.
    pub(crate) fn etcd_url(&self) -> &str {
        &self.plan.etcd_url
    }

    /// Where its keys, its kubeconfig files and its data are.
    pub(super) fn folder(&self) -> &Path {
        &self.plan.folder
    }

    /// The certificate of the authority that signed the API server's certificate, as a PEM file.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.folder().join("ca.crt")
    }

    /// Starts a kube-controller-manager, which runs until the returned value is dropped: owners are
    /// followed, garbage is collected, namespaces get their `default` service account.
    pub(crate) async fn start_controller_manager(&self) -> Leash {
        let port = ports::free_port();
        let mut command = leash::command(&self.program("kube-controller-manager"), None);
        command
            .arg("--kubeconfig")
            .arg(self.kubeconfig_admin())
            .args([
                "--bind-address=127.0.0.1",
                "--leader-elect=false",
                "--use-service-account-credentials",
            ])
            .arg(format!("--secure-port={port}"))
            .arg(flag("--root-ca-file", &self.ca_file()))
            .arg(flag(
                "--service-account-private-key-file",
                &self.folder().join("service-account.key"),
            ));
        let log = self.folder().join("kube-controller-manager.log");
        let mut running = start(command, &log).unwrap_or_else(|error| panic!("{error}"));
        let accounts: Api<ServiceAccount> = Api::namespaced(self.admin(), "default");
        eventually(
            START,
            "the controller manager's first service account",
            async || {
                assert!(
                    running.ended().is_none(),
                    "kube-controller-manager ended: {}",
                    logs::tail(&log)
                );
                accounts.get("default").await
            },
        )
        .await;
        running
    }
}

/// Starts a control plane on a runtime that ends with the start: the caller's may be of any kind.
fn on_own_runtime(options: &Options) -> Result<ControlPlane, String> {
    let start = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("cannot make a runtime: {error}"))?
            .block_on(start_with_retries(options))
    };
    std::thread::scope(|scope| scope.spawn(start).join()).unwrap_or_else(|panic| {
        let message = panic.downcast_ref::<String>().cloned();
        Err(message.unwrap_or_else(|| "the start of the control plane panicked".to_owned()))
    })
}

async fn start_with_retries(options: &Options) -> Result<ControlPlane, String> {
    // Only one provider is compiled in; a second install is refused, and changes nothing.
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .unwrap_or_default();
    let binaries = Binaries::find();
    let begun = Instant::now();
    for _ in 1..TRIES {
        match start_once(binaries.clone(), options).await {
            Err(error) if error.contains("address already in use") => {}
            settled => return settled.inspect(|_| announce_start(begun)),
        }
    }
    start_once(binaries, options)
        .await
        .inspect(|_| announce_start(begun))
}

fn announce_start(begun: Instant) {
    announce(format_args!("control plane ready in {:.1?}", begun.elapsed()));
}

async fn start_once(binaries: Binaries, options: &Options) -> Result<ControlPlane, String> {
    let pki = Pki::generate().map_err(|error| format!("cannot make certificates: {error}"))?;
    let folder = tempfile::Builder::new()
        .prefix("controlplane-")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .map_err(|error| format!("cannot make a folder in {}: {error}", env!("CARGO_TARGET_TMPDIR")))?;
    let path = folder.path();
    write_keys(path, &pki).map_err(|error| format!("cannot write the keys: {error}"))?;
    let url = format!("https://127.0.0.1:{}", ports::free_port());
    let etcd_url = format!("http://127.0.0.1:{}", ports::free_port());
    kubeconfig::write(
        &path.join("admin.kubeconfig"),
        &url,
        &pki.ca,
        "default",
        &User::Certificate(&pki.admin),
    );

    let plan = Plan {
        binaries,
        folder: path.to_owned(),
        url,
        etcd_url,
        peer_url: format!("http://127.0.0.1:{}", ports::free_port()),
        options: options.clone(),
    };
    let watcher = start(
        leash::command(Path::new("/bin/true"), Some(path)),
        &path.join("true.log"),
    )?;
    let etcd = plan.start(Part::Etcd)?;
    let apiserver = plan.start(Part::ApiServer)?;
    // From here on the folder goes when its watcher does.
    let _kept = folder.keep();
    let started = ControlPlane {
        plan,
        pki,
        apiserver: Mutex::new(apiserver),
        etcd: Mutex::new(etcd),
        _folder: watcher,
    };
    started.wait_until_ready().await?;
    started.delete_discovery_binding().await?;
    Ok(started)
}

fn write_keys(folder: &Path, pki: &Pki) -> std::io::Result<()> {
    fs::write(folder.join("ca.crt"), &pki.ca)?;
    fs::write(folder.join("serving.crt"), &pki.serving.certificate)?;
    fs::write(folder.join("serving.key"), &pki.serving.key)?;
    fs::write(folder.join("service-account.key"), &pki.service_account_key)
}

impl ControlPlane {
    async fn wait_until_ready(&self) -> Result<(), String> {
        let mut config = self.config(&User::Certificate(&self.pki.admin));
        // A server that is not ready yet answers 500: ask again here, not with the client's pauses.
        config.default_retry = false;
        let client =
            kube::Client::try_from(config).map_err(|error| format!("cannot make a client: {error}"))?;
        let begun = Instant::now();
        while let Err(error) = ready(&client).await {
            let ended = self.part(Part::Etcd).ended();
            let ended = ended.or_else(|| self.part(Part::ApiServer).ended());
            if ended.is_some() || begun.elapsed() > START {
                return Err(format!(
                    "the control plane did not start ({}): {error}\n{}\n{}",
                    ended.map_or_else(|| format!("in {START:?}"), |status| status.to_string()),
                    logs::tail(&self.folder().join("etcd.log")),
                    logs::tail(&self.folder().join("kube-apiserver.log")),
                ));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    async fn delete_discovery_binding(&self) -> Result<(), String> {
        let bindings: Api<ClusterRoleBinding> = Api::all(self.admin());
        bindings
            .delete(DISCOVERY_BINDING, &DeleteParams::default())
            .await
            .map(|_| ())
            .map_err(|error| format!("cannot delete the binding {DISCOVERY_BINDING}: {error}"))
    }
}

/// Ready: all of the server's own checks pass (the default roles and bindings are among them), and the
/// `default` namespace, which it makes afterwards, is there.
async fn ready(client: &kube::Client) -> Result<(), String> {
    let request = http::Request::get("/readyz")
        .body(Vec::new())
        .map_err(|error| error.to_string())?;
    client
        .request_text(request)
        .await
        .map_err(|error| error.to_string())?;
    let namespaces: Api<Namespace> = Api::all(client.clone());
    namespaces
        .get("default")
        .await
        .map(|_| ())
        .map_err(|error| error.to_string())
}
