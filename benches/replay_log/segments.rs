//! Segments as they travel: written and watched without any of the server's own code.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign::clock::SystemClock;
use countersign::core::clock::{Clock, after};
use futures::StreamExt;
use futures::stream::BoxStream;
use jiff::{SignedDuration, Unit};
use kube::Client;
use kube::core::WatchEvent;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Bytes of one entry.
const ENTRY: usize = 18;
/// As many characters of Base64.
pub(crate) const ENTRY_TEXT: usize = 24;

/// The segments of an installation.
#[derive(Clone)]
pub(crate) struct Segments {
    client: Client,
    path: String,
}

/// What a watch shows of a segment.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Segment {
    /// The name and the version.
    pub(crate) metadata: Metadata,
    /// What it holds.
    pub(crate) spec: Spec,
}

/// The name and the version of a segment.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Metadata {
    /// Empty in a list.
    #[serde(default)]
    pub(crate) name: String,
    /// The version.
    pub(crate) resource_version: String,
}

/// What a segment holds.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Spec {
    /// The entries.
    pub(crate) keys: String,
}

#[derive(Debug, Clone, Deserialize)]
struct List {
    metadata: Metadata,
}

// === impl Segments ===

impl Segments {
    /// Those in `namespace`, with the rights of `client`.
    pub(crate) fn new(client: Client, namespace: &str) -> Self {
        Self {
            client,
            path: format!("/apis/countersign.dev/v1alpha1/namespaces/{namespace}/replaysegments"),
        }
    }

    /// A segment of this name with these keys, as somebody writes it now.
    pub(crate) fn object(name: &str, keys: &str) -> anyhow::Result<Value> {
        let expires = after(SystemClock.now(), SignedDuration::from_mins(6)).round(Unit::Second)?;
        Ok(json!({
            "apiVersion": "countersign.dev/v1alpha1",
            "kind": "ReplaySegment",
            "metadata": { "name": name },
            "spec": { "writer": "0123456789abcdef", "formats": ["v1"], "keys": keys, "expires": expires },
        }))
    }

    /// Creates it.
    pub(crate) async fn create(&self, object: &Value) -> anyhow::Result<Segment> {
        let request = http::Request::post(&self.path).header("content-type", "application/json");
        let body = serde_json::to_vec(object)?;
        Ok(self.client.request(request.body(body)?).await?)
    }

    /// Replaces the one of this name, if it still has the version that `object` names.
    pub(crate) async fn replace(&self, name: &str, object: &Value) -> anyhow::Result<Segment> {
        let path = format!("{}/{name}", self.path);
        let request = http::Request::put(path).header("content-type", "application/json");
        let body = serde_json::to_vec(object)?;
        Ok(self.client.request(request.body(body)?).await?)
    }

    /// Every change from now on.
    pub(crate) async fn watch<T>(&self) -> anyhow::Result<BoxStream<'static, kube::Result<WatchEvent<T>>>>
    where
        T: Clone + DeserializeOwned + Send + 'static,
    {
        let list = http::Request::get(format!("{}?limit=1", self.path)).body(Vec::new())?;
        let list: List = self.client.request(list).await?;
        let path = format!(
            "{}?watch=true&timeoutSeconds=3600&resourceVersion={}",
            self.path, list.metadata.resource_version
        );
        let watch = http::Request::get(path).body(Vec::new())?;
        Ok(self.client.request_events(watch).await?.boxed())
    }
}

/// This many random entries.
pub(crate) fn entries(number: usize) -> anyhow::Result<String> {
    let mut bytes = vec![0; ENTRY.saturating_mul(number)];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("no randomness"))?;
    Ok(STANDARD.encode(bytes))
}

/// A name that nobody has.
pub(crate) fn name() -> anyhow::Result<String> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("no randomness"))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
