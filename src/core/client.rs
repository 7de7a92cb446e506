//! What the token endpoint knows of one client: its policy, in a form that cannot hold a bad state.

use crate::core::ids::{ClientId, ServiceAccountId};
use crate::core::resource::ResourceId;
use crate::core::scope::Scopes;
use crate::core::trusted_issuer::FederatedSubject;
use crate::jose::{Algorithm, VerificationKey};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use thiserror::Error;

/// One client, as the server serves it.
///
/// A suspended client, or one whose object was not accepted, has no `Client`: it is simply unknown.
#[derive(Debug, Clone)]
pub struct Client {
    /// `<namespace>/<name>` of its object.
    pub id: ClientId,
    /// The service accounts that may authenticate as this client; all in the client's own namespace.
    pub service_accounts: BTreeSet<ServiceAccountId>,
    /// The subjects of trusted issuers that may authenticate as this client.
    pub federated: BTreeSet<FederatedSubject>,
    /// The keys that may sign its assertions.
    pub keys: Vec<VouchedKey>,
    /// What it may ask for.
    pub grants: Grants,
    /// The protected resources it may get tokens for.
    pub resources: Vec<GrantedResource>,
    /// How long its access tokens live at the most.
    pub token_lifetime: SignedDuration,
    /// What its assertions must look like.
    pub assertion: AssertionRules,
}

/// A verification key of a client or of a trusted issuer, and why it is believed to be theirs.
#[derive(Debug, Clone)]
pub struct VouchedKey {
    /// The key itself.
    pub key: Arc<VerificationKey>,
    /// Who says so.
    pub vouched: Vouching,
}

/// Who vouches for a key, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vouching {
    /// It stands in the `spec` of its owner's object: good for as long as it stands there.
    Spec,
    /// The controller read it from a referenced source. Good while the controller's heartbeat is
    /// fresh, and not after the given time if its source can no longer be read.
    Controller {
        /// The moment from which the key is refused, whatever the heartbeat says.
        not_after: Option<Timestamp>,
    },
}

/// The grants that a client may use.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grants {
    /// `client_credentials` (RFC 6749 §4.4).
    pub client_credentials: bool,
    /// The JWT bearer grant (RFC 7523 §2.1).
    pub jwt_bearer: Option<JwtBearerGrant>,
}

/// The rules of the JWT bearer grant for one client.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JwtBearerGrant {
    /// The delegated subjects that the client's own keys may name besides the client itself.
    pub subjects: BTreeSet<String>,
    /// The subjects of trusted issuers whose assertions the client may redeem, once it has authenticated: the
    /// token is about them, and the client acts for them.
    pub federated_subjects: BTreeSet<FederatedSubject>,
    /// What is granted without client authentication.
    pub unauthenticated: Option<UnauthenticatedRule>,
}

/// What a client gets by an assertion alone that is none of its identities: lesser privilege, and the token
/// says that nobody authenticated.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnauthenticatedRule {
    /// The subjects whose assertions may be redeemed.
    pub subjects: BTreeSet<FederatedSubject>,
    /// The resources that tokens may be for; those of the client itself do not count here.
    pub resources: Vec<GrantedResource>,
}

/// One protected resource that a client may get tokens for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedResource {
    /// Its identifier, the `aud` of the token.
    pub identifier: ResourceId,
    /// The scopes that may be granted for it.
    pub scopes: Scopes,
    /// Whether it is the target of a request that names none.
    pub default: bool,
}

/// What an assertion signed by one of the client's keys must look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssertionRules {
    /// The longest allowed `exp − iat`.
    pub max_lifetime: SignedDuration,
    /// The algorithms that the keys may be used with.
    pub algorithms: Vec<Algorithm>,
    /// Which `aud` values are taken.
    pub audience: AudiencePolicy,
}

/// Which `aud` of a self-signed assertion names us (RFC 7523 §3 rule 3, and its revision), from the laxest
/// policy to the strictest.
///
/// Service-account tokens and those of trusted issuers are not subject to it: they must name us alone, always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum AudiencePolicy {
    /// As `Standard`; besides, an `assertion` may name other parties than us, for old libraries that send one
    /// JWT to many servers. Never the API server.
    Compat,
    /// Our issuer identifier or the endpoint that received the assertion; nothing that is not ours beside them.
    #[default]
    Standard,
    /// Our issuer identifier alone, as a string or as an array of one (RFC 7523's revision).
    Strict,
    /// Our issuer identifier alone, as a string (FAPI 2.0 Security Profile §5.3.2.1).
    Fapi,
}

/// Not the name of an audience policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must be one of Standard, Strict, Fapi and Compat")]
pub struct UnknownAudiencePolicy;

// === impl AudiencePolicy ===

impl fmt::Display for AudiencePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Compat => "Compat",
            Self::Standard => "Standard",
            Self::Strict => "Strict",
            Self::Fapi => "Fapi",
        })
    }
}

impl FromStr for AudiencePolicy {
    type Err = UnknownAudiencePolicy;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "Compat" => Ok(Self::Compat),
            "Standard" => Ok(Self::Standard),
            "Strict" => Ok(Self::Strict),
            "Fapi" => Ok(Self::Fapi),
            _ => Err(UnknownAudiencePolicy),
        }
    }
}

// === impl Vouching ===

impl Vouching {
    /// Whether a key vouched for like this may be used at `now`, given the newest heartbeat of the
    /// controller that was seen and how long one heartbeat is good for.
    pub fn holds(self, now: Timestamp, heartbeat: Option<Timestamp>, good_for: SignedDuration) -> bool {
        match self {
            Self::Spec => true,
            Self::Controller { not_after } => {
                let fresh = heartbeat.is_some_and(|beat| now.duration_since(beat) < good_for);
                fresh && not_after.is_none_or(|end| now < end)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const HOUR: SignedDuration = SignedDuration::from_hours(1);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[rstest]
    #[case::in_spec_without_any_heartbeat(Vouching::Spec, 99_999, None, true)]
    #[case::fresh(Vouching::Controller { not_after: None }, 3_599, Some(0), true)]
    #[case::an_hour_after_the_last_beat(Vouching::Controller { not_after: None }, 3_600, Some(0), false)]
    #[case::never_a_beat(Vouching::Controller { not_after: None }, 1, None, false)]
    #[case::before_its_end(Vouching::Controller { not_after: Some(at(100)) }, 99, Some(98), true)]
    #[case::at_its_end(Vouching::Controller { not_after: Some(at(100)) }, 100, Some(98), false)]
    fn a_key_holds_while_somebody_vouches(
        #[case] by: Vouching,
        #[case] now: i64,
        #[case] beat: Option<i64>,
        #[case] holds: bool,
    ) {
        assert_eq!(by.holds(at(now), beat.map(at), HOUR), holds);
    }
}
