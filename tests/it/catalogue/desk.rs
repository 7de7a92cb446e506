//! One real server on loopback, with a client that every kind of credential can be.

use crate::support::dev::{Dev, SOON};
use crate::support::eventually;
use crate::support::release::LEDGER;
use crate::support::workloads::{assertion_with, client_object, jwks, key, projected_token};
use countersign::jose::SigningKey;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub(super) const CLUSTER: &str = "https://kubernetes.default.svc.cluster.local";
pub(super) const CLIENT: &str = "payments/billing";
/// A client of the same key that may use no grant at all.
pub(super) const IDLE: &str = "payments/idle";
pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
pub(super) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// What the body of a token request is.
pub(super) const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

/// The server and the keys of those who may ask it.
pub(super) struct Desk {
    pub(super) dev: Dev,
    pub(super) key: SigningKey,
    cluster: SigningKey,
}

/// An answer as it came over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wire {
    pub(super) status: u16,
    /// The header lines in lower case, but for those that differ from one answer to the next.
    pub(super) headers: Vec<String>,
    pub(super) body: String,
}

// === impl Desk ===

impl Desk {
    pub(super) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The same with further arguments.
    pub(super) async fn start_with(args: &[&str]) -> Self {
        let (key, cluster) = (key(), key());
        let identities =
            json!([{ "keys": { "jwks": jwks(&[&key]) } }, { "serviceAccount": { "name": "billing" } }]);
        let object = client_object("payments", "billing", identities.clone());
        let mut idle = client_object("payments", "idle", identities);
        idle["spec"]["grants"] = json!({});
        idle["spec"]["identities"][1] = json!({ "serviceAccount": { "name": "idle" } });
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let set = folder.path().join("jwks.json");
        std::fs::write(&set, jwks(&[&cluster]).to_string()).unwrap();
        let cluster_args = [
            "--service-account-issuer",
            CLUSTER,
            "--service-account-jwks",
            set.to_str().unwrap(),
        ];
        let dev = Dev::start_with(
            &[
                ("billing.json", &object.to_string()),
                ("idle.json", &idle.to_string()),
            ],
            &[&cluster_args, args].concat(),
        )
        .await;
        let desk = Self { dev, key, cluster };
        eventually(SOON, "a token", async || {
            let answer = desk
                .token(&[("grant_type", JWT_BEARER), ("assertion", &desk.assertion())])
                .await;
            if answer.status == 200 {
                Ok(())
            } else {
                Err(format!("{answer:?}"))
            }
        })
        .await;
        desk
    }

    pub(super) fn address(&self) -> &str {
        self.dev.issuer.strip_prefix("http://").unwrap()
    }

    /// A good assertion, never used before.
    pub(super) fn assertion(&self) -> String {
        self.assertion_with(&json!({}))
    }

    pub(super) fn assertion_with(&self, changes: &Value) -> String {
        assertion_with(&self.key, CLIENT, &self.dev.issuer, changes)
    }

    /// A good service-account token of the client's workload.
    pub(super) fn pod_token(&self) -> String {
        projected_token(&self.cluster, CLUSTER, "payments", "billing", &self.dev.issuer)
    }

    /// The form of a token request that is granted, once.
    pub(super) fn form(&self) -> String {
        format!("grant_type={JWT_BEARER}&assertion={}", self.assertion())
    }

    /// Posts a form.
    pub(super) async fn token(&self, form: &[(&str, &str)]) -> Wire {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        self.post(&body).await
    }

    /// Posts a body that is called a form.
    pub(super) async fn post(&self, body: &str) -> Wire {
        self.send("POST /token", &[FORM], body.as_bytes()).await
    }

    /// Sends a request of exactly these lines (but for the version, the host and the length), and reads all of
    /// the answer.
    pub(super) async fn send(&self, start: &str, headers: &[&str], body: &[u8]) -> Wire {
        let host = format!("Host: {}", self.address());
        let host = if headers.iter().any(|line| line.starts_with("Host:")) {
            "X: y"
        } else {
            host.as_str()
        };
        let mut lines = vec![host];
        lines.extend(headers);
        let lines = lines.join("\r\n");
        let head = format!(
            "{start} HTTP/1.1\r\n{lines}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let mut stream = TcpStream::connect(self.address()).await.unwrap();
        stream.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
        let mut answer = Vec::new();
        timeout(SOON, stream.read_to_end(&mut answer))
            .await
            .expect("a whole answer")
            .unwrap();
        Wire::read(&String::from_utf8(answer).unwrap())
    }
}

// === impl Wire ===

impl Wire {
    fn read(answer: &str) -> Self {
        let (head, body) = answer
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("no answer: {answer:?}"));
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers: Vec<_> = lines.map(str::to_ascii_lowercase).collect();
        headers.retain(|line| !line.starts_with("date:") && !line.starts_with("x-request-id:"));
        headers.sort();
        Self {
            status,
            headers,
            body: body.to_owned(),
        }
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The status and the error code.
    pub(super) fn refusal(&self) -> (u16, String) {
        let error = self.json()["error"].as_str().unwrap_or("none").to_owned();
        (self.status, error)
    }

    /// The claims of the access token.
    pub(super) fn claims(&self) -> Value {
        let answer = self.json();
        let token = answer["access_token"]
            .as_str()
            .unwrap_or_else(|| panic!("no token: {self:?}"));
        let jws = countersign::jose::UnverifiedJws::parse(token).unwrap();
        let names = ["iss", "sub", "aud", "scope"];
        let claim = |name| {
            (
                str::to_owned(name),
                jws.unverified_claims().get(name).cloned().unwrap_or_default(),
            )
        };
        Value::Object(names.map(claim).into_iter().collect())
    }

    /// What a token for the client and everything that it may have says.
    pub(super) fn assert_granted(&self, issuer: &str, what: &str) {
        let expected = json!({"iss": issuer, "sub": CLIENT, "aud": LEDGER, "scope": "read write"});
        assert_eq!((self.status, self.claims()), (200, expected), "{what}: {self:?}");
    }
}
