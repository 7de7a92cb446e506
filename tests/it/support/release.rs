//! An installation of the product: accounts with exactly their rights, policies, processes.

use super::ports::free_port;
use super::seat::Seat;
use super::{ControlPlane, Process, eventually};
use countersign::api::installation::{Account, Installation};
use countersign::api::manifests;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::Instant;

/// How long a process may take to be ready.
const START: Duration = Duration::from_secs(30);
/// A resource that every server of the tests mints tokens for.
pub(crate) const LEDGER: &str = "https://ledger.internal";
/// Another one, whose tokens are signed with RS256.
pub(crate) const OLD: &str = "https://old.internal";

/// An installation that watches namespaces of its own.
#[derive(Debug)]
pub(crate) struct Release {
    pub(crate) installation: Installation,
    folder: TempDir,
}

/// A running `countersign server`.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) process: Process,
    pub(crate) issuer: String,
    /// Where it is reached: the issuer, unless it shares that with others.
    pub(crate) url: String,
    pub(crate) health: String,
    pub(crate) http: reqwest::Client,
    /// Its certificate, which vouches for itself.
    pub(crate) ca: PathBuf,
}

/// An answer of the token endpoint.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Value,
}

// === impl Release ===

impl Release {
    /// An installation with one watched namespace, as the product's own manifests have it.
    pub(crate) async fn install(plane: &ControlPlane, prefix: &str) -> Self {
        Self::install_with(plane, prefix, manifests::rbac_yaml).await
    }

    /// The same with other roles.
    pub(crate) async fn install_with(
        plane: &ControlPlane,
        prefix: &str,
        rbac: impl FnOnce(&Installation) -> Result<String, serde_saphyr::ser::Error>,
    ) -> Self {
        Self::install_watching(plane, &[prefix], rbac).await
    }

    /// The same with several watched namespaces.
    pub(crate) async fn install_watching(
        plane: &ControlPlane,
        prefixes: &[&str],
        rbac: impl FnOnce(&Installation) -> Result<String, serde_saphyr::ser::Error>,
    ) -> Self {
        plane.install_kinds().await;
        let home = format!("{}-release", prefixes[0]);
        let mut installation = Installation {
            namespace: plane.namespace(&home).await.to_string(),
            ..Installation::default()
        };
        for prefix in prefixes {
            installation
                .watch_namespaces
                .push(plane.namespace(prefix).await.to_string());
        }
        Self::install_as(plane, installation, rbac).await
    }

    /// The installation of the whole cluster; every test with one has a control plane of its own.
    pub(crate) async fn install_everywhere(plane: &ControlPlane) -> Self {
        plane.install_kinds().await;
        let installation = Installation {
            namespace: plane.namespace("release").await.to_string(),
            ..Installation::default()
        };
        Self::install_as(plane, installation, manifests::rbac_yaml).await
    }

    async fn install_as(
        plane: &ControlPlane,
        installation: Installation,
        rbac: impl FnOnce(&Installation) -> Result<String, serde_saphyr::ser::Error>,
    ) -> Self {
        plane.apply_yaml(&rbac(&installation).unwrap()).await.unwrap();
        plane
            .apply_yaml(&manifests::policies_yaml(&installation).unwrap())
            .await
            .unwrap();
        let folder = tempfile::Builder::new()
            .prefix("release-")
            .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
            .unwrap();
        Self { installation, folder }
    }

    /// The watched namespace; the first, if there are several.
    pub(crate) fn namespace(&self) -> &str {
        &self.installation.watch_namespaces[0]
    }

    /// The binding by which the administrator of the watched namespace lets the controller read keys from
    /// Secrets there.
    pub(crate) fn opt_in(&self) -> Value {
        let group = "rbac.authorization.k8s.io";
        json!({
            "apiVersion": format!("{group}/v1"), "kind": "RoleBinding",
            "metadata": { "namespace": self.namespace(), "name": "countersign-key-reader" },
            "roleRef": { "apiGroup": group, "kind": "ClusterRole", "name": self.installation.key_reader_role() },
            "subjects": [{
                "kind": "ServiceAccount", "name": self.installation.service_account(Account::Controller),
                "namespace": self.installation.namespace,
            }],
        })
    }

