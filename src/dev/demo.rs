//! `countersign demo`: the main job before the reader's eyes, over real HTTP on loopback.

use crate::client::access_token;
use crate::client::assertion::Statement;
use crate::client::exchange::{Answer, AuthorizationServer, Refused, Request};
use crate::client::key_file::KeyFile;
use crate::clock::SystemClock;
use crate::core::clock::Clock;
use crate::core::issuer::Issuer;
use crate::dev::serve::{self, Embedded};
use crate::jose::{self, Algorithm, Claims, SigningKey};
use crate::lifecycle::{Signals, Tasks};
use crate::oauth::request::GrantType;
use anyhow::Context;
use aws_lc_rs::rand;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::fs::DirBuilder;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::TcpListener;

const CLIENT: &str = "payments/billing-worker";
const RESOURCE: &str = "https://ledger.internal";
const CLUSTER: &str = "https://kubernetes.default.svc.cluster.local";

/// Runs the demonstration, telling it to `out`; says whether everything held.
pub async fn run(out: &mut dyn Write) -> anyhow::Result<bool> {
    let tasks = Tasks::new();
    let mut demo = Demo::start(&tasks, out).await?;
    let outcome = demo.play().await;
    let held = demo.failed == 0;
    tasks.shutdown().cancel();
    tasks
        .run_until_done(Signals::listen()?, Duration::from_secs(2))
        .await?;
    outcome.map(|()| held)
}

struct Demo<'o> {
    out: &'o mut dyn Write,
    embedded: Embedded,
    folder: Folder,
    key: KeyFile,
    assertions: u32,
    failed: u32,
}

/// A folder of our own, gone when the value is.
struct Folder(PathBuf);

// === impl Folder ===

impl Folder {
    /// Makes one that nobody else can look into, and that was not there before.
    fn create() -> anyhow::Result<Self> {
        let mut bytes = [0; 8];
        rand::fill(&mut bytes).ok().context("no randomness")?;
        let name = format!("countersign-demo-{:016x}", u64::from_be_bytes(bytes));
        let path = std::env::temp_dir().join(name);
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "cannot remove the folder");
        }
    }
}

// === impl Demo ===

impl<'o> Demo<'o> {
    async fn start(tasks: &Tasks, out: &'o mut dyn Write) -> anyhow::Result<Self> {
        let socket = TcpListener::bind("127.0.0.1:0")
            .await
            .context("cannot listen on loopback")?;
        let issuer = Issuer::parse_loopback(&format!("http://{}", socket.local_addr()?))?;
        let embedded = serve::start(tasks, socket, issuer)?;
        let folder = Folder::create()?;
        let key = KeyFile::create(&folder.0.join("billing-worker.pem"), Algorithm::Es256)?;
        Ok(Self {
            out,
            embedded,
            folder,
            key,
            assertions: 0,
            failed: 0,
        })
    }

    async fn play(&mut self) -> anyhow::Result<()> {
        let issuer = self.embedded.issuer.to_string();
        self.tell(
            "An authorization server",
            &format!("listens at {issuer}, in this process"),
        )?;
        self.register()?;
        let server = AuthorizationServer::discover(&self.embedded.issuer, None).await?;

        self.heading("A signed assertion for a token (RFC 7523 §2.2: it authenticates the client)")?;
        let assertion = self.assertion(&issuer)?;
        let first = ask(&server, GrantType::ClientCredentials, &assertion).await?;
        let first = self.granted(&first)?;

        self.heading("The same assertion once more: a replay")?;
        let replayed = ask(&server, GrantType::ClientCredentials, &assertion).await?;
        self.refused(&replayed, "invalid_client")?;

        self.heading("A new assertion, as the grant itself (RFC 7523 §2.1)")?;
        let assertion = self.assertion(&issuer)?;
        let second = ask(&server, GrantType::JwtBearer, &assertion).await?;
        let second = self.granted(&second)?;

        self.heading("An assertion that was made for somebody else")?;
        let assertion = self.assertion("https://another-server.example")?;
        let misdirected = ask(&server, GrantType::JwtBearer, &assertion).await?;
        self.refused(&misdirected, "invalid_grant")?;

        self.heading("A pod's service-account token, from a cluster that this process plays")?;
        let pod_token = self.pod_token(&issuer)?;
        let third = ask(&server, GrantType::JwtBearer, &pod_token).await?;
        let third = self.granted(&third)?;

        self.heading("What an API does: verify the tokens against the published keys")?;
        let published = json!(server.keys().await?);
        let keys = jose::judge_jwks_value(&published, &Algorithm::ALL)?.keys;
        for token in [first, second, third].into_iter().flatten() {
            let verified = access_token::verify(&token, &keys, &issuer, RESOURCE, SystemClock.now());
            let told = verified.as_ref().map_or_else(ToString::to_string, summary);
            self.check(verified.is_ok(), &told)?;
        }
        let closing = if self.failed == 0 {
            "All held."
        } else {
            "Something did not hold: see the lines marked with ✗."
        };
        writeln!(self.out, "\n{closing}")?;
        Ok(())
    }

