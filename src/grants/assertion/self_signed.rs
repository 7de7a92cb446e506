//! A JWT that a client signed with a registered key: it authenticates the client (RFC 7523 §2.2), or is a
//! grant about the client or somebody that it speaks for (§2.1).

use super::times::{Times, single_use};
use super::{Credential, Party, Scene, audience, named_clients, scope_claim, verify_signature};
use crate::core::client::Client;
use crate::grants::{AssertionFault, Slot};
use crate::jose::UnverifiedJws;
use std::sync::Arc;

pub(super) fn verify(
    jws: UnverifiedJws<'_>,
    client: Arc<Client>,
    scene: &Scene<'_>,
) -> Result<Credential, AssertionFault> {
    // Rule 9.
    let (claims, key) = verify_signature(jws, scene.usable(&client.keys))?;
    // Rule 2.
    let subject = claims.subject()?.to_owned();
    if scene.slot == Slot::ClientAssertion && subject != client.id.as_str() {
        return Err(AssertionFault::SubjectIsNotIssuer);
    }
    // Rule 3.
    let addressed = audience::check(&claims, client.assertion.audience, scene)?;
    // Rules 4 to 6, and the lifetime.
    let times = Times::read(&claims, scene)?;
    let issued_at = times.issued_at(client.assertion.max_lifetime)?;
    // Rule 7.
    let (single_use, jwt_id) = single_use(&claims, &format!("client:{}", client.id), issued_at, scene)?;
    Ok(Credential {
        single_use: Some(single_use),
        scope: scope_claim(&claims)?,
        named_clients: named_clients(&claims)?,
        jwt_id: Some(jwt_id),
        addressed,
        key,
        expires: times.expires,
        refused_from: times.refused_from,
        party: Party::Client { client, subject },
    })
}
