//! JWTs put together member by member, so that any one thing about them can be wrong.

use super::world::{CLIENT, CLUSTER, IDENTITY, NOW, SERVICE_ACCOUNT, TRUSTED};
use crate::support::endpoint::ISSUER;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign::jose::{Algorithm, SigningKey};
use serde_json::json;
use std::fmt::Display;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

static RSA: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(Algorithm::Rs256).unwrap());
static ECDSA: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(Algorithm::Es256).unwrap());
static TRUSTED_KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(Algorithm::EdDsa).unwrap());
static CLUSTER_KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(Algorithm::Rs256).unwrap());

/// Whose key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signer {
    /// The client, with RS256.
    Rsa,
    /// The client, with ES256.
    Ecdsa,
    /// The local cluster, for the client's service account.
    Cluster,
    /// A trusted issuer, for a subject that is the client.
    Trusted,
}

/// The members of a JSON object as they are written: names and values are raw JSON.
#[derive(Debug, Clone)]
pub(super) struct Members(Vec<(String, String)>);

/// A JWT in the making; good until it is changed.
#[derive(Clone)]
pub(super) struct Draft {
    /// Who signs it.
    pub(super) signer: Signer,
    pub(super) header: Members,
    pub(super) claims: Members,
}

pub(super) fn segment(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A name that was never used before.
pub(super) fn fresh() -> String {
    static MADE: AtomicU64 = AtomicU64::new(0);
    format!("jti-{}", MADE.fetch_add(1, Ordering::Relaxed))
}

/// `input`, whatever it is, with its signature behind.
pub(super) fn sign(key: &SigningKey, input: &str) -> String {
    format!("{input}.{}", segment(key.sign(input.as_bytes()).unwrap()))
}

// === impl Signer ===

impl Signer {
    pub(super) const ALL: [Self; 4] = [Self::Rsa, Self::Ecdsa, Self::Cluster, Self::Trusted];

    pub(super) fn key(self) -> &'static SigningKey {
        match self {
            Self::Rsa => &RSA,
            Self::Ecdsa => &ECDSA,
            Self::Cluster => &CLUSTER_KEY,
            Self::Trusted => &TRUSTED_KEY,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Rsa => "client RS256",
            Self::Ecdsa => "client ES256",
            Self::Cluster => "cluster RS256",
            Self::Trusted => "trusted EdDSA",
        }
    }

    /// How long its JWTs may live, in seconds.
    pub(super) const fn max_lifetime(self) -> i64 {
        match self {
            Self::Rsa | Self::Ecdsa => 300,
            Self::Cluster => 3600,
            Self::Trusted => 600,
        }
    }

    pub(super) const fn is_client(self) -> bool {
        matches!(self, Self::Rsa | Self::Ecdsa)
    }
}

// === impl Members ===

impl Members {
    /// Sets one member to a value of raw JSON.
    pub(super) fn set(&mut self, name: &str, value: impl Display) {
        let quoted = json!(name).to_string();
        match self.0.iter_mut().find(|(known, _)| *known == quoted) {
            Some((_, old)) => *old = value.to_string(),
            None => self.0.push((quoted, value.to_string())),
        }
    }

    /// The value of a member, in raw JSON.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        let quoted = json!(name).to_string();
        let found = self.0.iter().find(|(known, _)| *known == quoted);
        found.map(|(_, value)| value.clone())
    }

    pub(super) fn remove(&mut self, name: &str) {
        let quoted = json!(name).to_string();
        self.0.retain(|(known, _)| *known != quoted);
    }

    /// Adds a member without looking whether it is there; the name is raw JSON too.
    pub(super) fn push(&mut self, name: &str, value: impl Display) {
        self.0.push((name.to_owned(), value.to_string()));
    }

    pub(super) fn text(&self) -> String {
        let members = self.0.iter().map(|(name, value)| format!("{name}:{value}"));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }
}

// === impl Draft ===

impl Draft {
    /// What every slot accepts at [`NOW`].
    pub(super) fn good(signer: Signer) -> Self {
        Self::good_at(signer, NOW)
    }

    pub(super) fn good_at(signer: Signer, now: i64) -> Self {
        let mut header = Members(Vec::new());
        header.set("alg", json!(signer.key().algorithm().as_str()));
        header.set("kid", json!(signer.key().kid()));
        let mut claims = Members(Vec::new());
        let (issuer, subject) = match signer {
            Signer::Rsa | Signer::Ecdsa => (CLIENT, CLIENT),
            Signer::Cluster => (CLUSTER, SERVICE_ACCOUNT),
            Signer::Trusted => (TRUSTED, IDENTITY),
        };
        claims.set("iss", json!(issuer));
        claims.set("sub", json!(subject));
        claims.set("aud", json!(ISSUER));
        claims.set("iat", now - 5);
        claims.set("exp", now + 120);
        if signer == Signer::Cluster {
            claims.set("aud", json!([ISSUER]));
            claims.set("iat", now - 60);
            claims.set("nbf", now - 60);
            claims.set("exp", now + 3540);
            claims.set(
                "kubernetes.io",
                json!({
                    "namespace": "payments",
                    "serviceaccount": { "name": "billing", "uid": "b0c4e7a2" },
                    "pod": { "name": "billing-0", "uid": "9c1e44aa" },
                    "node": { "name": "n1", "uid": "5e0d7a31" },
                    "warnafter": now + 3000,
                }),
            );
        }
        claims.set("jti", json!(fresh()));
        Self {
            signer,
            header,
            claims,
        }
    }

    pub(super) fn header(mut self, name: &str, value: impl Display) -> Self {
        self.header.set(name, value);
        self
    }

    pub(super) fn claim(mut self, name: &str, value: impl Display) -> Self {
        self.claims.set(name, value);
        self
    }

    pub(super) fn without(mut self, claim: &str) -> Self {
        self.claims.remove(claim);
        self
    }

    /// The first two segments.
    pub(super) fn input(&self) -> String {
        format!("{}.{}", segment(self.header.text()), segment(self.claims.text()))
    }

    /// The compact JWS.
    pub(super) fn token(&self) -> String {
        sign(self.signer.key(), &self.input())
    }
}
