//! What the owner of a protected resource says of the tokens for it.

use crate::core::ids::ClientId;
use crate::jose::Algorithm;
use std::collections::BTreeSet;

/// A protected resource that access tokens are minted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectedResource {
    /// How its tokens are signed.
    pub algorithm: Algorithm,
    /// What its owner lets in beyond clients that authenticate and act for themselves or their own delegated
    /// subjects.
    pub consent: Consent,
}

/// What the owner of a resource consents to. The default is nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Consent {
    /// Whether requests without client authentication get tokens for it.
    pub public_clients: bool,
    /// The clients whose tokens may be about a trusted issuer's subjects.
    pub federated_subjects_from: BTreeSet<ClientId>,
    /// Delegated subjects that stand in `sub` as they are, each for one client.
    pub verbatim_subjects: BTreeSet<(ClientId, String)>,
}

impl From<Algorithm> for ProtectedResource {
    /// A resource whose tokens are signed like this, and whose owner consents to nothing more.
    fn from(algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            consent: Consent::default(),
        }
    }
}