    /// Declares the client as an object in the folder, as one would with `kubectl apply`.
    fn register(&mut self) -> anyhow::Result<()> {
        let object = json!({
            "apiVersion": "countersign.dev/v1alpha1",
            "kind": "OAuthClient",
            "metadata": { "namespace": "payments", "name": "billing-worker" },
            "spec": {
                "identities": [
                    { "serviceAccount": { "name": "billing-worker" } },
                    { "keys": { "jwks": { "keys": [self.key.key.public_jwk()] } } },
                ],
                "grants": { "clientCredentials": {}, "jwtBearer": {} },
                "resources": [{ "identifier": RESOURCE, "scopes": ["read", "write"] }],
            },
        });
        let yaml = serde_saphyr::to_string(&object)?;
        let path = self.folder.0.join("billing-worker.yaml");
        std::fs::write(&path, &yaml).with_context(|| format!("cannot write {}", path.display()))?;
        let loaded = serve::take_over(&self.embedded, &crate::dev::folder::fingerprint(&self.folder.0)?);
        self.tell("A client", &format!("{CLIENT}, declared by this object:"))?;
        for line in yaml.lines() {
            writeln!(self.out, "      {line}")?;
        }
        self.check(
            loaded.problems.is_empty() && self.embedded.index.len() == 1,
            "it is registered",
        )
    }

    fn assertion(&mut self, audience: &str) -> anyhow::Result<String> {
        self.assertions = self.assertions.saturating_add(1);
        let jti = format!("demo-{}-{}", std::process::id(), self.assertions);
        let statement = Statement::new(
            CLIENT,
            audience,
            jti,
            SystemClock.now(),
            SignedDuration::from_secs(60),
        );
        self.tell(
            "The assertion",
            &format!("iss = sub = {CLIENT}, aud = {audience}, jti = {}", statement.jti),
        )?;
        Ok(statement.sign(&self.key)?)
    }

    /// A token as the kubelet would project it, from an issuer whose key the server now knows.
    fn pod_token(&mut self, audience: &str) -> anyhow::Result<String> {
        let cluster = SigningKey::generate(Algorithm::Es256)?;
        let jwks = serde_json::to_vec(&json!({ "keys": [cluster.public_jwk()] }))?;
        self.embedded
            .index
            .set_local_issuer(serve::local_issuer(CLUSTER, &jwks)?);
        let now = SystemClock.now().as_second();
        let claims = json!({
            "iss": CLUSTER, "sub": "system:serviceaccount:payments:billing-worker", "aud": [audience],
            "iat": now, "nbf": now, "exp": now.saturating_add(3600), "jti": "5a1b0c7e-demo",
            "kubernetes.io": {
                "namespace": "payments",
                "serviceaccount": { "name": "billing-worker", "uid": "0d6b5f0e-demo" },
                "pod": { "name": "billing-worker-7d9f", "uid": "9c1e44aa-demo" },
            },
        });
        self.tell(
            "The token",
            "sub = system:serviceaccount:payments:billing-worker, bound to pod billing-worker-7d9f",
        )?;
        Ok(cluster.sign_jws(None, &serde_json::to_vec(&claims)?)?)
    }

    fn granted(&mut self, answer: &Answer) -> anyhow::Result<Option<String>> {
        match answer {
            Answer::Token(members) => {
                let member = |name: &str| members.get(name).cloned().unwrap_or(Value::Null);
                let (expires, scope) = (member("expires_in"), member("scope"));
                self.check(
                    true,
                    &format!("200: a bearer token for {expires} s, scope {scope}"),
                )?;
                Ok(member("access_token").as_str().map(str::to_owned))
            }
            Answer::Refused(Refused { status, members, .. }) => {
                self.check(false, &format!("{status}: {}", json!(members)))?;
                Ok(None)
            }
        }
    }

    fn refused(&mut self, answer: &Answer, expected: &str) -> anyhow::Result<()> {
        match answer {
            Answer::Token(_) => self.check(false, "200: it was granted"),
            Answer::Refused(Refused { status, members, .. }) => {
                let text = |name: &str| {
                    members
                        .get(name)
                        .and_then(Value::as_str)
                        .unwrap_or_default()
                        .to_owned()
                };
                let held = status.as_u16() == 400 && text("error") == expected;
                self.check(
                    held,
                    &format!(
                        "{}: {}: {}",
                        status.as_u16(),
                        text("error"),
                        text("error_description")
                    ),
                )
            }
        }
    }

    fn heading(&mut self, text: &str) -> anyhow::Result<()> {
        Ok(writeln!(self.out, "\n{text}")?)
    }

    fn tell(&mut self, what: &str, text: &str) -> anyhow::Result<()> {
        Ok(writeln!(self.out, "  {what}: {text}")?)
    }

    fn check(&mut self, held: bool, text: &str) -> anyhow::Result<()> {
        self.failed = self.failed.saturating_add(u32::from(!held));
        Ok(writeln!(self.out, "  {} {text}", if held { "✓" } else { "✗" })?)
    }
}

async fn ask(server: &AuthorizationServer, grant: GrantType, assertion: &str) -> anyhow::Result<Answer> {
    let request = Request {
        grant,
        assertion,
        client_id: Some(CLIENT),
        resource: None,
        scope: None,
    };
    Ok(server.exchange(&request).await?)
}

fn summary(claims: &Claims) -> String {
    let text = |name: &str| claims.get(name).map(Value::to_string).unwrap_or_default();
    let pod = claims
        .get("kubernetes.io")
        .and_then(|claim| claim.pointer("/pod/name"));
    let pod = pod.map(|name| format!(", pod {name}")).unwrap_or_default();
    format!(
        "sub {}, aud {}, scope {}{pod}",
        text("sub"),
        text("aud"),
        text("scope")
    )
}
