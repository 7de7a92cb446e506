//! Two ways of client authentication at once, and credentials where they do not belong (F2).

use super::desk::{ASSERTION_TYPE, CLIENT, Desk, FORM, JWT_BEARER};

fn error(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// Whatever is in an `Authorization` header, beside an assertion or alone, with a challenge in the answer.
/// S-6749-40
#[tokio::test]
async fn f2_an_authorization_header_is_no_second_way_in() {
    let desk = Desk::start().await;
    let assertion = desk.assertion();
    let authenticated = format!(
        "grant_type=client_credentials&client_assertion_type={ASSERTION_TYPE}&client_assertion={assertion}"
    );
    let by_grant = format!("grant_type={JWT_BEARER}&assertion={assertion}");
    let bearer = format!("Bearer {assertion}");
    for authorization in [
        "Basic cGF5bWVudHMvYmlsbGluZzo=",
        "Basic eDp5",
        "Basic",
        "Basic !!!",
        "basic eDp5",
        "Bearer",
        "Bearer ",
        "Bearer null",
        "Bearer undefined",
        &bearer,
        "DPoP x",
        "Negotiate x",
        "",
        "x",
    ] {
        let header = format!("Authorization: {authorization}");
        for body in [authenticated.as_str(), &by_grant, "grant_type=client_credentials"] {
            let answer = desk.send("POST /token", &[FORM, &header], body.as_bytes()).await;
            assert_eq!(answer.refusal(), error(401, "invalid_client"), "{header} {body}");
            let challenge = |line: &String| line.starts_with("www-authenticate: ");
            assert_eq!(
                answer.headers.iter().filter(|line| challenge(line)).count(),
                1,
                "{header}"
            );
        }
    }
    // All of that used nothing up.
    desk.post(&authenticated)
        .await
        .assert_granted(&desk.dev.issuer, "without the header");
}

/// S-7521-05, D-02
#[tokio::test]
async fn f2_a_secret_beside_an_assertion_is_refused() {
    let desk = Desk::start().await;
    let assertion = desk.assertion();
    let good = format!(
        "grant_type=client_credentials&client_assertion_type={ASSERTION_TYPE}&client_assertion={assertion}"
    );
    for (more, expected) in [
        ("&client_secret=x", error(400, "invalid_client")),
        (
            "&client_secret=x&client_id=payments/billing",
            error(400, "invalid_client"),
        ),
        ("&client_id=shop/cart", error(400, "invalid_client")),
        ("&client_id=*", error(400, "invalid_client")),
    ] {
        assert_eq!(
            desk.post(&format!("{good}{more}")).await.refusal(),
            expected,
            "{more}"
        );
    }
    for body in [
        format!("grant_type=client_credentials&client_id={CLIENT}&client_secret=x"),
        format!("grant_type=client_credentials&client_id={CLIENT}&client_secret="),
        format!("grant_type=client_credentials&client_id={CLIENT}"),
        "grant_type=client_credentials&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:saml2-bearer&client_assertion=x".to_owned(),
        format!("grant_type=client_credentials&client_assertion_type={ASSERTION_TYPE}%20&client_assertion={assertion}"),
    ] {
        assert_eq!(desk.post(&body).await.refusal(), error(400, "invalid_client"), "{body}");
    }
    let empty = format!("{good}&client_secret=");
    desk.post(&empty)
        .await
        .assert_granted(&desk.dev.issuer, "an empty parameter is none");
}

/// Another method, whatever it claims to be.
/// S-6749-02
#[tokio::test]
async fn f2_other_methods_are_refused() {
    let desk = Desk::start().await;
    let form = desk.form();
    for method in [
        "GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post", "PROPFIND", "X",
    ] {
        for headers in [
            &[FORM][..],
            &[FORM, "X-HTTP-Method-Override: POST"],
            &[FORM, "X-HTTP-Method: POST"],
            &[FORM, "X-Method-Override: POST"],
        ] {
            let answer = desk
                .send(&format!("{method} /token"), headers, form.as_bytes())
                .await;
            assert_eq!(
                answer.refusal(),
                error(405, "invalid_request"),
                "{method} {headers:?}"
            );
            assert!(
                answer.headers.contains(&"allow: post".to_owned()),
                "{method}: {answer:?}"
            );
        }
    }
    let answer = desk.send(&format!("GET /token?{form}"), &[], b"").await;
    assert_eq!(answer.refusal(), error(405, "invalid_request"));
    let answer = desk.send(&format!("POST /token?{form}"), &[FORM], b"").await;
    assert_eq!(
        answer.refusal(),
        error(400, "invalid_request"),
        "all of it in the URL"
    );
    desk.post(&form)
        .await
        .assert_granted(&desk.dev.issuer, "nothing was used up");
}
