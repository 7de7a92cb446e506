//! The public documents: metadata (RFC 8414) and the key set (RFC 7517).

use crate::core::clock::Clock;
use crate::keys::SigningKeyStore;
use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// How long a document may be kept by those who read it. A new signing key is published for longer
/// than this before it is used.
pub const CACHE_TIME: Duration = Duration::from_mins(5);

/// The documents of one issuer.
#[derive(Debug)]
pub struct Documents {
    metadata: Bytes,
    keys: Arc<SigningKeyStore>,
    clock: Arc<dyn Clock>,
}

impl Documents {
    /// The serialised metadata document, and the keys behind the key set.
    pub fn new(metadata: Vec<u8>, keys: Arc<SigningKeyStore>, clock: Arc<dyn Clock>) -> Self {
        Self {
            metadata: Bytes::from(metadata),
            keys,
            clock,
        }
    }

    /// The metadata document.
    pub fn metadata(&self, headers: &HeaderMap) -> Response<Body> {
        cached(self.metadata.clone(), "application/json", headers)
    }

    /// The key set: every key that is published, active or retiring; no private member.
    pub fn jwks(&self, headers: &HeaderMap) -> Response<Body> {
        let keys = self
            .keys
            .current()
            .map(|keys| keys.jwks(self.clock.now()))
            .unwrap_or_default();
        let body = serde_json::to_vec(&json!({ "keys": keys })).unwrap_or_default();
        cached(Bytes::from(body), "application/jwk-set+json", headers)
    }
}

fn cached(body: Bytes, media_type: &'static str, request: &HeaderMap) -> Response<Body> {
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest(&SHA256, &body)));
    let unchanged = request
        .get_all(IF_NONE_MATCH)
        .iter()
        .any(|value| value.as_bytes() == tag.as_bytes());
    let mut response = if unchanged {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        Response::new(Body::from(body))
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    for (name, value) in [
        (CACHE_CONTROL, format!("public, max-age={}", CACHE_TIME.as_secs())),
        (ETAG, tag),
    ] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    response
}
