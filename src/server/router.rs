//! Which path is answered by what.

use crate::core::issuer::Issuer;
use crate::oauth::metadata::{self, JWKS_PATH, TOKEN_PATH};
use crate::server::documents::Documents;
use crate::server::token::TokenEndpoint;
use axum::Router;
use axum::routing::{any, get};
use http::{HeaderMap, StatusCode};
use std::sync::Arc;

/// The public routes of `issuer`: its token endpoint and its documents; every other path is a 404.
pub fn public(issuer: &Issuer, token: Arc<TokenEndpoint>, documents: &Arc<Documents>) -> Router {
    let base = issuer.path();
    let endpoint = any(move |request| {
        let token = Arc::clone(&token);
        async move { token.serve(request).await }
    });
    let keys = Arc::clone(documents);
    let mut router = Router::new()
        .route(&format!("{base}{TOKEN_PATH}"), endpoint)
        .route(
            &format!("{base}{JWKS_PATH}"),
            get(move |headers: HeaderMap| async move { keys.jwks(&headers) }),
        );
    for path in metadata::paths(issuer) {
        let documents = Arc::clone(documents);
        router = router.route(
            &path,
            get(move |headers: HeaderMap| async move { documents.metadata(&headers) }),
        );
    }
    router.fallback(|| async { StatusCode::NOT_FOUND })
}
