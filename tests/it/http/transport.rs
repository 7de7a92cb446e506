//! What carries a token request: TLS, the method, and the body alone.

use super::site::{PATIENCE, Site, short, statuses};
use crate::support::release::Answer;
use http::Method;
use http::header::ALLOW;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// S-6749-01: credentials that come without TLS are not even read.
#[tokio::test]
async fn plain_http_is_not_served() {
    let site = Site::start(short()).await;
    let request = site.request();
    let mut plain = TcpStream::connect(site.address).await.unwrap();
    plain.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // The server closes; whether it says farewell in the language of TLS is its own affair.
    let read = timeout(PATIENCE, plain.read_to_end(&mut answer)).await;
    let _length = read.expect("a closed connection").unwrap_or_default();
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    let mut raw = site.open().await;
    raw.write(request).await;
    assert_eq!(
        statuses(&raw.until("\r\n\r\n").await),
        [200],
        "the assertion was not used up"
    );
}

/// S-6749-02
#[tokio::test]
async fn nothing_but_post_is_taken_whatever_the_url_says() {
    let site = Site::start(short()).await;
    let http = site.http().build().unwrap();
    for method in [
        Method::GET,
        Method::HEAD,
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
    ] {
        for query in ["", "?grant_type=client_credentials&scope=read"] {
            let url = format!("{}/token{query}", site.issuer);
            let answer = http.request(method.clone(), url).send().await.unwrap();
            assert_eq!(
                (answer.status().as_u16(), &answer.headers()[ALLOW]),
                (405, &"POST".parse().unwrap()),
                "{method}"
            );
        }
    }
}

/// S-6749-02, S-6749-11: parameters in the URL are never looked at, and credentials there are refused.
#[tokio::test]
async fn the_parameters_are_those_of_the_body() {
    let site = Site::start(short()).await;
    let ask = async |query: &str, body: String| {
        let request = site
            .http()
            .build()
            .unwrap()
            .post(format!("{}/token?{query}", site.issuer))
            .header("content-type", "application/x-www-form-urlencoded");
        Answer::read(request.body(body).send().await.unwrap()).await
    };
    let answer = ask(
        "scope=nothing&resource=https://other.internal&grant_type=x",
        site.form(),
    )
    .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let (grant, assertion) = site
        .form()
        .split_once('&')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let answer = ask(&grant, assertion.clone()).await;
    assert_eq!(answer.refusal(), (400, "invalid_request"));
    assert_eq!(
        answer.body["error_description"],
        "The parameter 'grant_type' is missing."
    );
    let answer = ask(&assertion, grant.clone()).await;
    assert_eq!(answer.refusal(), (400, "invalid_request"));
    assert!(!answer.body.to_string().contains("eyJ"), "{answer:?}");
    let answer = ask("", format!("{grant}&{assertion}")).await;
    assert_ne!(
        answer.body["access_token"],
        Value::Null,
        "it was not used up: {answer:?}"
    );
}
