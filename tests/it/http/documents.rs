//! Documents and protocols.

use super::site::{Site, short};
use crate::support::release::Answer;
use axum::body::Body;
use countersign::core::issuer::Issuer;
use countersign::dev::serve;
use countersign::server::audit::AuditLog;
use countersign::server::serve::routes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{Method, Request, StatusCode, Version};
use http_body_util::BodyExt;
use prometheus::Registry;
use std::sync::Arc;
use tower::ServiceExt;

const DOCUMENTS: [(&str, &str); 3] = [
    ("/.well-known/oauth-authorization-server", "application/json"),
    ("/.well-known/openid-configuration", "application/json"),
    ("/jwks", "application/jwk-set+json"),
];

#[tokio::test]
async fn a_token_comes_over_either_protocol() {
    let site = Site::start(short()).await;
    for (client, version) in [
        (site.http(), Version::HTTP_2),
        (site.http().http1_only(), Version::HTTP_11),
    ] {
        let request = client.build().unwrap().post(format!("{}/token", site.issuer));
        let form = ("content-type", "application/x-www-form-urlencoded");
        let response = request
            .header(form.0, form.1)
            .body(site.form())
            .send()
            .await
            .unwrap();
        assert_eq!(response.version(), version);
        Answer::read(response).await.access_token();
    }
}

/// S-8414-05, S-8414-11
#[tokio::test]
async fn a_document_is_sent_again_only_when_it_changed() {
    let site = Site::start(short()).await;
    let http = site.http().build().unwrap();
    for (path, media_type) in DOCUMENTS {
        let url = format!("{}{path}", site.issuer);
        let whole = http.get(&url).send().await.unwrap();
        assert_eq!(whole.status(), 200, "{path}");
        assert_eq!(whole.headers()[CONTENT_TYPE], media_type, "{path}");
        let (headers, body) = (whole.headers().clone(), whole.bytes().await.unwrap());
        let tag = headers[ETAG].to_str().unwrap();
        for known in [tag.to_owned(), format!("W/{tag}"), format!("\"other\", {tag}")] {
            let same = http.get(&url).header(IF_NONE_MATCH, known).send().await.unwrap();
            assert_eq!(same.status(), StatusCode::NOT_MODIFIED, "{path}");
            assert_eq!(
                (&same.headers()[ETAG], &same.headers()[CACHE_CONTROL]),
                (&headers[ETAG], &headers[CACHE_CONTROL])
            );
            assert!(same.bytes().await.unwrap().is_empty(), "{path}");
        }
        let other = http
            .get(&url)
            .header(IF_NONE_MATCH, "\"other\"")
            .send()
            .await
            .unwrap();
        assert_eq!(other.bytes().await.unwrap(), body, "{path}");

        let head = http.head(&url).send().await.unwrap();
        assert_eq!(head.status(), 200, "{path}");
        assert_eq!(head.headers()[ETAG], headers[ETAG], "{path}");
        assert_eq!(head.headers()[CONTENT_LENGTH], body.len().to_string(), "{path}");
        assert!(head.bytes().await.unwrap().is_empty(), "{path}");
    }
}

/// S-8414-01, S-8414-02, S-8414-03: an issuer with a path has its document at three places, the same bytes at
/// each, and at none of those that only look like them.
#[tokio::test]
async fn the_document_of_an_issuer_with_a_path_is_where_anybody_looks() {
    for issuer in ["https://tokens.example/a/b", "https://tokens.example/a/b/"] {
        let (embedded, broker) = serve::assemble(Issuer::parse(issuer).unwrap()).unwrap();
        let signing = embedded.index.signing_algorithms();
        let router = routes(
            Arc::new(broker),
            &signing,
            short(),
            &Registry::new(),
            AuditLog::off(),
        )
        .unwrap();
        let get = async |path: &str| {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
            (parts.status, body.collect().await.unwrap().to_bytes())
        };
        let (status, document) = get("/.well-known/oauth-authorization-server/a/b").await;
        assert_eq!(status, 200);
        for same in [
            "/.well-known/openid-configuration/a/b",
            "/a/b/.well-known/openid-configuration",
        ] {
            assert_eq!(get(same).await, (StatusCode::OK, document.clone()), "{same}");
        }
        for other in [
            "/.well-known/oauth-authorization-server",
            "/.well-known/oauth-authorization-server/a",
            "/.well-known/openid-configuration",
            "/a/b/.well-known/oauth-authorization-server",
            "/token",
            "/jwks",
        ] {
            assert_eq!(get(other).await.0, 404, "{other}");
        }
        let document: serde_json::Value = serde_json::from_slice(&document).unwrap();
        assert_eq!(document["issuer"], issuer);
        assert_eq!(document["jwks_uri"], "https://tokens.example/a/b/jwks");
        assert_eq!(get("/a/b/jwks").await.0, 200);
        assert_eq!(get("/a/b/token").await.0, 405);
    }
}

#[tokio::test]
async fn there_is_nothing_else() {
    let site = Site::start(short()).await;
    let http = site.http().build().unwrap();
    for path in [
        "/",
        "/token/",
        "/TOKEN",
        "//token",
        "/jwks/x",
        "/metrics",
        "/livez",
        "/readyz",
        "/.well-known/",
    ] {
        for method in [Method::GET, Method::POST] {
            let answer = http
                .request(method, format!("{}{path}", site.issuer))
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status(), 404, "{path}");
            assert!(answer.bytes().await.unwrap().is_empty(), "{path}");
        }
    }
    for (path, _) in DOCUMENTS {
        let answer = http.post(format!("{}{path}", site.issuer)).send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()[ALLOW]),
            (405, &"GET,HEAD".parse().unwrap()),
            "{path}"
        );
    }
}