    fn watched(&self) -> impl Iterator<Item = &str> {
        let namespaces = self.installation.watch_namespaces.iter();
        namespaces.flat_map(|namespace| ["--watch-namespace", namespace])
    }

    /// Starts the controller under its own account. It may fetch from this machine.
    pub(crate) async fn controller(&self, plane: &ControlPlane) -> Process {
        self.controller_with(
            plane,
            &["--fetch-allow", "127.0.0.1/32", "--fetch-interval", "10"],
        )
        .await
    }

    /// The same with these flags, and without any right to fetch from this machine.
    pub(crate) async fn controller_with(&self, plane: &ControlPlane, flags: &[&str]) -> Process {
        self.controller_env(plane, flags, &[]).await
    }

    /// The same, with variables in its environment.
    pub(crate) async fn controller_env(
        &self,
        plane: &ControlPlane,
        flags: &[&str],
        env: &[(String, String)],
    ) -> Process {
        let health = format!("127.0.0.1:{}", free_port());
        self.start_controller(plane, &health, flags, env).await
    }

    /// The same, which may fetch from this machine and tells at `health` how it is.
    pub(crate) async fn controller_at(&self, plane: &ControlPlane, health: &str) -> Process {
        self.start_controller(plane, health, &["--fetch-allow", "127.0.0.1/32"], &[])
            .await
    }

    async fn start_controller(
        &self,
        plane: &ControlPlane,
        health: &str,
        flags: &[&str],
        env: &[(String, String)],
    ) -> Process {
        let home = ["--namespace", &self.installation.namespace];
        let args = ["controller", "--health-listen", health].into_iter().chain(home);
        Process::countersign(args.chain(self.watched()).chain(flags.iter().copied()))
            .env("KUBECONFIG", self.kubeconfig(plane, Account::Controller).await)
            .envs(env)
            .start()
    }

    /// Starts a server under its own account and waits until it is ready.
    pub(crate) async fn server(&self, plane: &ControlPlane) -> Server {
        let started = Instant::now();
        let server = self.start_server(plane).await;
        server.ready(START).await;
        // In its first second it cannot know of any assertion whether an earlier life has honoured it.
        tokio::time::sleep_until(started + Duration::from_millis(1_200)).await;
        server
    }

    /// Starts a server under its own account.
    pub(crate) async fn start_server(&self, plane: &ControlPlane) -> Server {
        self.start_server_with(plane, &[]).await
    }

    /// The same with these flags.
    pub(crate) async fn start_server_with(&self, plane: &ControlPlane, flags: &[&str]) -> Server {
        let kubeconfig = self.server_kubeconfig(plane).await;
        self.start_server_at(&self.seat(), &kubeconfig, flags)
    }

    /// The same, with variables in its environment.
    pub(crate) async fn start_server_env(
        &self,
        plane: &ControlPlane,
        flags: &[&str],
        env: &[(String, String)],
    ) -> Server {
        let kubeconfig = self.kubeconfig(plane, Account::Server).await;
        self.start_server_in(&self.seat(), &kubeconfig, flags, env)
    }

    /// Starts a server under its own account that serves TLS with the certificate that the controller makes.
    pub(crate) async fn start_server_of_secret(&self, plane: &ControlPlane) -> Server {
        let kubeconfig = self.kubeconfig(plane, Account::Server).await;
        self.start_server_at(&self.seat().with_secret("countersign-tls"), &kubeconfig, &[])
    }

    /// A place for a server.
    pub(crate) fn seat(&self) -> Seat {
        Seat::new(self.folder.path())
    }

