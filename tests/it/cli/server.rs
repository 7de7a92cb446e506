//! What a server does not start with.

use crate::support::command::countersign;

/// `server` with this issuer and certificate; what it would serve otherwise does not matter.
fn args<'a>(issuer: &[&'a str], tls: &[&'a str]) -> Vec<&'a str> {
    let rest = ["--resource", "https://ledger.internal", "--log-format", "text"];
    [&["server"], issuer, tls, &rest].concat()
}

const TLS: [&str; 4] = ["--tls-cert", "missing.crt", "--tls-key", "missing.key"];

/// S-7523bis-03, S-6749-01: there is no server without an issuer identifier, and none without TLS.
#[tokio::test]
async fn issuer_and_certificate_are_required() {
    let ran = countersign(args(&[], &TLS)).await;
    assert!(ran.usage().contains("--issuer <URL>"), "{ran:?}");
    let issuer = ["--issuer", "https://tokens.example"];
    for tls in [&[][..], &TLS[..2], &TLS[2..]] {
        let ran = countersign(args(&issuer, tls)).await;
        assert!(ran.usage().contains("--tls-"), "{ran:?}");
    }
    let ran = countersign(args(
        &issuer,
        &["--tls-secret", "both", TLS[0], TLS[1], TLS[2], TLS[3]],
    ))
    .await;
    assert!(
        ran.usage().contains("'--tls-secret <NAME>' cannot be used with"),
        "{ran:?}"
    );
    let ran = countersign(args(&issuer, &TLS)).await;
    assert!(ran.failure().contains("cannot serve TLS"), "{ran:?}");
}

/// S-8414-04: RFC 8414 §2.
#[tokio::test]
async fn an_issuer_that_cannot_be_one_is_refused_at_the_start() {
    for (issuer, told) in [
        ("http://tokens.example", "must be an https URL"),
        ("http://127.0.0.1:8080", "must be an https URL"),
        ("https://tokens.example?a=b", "no query"),
        ("https://tokens.example/?", "no query"),
        ("https://tokens.example#a", "no fragment"),
        ("https://user@tokens.example", "no user information"),
        ("tokens.example", "must be an absolute URL"),
        ("urn:tokens", "must be an absolute URL"),
        ("", "must be an absolute URL"),
    ] {
        let ran = countersign(args(&["--issuer", issuer], &TLS)).await;
        assert!(ran.failure().contains(told), "{issuer}: {ran:?}");
    }
}
