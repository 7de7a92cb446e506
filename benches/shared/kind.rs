//! The exchanges that are measured.

use aws_lc_rs::rand;
use countersign::core::resource::ResourceId;
use countersign::jose::{Algorithm, SigningKey};
use countersign::oauth::request::{JWT_BEARER_GRANT, JWT_CLIENT_ASSERTION};
use serde_json::{Value, json};
use std::fmt::Write;

/// The issuer of the service-account tokens.
pub(crate) const CLUSTER: &str = "https://kubernetes.default.svc.cluster.local";
/// The namespace of the clients.
pub(crate) const NAMESPACE: &str = "load";

/// What is handed in, and what comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    /// What the workload presents.
    pub(crate) presented: Presented,
    /// The algorithm of the token.
    pub(crate) token: Algorithm,
}

/// What the workload presents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presented {
    /// An assertion of its own, signed with this algorithm; each is good once.
    Assertion(Algorithm),
    /// A service-account token, signed by the cluster with RS256; good until it expires.
    ServiceAccountToken,
}

// === impl Kind ===

impl Kind {
    /// Every exchange, by its name on the command line.
    pub(crate) const ALL: [(&str, Self); 4] = [
        ("rs256-es256", Self::assertion(Algorithm::Rs256, Algorithm::Es256)),
        (
            "sa-es256",
            Self {
                presented: Presented::ServiceAccountToken,
                token: Algorithm::Es256,
            },
        ),
        ("es256-es256", Self::assertion(Algorithm::Es256, Algorithm::Es256)),
        ("rs256-rs256", Self::assertion(Algorithm::Rs256, Algorithm::Rs256)),
    ];

    const fn assertion(presented: Algorithm, token: Algorithm) -> Self {
        Self {
            presented: Presented::Assertion(presented),
            token,
        }
    }

    /// The resource that tokens of this algorithm are for.
    pub(crate) fn resource(self) -> anyhow::Result<ResourceId> {
        Ok(format!("https://{}.internal", self.token.as_str().to_lowercase()).parse()?)
    }

    /// The algorithm of what is presented.
    pub(crate) const fn presented_algorithm(self) -> Algorithm {
        match self.presented {
            Presented::Assertion(algorithm) => algorithm,
            Presented::ServiceAccountToken => Algorithm::Rs256,
        }
    }

    /// The body of one request of `client` to `issuer` at `now`, signed with `key`.
    pub(crate) fn body(
        self,
        client: &str,
        issuer: &str,
        now: i64,
        key: &SigningKey,
    ) -> anyhow::Result<String> {
        let resource = self.resource()?;
        let claims = match self.presented {
            Presented::Assertion(_) => assertion(&format!("{NAMESPACE}/{client}"), issuer, now)?,
            Presented::ServiceAccountToken => pod_token(client, issuer, now),
        };
        let token = key.sign_jws(None, &serde_json::to_vec(&claims)?)?;
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        match self.presented {
            Presented::Assertion(_) => form
                .append_pair("grant_type", "client_credentials")
                .append_pair("client_assertion_type", JWT_CLIENT_ASSERTION)
                .append_pair("client_assertion", &token),
            Presented::ServiceAccountToken => form
                .append_pair("grant_type", JWT_BEARER_GRANT)
                .append_pair("assertion", &token),
        };
        Ok(form
            .append_pair("resource", resource.as_str())
            .append_pair("scope", "read")
            .finish())
    }
}

fn assertion(client: &str, issuer: &str, now: i64) -> anyhow::Result<Value> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("no randomness"))?;
    let mut jti = String::new();
    for byte in bytes {
        write!(jti, "{byte:02x}")?;
    }
    let exp = now.saturating_add(300);
    Ok(json!({ "iss": client, "sub": client, "aud": issuer, "iat": now, "exp": exp, "jti": jti }))
}

/// A token as the API server writes them for a pod.
fn pod_token(service_account: &str, issuer: &str, now: i64) -> Value {
    json!({
        "iss": CLUSTER, "sub": format!("system:serviceaccount:{NAMESPACE}:{service_account}"), "aud": [issuer],
        "iat": now, "nbf": now, "exp": now.saturating_add(3600), "jti": "3e0ab1f2-6f5c-4a3b-9d2e-0c7f4b1f9a61",
        "kubernetes.io": {
            "namespace": NAMESPACE,
            "serviceaccount": { "name": service_account, "uid": "8d7be0a4-16c4-4c0e-b2a3-3f3b5f0f0a11" },
            "pod": { "name": format!("{service_account}-7d9f6c5b4-x2x9k"), "uid": "f1f3f7a2-57a8-4f66-8a59-9a9f8c2f0b7d" },
            "node": { "name": "node-1", "uid": "0b6a2c1d-2f0e-4a7b-8c9d-1e2f3a4b5c6d" },
        },
    })
}
