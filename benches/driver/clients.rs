//! The clients that share the load, their keys and their requests.

use crate::shared::kind::{Kind, NAMESPACE, Presented};
use countersign::clock::SystemClock;
use countersign::core::clock::Clock;
use countersign::jose::{Algorithm, SigningKey};
use serde_json::{Value, json};

/// Clients that share the load, so that none uses up its share of the replay log.
pub(crate) const CLIENTS: usize = 40;

/// The keys of the clients and of the cluster.
pub(crate) struct Keys {
    rsa: SigningKey,
    ecdsa: SigningKey,
}

/// The names of the clients.
pub(crate) fn clients() -> impl Iterator<Item = String> {
    (0..CLIENTS).map(name)
}

/// The name of the client with this number, taken in turn.
pub(crate) fn name(number: usize) -> String {
    format!("client-{}", number.checked_rem(CLIENTS).unwrap_or_default())
}

// === impl Keys ===

impl Keys {
    /// Fresh ones.
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            rsa: SigningKey::generate(Algorithm::Rs256)?,
            ecdsa: SigningKey::generate(Algorithm::Es256)?,
        })
    }

    /// The key that signs what is presented.
    pub(crate) fn of(&self, kind: Kind) -> &SigningKey {
        if kind.presented_algorithm() == Algorithm::Es256 {
            &self.ecdsa
        } else {
            &self.rsa
        }
    }

    /// The key set of the cluster, as its API server publishes it.
    pub(crate) fn cluster(&self) -> Value {
        json!({ "keys": [self.rsa.public_jwk()] })
    }

    /// The object of this client: both keys, and a service account of its name.
    pub(crate) fn client(&self, name: &str) -> anyhow::Result<Value> {
        let kind = Kind {
            presented: Presented::ServiceAccountToken,
            token: Algorithm::Es256,
        };
        let keys = [self.rsa.public_jwk(), self.ecdsa.public_jwk()];
        Ok(json!({
            "apiVersion": "countersign.dev/v1alpha1",
            "kind": "OAuthClient",
            "metadata": { "namespace": NAMESPACE, "name": name },
            "spec": {
                "identities": [{ "serviceAccount": { "name": name } }, { "keys": { "jwks": { "keys": keys } } }],
                "grants": { "clientCredentials": {}, "jwtBearer": {} },
                "resources": [{ "identifier": kind.resource()?.as_str(), "scopes": ["read", "write"] }],
            },
        }))
    }

    /// The whole HTTP request of `client` for a token of `issuer`, signed now.
    pub(crate) fn request(&self, kind: Kind, client: &str, issuer: &str) -> anyhow::Result<Vec<u8>> {
        let body = kind.body(client, issuer, SystemClock.now().as_second(), self.of(kind))?;
        let host = issuer.rsplit('/').next().unwrap_or_default();
        let head = format!(
            "POST /token HTTP/1.1\r\nhost: {host}\r\naccept: application/json\r\nuser-agent: load\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        Ok([head, body].concat().into_bytes())
    }
}
