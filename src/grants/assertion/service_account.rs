//! A projected service-account token of the local cluster: what the kubelet hands to a pod. It is reused
//! until it is rotated, so that its use is not recorded.

use super::times::Times;
use super::{
    Addressed, Credential, Party, Scene, audience, check_untyped, named_clients, scope_claim,
    verify_signature,
};
use crate::core::clock::after;
use crate::grants::service_account::Workload;
use crate::grants::{AssertionFault, LocalIssuer};
use crate::jose::UnverifiedJws;

pub(super) fn verify(
    jws: UnverifiedJws<'_>,
    local: &LocalIssuer,
    scene: &Scene<'_>,
) -> Result<Credential, AssertionFault> {
    let now = scene.moment.now;
    if now >= after(local.read_at, scene.settings.issuer_keys_good_for) {
        return Err(AssertionFault::IssuerUnavailable);
    }
    check_untyped(jws.typ())?;
    let (claims, key) = verify_signature(jws, local.keys.iter())?;
    let subject = claims.subject()?;
    audience::check_alone(&claims, None, scene)?;
    let times = Times::read(&claims, scene)?;
    times.issued_at(scene.settings.service_account_lifetime)?;
    let workload = Workload::from_claims(&claims, subject, now)?;
    Ok(Credential {
        party: Party::Workload(workload),
        refused_from: times.refused_from,
        expires: times.expires,
        single_use: None,
        scope: scope_claim(&claims)?,
        named_clients: named_clients(&claims)?,
        jwt_id: claims.jwt_id()?.map(str::to_owned),
        addressed: Addressed::Issuer,
        key,
    })
}
