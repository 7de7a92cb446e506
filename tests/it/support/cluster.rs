//! How tests reach a control plane: clients, kubeconfig files, kubectl, namespaces, and etcd itself.

use std::fs::File;
use std::io::Write as _;
use std::ops::Deref;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, ObjectMeta, PostParams};
use kube::{Client, Config};
use serde_json::{Value, json};

use super::ControlPlane;
use super::kubeconfig::{self, User};

/// The name of a namespace that belongs to one test. It is never deleted: the control plane is.
#[derive(Debug, Clone)]
pub(crate) struct TestNamespace(String);

// === impl TestNamespace ===

impl Deref for TestNamespace {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

// === impl ControlPlane ===

impl ControlPlane {
    /// A new client for the administrator. A client belongs to the runtime it was made on.
    pub(crate) fn admin(&self) -> Client {
        self.client(&User::Certificate(&self.pki.admin))
    }

    /// The same, for another address of the API server.
    pub(crate) fn admin_at(&self, url: &str) -> Client {
        let config = self.config_at(url, &User::Certificate(&self.pki.admin));
        Client::try_from(config).expect("a client for the API server")
    }

    /// A kubeconfig file of the administrator.
    pub(crate) fn kubeconfig_admin(&self) -> PathBuf {
        self.folder().join("admin.kubeconfig")
    }

    /// Creates a namespace for one test. Its name starts with `prefix`.
    pub(crate) async fn namespace(&self, prefix: &str) -> TestNamespace {
        static CREATED: AtomicU32 = AtomicU32::new(0);
        let name = format!("{prefix}-{}", CREATED.fetch_add(1, Ordering::Relaxed));
        let namespace = Namespace {
            metadata: ObjectMeta {
                name: Some(name.clone()),
                ..ObjectMeta::default()
            },
            ..Namespace::default()
        };
        let namespaces: Api<Namespace> = Api::all(self.admin());
        namespaces
            .create(&PostParams::default(), &namespace)
            .await
            .unwrap_or_else(|error| panic!("cannot create the namespace {name}: {error}"));
        TestNamespace(name)
    }

    /// A client with a fresh token of this service account: API audience, one hour, no pod.
    pub(crate) async fn client_as(&self, namespace: &str, account: &str) -> Client {
        self.client(&User::Token(&self.api_token(namespace, account).await))
    }

    /// A kubeconfig file with a fresh token of this service account, for a process under test.
    pub(crate) async fn kubeconfig_as(&self, namespace: &str, account: &str) -> PathBuf {
        self.kubeconfig_at(self.url(), namespace, account).await
    }

    /// The same, at another address of the API server.
    pub(crate) async fn kubeconfig_at(&self, url: &str, namespace: &str, account: &str) -> PathBuf {
        let port = url.rsplit(':').next().unwrap_or_default();
        let path = self
            .folder()
            .join(format!("{namespace}.{account}.{port}.kubeconfig"));
        let token = self.api_token(namespace, account).await;
        kubeconfig::write(&path, url, &self.pki.ca, namespace, &User::Token(&token));
        path
    }

    /// Runs kubectl as the administrator, with `input` on its standard input.
    ///
    /// # Errors
    /// What it wrote to its standard error, if it failed.
    pub(crate) async fn kubectl(&self, args: &[&str], input: &str) -> Result<String, String> {
        let mut command = Command::new(self.program("kubectl"));
        command
            .args(args)
            .env_clear()
            .env("KUBECONFIG", self.kubeconfig_admin())
            .env("HOME", self.folder());
        let file = tempfile::NamedTempFile::new_in(self.folder()).expect("make a file for kubectl's input");
        file.as_file()
            .write_all(input.as_bytes())
            .expect("write kubectl's input");
        command.stdin(Stdio::from(
            File::open(file.path()).expect("read kubectl's input"),
        ));
        // Not on this thread: the test's own runtime may be what serves a webhook.
        let output = tokio::task::spawn_blocking(move || command.output())
            .await
            .expect("wait for kubectl")
            .expect("run kubectl");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() {
            Ok(text(&output.stdout))
        } else {
            Err(text(&output.stderr))
        }
    }

    /// Stores `object` at `key` in etcd, behind the API server's back, so that a test can have an object
    /// that the schema refuses. The key of a custom resource is
    /// `/registry/<group>/<plural>/<namespace>/<name>`.
    pub(crate) async fn etcd_put(&self, key: &str, object: &Value) {
        let body = json!({ "key": STANDARD.encode(key), "value": STANDARD.encode(object.to_string()) });
        let mut config = Config::new(self.etcd_url().parse().expect("etcd's address is a URI"));
        // Never used on plain HTTP, but without it the machine's own certificates are loaded.
        config.root_cert = Some(vec![self.pki.ca_der.clone()]);
        let request = http::Request::post("/v3/kv/put")
            .header("content-type", "application/json")
            .body(body.to_string().into_bytes())
            .expect("a request to etcd");
        Client::try_from(config)
            .expect("a client for etcd")
            .request::<Value>(request)
            .await
            .unwrap_or_else(|error| panic!("etcd does not store {key}: {error}"));
    }

    /// The settings of a client for this user.
    pub(super) fn config(&self, user: &User<'_>) -> Config {
        self.config_at(self.url(), user)
    }

    /// The same, at another address of the API server.
    pub(super) fn config_at(&self, url: &str, user: &User<'_>) -> Config {
        let mut config = Config::new(url.parse().expect("the API server's address is a URI"));
        config.root_cert = Some(vec![self.pki.ca_der.clone()]);
        config.auth_info = serde_json::from_value(user.auth_info()).expect("the user part of a kubeconfig");
        config
    }

    fn client(&self, user: &User<'_>) -> Client {
        Client::try_from(self.config(user)).expect("a client for the API server")
    }
}
