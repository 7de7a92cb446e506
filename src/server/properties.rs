//! Whatever comes to the token endpoint is answered in the form of RFC 6749 §5.2, and never by a failure of ours.

use super::audit::AuditLog;
use super::limits::Limits;
use super::metrics::ServerMetrics;
use super::token::TokenEndpoint;
use crate::core::issuer::Issuer;
use crate::dev::serve::assemble;
use axum::body::Body;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Request};
use http_body_util::BodyExt;
use prometheus::Registry;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;
use std::sync::{Arc, LazyLock};
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_all().build().unwrap());

static ENDPOINT: LazyLock<TokenEndpoint> = LazyLock::new(|| {
    let issuer = Issuer::parse("https://tokens.example").unwrap();
    let (_, broker) = assemble(issuer).unwrap();
    let metrics = Arc::new(ServerMetrics::new(&Registry::new(), &[]).unwrap());
    TokenEndpoint::new(
        Arc::new(broker),
        Limits::default(),
        metrics,
        AuditLog::off(),
        "life".to_owned(),
    )
});

fn requests() -> impl Strategy<Value = Request<Body>> {
    let method = prop_oneof![9 => Just("POST".to_owned()), 1 => "[A-Z]{1,8}"];
    let query = prop_oneof![4 => Just(String::new()), 1 => "\\?[!-;=?-Z_a-z~%]{0,40}"];
    let content_type = prop_oneof![
        8 => Just(b"application/x-www-form-urlencoded".to_vec()),
        1 => Just(b"application/json".to_vec()),
        1 => proptest::collection::vec(32..=255_u8, 0..40),
    ];
    let other = select(vec![
        "authorization",
        "content-length",
        "content-encoding",
        "dpop",
        "x-other",
    ]);
    let more = proptest::collection::vec((other, "[ -~]{0,40}"), 0..2);
    let pair = (
        select(vec!["grant_type", "assertion", "client_assertion", "scope", "x"]),
        select(vec![
            "client_credentials",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "e30.e30.e30",
            "",
            "%zz",
        ]),
    );
    let form = proptest::collection::vec(pair, 0..6).prop_map(|pairs| {
        let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("&").into_bytes()
    });
    let body = prop_oneof![form, proptest::collection::vec(any::<u8>(), 0..400)];
    (method, query, content_type, more, body).prop_filter_map(
        "not HTTP",
        |(method, query, content_type, more, body)| {
            let mut request = Request::builder()
                .method(method.as_str())
                .uri(format!("/token{query}"));
            request = request.header(CONTENT_TYPE, HeaderValue::from_bytes(&content_type).ok()?);
            for (name, value) in more {
                request = request.header(HeaderName::from_static(name), value);
            }
            request.body(Body::from(body)).ok()
        },
    )
}

proptest! {
    #[test]
    fn every_request_is_answered(request in requests()) {
        let sent = format!("{request:?}");
        let (parts, body) = RUNTIME.block_on(ENDPOINT.serve(request)).into_parts();
        let body = RUNTIME.block_on(body.collect()).unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&body).unwrap();
        prop_assert!(parts.status.is_client_error(), "{} for {sent}", parts.status);
        prop_assert!(body["error"].is_string() && body["error_description"].is_string());
        prop_assert_eq!(&parts.headers[CACHE_CONTROL], "no-store");
        prop_assert_eq!(parts.status == 401, parts.headers.contains_key(WWW_AUTHENTICATE));
    }
}
