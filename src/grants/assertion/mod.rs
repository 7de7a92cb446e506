//! The verification of one JWT: every rule of RFC 7523 §3.
//!
//! Who signed it decides the rules: a client's own key (`self_signed`), the local cluster (`service_account`) or a
//! trusted issuer (`federated`).

mod audience;
mod federated;
mod self_signed;
mod service_account;
mod times;

pub use audience::Addressed;

use crate::core::client::{Client, VouchedKey};
use crate::core::ids::ClientId;
use crate::core::scope::Scopes;
use crate::core::trusted_issuer::{FederatedSubject, TrustedIssuer};
use crate::grants::service_account::Workload;
use crate::grants::{AssertionFault, Directory, LocalIssuer, Moment, Settings, Slot};
use crate::jose::{self, Claims, UnverifiedJws, VerificationKey};
use crate::replay::key::ReplayKey;
use jiff::Timestamp;
use std::sync::Arc;

/// A JWT that was verified. Only [`verify`] makes one.
#[derive(Debug, Clone)]
pub struct Credential {
    /// Whose it is.
    pub party: Party,
    /// From this moment on it is refused as expired; its `exp` with the leeway.
    pub refused_from: Timestamp,
    /// Its `exp`.
    pub expires: Timestamp,
    /// What its use is recorded as, if it may be used once only.
    pub single_use: Option<ReplayKey>,
    /// Its `scope` claim.
    pub scope: Option<Scopes>,
    /// Its `client_id` and `azp` claims.
    pub named_clients: Vec<String>,
    /// Its `jti`, for the audit log.
    pub jwt_id: Option<String>,
    /// How its `aud` named us.
    pub addressed: Addressed,
    /// The key that it was verified with.
    pub key: VerificationKey,
}

/// Whose a verified JWT is.
#[derive(Debug, Clone)]
pub enum Party {
    /// A key of this client signed it.
    Client {
        /// The client.
        client: Arc<Client>,
        /// The `sub`: the client itself, or somebody it speaks for.
        subject: String,
    },
    /// The local cluster signed it for a workload.
    Workload(Workload),
    /// A trusted issuer signed it.
    Federated(FederatedSubject),
}

/// Verifies the JWT `token` that was presented in `slot`.
///
/// Everything RFC 7523 §3 asks for holds of the result but the replay (rule 7), which is recorded
/// last, and what `sub` may be in the `assertion` slot, which is policy.
pub fn verify(
    token: &str,
    slot: Slot,
    directory: &dyn Directory,
    settings: &Settings,
    moment: Moment,
) -> Result<Credential, AssertionFault> {
    let jws = UnverifiedJws::parse(token)?;
    check_type(jws.typ(), slot)?;
    // Rule 1. The unverified issuer only selects the keys, and with them the rules.
    let issuer = jws.unverified_claims().issuer()?;
    let local = directory.local_issuer();
    let scene = Scene {
        slot,
        directory,
        settings,
        moment,
        local: local.as_deref(),
    };
    match scene.signer(issuer) {
        Ok(Signer::Local(local)) => service_account::verify(jws, local, &scene),
        Ok(Signer::Trusted(trusted)) => federated::verify(jws, &trusted, &scene),
        Ok(Signer::Client(client)) => self_signed::verify(jws, client, &scene),
        Err(unknown) => {
            jws.verify_nothing();
            Err(unknown)
        }
    }
}

/// What a JWT is verified against.
struct Scene<'s> {
    slot: Slot,
    directory: &'s dyn Directory,
    settings: &'s Settings,
    moment: Moment,
    local: Option<&'s LocalIssuer>,
}

/// Who claims to have signed a JWT.
enum Signer<'s> {
    Local(&'s LocalIssuer),
    Trusted(Arc<TrustedIssuer>),
    Client(Arc<Client>),
}

// === impl Scene ===

impl<'s> Scene<'s> {
    /// The one whose issuer identifier `issuer` is, byte by byte. No identifier has two owners: those of
    /// clients have no `://`, and trusted issuers are told apart when they are declared.
    fn signer(&self, issuer: &str) -> Result<Signer<'s>, AssertionFault> {
        if let Some(local) = self.local.filter(|local| local.issuer == issuer) {
            return Ok(Signer::Local(local));
        }
        if let Ok(id) = issuer.parse::<ClientId>() {
            let client = self.directory.client(&id).ok_or(AssertionFault::UnknownClient);
            return client.map(Signer::Client);
        }
        let trusted = self.directory.trusted_issuer(issuer);
        trusted.map(Signer::Trusted).ok_or(AssertionFault::UnknownIssuer)
    }

    /// Those of `keys` that somebody still vouches for.
    fn usable<'k>(&self, keys: &'k [VouchedKey]) -> impl Iterator<Item = &'k VerificationKey> {
        let (now, good_for) = (self.moment.now, self.settings.heartbeat_good_for);
        let heartbeat = self.directory.heartbeat();
        keys.iter()
            .filter(move |key| key.vouched.holds(now, heartbeat, good_for))
            .map(|key| key.key.as_ref())
    }
}

/// Rule 9: the claims and the key, if the one of `keys` that the header names has signed them with its own algorithm.
fn verify_signature<'k>(
    jws: UnverifiedJws<'_>,
    keys: impl Iterator<Item = &'k VerificationKey>,
) -> Result<(Claims, VerificationKey), AssertionFault> {
    match jose::select(keys, jws.kid(), jws.algorithm()) {
        Ok(key) => Ok((jws.verify(key)?, key.clone())),
        Err(none) => {
            jws.verify_nothing();
            Err(none.into())
        }
    }
}

/// An explicit type is for its own slot; untyped tokens and plain `JWT` are for either
/// (RFC 7523 revision: untyped ones are not to be refused).
fn check_type(typ: Option<&str>, slot: Slot) -> Result<(), AssertionFault> {
    match (typ, slot) {
        (None | Some("jwt"), _)
        | (Some("client-authentication+jwt"), Slot::ClientAssertion)
        | (Some("authorization-grant+jwt"), Slot::Assertion) => Ok(()),
        _ => Err(AssertionFault::Type),
    }
}

/// The dedicated types of RFC 7523's revision are for self-signed JWTs: an issuer's own are untyped.
fn check_untyped(typ: Option<&str>) -> Result<(), AssertionFault> {
    match typ {
        None | Some("jwt") => Ok(()),
        Some(_) => Err(AssertionFault::Type),
    }
}

/// The `scope` claim: a limit on what may be granted.
fn scope_claim(claims: &Claims) -> Result<Option<Scopes>, AssertionFault> {
    let Some(claim) = claims.get("scope") else {
        return Ok(None);
    };
    let text = claim.as_str().ok_or(AssertionFault::ScopeClaim)?;
    text.parse().map(Some).map_err(|_| AssertionFault::ScopeClaim)
}

/// The clients that the JWT is meant for, in `client_id` and `azp`.
fn named_clients(claims: &Claims) -> Result<Vec<String>, AssertionFault> {
    let named = ["client_id", "azp"]
        .into_iter()
        .filter_map(|name| claims.get(name));
    named
        .map(|value| {
            value
                .as_str()
                .map(str::to_owned)
                .ok_or(AssertionFault::OtherClient)
        })
        .collect()
}
