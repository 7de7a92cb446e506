//! The verification of one JWT: every rule of RFC 7523 §3, in the order of the section.

use crate::core::client::{AudiencePolicy, Client};
use crate::core::clock::after;
use crate::core::ids::ClientId;
use crate::core::scope::Scopes;
use crate::grants::service_account::Workload;
use crate::grants::{AssertionFault, Slot};
use crate::grants::{Directory, LocalIssuer, Moment, Settings};
use crate::jose::{self, Claims, UnverifiedJws};
use crate::replay::Use;
use crate::replay::key::{Purpose, ReplayKey};
use jiff::{SignedDuration, Timestamp};
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
    /// The use to be recorded, if it may be used once only.
    pub single_use: Option<Use>,
    /// Its `scope` claim.
    pub scope: Option<Scopes>,
    /// Its `client_id` and `azp` claims.
    pub named_clients: Vec<String>,
    /// Its `jti`, for the audit log.
    pub jwt_id: Option<String>,
    /// Whether its `aud` was the token endpoint rather than the issuer.
    pub audience_is_endpoint: bool,
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
    // Rule 1. The unverified issuer only selects the keys.
    let issuer = jws.unverified_claims().issuer()?.to_owned();
    let local = directory.local_issuer();
    if let Some(local) = local.filter(|local| local.issuer == issuer) {
        return verify_service_account(jws, &local, settings, moment);
    }
    let client = match issuer.parse::<ClientId>().map(|id| directory.client(&id)) {
        Ok(Some(client)) => client,
        unknown => {
            jws.verify_nothing();
            let fault = if unknown.is_ok() {
                AssertionFault::UnknownClient
            } else {
                AssertionFault::UnknownIssuer
            };
            return Err(fault);
        }
    };
    verify_self_signed(jws, slot, client, directory, settings, moment)
}

fn verify_self_signed(
    jws: UnverifiedJws<'_>,
    slot: Slot,
    client: Arc<Client>,
    directory: &dyn Directory,
    settings: &Settings,
    moment: Moment,
) -> Result<Credential, AssertionFault> {
    let heartbeat = directory.heartbeat();
    let usable = client
        .keys
        .iter()
        .filter(|key| {
            key.vouched
                .holds(moment.now, heartbeat, settings.heartbeat_good_for)
        })
        .map(|key| key.key.as_ref());
    // Rule 9, with the key's algorithm.
    let key = match jose::select(usable, jws.kid(), jws.algorithm()) {
        Ok(key) => key,
        Err(none) => {
            jws.verify_nothing();
            return Err(none.into());
        }
    };
    let claims = jws.verify(key)?;
    // Rule 2.
    let subject = claims.subject()?.to_owned();
    if slot == Slot::ClientAssertion && subject != client.id.as_str() {
        return Err(AssertionFault::SubjectIsNotIssuer);
    }
    // Rule 3.
    let audience_is_endpoint = check_audience(&claims, client.assertion.audience, settings)?;
    // Rules 4 to 6, and the lifetime.
    let times = Times::read(&claims, settings.skew, moment.now)?;
    let issued_at = times.check_lifetime(client.assertion.max_lifetime)?;
    // Rule 7.
    let jwt_id = claims.jwt_id()?.ok_or(AssertionFault::NoJwtId)?.to_owned();
    if moment
        .log_birth
        .is_some_and(|birth| issued_at < after(birth, settings.skew))
    {
        return Err(AssertionFault::BeforeTheLog);
    }
    let key = ReplayKey::new(
        Purpose::Assertion,
        &format!("client:{}", client.id),
        client.id.as_str(),
        &jwt_id,
    );
    Ok(Credential {
        single_use: Some(Use {
            key,
            client: client.id.clone(),
            until: times.refused_from,
        }),
        scope: scope_claim(&claims)?,
        named_clients: named_clients(&claims)?,
        jwt_id: Some(jwt_id),
        audience_is_endpoint,
        expires: times.expires,
        refused_from: times.refused_from,
        party: Party::Client { client, subject },
    })
}