    /// Starts a server in this place, which reaches the API server by this file.
    pub(crate) fn start_server_at(&self, seat: &Seat, kubeconfig: &Path, flags: &[&str]) -> Server {
        self.start_server_in(seat, kubeconfig, flags, &[])
    }

    fn start_server_in(
        &self,
        seat: &Seat,
        kubeconfig: &Path,
        flags: &[&str],
        env: &[(String, String)],
    ) -> Server {
        let old = format!("{OLD}=RS256");
        let namespace = &self.installation.namespace;
        let args = [
            "server",
            "--resource",
            LEDGER,
            "--resource",
            &old,
            "--namespace",
            namespace,
        ];
        let process = Process::countersign(
            args.into_iter()
                .chain(seat.args())
                .chain(self.watched())
                .chain(flags.iter().copied()),
        )
        .env("KUBECONFIG", kubeconfig)
        .envs(env)
        .start();
        let http = reqwest::Client::builder()
            .tls_certs_only([seat.trust()])
            .build()
            .unwrap();
        Server {
            process,
            issuer: seat.issuer.clone(),
            url: seat.url.clone(),
            health: format!("http://{}", seat.health),
            http,
            ca: seat.certificate.clone(),
        }
    }

    /// How a server reaches the API server under its own account.
    pub(crate) async fn server_kubeconfig(&self, plane: &ControlPlane) -> PathBuf {
        self.kubeconfig(plane, Account::Server).await
    }

    async fn kubeconfig(&self, plane: &ControlPlane, account: Account) -> PathBuf {
        plane
            .kubeconfig_as(
                &self.installation.namespace,
                &self.installation.service_account(account),
            )
            .await
    }
}

// === impl Server ===

impl Server {
    /// Waits until it says that it is ready.
    pub(crate) async fn ready(&self, deadline: Duration) {
        eventually(deadline, "a ready server", async || {
            let answer = reqwest::get(format!("{}/readyz", self.health))
                .await
                .map_err(|error| error.to_string())?;
            match answer.status().as_u16() {
                200 => Ok(()),
                _ => Err(format!(
                    "{}\n{}",
                    answer.text().await.unwrap_or_default(),
                    self.process.stdout()
                )),
            }
        })
        .await;
    }

    /// Sends a token request.
    pub(crate) async fn token(&self, form: &[(&str, &str)]) -> Answer {
        self.token_over(&self.http, form).await
    }

    /// The same by another client.
    pub(crate) async fn token_over(&self, http: &reqwest::Client, form: &[(&str, &str)]) -> Answer {
        let response = http
            .post(format!("{}/token", self.url))
            .form(form)
            .send()
            .await
            .unwrap();
        Answer::read(response).await
    }

    /// Sends a token request that authenticates with `assertion`.
    pub(crate) async fn client_credentials(&self, assertion: &str) -> Answer {
        self.token(&[
            ("grant_type", "client_credentials"),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ("client_assertion", assertion),
        ])
        .await
    }

    /// Sends a token request whose grant is `assertion`.
    pub(crate) async fn jwt_bearer(&self, assertion: &str) -> Answer {
        self.token(&[
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", assertion),
        ])
        .await
    }
}

// === impl Answer ===

impl Answer {
    pub(crate) async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.unwrap();
        let body = serde_json::from_slice(&body)
            .unwrap_or_else(|error| panic!("{status}: {error}: {}", String::from_utf8_lossy(&body)));
        Self {
            status,
            headers,
            body,
        }
    }

    /// The access token of a success.
    pub(crate) fn access_token(&self) -> &str {
        match self.body.get("access_token").and_then(Value::as_str) {
            Some(token) if self.status == 200 => token,
            _ => panic!("no token: {self:?}"),
        }
    }

    /// The status and the error code of a refusal.
    pub(crate) fn refusal(&self) -> (u16, &str) {
        (
            self.status,
            self.body.get("error").and_then(Value::as_str).unwrap_or("none"),
        )
    }
}
