//! `countersign token` that is granted one.

use crate::support::command::{Ran, countersign, countersign_with};
use crate::support::dev::Dev;
use crate::support::workloads::{client_object, jwks, key, projected_token};
use countersign::jose::UnverifiedJws;
use serde_json::{Value, json};

const CLUSTER: &str = "https://kubernetes.default.svc.cluster.local";
const CLIENT: &str = "payments/billing";

/// A client with a key in a file and a service account, on a server that knows the cluster's key.
struct World {
    dev: Dev,
    key: String,
    pod_token: String,
}

impl World {
    async fn start() -> Self {
        let cluster = key();
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let set = folder.path().join("jwks.json");
        std::fs::write(&set, jwks(&[&cluster]).to_string()).unwrap();
        let args = [
            "--service-account-issuer",
            CLUSTER,
            "--service-account-jwks",
            set.to_str().unwrap(),
        ];
        let dev = Dev::start_with(&[], &args).await;
        let (file, token_file) = (dev.key("billing.pem"), dev.key("token"));
        let made = countersign(["keygen", "--out", file.to_str().unwrap()]).await;
        let public: Value = serde_json::from_str(made.data()).unwrap();
        let identities = json!([{ "keys": { "jwks": public } }, { "serviceAccount": { "name": "billing" } }]);
        let mut object = client_object("payments", "billing", identities);
        object["spec"]["resources"] = json!([
            { "identifier": "https://ledger.internal", "scopes": ["read", "write"], "default": true },
            { "identifier": "https://old.internal", "scopes": ["old"] },
        ]);
        dev.write("billing.yaml", &object.to_string());
        // As the kubelet writes it, but for a new line at its end.
        let token = projected_token(&cluster, CLUSTER, "payments", "billing", &dev.issuer);
        std::fs::write(&token_file, format!("{token}\n")).unwrap();
        let world = Self {
            key: file.to_str().unwrap().to_owned(),
            pod_token: token_file.to_str().unwrap().to_owned(),
            dev,
        };
        crate::support::eventually(crate::support::dev::SOON, "the client", async || {
            let ran = world.with_key(&[]).await;
            if ran.code == 0 { Ok(()) } else { Err(ran.stderr) }
        })
        .await;
        world
    }

    async fn with_key(&self, args: &[&str]) -> Ran {
        let fixed = [
            "token",
            "--issuer",
            &self.dev.issuer,
            "--key",
            &self.key,
            "--client",
            CLIENT,
        ];
        countersign(fixed.iter().chain(args)).await
    }

    async fn with_pod_token(&self, args: &[&str]) -> Ran {
        let fixed = [
            "token",
            "--issuer",
            &self.dev.issuer,
            "--service-account-token",
            &self.pod_token,
        ];
        countersign(fixed.iter().chain(args)).await
    }
}

fn claim(token: &str, name: &str) -> Value {
    let issued = UnverifiedJws::parse(token.trim_end()).unwrap();
    issued
        .unverified_claims()
        .get(name)
        .cloned()
        .unwrap_or(Value::Null)
}

#[tokio::test]
async fn either_credential_gets_a_token_by_either_grant() {
    let world = World::start().await;
    for grant in ["client-credentials", "jwt-bearer"] {
        let args = ["--grant", grant];
        for (what, ran) in [
            ("key", world.with_key(&args).await),
            ("pod token", world.with_pod_token(&args).await),
        ] {
            assert_eq!(ran.data().lines().count(), 1, "{grant}, {what}");
            assert_eq!(claim(ran.data(), "client_id"), json!(CLIENT), "{grant}, {what}");
            assert_eq!(claim(ran.data(), "sub"), json!(CLIENT), "{grant}, {what}");
            assert_eq!(ran.stderr, "", "{grant}, {what}");
        }
    }
}

#[tokio::test]
async fn scope_and_resource_are_asked_for_and_the_whole_answer_is_json() {
    let world = World::start().await;
    let ran = world.with_key(&["--scope", "read", "-o", "json"]).await;
    let answer: Value = serde_json::from_str(ran.data()).unwrap();
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["scope"], "read");
    assert!(answer["expires_in"].as_u64().is_some_and(|seconds| seconds > 0));
    let token = answer["access_token"].as_str().unwrap();
    assert_eq!(claim(token, "aud"), "https://ledger.internal");
    assert_eq!(claim(token, "scope"), "read");

    let other = world
        .with_pod_token(&["--resource", "https://old.internal"])
        .await;
    assert_eq!(claim(other.data(), "aud"), "https://old.internal");
    assert_eq!(claim(other.data(), "scope"), "old");
}

#[tokio::test]
async fn the_issuer_may_come_from_the_environment() {
    let world = World::start().await;
    let args = ["token", "--key", &world.key, "--client", CLIENT];
    let ran = countersign_with(args, &[("COUNTERSIGN_ISSUER", world.dev.issuer.as_ref())]).await;
    assert_eq!(claim(ran.data(), "iss"), json!(world.dev.issuer));
}

#[tokio::test]
async fn claims_are_shown_without_the_token() {
    let world = World::start().await;
    let ran = world.with_key(&["-o", "claims"]).await;
    let claims: Value = serde_json::from_str(ran.data()).unwrap();
    assert_eq!(claims["client_id"], json!(CLIENT));
    assert!(!ran.data().contains("eyJ"), "{}", ran.data());
}

/// A check of the server at its issuer identifier, with these options.
async fn check(world: &World, args: &[&str]) -> Ran {
    let fixed = ["check", "--issuer", &world.dev.issuer];
    countersign(fixed.iter().chain(args)).await
}

#[tokio::test]
async fn a_check_goes_from_metadata_to_a_verified_token() {
    let world = World::start().await;
    let exchange = [
        "--service-account-token",
        &world.pod_token,
        "--resource",
        "https://ledger.internal",
    ];
    let ran = check(&world, &exchange).await;
    let marks: Vec<String> = ran
        .data()
        .lines()
        .map(|line| line.split(':').next().unwrap().to_owned())
        .collect();
    assert_eq!(marks, ["✓ metadata", "✓ keys", "✓ exchange", "✓ verification"]);
    assert!(!ran.data().contains("eyJ"), "{}", ran.data());

    let ran = check(&world, &["-o", "json"]).await;
    let told: Value = serde_json::from_str(ran.data()).unwrap();
    assert_eq!(told["ok"], json!(true));
    assert_eq!(told["checks"].as_array().unwrap().len(), 2, "nothing to exchange");
}

#[tokio::test]
async fn a_check_ends_at_what_does_not_hold_and_says_why() {
    let world = World::start().await;
    let unknown = [
        "--service-account-token",
        &world.pod_token,
        "--resource",
        "https://unknown.internal",
    ];
    let ran = check(&world, &unknown).await;
    assert_eq!(ran.code, 1);
    let last = ran.stdout.lines().last().unwrap();
    assert!(last.starts_with("✗ exchange: invalid_target (400): "), "{last}");
    assert!(last.contains("request_id"), "{last}");

    let in_vain = [&unknown[..], &["--wait", "1"]].concat();
    assert_eq!(check(&world, &in_vain).await.code, 4);

    let elsewhere = countersign([
        "check",
        "--issuer",
        "https://tokens.example",
        "--endpoint",
        &world.dev.issuer,
    ])
    .await;
    assert_eq!(elsewhere.code, 1);
    assert!(
        elsewhere.stdout.contains("✗ metadata: the server calls itself"),
        "{}",
        elsewhere.stdout
    );
}
