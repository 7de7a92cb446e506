//! What a bad client is, and what is to be said of it.

use crate::support::release::LEDGER;
use countersign::jose::{Algorithm, SigningKey};
use serde_json::{Map, Value, json};

/// Stands where secret material would: in private members, in Secrets, in PEM. It is valid base64.
pub(super) const CANARY: &str = "canaryZq81x7PrivateMaterial0";

/// One bad client.
pub(super) struct Bad {
    /// Of the object, and of those that it refers to.
    pub(super) name: String,
    pub(super) spec: Value,
    /// Objects that it refers to, without their namespace.
    pub(super) beside: Vec<Value>,
    pub(super) how: How,
    pub(super) says: Says,
}

/// How it gets into the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// Through the API.
    Created,
    /// Through the API, into a namespace that has not opted in.
    CreatedWithoutOptIn,
    /// Into etcd, past the schema.
    Stored,
}

/// Where and how it is told what is wrong.
pub(super) enum Says {
    /// The API server refuses it and names this field.
    Refusal(String),
    /// In the condition of this type, with this reason and these words in its message.
    Condition(&'static str, &'static str, Vec<String>),
}

/// All of them.
pub(super) fn all(host: &str) -> Vec<Bad> {
    let rows = [
        super::inline::rows(),
        super::documents::rows(),
        super::urls::rows(host),
        super::refused::rows(),
        super::stored::rows(),
    ];
    rows.into_iter().flatten().collect()
}

/// A spec with one identity and everything that a token needs.
pub(super) fn spec(identity: &Value) -> Value {
    json!({
        "identities": [identity],
        "grants": { "clientCredentials": {} },
        "resources": [{ "identifier": LEDGER, "scopes": ["read"] }],
    })
}

/// The public members of a new key.
pub(super) fn public(algorithm: Algorithm) -> Map<String, Value> {
    SigningKey::generate(algorithm).unwrap().public_jwk()
}

/// A set of new keys.
pub(super) fn set(count: usize) -> Value {
    let keys: Vec<_> = (0..count).map(|_| public(Algorithm::Es256)).collect();
    json!({ "keys": keys })
}

/// `jwk` with these members instead; `null` takes one away.
pub(super) fn with(jwk: &Map<String, Value>, changes: &Value) -> Value {
    let mut jwk = jwk.clone();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            jwk.remove(name);
        } else {
            jwk.insert(name.clone(), value.clone());
        }
    }
    Value::Object(jwk)
}
