//! What can be wrong with one JWT.

use crate::grants::service_account::WorkloadFault;
use crate::jose::{ClaimFault, HeaderFault, JwsFault, NoKey};
use crate::oauth::reason::ReasonCode;
use thiserror::Error;

/// What is wrong with a JWT (RFC 7523 §3), whatever slot it was in.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AssertionFault {
    /// Not a JWS of the form that is accepted here.
    #[error("{0}")]
    Jws(#[from] JwsFault),
    /// A claim is missing or malformed.
    #[error("{0}")]
    Claim(#[from] ClaimFault),
    /// Its explicit `typ` is for something else.
    #[error("the typ header is for another kind of token")]
    Type,
    /// `iss` is neither the local cluster's issuer, nor a trusted one's, nor of the form of a client identifier.
    #[error("the issuer is not trusted")]
    UnknownIssuer,
    /// No such client, or suspended, or not accepted.
    #[error("no such client")]
    UnknownClient,
    /// No key of the issuer fits.
    #[error("{0}")]
    Key(#[from] NoKey),
    /// A JWT that a client signs for its own authentication must be about itself (RFC 7523 §3 rule 2B).
    #[error("sub must equal iss")]
    SubjectIsNotIssuer,
    /// The client may not name this subject.
    #[error("sub is neither the client nor one of its delegated subjects")]
    SubjectNotDelegated,
    /// `aud` does not name us in the way that the policy asks for (RFC 7523 §3 rule 3).
    #[error("aud does not name this server in the way the audience policy asks for")]
    Audience,
    /// `exp` has passed (rule 4).
    #[error("expired")]
    Expired,
    /// `nbf` is to come (rule 5).
    #[error("not yet valid")]
    NotYetValid,
    /// `iat` is to come (rule 6).
    #[error("issued in the future")]
    IssuedInTheFuture,
    /// `iat` is required to bound the lifetime.
    #[error("iat is missing")]
    NoIssuedAt,
    /// `jti` is required to honour it once (rule 7).
    #[error("jti is missing")]
    NoJwtId,
    /// `exp − iat` is more than allowed, or negative.
    #[error("it lives for longer than {0} s, or expires before it was issued")]
    Lifetime(i64),
    /// It was used before (rule 7).
    #[error("it was used before")]
    Replayed,
    /// It may have been used before the replay log began.
    #[error("it was issued before the replay log began")]
    BeforeTheLog,
    /// The `client_id` does not choose one of the clients that it may authenticate as.
    #[error("client_id does not name a client that it authenticates")]
    ClientNotChosen,
    /// It belongs to another client than the one that authenticated.
    #[error("it belongs to another client than the authenticated one")]
    OtherClient,
    /// The same JWT in both slots.
    #[error("the same JWT is in both slots")]
    BothSlots,
    /// Its `scope` is not a scope.
    #[error("its scope claim is malformed")]
    ScopeClaim,
    /// What a service-account token says of its workload.
    #[error("{0}")]
    Workload(#[from] WorkloadFault),
    /// The local issuer's keys could not be read for too long.
    #[error("the local issuer's keys are not available")]
    IssuerUnavailable,
}

// === impl AssertionFault ===

impl AssertionFault {
    /// Its code in the audit log and the metrics.
    pub fn code(&self) -> ReasonCode {
        match self {
            Self::Jws(fault) => jws_code(*fault),
            Self::Claim(ClaimFault::Missing(_)) => ReasonCode::ClaimMissing,
            Self::Claim(ClaimFault::Malformed(_)) => ReasonCode::ClaimMalformed,
            Self::Type => ReasonCode::JwtType,
            Self::UnknownIssuer => ReasonCode::IssuerUnknown,
            Self::UnknownClient => ReasonCode::ClientUnknown,
            Self::Key(NoKey::Unknown) => ReasonCode::KeyUnknown,
            Self::Key(NoKey::Ambiguous) => ReasonCode::KeyAmbiguous,
            Self::SubjectIsNotIssuer => ReasonCode::SubjectNotIssuer,
            Self::SubjectNotDelegated => ReasonCode::SubjectNotDelegated,
            Self::Audience => ReasonCode::Audience,
            Self::Expired => ReasonCode::Expired,
            Self::NotYetValid => ReasonCode::NotYetValid,
            Self::IssuedInTheFuture => ReasonCode::IssuedInTheFuture,
            Self::NoIssuedAt => ReasonCode::IssuedAtMissing,
            Self::NoJwtId => ReasonCode::JwtIdMissing,
            Self::Lifetime(_) => ReasonCode::Lifetime,
            Self::Replayed => ReasonCode::Replayed,
            Self::BeforeTheLog => ReasonCode::BeforeTheLog,
            Self::ClientNotChosen => ReasonCode::ClientNotChosen,
            Self::OtherClient => ReasonCode::OtherClient,
            Self::BothSlots => ReasonCode::BothSlots,
            Self::ScopeClaim => ReasonCode::ScopeClaim,
            Self::Workload(fault) => fault.code(),
            Self::IssuerUnavailable => ReasonCode::IssuerUnavailable,
        }
    }

    /// Whether it is a failure of ours, and no verdict on the JWT.
    pub const fn is_ours(&self) -> bool {
        matches!(self, Self::BeforeTheLog | Self::IssuerUnavailable)
    }
}

fn jws_code(fault: JwsFault) -> ReasonCode {
    match fault {
        JwsFault::TooLong => ReasonCode::JwtTooLong,
        JwsFault::Character => ReasonCode::JwtCharacters,
        JwsFault::Segments => ReasonCode::JwtSegments,
        JwsFault::Encrypted => ReasonCode::JwtEncrypted,
        JwsFault::Base64(_) => ReasonCode::JwtBase64,
        JwsFault::Header(_) => ReasonCode::JwtHeaderJson,
        JwsFault::Claims(_) => ReasonCode::JwtClaimsJson,
        JwsFault::Parameter(HeaderFault::NoAlgorithm | HeaderFault::UnknownAlgorithm)
        | JwsFault::AlgorithmMismatch => ReasonCode::JwtAlgorithm,
        JwsFault::Parameter(_) => ReasonCode::JwtHeader,
        JwsFault::NotSigned => ReasonCode::JwtUnsigned,
        JwsFault::Signature => ReasonCode::Signature,
    }
}
