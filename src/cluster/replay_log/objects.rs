//! The requests about segments, and what of the answers is read.

use crate::api::v1alpha1::{ANCHOR_EXPIRES, ANCHOR_PREFIX, ReplaySegment, ReplaySegmentSpec};
use crate::replay::replica::Write;
use crate::replay::segment::{FORMATS, Shown};
use futures::TryStream;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::{ListParams, ObjectMeta, WatchParams};
use kube::core::{Request, WatchEvent};
use kube::{Client, Resource};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::time::Duration;

/// The label of anchors, and its value.
const ANCHOR_LABEL: (&str, &str) = ("countersign.dev/log", "anchor");
/// Segments in one page of a list: a page of full ones is some 3 MB.
const PAGE: u32 = 200;
/// How long one watch lasts. Load balancers commonly cut connections that were idle for 240 s.
const WATCH_SECONDS: u32 = 200;
/// The API server gives up a write after this time; see [`LONGEST_WRITE`](crate::replay::retention::LONGEST_WRITE).
const WRITE_TIMEOUT: &str = "5s";

/// The segments of one namespace, as an API.
#[derive(Clone)]
pub(super) struct Segments {
    client: Client,
    namespace: String,
    writer: String,
}

/// A segment, without what is not needed.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Segment {
    pub(super) metadata: Metadata,
    spec: ReplaySegmentSpec,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata {
    pub(super) name: String,
    #[serde(default)]
    pub(super) namespace: String,
    pub(super) uid: String,
    #[serde(default)]
    pub(super) resource_version: String,
    pub(super) creation_timestamp: Time,
}

/// A page of a list.
#[derive(Debug, Deserialize)]
pub(super) struct Page<T> {
    pub(super) metadata: PageMetadata,
    pub(super) items: Vec<T>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageMetadata {
    #[serde(default)]
    pub(super) resource_version: String,
    #[serde(default, rename = "continue")]
    pub(super) next: String,
}

/// An anchor in any namespace, of which only the metadata counts.
#[derive(Debug, Deserialize)]
pub(super) struct Anchor {
    pub(super) metadata: Metadata,
}

/// What the API server says, in one sentence: the client's own form of it repeats everything.
pub(super) fn brief(error: kube::Error) -> anyhow::Error {
    if let kube::Error::Api(status) = &error {
        return anyhow::anyhow!("{} ({})", status.message, status.code);
    }
    error.into()
}

// === impl Segments ===

impl Segments {
    /// The segments of `namespace`, written to in the name of `writer`.
    pub(super) fn new(client: Client, namespace: String, writer: String) -> Self {
        Self {
            client,
            namespace,
            writer,
        }
    }

    fn request(&self) -> Request {
        Request::new(ReplaySegment::url_path(&(), Some(&self.namespace)))
    }

    fn spec(&self, keys: String, expires: Timestamp) -> ReplaySegmentSpec {
        ReplaySegmentSpec {
            writer: self.writer.clone(),
            formats: FORMATS.iter().map(|format| (*format).to_owned()).collect(),
            keys,
            expires: Time(expires),
        }
    }

    /// A page of a consistent list: the first one, or the one after a page that ended in `next`.
    pub(super) async fn list(&self, next: Option<&str>) -> Result<Page<Segment>, kube::Error> {
        let mut params = ListParams::default().limit(PAGE);
        if let Some(next) = next {
            params = params.continue_token(next);
        }
        let request = self.request().list(&params).map_err(kube::Error::BuildRequest)?;
        self.client.request(request).await
    }

    /// The events after `version`.
    pub(super) async fn watch(
        &self,
        version: &str,
    ) -> Result<impl TryStream<Item = Result<WatchEvent<Segment>, kube::Error>> + use<>, kube::Error> {
        let params = WatchParams::default().timeout(WATCH_SECONDS);
        let request = self
            .request()
            .watch(&params, version)
            .map_err(kube::Error::BuildRequest)?;
        self.client.request_events::<Segment>(request).await
    }

    /// Sends a write. Only its success or failure is looked at.
    pub(super) async fn write(&self, write: &Write) -> Result<(), kube::Error> {
        let metadata = ObjectMeta {
            name: Some(write.name.clone()),
            resource_version: write.after.map(|version| version.to_string()),
            ..ObjectMeta::default()
        };
        let name = write.after.map(|_| write.name.as_str());
        self.send(name, metadata, self.spec(write.keys.clone(), write.expires))
            .await
    }

    /// Makes the anchor of this name.
    pub(super) async fn create_anchor(&self, name: &str) -> Result<(), kube::Error> {
        let (label, value) = ANCHOR_LABEL;
        let metadata = ObjectMeta {
            name: Some(name.to_owned()),
            labels: Some(BTreeMap::from([(label.to_owned(), value.to_owned())])),
            ..ObjectMeta::default()
        };
        self.send(None, metadata, self.spec(String::new(), ANCHOR_EXPIRES))
            .await
    }

    /// The anchors of this name, in all namespaces if we may look `elsewhere`.
    pub(super) async fn anchors(&self, name: &str, elsewhere: bool) -> Result<Vec<Anchor>, kube::Error> {
        let (label, value) = ANCHOR_LABEL;
        let params = ListParams::default().labels(&format!("{label}={value}"));
        let looked_at = if elsewhere {
            Request::new(ReplaySegment::url_path(&(), None))
        } else {
            self.request()
        };
        let request = looked_at.list(&params).map_err(kube::Error::BuildRequest)?;
        let mut page: Page<Anchor> = self.client.request(request).await?;
        page.items.retain(|anchor| anchor.metadata.name == name);
        Ok(page.items)
    }

    /// Creates an object, or replaces the one of this name.
    async fn send(
        &self,
        name: Option<&str>,
        metadata: ObjectMeta,
        spec: ReplaySegmentSpec,
    ) -> Result<(), kube::Error> {
        let object = ReplaySegment { metadata, spec };
        let body = serde_json::to_vec(&object).map_err(kube::Error::SerdeError)?;
        let collection = self.request().url_path;
        let request = match name {
            None => http::Request::post(format!("{collection}?timeout={WRITE_TIMEOUT}")),
            Some(name) => http::Request::put(format!("{collection}/{name}?timeout={WRITE_TIMEOUT}")),
        };
        let request = request
            .header(http::header::CONTENT_TYPE, "application/json")
            // The answer says nothing that is not known: let it be short.
            .header(
                http::header::ACCEPT,
                "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
            )
            .body(body)
            .map_err(kube::Error::HttpError)?;
        self.client.request::<IgnoredAny>(request).await.map(drop)
    }
}

// === impl Segment ===

impl Segment {
    /// Whether it is the anchor of a log.
    pub(super) fn is_anchor(&self) -> bool {
        self.metadata.name.starts_with(ANCHOR_PREFIX)
    }

    /// It, as the protocol looks at it.
    pub(super) fn shown(&self) -> Shown<'_> {
        Shown {
            name: &self.metadata.name,
            uid: &self.metadata.uid,
            writer: &self.spec.writer,
            formats: &self.spec.formats,
            keys: &self.spec.keys,
            expires: self.spec.expires.0,
        }
    }
}

// === impl Metadata ===

impl Metadata {
    /// The end of the second in which it was made.
    pub(super) fn created_before(&self) -> Timestamp {
        let second = Duration::from_secs(1);
        self.creation_timestamp
            .0
            .saturating_add(second)
            .unwrap_or(Timestamp::MAX)
    }
}
