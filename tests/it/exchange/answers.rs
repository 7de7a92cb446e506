//! What the token endpoint answers over HTTP.

use crate::support::release::{Answer, Release};
use crate::support::workloads::{assertion, client_object, jwks, key};
use crate::support::{ControlPlane, eventually};
use http::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, PRAGMA, WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::json;
use std::time::Duration;

const FORM: &str = "application/x-www-form-urlencoded";

/// What is sent (method, query, headers, body), and the status and code of the answer.
type Row<'a> = (
    &'a str,
    Method,
    &'a str,
    &'a [(http::HeaderName, &'a str)],
    String,
    u16,
    &'a str,
);

/// RFC 6749 §5.2, and what every error answer here has besides.
fn assert_error(answer: &Answer, status: u16, code: &str, what: &str) {
    assert_eq!(answer.refusal(), (status, code), "{what}: {answer:?}");
    let header = |name| {
        answer
            .headers
            .get(name)
            .map(HeaderValue::as_bytes)
            .unwrap_or_default()
    };
    assert_eq!(header(CONTENT_TYPE), b"application/json", "{what}");
    assert_eq!(header(CACHE_CONTROL), b"no-store", "{what}");
    assert_eq!(header(PRAGMA), b"no-cache", "{what}");
    let description = answer.body["error_description"].as_str().unwrap();
    assert!(
        description
            .bytes()
            .all(|b| matches!(b, 0x20 | 0x21 | 0x23..=0x5B | 0x5D..=0x7E)),
        "{what}: {description}"
    );
    let members: Vec<_> = answer.body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["error", "error_description"], "{what}");
    assert!(
        !header(http::HeaderName::from_static("x-request-id")).is_empty(),
        "{what}"
    );
}

