//! The access token (RFC 9068).

use crate::core::issuer::Issuer;
use crate::core::scope::Scopes;
use crate::grants::authorize::{Settled, Terms};
use crate::grants::refusal::{Reason, Refusal};
use crate::jose::SigningKey;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// An access token and what the answer says of it.
pub struct Issued {
    /// The compact JWS.
    pub access_token: String,
    /// How long it is good for; whole seconds, never past its `exp`.
    pub lifetime: SignedDuration,
    /// The granted scopes.
    pub scopes: Scopes,
}

/// Signs an access token for a settled grant with `key`, whose algorithm must be the grant's.
///
/// `token_id` becomes the `jti`; it must be unguessable and never used twice.
pub fn issue(
    grant: &Settled,
    issuer: &Issuer,
    key: &SigningKey,
    token_id: &str,
    now: Timestamp,
) -> Result<Issued, Refusal> {
    let terms = grant.terms();
    if key.algorithm() != terms.algorithm {
        return Err(Refusal::from(Reason::Bug("a signing key of another algorithm")));
    }
    let (issued_at, expires) = (now.as_second(), terms.not_after.as_second());
    let claims = serde_json::to_vec(&AccessTokenClaims::new(
        terms, issuer, token_id, issued_at, expires,
    ))
    .map_err(|_| Refusal::from(Reason::Bug("claims that cannot be serialised")))?;
    let access_token = key
        .sign_jws(Some("at+jwt"), &claims)
        .map_err(|_| Refusal::from(Reason::Bug("a signing key that does not sign")))?;
    let lifetime = SignedDuration::from_secs(expires.saturating_sub(issued_at));
    Ok(Issued {
        access_token,
        lifetime,
        scopes: terms.scopes.clone(),
    })
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issued")
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

/// The claims of RFC 9068 §2.2, `act` of RFC 8693 §4.1, and the workload in the shape that
/// Kubernetes gives it.
#[derive(Serialize)]
struct AccessTokenClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    client_id: &'a str,
    iat: i64,
    exp: i64,
    jti: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<Actor<'a>>,
    /// `none` if nobody authenticated.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_auth: Option<&'static str>,
    #[serde(rename = "kubernetes.io", skip_serializing_if = "Option::is_none")]
    kubernetes: Option<Kubernetes<'a>>,
}

#[derive(Serialize)]
struct Actor<'a> {
    iss: &'a str,
    sub: &'a str,
}

#[derive(Serialize)]
struct Kubernetes<'a> {
    namespace: &'a str,
    serviceaccount: Object<'a>,
    pod: Object<'a>,
}

#[derive(Serialize)]
struct Object<'a> {
    name: &'a str,
    uid: &'a str,
}

impl<'a> AccessTokenClaims<'a> {
    fn new(terms: &'a Terms, issuer: &'a Issuer, token_id: &'a str, issued_at: i64, expires: i64) -> Self {
        Self {
            iss: issuer.as_str(),
            sub: &terms.subject,
            aud: terms.audience.as_str(),
            client_id: terms.client.as_str(),
            iat: issued_at,
            exp: expires,
            jti: token_id,
            scope: (!terms.scopes.is_empty()).then(|| terms.scopes.to_string()),
            act: terms.delegated().then(|| Actor {
                iss: issuer.as_str(),
                sub: terms.client.as_str(),
            }),
            client_auth: terms.public.then_some("none"),
            kubernetes: terms.workload.as_ref().map(|workload| Kubernetes {
                namespace: &workload.service_account.namespace,
                serviceaccount: Object {
                    name: &workload.service_account.name,
                    uid: &workload.service_account_uid,
                },
                pod: Object {
                    name: &workload.pod_name,
                    uid: &workload.pod_uid,
                },
            }),
        }
    }
}
