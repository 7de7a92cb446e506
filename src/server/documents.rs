//! The public documents: metadata (RFC 8414) and the key set (RFC 7517).

use crate::core::clock::Clock;
use crate::keys::SigningKeyStore;
use crate::server::metrics::JwksMetrics;
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
    metrics: JwksMetrics,
}

impl Documents {
    /// The serialised metadata document, and the keys behind the key set.
    pub fn new(
        metadata: Vec<u8>,
        keys: Arc<SigningKeyStore>,
        clock: Arc<dyn Clock>,
        metrics: JwksMetrics,
    ) -> Self {
        Self {
            metadata: Bytes::from(metadata),
            keys,
            clock,
            metrics,
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
        let answer = cached(Bytes::from(body), "application/jwk-set+json", headers);
        self.metrics.observe(answer.status());
        answer
    }
}

fn cached(body: Bytes, media_type: &'static str, request: &HeaderMap) -> Response<Body> {
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest(&SHA256, &body)));
    let unchanged = names(request, &tag);
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

/// Whether `If-None-Match` names the tag: one of a list, compared weakly, for who compresses on the way
/// makes it weak; or `*` (RFC 9110 §13.1.2).
fn names(request: &HeaderMap, tag: &str) -> bool {
    let lists = request.get_all(IF_NONE_MATCH).into_iter();
    let mut tags = lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','))
        .map(str::trim);
    tags.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(&[], false)]
    #[case(&["\"a\""], true)]
    #[case(&["W/\"a\""], true)]
    #[case(&["\"b\", W/\"a\""], true)]
    #[case(&["\"b\"", "\"a\""], true)]
    #[case(&["*"], true)]
    #[case(&["\"b\""], false)]
    #[case(&["a"], false)]
    #[case(&[""], false)]
    fn a_tag_is_found_however_it_is_sent(#[case] lines: &[&'static str], #[case] expected: bool) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(IF_NONE_MATCH, HeaderValue::from_static(line));
        }
        assert_eq!(names(&headers, "\"a\""), expected);
    }
}
