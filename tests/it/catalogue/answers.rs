//! Answers that tell nothing (F10).

use super::desk::{ASSERTION_TYPE, CLIENT, Desk, IDLE, JWT_BEARER};
use crate::support::workloads::{assertion, assertion_with, key};
use serde_json::json;

/// The whole answer, byte for byte, is the same for whatever is wrong with a JWT: only its slot counts.
/// S-6749-39, D-19
#[tokio::test]
async fn f10_every_bad_token_has_the_same_answer() {
    let desk = Desk::start().await;
    let (issuer, stranger) = (&desk.dev.issuer, key());
    let used = desk.assertion();
    desk.token(&[("grant_type", JWT_BEARER), ("assertion", &used)])
        .await
        .assert_granted(issuer, "the first use");
    let with = |changes| desk.assertion_with(&changes);
    let bad = [
        ("unknown client", assertion(&stranger, "payments/nobody", issuer)),
        (
            "unknown client, known key",
            assertion(&desk.key, "payments/nobody", issuer),
        ),
        (
            "unknown issuer",
            assertion(&stranger, "https://evil.example", issuer),
        ),
        ("wrong key", assertion(&stranger, "payments/billing", issuer)),
        ("expired", with(json!({"iat": 1, "exp": 60}))),
        ("not yet valid", with(json!({"nbf": 4_000_000_000_i64}))),
        ("for somebody else", with(json!({"aud": "https://evil.example"}))),
        ("for ever", with(json!({"exp": 4_000_000_000_i64}))),
        ("used before", used),
        ("of somebody else", with(json!({"sub": "payments/nobody"}))),
        ("without a name", with(json!({"jti": ""}))),
        (
            "of an unknown workload",
            assertion_with(
                &desk.key,
                super::desk::CLUSTER,
                issuer,
                &json!({"sub": "system:serviceaccount:a:b"}),
            ),
        ),
        ("no JWT", "garbage".to_owned()),
        ("no object", "bnVsbA.bnVsbA.AAAA".to_owned()),
        ("too long", "x".repeat(20_000)),
    ];
    let mut answers: [Vec<_>; 2] = Default::default();
    for (what, token) in &bad {
        for hint in [None, Some("payments/nobody"), Some(CLIENT), Some(IDLE)] {
            let hint = hint.map(|id| ("client_id", id));
            let mut grant = vec![("grant_type", JWT_BEARER), ("assertion", token)];
            let mut client = vec![
                ("grant_type", "client_credentials"),
                ("client_assertion_type", ASSERTION_TYPE),
                ("client_assertion", token),
            ];
            grant.extend(hint);
            client.extend(hint);
            answers[0].push((what, desk.token(&grant).await));
            answers[1].push((what, desk.token(&client).await));
        }
    }
    for (answers, code) in answers.iter().zip(["invalid_grant", "invalid_client"]) {
        assert_eq!(answers[0].1.refusal(), (400, code.to_owned()));
        for (what, answer) in answers {
            assert_eq!(*answer, answers[0].1, "{what}");
        }
    }
}
