//! A trusted issuer: somebody else whose JWTs count as assertions, such as another cluster or a CI system.

use crate::core::client::VouchedKey;
use jiff::SignedDuration;

/// One trusted issuer, as the server serves it.
#[derive(Debug, Clone)]
pub struct TrustedIssuer {
    /// The name of its object: what a client's rules refer to, and what its subjects are told apart by.
    pub name: String,
    /// Its issuer identifier, compared with `iss` byte by byte. It contains `://`, so that it is no client's.
    pub issuer: String,
    /// The keys that sign its JWTs.
    pub keys: Vec<VouchedKey>,
    /// A name other than our issuer that its JWTs may have in `aud`, agreed upon with it (RFC 7523 §5).
    pub audience: Option<String>,
    /// How often one of its JWTs is honoured.
    pub replay: ReplayPolicy,
    /// How long its JWTs may live.
    pub max_lifetime: SignedDuration,
}

/// How often one JWT is honoured (RFC 7523 §3 rule 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReplayPolicy {
    /// Once: `jti` and `iat` are required.
    #[default]
    Once,
    /// Until it expires; for issuers that hand the same JWT out again.
    Reusable,
}

/// Somebody that a trusted issuer speaks of. The subject alone means nobody.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FederatedSubject {
    /// [`TrustedIssuer::name`].
    pub issuer: String,
    /// The `sub` of its JWTs, compared byte by byte.
    pub subject: String,
}
