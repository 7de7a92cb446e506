//! What a refused request uses up, at the real server: nothing (C8).

use super::desk::{ASSERTION_TYPE, Desk, FORM};

#[tokio::test]
async fn c8_an_assertion_is_used_up_by_the_request_that_passes_everything_else() {
    let desk = Desk::start().await;
    for (more, code) in [
        ("&scope=admin", "invalid_scope"),
        ("&scope=read++write", "invalid_scope"),
        ("&resource=https://other.internal", "invalid_target"),
        (
            "&resource=https://ledger.internal&resource=https://ledger.internal",
            "invalid_target",
        ),
        ("&client_id=shop/cart", "invalid_client"),
        ("&client_secret=x", "invalid_client"),
        ("&grant_type=client_credentials", "invalid_request"),
        ("&assertion=a.b.c", "invalid_request"),
        ("&scope=%zz", "invalid_request"),
    ] {
        let good = format!(
            "grant_type=client_credentials&client_assertion_type={ASSERTION_TYPE}&client_assertion={}",
            desk.assertion()
        );
        let bad = format!("{good}{more}");
        assert_eq!(desk.post(&bad).await.refusal(), (400, code.to_owned()), "{more}");
        for headers in [
            &[][..],
            &[FORM, "Content-Encoding: gzip"],
            &[FORM, "Authorization: Basic eDp5"],
        ] {
            assert_ne!(
                desk.send("POST /token", headers, good.as_bytes()).await.status,
                200
            );
        }
        desk.post(&good).await.assert_granted(&desk.dev.issuer, more);
        assert_eq!(
            desk.post(&good).await.refusal(),
            (400, "invalid_client".to_owned()),
            "the second use"
        );
    }
}
