//! A JWT of a trusted issuer: an identity of a client, or a grant that a client redeems.

use super::times::{Times, single_use};
use super::{
    Addressed, Credential, Party, Scene, audience, check_untyped, named_clients, scope_claim,
    verify_signature,
};
use crate::core::trusted_issuer::{FederatedSubject, ReplayPolicy, TrustedIssuer};
use crate::grants::AssertionFault;
use crate::jose::UnverifiedJws;

pub(super) fn verify(
    jws: UnverifiedJws<'_>,
    trusted: &TrustedIssuer,
    scene: &Scene<'_>,
) -> Result<Credential, AssertionFault> {
    check_untyped(jws.typ())?;
    let (claims, key) = verify_signature(jws, scene.usable(&trusted.keys))?;
    let subject = claims.subject()?.to_owned();
    audience::check_alone(&claims, trusted.audience.as_deref(), scene)?;
    let times = Times::read(&claims, scene)?;
    let (single_use, jwt_id) = match trusted.replay {
        ReplayPolicy::Once => {
            let issued_at = times.issued_at(trusted.max_lifetime)?;
            // Issuers that are trusted anew under another name are other issuers.
            let trust = format!("issuer:{}", trusted.name);
            let (first_use, jwt_id) = single_use(&claims, &trust, issued_at, scene)?;
            (Some(first_use), Some(jwt_id))
        }
        ReplayPolicy::Reusable => {
            times.check_remaining(trusted.max_lifetime)?;
            (None, claims.jwt_id()?.map(str::to_owned))
        }
    };
    Ok(Credential {
        party: Party::Federated(FederatedSubject {
            issuer: trusted.name.clone(),
            subject,
        }),
        refused_from: times.refused_from,
        expires: times.expires,
        single_use,
        scope: scope_claim(&claims)?,
        named_clients: named_clients(&claims)?,
        jwt_id,
        addressed: Addressed::Issuer,
        key,
    })
}
