//! Tokens of a real installation, verified as a resource server would: by a program in another language,
//! with another library, that knows the issuer, its certificate authority and its own name only.

use crate::support::go::GoModule;
use crate::support::release::{Answer, LEDGER, OLD, Release, Server};
use crate::support::workloads::{assertion, client_object, jwks, key};
use crate::support::{ControlPlane, eventually};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(20);
const HOUR: Duration = Duration::from_hours(1);

const MODULE: GoModule = GoModule {
    name: "verifier",
    ldflags: "-s -w",
    told: "a verifier of access tokens (seconds)",
    otherwise: "",
};

/// A resource server's side.
struct Verifier {
    program: PathBuf,
    issuer: String,
    ca: PathBuf,
}

// === impl Verifier ===

impl Verifier {
    fn of(server: &Server) -> Self {
        Self {
            program: MODULE.built(),
            issuer: server.issuer.clone(),
            ca: server.ca.clone(),
        }
    }

    /// The claims of a good token for `audience`, or what is wrong with it.
    fn verify(&self, token: &str, audience: &str) -> Result<Value, String> {
        self.verify_trusting(&self.ca, token, audience)
    }

    fn verify_trusting(&self, ca: &Path, token: &str, audience: &str) -> Result<Value, String> {
        let mut child = Command::new(&self.program)
            .args(["-issuer", &self.issuer, "-audience", audience, "-ca"])
            .arg(ca)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(token.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        match output.status.code() {
            Some(0) => Ok(serde_json::from_slice(&output.stdout).unwrap()),
            _ => Err(String::from_utf8(output.stderr).unwrap()),
        }
    }
}

/// What the server answers to `assertion` as a grant for `resource`.
async fn ask(server: &Server, assertion: &str, resource: &str) -> Answer {
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("assertion", assertion),
        ("resource", resource),
    ];
    server.token(&form).await
}

/// S-8725-10, S-8707-03, S-9068-01, S-8414-03
#[tokio::test(flavor = "multi_thread")]
async fn a_program_of_another_kind_verifies_our_tokens_and_nothing_else() {
    let plane = ControlPlane::shared();
    let release = Release::install(plane, "verifier").await;
    let (namespace, key) = (release.namespace(), key());
    let client = format!("{namespace}/billing");
    let identities =
        json!([{ "keys": { "jwks": jwks(&[&key]) } }, { "serviceAccount": { "name": "billing" } }]);
    let mut object = client_object(namespace, "billing", identities);
    object["spec"]["resources"] = json!([
        { "identifier": LEDGER, "scopes": ["read", "write"] },
        { "identifier": OLD, "scopes": ["old"] },
    ]);
    plane.apply(&object).await;
    plane.create_service_account(namespace, "billing").await;
    let pod = plane.create_pod(namespace, "billing-0", "billing").await;
    let _controller = release.controller(plane).await;
    let server = release.server(plane).await;
    let verifier = Verifier::of(&server);
    let signed = || assertion(&key, &client, &server.issuer);
    eventually(SOON, "the client", async || {
        let answer = ask(&server, &signed(), LEDGER).await;
        if answer.status == 200 {
            Ok(())
        } else {
            Err(format!("{answer:?}"))
        }
    })
    .await;
    let projected = plane
        .token_request(namespace, "billing", &[&server.issuer], HOUR, Some(&pod))
        .await;

    for (resource, scope) in [(LEDGER, "read write"), (OLD, "old")] {
        for (what, assertion) in [("signed", signed()), ("projected", projected.clone())] {
            let answer = ask(&server, &assertion, resource).await;
            let claims = verifier.verify(answer.access_token(), resource).unwrap();
            assert_eq!(claims["iss"], server.issuer, "{what}");
            assert_eq!(claims["sub"], client, "{what}");
            assert_eq!(claims["client_id"], client, "{what}");
            assert_eq!(claims["aud"], resource, "{what}");
            assert_eq!(claims["scope"], scope, "{what}");
            let pod_uid = claims.pointer("/kubernetes.io/pod/uid");
            let expected = (what == "projected").then(|| json!(pod.metadata.uid));
            assert_eq!(pod_uid.cloned(), expected, "{what}");
        }
    }

    let good = ask(&server, &signed(), LEDGER).await.access_token().to_owned();
    let refusal = |token: &str, audience: &str| verifier.verify(token, audience).unwrap_err();
    let wrong_audience = refusal(&good, OLD);
    assert!(wrong_audience.contains("audience"), "{wrong_audience}");
    let mut changed: Vec<String> = good.split('.').map(str::to_owned).collect();
    changed[1] = changed_byte(&changed[1]);
    let told = refusal(&changed.join("."), LEDGER);
    assert!(told.contains("the signature"), "{told}");
    for (what, other) in [("a signed assertion", signed()), ("a pod's token", projected)] {
        let told = refusal(&other, LEDGER);
        assert!(told.contains("not at+jwt"), "{what}: {told}");
    }
    assert!(refusal("", LEDGER).contains("not a signed JWT"));

    let other = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let ca = folder.path().join("other.crt");
    std::fs::write(&ca, other.cert.pem()).unwrap();
    let told = verifier.verify_trusting(&ca, &good, LEDGER).unwrap_err();
    assert!(told.contains("certificate"), "another authority: {told}");
    verifier.verify(&good, LEDGER).unwrap();
}

/// The same with another letter in its middle: still base64url.
fn changed_byte(part: &str) -> String {
    let mut bytes = part.as_bytes().to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] = if bytes[middle] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).unwrap()
}
