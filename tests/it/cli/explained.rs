//! What a user is told who gets no token, and wrong usage.

use crate::support::command::countersign;
use crate::support::dev::Dev;
use crate::support::ports::free_port;
use crate::support::stub::Stub;
use crate::support::workloads::{client_object, jwks, key};
use countersign::client::key_file::KeyFile;
use countersign::jose::Algorithm;
use serde_json::json;

const CLIENT: &str = "payments/billing";

/// A server with one client, whose key is in the file that is returned.
async fn world() -> (Dev, String) {
    let dev = Dev::start(&[]).await;
    let file = dev.key("billing.pem");
    let made = KeyFile::create(&file, Algorithm::Es256).unwrap();
    let identities = json!([{ "keys": { "jwks": jwks(&[&made.key]) } }]);
    let mut object = client_object("payments", "billing", identities);
    object["spec"]["grants"] = json!({ "clientCredentials": {} });
    dev.write("billing.yaml", &object.to_string());
    let file = file.to_str().unwrap().to_owned();
    crate::support::eventually(crate::support::dev::SOON, "the client", async || {
        let ran = countersign([
            "token",
            "--issuer",
            &dev.issuer,
            "--key",
            &file,
            "--client",
            CLIENT,
        ])
        .await;
        if ran.code == 0 { Ok(()) } else { Err(ran.stderr) }
    })
    .await;
    (dev, file)
}

#[tokio::test]
async fn a_refusal_says_what_to_check_and_where_the_reason_is() {
    let (mut dev, key) = world().await;
    let wrong = dev.key("wrong.pem");
    KeyFile::create(&wrong, Algorithm::Es256).unwrap();
    let wrong = wrong.to_str().unwrap();
    let (billing, nobody) = (CLIENT, "payments/nobody");
    let rows: [(&str, &[&str], &str, &str, &str); 6] = [
        (
            "wrong key",
            &["--key", wrong, "--client", billing],
            "invalid_client (400)",
            "under the same kid?",
            "key",
        ),
        (
            "no such client",
            &["--key", &key, "--client", nobody],
            "invalid_client (400)",
            "Is the OAuthClient there",
            "client",
        ),
        (
            "grant",
            &["--key", &key, "--client", billing, "--grant", "jwt-bearer"],
            "unauthorized_client (400)",
            "Add the grant to spec.grants",
            "grant",
        ),
        (
            "scope",
            &["--key", &key, "--client", billing, "--scope", "admin"],
            "invalid_scope (400)",
            "spec.resources[].scopes",
            "scope",
        ),
        (
            "resource",
            &[
                "--key",
                &key,
                "--client",
                billing,
                "--resource",
                "https://other.internal",
            ],
            "invalid_target (400)",
            "spec.resources[].identifier",
            "resource",
        ),
        (
            "an assertion in place of a pod's token",
            &["--service-account-token", wrong],
            "invalid_client (400)",
            "bound to a pod",
            "assertion",
        ),
    ];
    for (what, args, refused, check, reason) in rows {
        let fixed = ["token", "--issuer", &dev.issuer];
        let ran = countersign(fixed.iter().chain(args)).await;
        let told = ran.failure();
        assert!(
            told.starts_with(&format!("refused: {refused}\n")),
            "{what}: {told}"
        );
        assert!(
            told.contains("What to check:\n  - ") && told.contains(check),
            "{what}: {told}"
        );
        assert!(
            !told.contains("eyJ") && !told.contains("PRIVATE"),
            "{what}: {told}"
        );
        let id = told.split("request_id ").nth(1).unwrap();
        let id = id.split([';', '\n']).next().unwrap();
        let logged = dev
            .process
            .wait_for_line(&format!("\"{id}\""), crate::support::dev::SOON)
            .await;
        assert!(
            logged.contains("denied") && logged.contains(reason),
            "{what}: {logged}"
        );
        assert!(
            !logged.contains("eyJ") && !logged.contains("PRIVATE"),
            "{what}: {logged}"
        );
    }
}

