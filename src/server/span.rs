//! The span of a token request, by the conventions of OpenTelemetry. It names whom the audit log names, and nothing
//! that a caller wrote and nobody verified.

use crate::core::issuer::Issuer;
use crate::oauth::metadata::TOKEN_PATH;
use crate::oauth::request::GrantType;
use crate::server::answer::Answer;
use crate::server::audit::Record;
use crate::server::listener::Peer;
use crate::telemetry::{SPANS, propagation};
use http::{Method, Request, StatusCode, Version};
use tracing::field::Empty;
use tracing::{Span, info_span};

/// A span for `request`, which continues the caller's trace if there is a valid `traceparent`.
pub(super) fn begin<B>(request: &Request<B>, request_id: &str, issuer: &Issuer) -> Span {
    let span = info_span!(
        target: SPANS,
        "POST /token",
        otel.name = Empty,
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = Empty,
        http.route = Empty,
        http.response.status_code = Empty,
        url.scheme = Empty,
        url.path = Empty,
        network.protocol.version = Empty,
        network.peer.address = Empty,
        error.type = Empty,
        countersign.request_id = request_id,
        countersign.grant_type = Empty,
        countersign.client = Empty,
        countersign.error = Empty,
        countersign.reason = Empty,
    );
    if span.is_disabled() {
        return span;
    }
    propagation::continue_from(&span, request.headers());
    let (method, path) = (method(request.method()), issuer.path());
    let (scheme, _) = issuer.as_str().split_once(':').unwrap_or_default();
    span.record("otel.name", format!("{method} {path}{TOKEN_PATH}"));
    span.record("http.request.method", method);
    span.record("http.route", format!("{path}{TOKEN_PATH}"));
    span.record("url.path", format!("{path}{TOKEN_PATH}"));
    span.record("url.scheme", scheme);
    if let Some(version) = version(request.version()) {
        span.record("network.protocol.version", version);
    }
    if let Some(Peer(peer)) = request.extensions().get() {
        span.record("network.peer.address", peer.ip().to_canonical().to_string());
    }
    span
}

/// Takes note of how it ended.
pub(super) fn end(span: &Span, answer: &Answer, status: StatusCode, record: &Record) {
    if span.is_disabled() {
        return;
    }
    span.record("http.response.status_code", status.as_u16());
    if let Some(grant) = record.grant {
        span.record("countersign.grant_type", GrantType::as_str(grant));
    }
    if let Some(client) = &record.client {
        span.record("countersign.client", client);
    }
    if let Some(error) = answer.error() {
        span.record("countersign.error", error.as_str());
    }
    if let Some(reason) = answer.reason() {
        span.record("countersign.reason", reason.as_str());
    }
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
        span.record("error.type", status.as_str());
    }
}

/// The methods that there are; a caller may write any other.
fn method(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
    ];
    KNOWN
        .into_iter()
        .find(|known| *known == method.as_str())
        .unwrap_or("_OTHER")
}

fn version(version: Version) -> Option<&'static str> {
    [
        (Version::HTTP_10, "1.0"),
        (Version::HTTP_11, "1.1"),
        (Version::HTTP_2, "2"),
    ]
    .into_iter()
    .find_map(|(known, name)| (known == version).then_some(name))
}
