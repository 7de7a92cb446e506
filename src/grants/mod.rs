//! The token endpoint's decisions, as a pipeline of types in which no step can be skipped:
//!
//! ```text
//! TokenRequest ─authenticate→ Authenticated ─authorize→ Grant ─settle→ Settled ─issue→ Issued
//!               verify JWTs                  policy            replay           sign
//! ```
//!
//! Every function here is pure. The edge looks nothing up but through [`Directory`], hands in `now`,
//! asks the replay log between [`Grant`] and [`Settled`], and chooses the signing key.

pub mod assertion;
pub mod assertion_fault;
pub mod authenticate;
pub mod authorize;
pub mod issue;
pub mod refusal;
pub mod service_account;

pub use assertion_fault::AssertionFault;
pub use authenticate::{Authenticated, authenticate};
pub use authorize::{Grant, Settled, authorize};
pub use issue::{Issued, issue};
pub use refusal::{Reason, Refusal, Slot};

use crate::core::client::{AudiencePolicy, Client};
use crate::core::ids::{ClientId, ServiceAccountId};
use crate::core::issuer::Issuer;
use crate::core::protected_resource::ProtectedResource;
use crate::core::resource::ResourceId;
use crate::core::trusted_issuer::{FederatedSubject, TrustedIssuer};
use crate::jose::VerificationKey;
use jiff::{SignedDuration, Timestamp};
use std::fmt::Debug;
use std::sync::Arc;

/// What the endpoint knows of the world, as of now. Answers come from memory, at once.
pub trait Directory: Debug + Send + Sync {
    /// Whether everybody who exists is known. Until then nobody can be called unknown.
    fn is_complete(&self) -> bool;

    /// The client with this identifier, if it exists, was accepted and is not suspended.
    fn client(&self, id: &ClientId) -> Option<Arc<Client>>;
    /// The clients that the service account may authenticate as.
    fn clients_of(&self, service_account: &ServiceAccountId) -> Vec<Arc<Client>>;
    /// The clients that name this subject of a trusted issuer as an identity, or in their rule for
    /// unauthenticated requests.
    fn clients_naming(&self, subject: &FederatedSubject) -> Vec<Arc<Client>>;
    /// The trusted issuer with exactly this issuer identifier.
    fn trusted_issuer(&self, issuer: &str) -> Option<Arc<TrustedIssuer>>;
    /// The newest sign of life of the controller that vouches for referenced keys.
    fn heartbeat(&self) -> Option<Timestamp>;
    /// The issuer of the local cluster's service-account tokens.
    fn local_issuer(&self) -> Option<Arc<LocalIssuer>>;
    /// The protected resource with exactly this identifier, as its owner lets `client` in; `None` if no tokens are minted
    /// for it.
    fn protected_resource(
        &self,
        identifier: &ResourceId,
        client: &ClientId,
    ) -> Option<Arc<ProtectedResource>>;
}

/// The local cluster as an issuer of service-account tokens.
#[derive(Debug)]
pub struct LocalIssuer {
    /// The issuer string, compared byte by byte.
    pub issuer: String,
    /// Its verification keys.
    pub keys: Vec<VerificationKey>,
    /// When the keys were last read; they are not used once that is [`Settings::issuer_keys_good_for`] ago.
    pub read_at: Timestamp,
}

/// The rules that hold for every request.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Our issuer identifier.
    pub issuer: Issuer,
    /// The absolute URL of the token endpoint.
    pub token_endpoint: String,
    /// The laxest audience policy that any client gets, whatever its object says.
    pub audience_floor: AudiencePolicy,
    /// How far two clocks may be apart.
    pub skew: SignedDuration,
    /// The longest allowed `exp − iat` of a service-account token.
    pub service_account_lifetime: SignedDuration,
    /// How much longer than the assertion behind it an access token may live.
    pub slack: SignedDuration,
    /// How long one heartbeat of the controller vouches for referenced keys.
    pub heartbeat_good_for: SignedDuration,
    /// How long the local issuer's keys are used after they were last read.
    pub issuer_keys_good_for: SignedDuration,
}

/// The moment of one request.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The time.
    pub now: Timestamp,
    /// Since when the replay log is complete (see [`crate::replay::Standing::Complete`]).
    pub log_birth: Option<Timestamp>,
}

// === impl Settings ===

impl Settings {
    /// The defaults for an issuer: every client's own audience policy, skew 30 s, service-account tokens of an hour at the most, slack
    /// 60 s, heartbeats and the local issuer's keys good for an hour.
    pub fn new(issuer: Issuer) -> Self {
        let token_endpoint = issuer.endpoint(crate::oauth::metadata::TOKEN_PATH);
        Self {
            issuer,
            token_endpoint,
            audience_floor: AudiencePolicy::Compat,
            skew: SignedDuration::from_secs(30),
            service_account_lifetime: SignedDuration::from_hours(1),
            slack: SignedDuration::from_secs(60),
            heartbeat_good_for: SignedDuration::from_hours(1),
            issuer_keys_good_for: SignedDuration::from_hours(1),
        }
    }
}

#[cfg(test)]
mod tests;
