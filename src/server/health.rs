//! The second port: `/livez`, `/readyz` and `/metrics`. It has no route to a token.

use crate::readiness::Readiness;
use axum::Router;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use prometheus::{Registry, TextEncoder};

/// The routes. Live says that the process answers at all; ready, that it has what it needs to.
pub fn routes(readiness: Readiness, registry: Registry) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(move || async move { ready(&readiness) }))
        .route("/metrics", get(move || async move { scrape(&registry) }))
}

fn ready(readiness: &Readiness) -> (StatusCode, String) {
    let waiting = readiness.waiting_for();
    if waiting.is_empty() {
        (StatusCode::OK, "ok\n".to_owned())
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("waiting for: {}\n", waiting.join(", ")),
        )
    }
}

fn scrape(registry: &Registry) -> (StatusCode, [(http::HeaderName, HeaderValue); 1], String) {
    let plain = [(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"),
    )];
    match TextEncoder::new().encode_to_string(&registry.gather()) {
        Ok(text) => (StatusCode::OK, plain, text),
        Err(_) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            plain,
            "the metrics could not be encoded\n".to_owned(),
        ),
    }
}