/// S-6749-04, S-6749-32, S-6749-51, S-6749-60, S-6749-61, S-6749-62, D-01, S-6749-11
#[tokio::test]
async fn every_error_is_json_that_nobody_caches_and_no_log_has_a_token() {
    let plane = ControlPlane::shared();
    let release = Release::install(plane, "answers").await;
    let (namespace, key) = (release.namespace(), key());
    let client = format!("{namespace}/billing");
    let mut limited = client_object(
        namespace,
        "limited",
        json!([{ "keys": { "jwks": jwks(&[&key]) } }]),
    );
    limited["spec"]["grants"] = json!({});
    plane
        .apply(&client_object(
            namespace,
            "billing",
            json!([{ "keys": { "jwks": jwks(&[&key]) } }]),
        ))
        .await;
    plane.apply(&limited).await;
    let _controller = release.controller(plane).await;
    let server = release.server(plane).await;
    let url = format!("{}/token", server.issuer);
    let good = || assertion(&key, &client, &server.issuer);
    let jwt_bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    let authenticated = |assertion: String| {
        format!(
            "grant_type=client_credentials&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion={assertion}"
        )
    };
    let forbidden = assertion(&key, &format!("{namespace}/limited"), &server.issuer);

    let form = [(CONTENT_TYPE, FORM)];
    let basic = [(CONTENT_TYPE, FORM), (AUTHORIZATION, "Basic eDp5")];
    let rows: Vec<Row<'_>> = vec![
        ("GET", Method::GET, "", &[], String::new(), 405, "invalid_request"),
        (
            "PUT",
            Method::PUT,
            "",
            &form,
            "grant_type=client_credentials".into(),
            405,
            "invalid_request",
        ),
        (
            "JSON",
            Method::POST,
            "",
            &[(CONTENT_TYPE, "application/json")],
            "{}".into(),
            400,
            "invalid_request",
        ),
        (
            "no content type",
            Method::POST,
            "",
            &[],
            "grant_type=x".into(),
            400,
            "invalid_request",
        ),
        (
            "gzip",
            Method::POST,
            "",
            &[(CONTENT_TYPE, FORM), (CONTENT_ENCODING, "gzip")],
            "x".into(),
            400,
            "invalid_request",
        ),
        (
            "in the URL",
            Method::POST,
            "?assertion=eyJhbGciOiJub25lIn0.e30.x",
            &form,
            "grant_type=x".into(),
            400,
            "invalid_request",
        ),
        (
            "too large",
            Method::POST,
            "",
            &form,
            "x".repeat(70_000),
            413,
            "invalid_request",
        ),
        (
            "no grant type",
            Method::POST,
            "",
            &form,
            String::new(),
            400,
            "invalid_request",
        ),
        (
            "repeated",
            Method::POST,
            "",
            &form,
            "grant_type=a&grant_type=a".into(),
            400,
            "invalid_request",
        ),
        (
            "bad escape",
            Method::POST,
            "",
            &form,
            "grant_type=%zz".into(),
            400,
            "invalid_request",
        ),
        (
            "password",
            Method::POST,
            "",
            &form,
            "grant_type=password".into(),
            400,
            "unsupported_grant_type",
        ),
        (
            "no authentication",
            Method::POST,
            "",
            &form,
            "grant_type=client_credentials".into(),
            400,
            "invalid_client",
        ),
        (
            "Basic",
            Method::POST,
            "",
            &basic,
            "grant_type=client_credentials".into(),
            401,
            "invalid_client",
        ),
        (
            "garbage",
            Method::POST,
            "",
            &form,
            authenticated("garbage".into()),
            400,
            "invalid_client",
        ),
        (
            "garbage as grant",
            Method::POST,
            "",
            &form,
            format!("grant_type={jwt_bearer}&assertion=a.b.c"),
            400,
            "invalid_grant",
        ),
        (
            "no assertion",
            Method::POST,
            "",
            &form,
            format!("grant_type={jwt_bearer}"),
            400,
            "invalid_request",
        ),
        (
            "grant not allowed",
            Method::POST,
            "",
            &form,
            authenticated(forbidden),
            400,
            "unauthorized_client",
        ),
        (
            "scope",
            Method::POST,
            "",
            &form,
            format!("{}&scope=admin", authenticated(good())),
            400,
            "invalid_scope",
        ),
        (
            "target",
            Method::POST,
            "",
            &form,
            format!("{}&resource=https://other.internal", authenticated(good())),
            400,
            "invalid_target",
        ),
    ];
    for (what, method, query, headers, body, status, code) in rows {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()))
            .collect();
        let request = server
            .http
            .request(method.clone(), format!("{url}{query}"))
            .headers(headers)
            .body(body.clone());
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert_error(&answer, status, code, what);
        assert_eq!(answer.headers.contains_key(ALLOW), status == 405, "{what}");
        assert_eq!(
            answer.headers.contains_key(WWW_AUTHENTICATE),
            status == 401,
            "{what}"
        );
    }

    let token = server.client_credentials(&good()).await;
    assert_eq!(token.headers.get(CACHE_CONTROL).unwrap(), "no-store");
    token.access_token();
    // The audit log is written beside the answers.
    let logs = eventually(
        Duration::from_secs(10),
        "the lines of the audit log",
        async || {
            let logs = server.process.stdout() + &server.process.stderr();
            if logs.contains("\"outcome\":\"granted\"") && logs.contains("assertion_segments") {
                Ok(logs)
            } else {
                Err(logs)
            }
        },
    )
    .await;
    assert!(
        !logs.contains("eyJ"),
        "something that looks like a token was logged"
    );
}

/// S-7517-06, S-8414-02, S-8414-08
#[tokio::test]
async fn the_documents_say_who_we_are_and_how_our_tokens_verify() {
    let plane = ControlPlane::shared();
    let release = Release::install(plane, "documents").await;
    let _controller = release.controller(plane).await;
    let server = release.server(plane).await;
    let get = async |path: &str| {
        let response = server
            .http
            .get(format!("{}{path}", server.issuer))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert!(
            response
                .headers()
                .get(CACHE_CONTROL)
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("public, max-age=")
        );
        response.bytes().await.unwrap()
    };
    let metadata = get("/.well-known/oauth-authorization-server").await;
    assert_eq!(get("/.well-known/openid-configuration").await, metadata);
    let metadata: serde_json::Value = serde_json::from_slice(&metadata).unwrap();
    assert_eq!(metadata["issuer"], server.issuer);
    assert_eq!(metadata["token_endpoint"], format!("{}/token", server.issuer));
    assert!(
        metadata["token_endpoint_auth_signing_alg_values_supported"]
            .as_array()
            .unwrap()
            .contains(&json!("RS256"))
    );

    let keys: serde_json::Value = serde_json::from_slice(&get("/jwks").await).unwrap();
    let keys = keys["keys"].as_array().unwrap();
    let algorithms: Vec<_> = keys.iter().map(|key| key["alg"].as_str().unwrap()).collect();
    assert!(
        algorithms.contains(&"ES256") && algorithms.contains(&"RS256"),
        "{algorithms:?}"
    );
    for private in ["d", "p", "q", "k"] {
        assert!(keys.iter().all(|key| key.get(private).is_none()), "{private}");
    }
}