#[tokio::test]
async fn a_misspelt_issuer_is_told_with_the_right_one() {
    let (dev, key) = world().await;
    let (misspelt, by_name) = (
        format!("{}/", dev.issuer),
        dev.issuer.replace("127.0.0.1", "localhost"),
    );
    for issuer in [&misspelt, &by_name] {
        let ran = countersign(["token", "--issuer", issuer, "--key", &key, "--client", CLIENT]).await;
        let expected = format!("error: the server calls itself '{}', not '{issuer}'", dev.issuer);
        assert!(ran.failure().starts_with(&expected), "{ran:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_none_is_told_from_one_that_is_away() {
    let (_dev, key) = world().await;
    let page = Stub::start(|_, _| (200, "<html>welcome</html>".to_owned())).await;
    let empty = Stub::start(|_, _| (404, "{}".to_owned())).await;
    let other = Stub::start(|_, _| (200, json!({ "issuer": "https://other.example" }).to_string())).await;
    let half = Stub::start(|own, _| (200, json!({ "issuer": own }).to_string())).await;
    let hollow = Stub::start(|own, path| {
        if path == "/token" {
            return (200, "{}".to_owned());
        }
        let mut metadata = json!({ "issuer": own });
        for endpoint in ["token_endpoint", "jwks_uri"] {
            metadata[endpoint] = json!(format!("{own}/token"));
        }
        (200, metadata.to_string())
    })
    .await;
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let rows = [
        (&nobody, "cannot reach ", "Connection refused (os error 111)\n"),
        (
            &page.url,
            "answered 200 OK with something that is not a JSON object",
            "is it an authorization server?\n",
        ),
        (
            &empty.url,
            "(404 Not Found) has no 'issuer'",
            "is it an authorization server?\n",
        ),
        (
            &other.url,
            "the server calls itself 'https://other.example'",
            "exactly as the server has it\n",
        ),
        (
            &half.url,
            "(200 OK) has no 'token_endpoint'",
            "is it an authorization server?\n",
        ),
        (
            &hollow.url,
            "/token answered with success, but without an access token",
            "token\n",
        ),
    ];
    for (issuer, part, end) in rows {
        let ran = countersign(["token", "--issuer", issuer, "--key", &key, "--client", CLIENT]).await;
        let told = ran.failure();
        assert!(
            told.starts_with("error: ") && told.contains(part) && told.ends_with(end),
            "{told}"
        );
        assert_eq!(told.lines().count(), 1, "{told}");
        assert_eq!(
            told.matches("error sending request").count(),
            told.matches("Connection refused").count(),
            "{told}"
        );
    }
}

#[tokio::test]
async fn a_token_for_another_server_is_refused_where_it_is_shown() {
    let (dev, _) = world().await;
    let file = dev.key("token");
    let foreign = crate::support::workloads::projected_token(
        &key(),
        "https://c.example",
        "a",
        "b",
        "https://other.example",
    );
    std::fs::write(&file, &foreign).unwrap();
    let args = [
        "token",
        "--issuer",
        &dev.issuer,
        "--service-account-token",
        file.to_str().unwrap(),
    ];
    let ran = countersign(args).await;
    assert!(
        ran.failure().contains("have the issuer as its only audience"),
        "{ran:?}"
    );
    let missing = dev.key("missing");
    let args = [
        "token",
        "--issuer",
        &dev.issuer,
        "--service-account-token",
        missing.to_str().unwrap(),
    ];
    let told = countersign(args).await;
    assert_eq!(
        told.failure(),
        format!(
            "error: cannot read {}: No such file or directory (os error 2)\n",
            missing.display()
        )
    );
}

#[tokio::test]
async fn wrong_usage_is_told_before_anything_is_done() {
    let issuer = ["--issuer", "http://127.0.0.1:1"];
    let rows: [(&[&str], &str); 12] = [
        (&[], "Usage: countersign"),
        (&["nonsense"], "unrecognized subcommand 'nonsense'"),
        (&["token"], "--issuer <URL>"),
        (
            &["token", issuer[0], issuer[1]],
            "--key <FILE>|--service-account-token <FILE>",
        ),
        (
            &["token", issuer[0], issuer[1], "--key", "k"],
            "--client <CLIENT>",
        ),
        (
            &[
                "token",
                issuer[0],
                issuer[1],
                "--key",
                "k",
                "--service-account-token",
                "t",
            ],
            "cannot be used with",
        ),
        (
            &["token", "--issuer", "banana", "--service-account-token", "t"],
            "must be an absolute URL with a host",
        ),
        (
            &[
                "token",
                "--issuer",
                "http://tokens.example",
                "--service-account-token",
                "t",
            ],
            "must be an https URL",
        ),
        (
            &["assert", "--key", "k", "--client", "billing", "--audience", "x"],
            "must be of the form <namespace>/<name>",
        ),
        (
            &["keygen", "--out", "k", "--algorithm", "HS256"],
            "--algorithm <ALG>",
        ),
        (
            &["keygen", "--out", "k", "--resource", "https://r"],
            "--client <CLIENT>",
        ),
        (
            &["dev", "--dir", ".", "--service-account-issuer", "https://c"],
            "--service-account-jwks <FILE>",
        ),
    ];
    for (args, part) in rows {
        let ran = countersign(args).await;
        assert!(ran.usage().contains(part), "{args:?}: {}", ran.stderr);
    }
    for args in [["--help"], ["--version"]] {
        let ran = countersign(args).await;
        assert!(ran.data().contains("ountersign"), "{ran:?}");
        assert_eq!(ran.stderr, "");
    }
}
