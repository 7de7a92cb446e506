//! Documents and protocols.

use super::site::{Site, short};
use crate::support::release::Answer;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{Method, StatusCode, Version};

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
