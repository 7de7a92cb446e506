//! Kubeconfig files, for kubectl and for processes under test.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::pki::Identity;

/// How the user of a kubeconfig proves itself.
pub(crate) enum User<'a> {
    Certificate(&'a Identity),
    Token(&'a str),
}

// === impl User ===

impl User<'_> {
    /// The `user` part of a kubeconfig.
    pub(crate) fn auth_info(&self) -> Value {
        match self {
            User::Certificate(identity) => json!({
                "client-certificate-data": STANDARD.encode(&identity.certificate),
                "client-key-data": STANDARD.encode(&identity.key),
            }),
            User::Token(token) => json!({ "token": token }),
        }
    }
}

/// Writes a kubeconfig (JSON, which is YAML) for the API server at `url`, whose certificate the
/// authority `ca` (PEM) has signed.
pub(crate) fn write(path: &Path, url: &str, ca: &str, namespace: &str, user: &User<'_>) {
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{
            "name": "test",
            "cluster": { "server": url, "certificate-authority-data": STANDARD.encode(ca) },
        }],
        "users": [{ "name": "test", "user": user.auth_info() }],
        "contexts": [{
            "name": "test",
            "context": { "cluster": "test", "user": "test", "namespace": namespace },
        }],
        "current-context": "test",
    });
    fs::write(path, config.to_string())
        .unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
}
