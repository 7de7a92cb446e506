//! What can be wrong with the spec of an `OAuthClient`, for people and for programs.

use crate::core::client::UnknownAudiencePolicy;
use crate::core::duration::InvalidDuration;
use crate::core::ids::InvalidId;
use crate::core::resource::InvalidResource;
use crate::core::scope::InvalidScope;
use crate::core::source::InvalidSource;
use crate::jose::SetFault;
use thiserror::Error;

/// One thing that is wrong, and where. It never repeats the value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{path}: {cause}")]
pub struct Fault {
    /// The field, such as `spec.resources[1].identifier`.
    pub path: String,
    /// What is wrong with it.
    pub cause: Cause,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Cause {
    /// The object's own name, or that of a service account, is none.
    #[error(transparent)]
    Name(#[from] InvalidId),
    /// An identity is none of its kinds, or several.
    #[error("must have exactly one of `serviceAccount` and `keys`")]
    Identity,
    /// Keys come from nowhere, or from several places.
    #[error("must have exactly one of `jwks`, `jwksURI`, `secretRef` and `configMapRef`")]
    Keys,
    /// The keys can come from no such place.
    #[error(transparent)]
    Source(#[from] InvalidSource),
    /// The inline keys are not a JWK Set.
    #[error(transparent)]
    Jwks(#[from] SetFault),
    /// A delegated subject that cannot stand in `<client_id>#<subject>`.
    #[error("must be 1 to 256 characters without '#' and control characters")]
    Subject,
    /// A resource identifier is none.
    #[error(transparent)]
    Resource(#[from] InvalidResource),
    /// A resource is named twice.
    #[error("must not be the identifier of another resource of this client")]
    DuplicateResource,
    /// Several resources are meant when none is named.
    #[error("must mark at most one resource as `default`")]
    SeveralDefaults,
    /// A scope token is none.
    #[error(transparent)]
    Scope(#[from] InvalidScope),
    /// A duration is none.
    #[error(transparent)]
    Duration(#[from] InvalidDuration),
    /// A duration is too short or too long.
    #[error("must be from {from} to {to}")]
    Lifetime {
        /// The shortest.
        from: &'static str,
        /// The longest.
        to: &'static str,
    },
    /// Not an algorithm that we verify with.
    #[error(
        "must be one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA and Ed25519"
    )]
    Algorithm,
    /// No algorithm at all.
    #[error("must name at least one algorithm")]
    NoAlgorithm,
    /// Not an audience policy.
    #[error(transparent)]
    Audience(#[from] UnknownAudiencePolicy),
    /// The `aud` of service-account tokens is an array, always.
    #[error("must not be Fapi while an identity is something else than keys")]
    FapiIdentity,
    /// A list is too long.
    #[error("must have at most {0} items")]
    TooMany(usize),
}

// === impl Cause ===

impl Cause {
    /// A word for programs: the `reason` of a condition. It never changes for the same cause.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Name(_) => "InvalidName",
            Self::Identity => "InvalidIdentity",
            Self::Keys | Self::Source(_) => "InvalidKeySource",
            Self::Jwks(_) => "InvalidKeys",
            Self::Subject => "InvalidSubject",
            Self::Resource(_) | Self::DuplicateResource | Self::SeveralDefaults => "InvalidResource",
            Self::Scope(_) => "InvalidScope",
            Self::Duration(_) | Self::Lifetime { .. } => "InvalidLifetime",
            Self::Algorithm | Self::NoAlgorithm => "InvalidAlgorithm",
            Self::Audience(_) | Self::FapiIdentity => "InvalidAudience",
            Self::TooMany(_) => "TooMany",
        }
    }
}

/// Faults as they are found; a spec is judged to its end, so that all of them are told at once.
#[derive(Debug, Default)]
pub(super) struct Faults(pub(super) Vec<Fault>);

// === impl Faults ===

impl Faults {
    pub(super) fn add(&mut self, path: impl Into<String>, cause: Cause) {
        self.0.push(Fault {
            path: path.into(),
            cause,
        });
    }

    /// The value, or nothing and a fault at `path`.
    pub(super) fn note<T, E: Into<Cause>>(&mut self, path: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|cause| self.add(path, cause.into())).ok()
    }

    /// At most the first `most` items; a fault at `path` if there are more.
    pub(super) fn at_most<'a, T>(&mut self, path: &str, items: &'a [T], most: usize) -> &'a [T] {
        items.get(..most).map_or(items, |first| {
            if first.len() < items.len() {
                self.add(path, Cause::TooMany(most));
            }
            first
        })
    }
}