fn verify_service_account(
    jws: UnverifiedJws<'_>,
    local: &LocalIssuer,
    settings: &Settings,
    moment: Moment,
) -> Result<Credential, AssertionFault> {
    if moment.now >= after(local.read_at, settings.issuer_keys_good_for) {
        return Err(AssertionFault::IssuerUnavailable);
    }
    // The dedicated types of RFC 7523's revision are for self-signed JWTs.
    if jws.typ().is_some_and(|typ| typ != "jwt") {
        return Err(AssertionFault::Type);
    }
    let key = match jose::select(local.keys.iter(), jws.kid(), jws.algorithm()) {
        Ok(key) => key,
        Err(none) => {
            jws.verify_nothing();
            return Err(none.into());
        }
    };
    let claims = jws.verify(key)?;
    let subject = claims.subject()?;
    // Our issuer alone, whatever a client's policy: nobody else may be able to use what was made for us.
    if claims.audience()?.sole() != Some(settings.issuer.as_str()) {
        return Err(AssertionFault::Audience);
    }
    let times = Times::read(&claims, settings.skew, moment.now)?;
    times.check_lifetime(settings.service_account_lifetime)?;
    let workload = Workload::from_claims(&claims, subject, moment.now)?;
    Ok(Credential {
        party: Party::Workload(workload),
        refused_from: times.refused_from,
        expires: times.expires,
        single_use: None,
        scope: scope_claim(&claims)?,
        named_clients: named_clients(&claims)?,
        jwt_id: claims.jwt_id()?.map(str::to_owned),
        audience_is_endpoint: false,
    })
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

/// Whether the token endpoint stands in `aud`, after the policy let it pass.
fn check_audience(
    claims: &Claims,
    policy: AudiencePolicy,
    settings: &Settings,
) -> Result<bool, AssertionFault> {
    let audience = claims.audience()?;
    let issuer = settings.issuer.as_str();
    let ours = |value: &str| value == issuer || value == settings.token_endpoint;
    let accepted = match policy {
        AudiencePolicy::Strict => audience.sole() == Some(issuer),
        AudiencePolicy::Standard => audience.values().all(ours),
    };
    if accepted {
        Ok(audience.values().any(|value| value != issuer))
    } else {
        Err(AssertionFault::Audience)
    }
}

fn scope_claim(claims: &Claims) -> Result<Option<Scopes>, AssertionFault> {
    let Some(claim) = claims.get("scope") else {
        return Ok(None);
    };
    let text = claim.as_str().ok_or(AssertionFault::ScopeClaim)?;
    text.parse().map(Some).map_err(|_| AssertionFault::ScopeClaim)
}

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

/// The times of a JWT that is valid now.
struct Times {
    expires: Timestamp,
    refused_from: Timestamp,
    issued_at: Option<Timestamp>,
}

impl Times {
    fn read(claims: &Claims, skew: SignedDuration, now: Timestamp) -> Result<Self, AssertionFault> {
        let expires = claims.expiry()?;
        let refused_from = after(expires, skew);
        let latest_start = after(now, skew);
        if now >= refused_from {
            return Err(AssertionFault::Expired);
        }
        if claims.not_before()?.is_some_and(|start| start > latest_start) {
            return Err(AssertionFault::NotYetValid);
        }
        let issued_at = claims.issued_at()?;
        if issued_at.is_some_and(|issued| issued > latest_start) {
            return Err(AssertionFault::IssuedInTheFuture);
        }
        Ok(Self {
            expires,
            refused_from,
            issued_at,
        })
    }

    fn check_lifetime(&self, limit: SignedDuration) -> Result<Timestamp, AssertionFault> {
        let issued_at = self.issued_at.ok_or(AssertionFault::NoIssuedAt)?;
        let lifetime = self.expires.duration_since(issued_at);
        if lifetime > limit || lifetime.is_negative() {
            return Err(AssertionFault::Lifetime(limit.as_secs()));
        }
        Ok(issued_at)
    }
}
