//! An installation whose log can be written to, and requests about it.

use crate::support::accounts::service_account;
use countersign::api::installation::Account;
use countersign::clock::SystemClock;
use countersign::core::clock::Clock;
use http::{Method, Request};
use jiff::Timestamp;
use kube::Client;
use serde_json::{Value, json};
use std::time::Duration;

use crate::support::release::Release;
use crate::support::{ControlPlane, eventually};

/// How long a policy, or a right, may take to be in force.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// One entry.
pub(super) const ENTRY: &str = "5vm7pKjd8yijF9qMjbthmwEC";
/// Another one.
pub(super) const NEXT: &str = "AAAAAAAAAAAAAAAAAAAAAAAA";
/// When an anchor expires.
pub(super) const NEVER: &str = "9999-12-30T00:00:00Z";

/// The log of an installation whose policy is in force.
pub(super) struct Place {
    pub(super) plane: &'static ControlPlane,
    pub(super) release: Release,
    pub(super) server: Client,
    pub(super) controller: Client,
}

// === impl Place ===

impl Place {
    /// A new installation on this control plane.
    pub(super) async fn new(plane: &'static ControlPlane, prefix: &str) -> Self {
        let release = Release::install(plane, prefix).await;
        let home = &release.installation.namespace;
        let made = Self {
            plane,
            server: plane.client_as(home, &service_account(Account::Server)).await,
            controller: plane.client_as(home, &service_account(Account::Controller)).await,
            release,
        };
        let mut probe = made.segment("probe", "", 600);
        probe["metadata"]["finalizers"] = json!(["example.com/probe"]);
        let unstored = made.path("?dryRun=All");
        eventually(
            PATIENCE,
            "the rights and the policy to be in force",
            async || match call(&made.server, Method::POST, &unstored, Some(&probe)).await {
                Err(message) if message.contains("finalizers") => Ok(()),
                answer => Err(format!("{answer:?}")),
            },
        )
        .await;
        made
    }

    /// The release namespace.
    pub(super) fn home(&self) -> &str {
        &self.release.installation.namespace
    }

    /// A segment that expires so many seconds from now.
    pub(super) fn segment(&self, name: &str, keys: &str, seconds: i64) -> Value {
        segment(self.home(), name, keys, &in_seconds(seconds))
    }

    /// The path of the collection, or of an object in it.
    pub(super) fn path(&self, rest: &str) -> String {
        path(self.home(), rest)
    }

    /// Creates `object` as `client`; the answer, or the API server's message.
    pub(super) async fn create(&self, client: &Client, object: &Value) -> Result<Value, String> {
        call(client, Method::POST, &self.path(""), Some(object)).await
    }

    /// Replaces the object of that name.
    pub(super) async fn replace(&self, client: &Client, object: &Value) -> Result<Value, String> {
        let name = object["metadata"]["name"].as_str().unwrap();
        call(client, Method::PUT, &self.path(&format!("/{name}")), Some(object)).await
    }

    /// Deletes the object of this name.
    pub(super) async fn delete(&self, client: &Client, name: &str) -> Result<Value, String> {
        call(client, Method::DELETE, &self.path(&format!("/{name}")), None).await
    }

    /// What is stored under this name, as the administrator sees it.
    pub(super) async fn stored(&self, name: &str) -> Result<Value, String> {
        let path = self.path(&format!("/{name}"));
        call(&self.plane.admin(), Method::GET, &path, None).await
    }

    /// Makes a segment as the server does; returns what is stored.
    pub(super) async fn made(&self, name: &str, keys: &str) -> Value {
        let segment = self.segment(name, keys, 600);
        self.create(&self.server, &segment).await.unwrap()
    }

    /// Makes an anchor as the server does; returns what is stored.
    pub(super) async fn anchored(&self, name: &str) -> Value {
        let anchor = segment(self.home(), name, "", NEVER);
        self.create(&self.server, &anchor).await.unwrap()
    }

    /// Stores a segment that nobody needs any more, as if it had been made ten minutes ago.
    pub(super) async fn put_old(&self, name: &str) {
        self.plane.put_old_segment(self.home(), name).await;
    }
}

/// A segment, as a server writes it.
pub(super) fn segment(namespace: &str, name: &str, keys: &str, expires: &str) -> Value {
    json!({
        "apiVersion": "countersign.dev/v1alpha1",
        "kind": "ReplaySegment",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {"writer": "0123456789abcdef", "formats": ["v1"], "keys": keys, "expires": expires},
    })
}

/// So many seconds from now, in whole seconds.
pub(super) fn in_seconds(seconds: i64) -> String {
    let now = SystemClock.now().as_second();
    Timestamp::from_second(now + seconds).unwrap().to_string()
}

/// The path of the segments of a namespace, or of something in it.
pub(super) fn path(namespace: &str, rest: &str) -> String {
    format!("/apis/countersign.dev/v1alpha1/namespaces/{namespace}/replaysegments{rest}")
}

/// Sends a request as `client`; the answer, or the API server's message.
pub(super) async fn call(
    client: &Client,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Result<Value, String> {
    let kind = if method == Method::PATCH {
        "application/merge-patch+json"
    } else {
        "application/json"
    };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", kind);
    let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    match client.request(request.body(body).unwrap()).await {
        Ok(answer) => Ok(answer),
        Err(kube::Error::Api(status)) => Err(status.message),
        Err(error) => panic!("{path}: the API server did not answer: {error}"),
    }
}

/// Whether `answer` is a refusal that says `expected`.
pub(super) fn says(answer: &Result<Value, String>, expected: &str) -> bool {
    answer.as_ref().is_err_and(|message| message.contains(expected))
}
