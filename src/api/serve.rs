//! From an `OAuthClient` to what the token endpoint knows of it.

use crate::api::accept::{AcceptedSpec, accept};
use crate::api::fault::Fault;
use crate::api::v1alpha1::{OAuthClient, PublishedKey};
use crate::core::client::{Client, VouchedKey, Vouching};
use crate::core::ids::ClientId;
use crate::core::source::KeySource;
use crate::jose::VerificationKey;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How an accepted client stands.
#[derive(Debug)]
pub enum Standing {
    /// It may ask for tokens.
    Active(Box<Client>),
    /// Its owner stopped it: to the token endpoint it is unknown.
    Suspended(ClientId),
}

/// The client that `object` declares, or every fault of its spec.
///
/// Inline keys are taken from `spec`. Keys of another source are taken from `status`, and only while that
/// source stands in `spec`, byte by byte; they are judged again. A key in `status` that claims to be inline
/// is never used: its place is `spec`.
pub fn client(object: &OAuthClient) -> Result<Standing, Vec<Fault>> {
    let accepted = accept(object)?;
    if accepted.suspended {
        return Ok(Standing::Suspended(accepted.id));
    }
    let published = object.status.as_ref().map(|status| status.keys.as_slice());
    let mut keys = Keys::default();
    for key in accepted.inline.iter().flat_map(|set| &set.judged.keys) {
        keys.add(key.clone(), Vouching::Spec);
    }
    for entry in published.unwrap_or_default() {
        if let Some((key, vouched)) = referenced(&accepted, entry) {
            keys.add(key, vouched);
        }
    }
    Ok(Standing::Active(Box::new(Client {
        id: accepted.id,
        service_accounts: accepted.service_accounts,
        federated: BTreeSet::new(),
        keys: keys.0,
        grants: accepted.grants,
        resources: accepted.resources,
        token_lifetime: accepted.token_lifetime,
        assertion: accepted.assertion,
    })))
}

/// The published key, if its source is one of the client's and the key itself can be used.
fn referenced(accepted: &AcceptedSpec, entry: &PublishedKey) -> Option<(VerificationKey, Vouching)> {
    let source: KeySource = entry.source.parse().ok()?;
    if !accepted.sources.contains(&source) {
        return None;
    }
    let jwk = entry.public_jwk.to_members();
    let key = VerificationKey::from_jwk(&jwk, &accepted.assertion.algorithms).ok()?;
    let not_after = entry.not_after.as_ref().map(|time| time.0);
    Some((key, Vouching::Controller { not_after }))
}

/// Keys, each once: the same key may come from several sources, and then the best of them counts. Under
/// another `kid` or algorithm it is another key.
#[derive(Default)]
struct Keys(Vec<VouchedKey>);

// === impl Keys ===

impl Keys {
    fn add(&mut self, key: VerificationKey, vouched: Vouching) {
        let identity =
            |key: &VerificationKey| (key.thumbprint().to_owned(), key.kid().to_owned(), key.algorithm());
        let new = identity(&key);
        let same = |known: &&mut VouchedKey| identity(&known.key) == new;
        if let Some(known) = self.0.iter_mut().find(same) {
            known.vouched = longer(known.vouched, vouched);
        } else {
            self.0.push(VouchedKey {
                key: Arc::new(key),
                vouched,
            });
        }
    }
}

/// Of two reasons to believe one key, the one that lasts longer.
fn longer(one: Vouching, other: Vouching) -> Vouching {
    match (one, other) {
        (Vouching::Spec, _) | (_, Vouching::Spec) => Vouching::Spec,
        (Vouching::Controller { not_after: Some(a) }, Vouching::Controller { not_after: Some(b) }) => {
            Vouching::Controller {
                not_after: Some(a.max(b)),
            }
        }
        (Vouching::Controller { .. }, Vouching::Controller { .. }) => {
            Vouching::Controller { not_after: None }
        }
    }
}

#[cfg(test)]
mod tests;
