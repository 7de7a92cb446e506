//! Headers by which proxies speak of somebody else (F3).

use super::desk::{Desk, FORM};

/// What would move us elsewhere, or make us believe something.
const HEADERS: [&str; 30] = [
    "Host: evil.example",
    "Host: evil.example:443",
    "Host: ",
    "X-Forwarded-Host: evil.example",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Port: 1",
    "X-Forwarded-Prefix: /evil",
    "X-Forwarded-For: 127.0.0.1",
    "X-Forwarded-User: payments/billing",
    "X-Forwarded-Email: root@example",
    "X-Forwarded-Access-Token: x",
    "X_Forwarded_Host: evil.example",
    "X_Forwarded_Proto: https",
    "Forwarded: for=127.0.0.1;host=evil.example;proto=https",
    "X-Real-IP: 127.0.0.1",
    "X-Original-URL: /jwks",
    "X-Rewrite-URL: /jwks",
    "X-Original-Method: GET",
    "X-HTTP-Method-Override: GET",
    "X-Auth-Request-User: payments/billing",
    "X-Remote-User: system:admin",
    "X-Remote-Group: system:masters",
    "Impersonate-User: system:admin",
    "X-Client-Cert: x",
    "X-SSL-Client-Verify: SUCCESS",
    "Ssl-Client-Subject-Dn: CN=root",
    "X-Request-Id: chosen-by-the-caller",
    "User-Agent: GoogleHC/1.0",
    "Origin: https://evil.example",
    "Referer: https://evil.example/token",
];

#[tokio::test]
async fn f3_no_header_says_who_we_are_or_who_is_asking() {
    let desk = Desk::start().await;
    let paths = [
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
        "/jwks",
    ];
    let mut usual = Vec::new();
    for path in paths {
        usual.push(desk.send(&format!("GET {path}"), &[], b"").await);
    }
    let refused = desk.post("grant_type=client_credentials").await;
    assert_eq!(
        (usual[0].status, refused.refusal()),
        (200, (400, "invalid_client".to_owned()))
    );
    assert_eq!(usual[0].json()["issuer"], desk.dev.issuer);
    for header in HEADERS {
        for (path, usual) in paths.iter().zip(&usual) {
            let answer = desk.send(&format!("GET {path}"), &[header], b"").await;
            assert_eq!(answer, *usual, "{header}");
        }
        let answer = desk
            .send("POST /token", &[FORM, header], b"grant_type=client_credentials")
            .await;
        assert_eq!(answer, refused, "{header}");
        let answer = desk
            .send("POST /token", &[FORM, header], desk.form().as_bytes())
            .await;
        answer.assert_granted(&desk.dev.issuer, header);
        assert!(!format!("{answer:?}").contains("evil"), "{header}: {answer:?}");
    }
}

/// A proxy would drop what `Connection` names; who sees it here is not a proxy.
#[tokio::test]
async fn f3_a_header_that_connection_names_counts_as_any_other() {
    let desk = Desk::start().await;
    let form = desk.form();
    let usual = desk
        .send(
            "POST /token",
            &[FORM, "Authorization: Basic eDp5"],
            form.as_bytes(),
        )
        .await;
    assert_eq!(usual.refusal(), (401, "invalid_client".to_owned()));
    for named in [
        "authorization",
        "Authorization, close",
        "content-type, authorization",
        "transfer-encoding, authorization",
    ] {
        let connection = format!("Connection: {named}");
        let headers = [FORM, "Authorization: Basic eDp5", &connection];
        let answer = desk.send("POST /token", &headers, form.as_bytes()).await;
        assert_eq!(answer, usual, "{named}");
        let answer = desk
            .send("POST /token", &[FORM, &connection], desk.form().as_bytes())
            .await;
        answer.assert_granted(&desk.dev.issuer, named);
    }
}

/// An absolute target, or another host in the request line, moves nothing either.
#[tokio::test]
async fn f3_an_absolute_target_moves_nothing() {
    let desk = Desk::start().await;
    for target in [
        "http://evil.example/token",
        "https://evil.example/token",
        "http://user@evil.example/token",
    ] {
        let start = format!("POST {target}");
        let answer = desk.send(&start, &[FORM], desk.form().as_bytes()).await;
        answer.assert_granted(&desk.dev.issuer, target);
    }
}
