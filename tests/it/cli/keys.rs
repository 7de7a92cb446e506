//! `countersign keygen` and `assert`.

use crate::support::command::countersign;
use crate::support::dev::Dev;
use countersign::jose::{Algorithm, UnverifiedJws, judge_jwks};
use serde_json::Value;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use tempfile::TempDir;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let key = folder.path().join("key.pem");
    (folder, key)
}

#[tokio::test]
async fn the_private_half_is_in_the_file_and_nowhere_else() {
    for algorithm in Algorithm::ALL {
        let (_folder, file) = folder();
        let path = file.to_str().unwrap();
        let ran = countersign(["keygen", "--out", path, "--algorithm", algorithm.as_str()]).await;
        let jwks: Value = serde_json::from_str(ran.data()).unwrap();
        let members: BTreeSet<_> = jwks["keys"][0].as_object().unwrap().keys().cloned().collect();
        let public = ["alg", "crv", "e", "kid", "kty", "n", "use", "x", "y"].map(str::to_owned);
        assert!(members.is_subset(&public.into()), "{algorithm}: {members:?}");
        let judged = judge_jwks(ran.data().as_bytes(), &[algorithm]).unwrap();
        assert_eq!((judged.keys.len(), judged.refused.len()), (1, 0), "{algorithm}");

        let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{algorithm}");
        let secret = std::fs::read_to_string(&file).unwrap();
        assert!(secret.starts_with("-----BEGIN PRIVATE KEY-----\n"), "{algorithm}");
        for line in secret.lines() {
            assert!(
                !ran.stdout.contains(line) && !ran.stderr.contains(line),
                "{algorithm}"
            );
        }
        assert!(
            ran.stderr
                .starts_with(&format!("wrote the private key {path} (kid ")),
            "{ran:?}"
        );
    }
}

#[tokio::test]
async fn a_key_is_never_overwritten() {
    let (_folder, file) = folder();
    let path = file.to_str().unwrap();
    countersign(["keygen", "--out", path]).await.data();
    let before = std::fs::read(&file).unwrap();
    let again = countersign(["keygen", "--out", path]).await;
    assert_eq!(
        again.failure(),
        format!("error: {path}: File exists (os error 17)\n")
    );
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[tokio::test]
async fn the_printed_object_is_one_that_a_server_takes() {
    let (_folder, file) = folder();
    let (key, client) = (file.to_str().unwrap(), "payments/billing");
    let resource = ["--resource", "https://ledger.internal", "--scope", "read"];
    let made = ["keygen", "--out", key, "--client", client];
    let object = countersign(made.iter().chain(&resource)).await;
    let mut dev = Dev::start(&[("billing.yaml", object.data())]).await;
    let line = dev
        .process
        .wait_for_line("clients", crate::support::dev::SOON)
        .await;
    assert!(line.starts_with("clients          1 from "), "{line}");
    let issuer = dev.issuer.as_str();
    let token = ["token", "--issuer", issuer, "--key", key, "--client", client];
    let token = countersign(token).await;
    let parsed = UnverifiedJws::parse(token.data().trim_end()).unwrap();
    assert_eq!(parsed.unverified_claims().subject(), Ok(client));
    assert_eq!(token.stderr, "");
}

#[tokio::test]
async fn an_assertion_says_what_it_was_told_to() {
    let (_folder, file) = folder();
    let key = file.to_str().unwrap();
    let jwks = countersign(["keygen", "--out", key, "--algorithm", "RS256"]).await;
    let keys = judge_jwks(jwks.data().as_bytes(), &[Algorithm::Ps256, Algorithm::Rs256])
        .unwrap()
        .keys;
    let fixed = [
        "assert",
        "--key",
        key,
        "--client",
        "a/b",
        "--audience",
        "https://tokens.example",
    ];
    let optional = ["--subject", "alice", "--scope", "read write", "--lifetime", "30"];
    let (plain, full) = (
        countersign(fixed).await,
        countersign(fixed.iter().chain(&optional)).await,
    );
    assert_eq!((plain.stderr.as_str(), full.stderr.as_str()), ("", ""));
    let claims = |text: &str| {
        let parsed = UnverifiedJws::parse(text).unwrap();
        assert_eq!(parsed.algorithm(), Algorithm::Rs256);
        parsed.verify(&keys[0]).unwrap()
    };
    let (plain, full) = (claims(plain.data().trim_end()), claims(full.data().trim_end()));
    let lifetime = |claims: &countersign::jose::Claims| {
        let issued_at = claims.get("iat").unwrap().as_i64().unwrap();
        claims.expiry().unwrap().as_second() - issued_at
    };
    assert_eq!((plain.issuer(), plain.subject()), (Ok("a/b"), Ok("a/b")));
    assert_eq!(plain.audience().unwrap().sole(), Some("https://tokens.example"));
    assert_eq!((lifetime(&plain), plain.get("scope")), (60, None));
    assert_eq!((full.issuer(), full.subject()), (Ok("a/b"), Ok("alice")));
    assert_eq!(
        (lifetime(&full), full.get("scope")),
        (30, Some(&Value::from("read write")))
    );
    assert_ne!(plain.get("jti"), full.get("jti"));
}

#[tokio::test]
async fn a_file_without_a_usable_key_is_explained() {
    let (folder, file) = folder();
    let key = file.to_str().unwrap();
    countersign(["keygen", "--out", key]).await.data();
    let odd = folder.path().join("odd.pem");
    std::fs::write(
        &odd,
        "-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0\n-----END EC PRIVATE KEY-----\n",
    )
    .unwrap();
    let (odd, missing) = (odd.to_str().unwrap(), folder.path().join("missing"));
    let rows: [(&[&str], &str); 3] = [
        (
            &["--key", missing.to_str().unwrap()],
            "No such file or directory (os error 2)\n",
        ),
        (
            &["--key", odd],
            "openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW\n",
        ),
        (
            &["--key", key, "--algorithm", "RS256"],
            "cannot be used with RS256\n",
        ),
    ];
    for (args, expected) in rows {
        let fixed = [
            "assert",
            "--client",
            "a/b",
            "--audience",
            "https://tokens.example",
        ];
        let ran = countersign(fixed.iter().chain(args)).await;
        let told = ran.failure();
        assert!(
            told.starts_with("error: ") && told.ends_with(expected),
            "{args:?}: {told}"
        );
        assert_eq!(told.lines().count(), 1, "{told}");
        assert!(!told.contains("c2VjcmV0"), "{told}");
    }
}
