//! Why a request is refused: the public error, and the precise reason for the audit log alone.

use crate::grants::service_account::WorkloadFault;
use crate::jose::{ClaimFault, JwsFault, NoKey};
use crate::oauth::error::ErrorCode;
use crate::oauth::request::RequestFault;
use thiserror::Error;

/// A refused request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What the caller is told.
    pub error: ErrorCode,
    /// What the audit log is told.
    pub reason: Reason,
}

/// Where in the request a JWT was. The same fault has another error code in each (RFC 7523 §3.1, §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Slot {
    /// `client_assertion`: it authenticates the client.
    ClientAssertion,
    /// `assertion`: it is the grant.
    Assertion,
}

/// The precise reason of a refusal. It holds nothing that a caller sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Reason {
    /// The request itself.
    #[error("{0}")]
    Request(#[from] RequestFault),
    /// A JWT.
    #[error("{}: {fault}", slot.parameter())]
    Assertion {
        /// Where it was.
        slot: Slot,
        /// What is wrong with it.
        fault: AssertionFault,
    },
    /// `client_credentials` without a `client_assertion` (RFC 6749 §4.4).
    #[error("client_credentials needs a client_assertion")]
    NotAuthenticated,
    /// An `assertion` that the grant has no use for would go unverified.
    #[error("the parameter 'assertion' does not belong to the client_credentials grant")]
    UnexpectedAssertion,
    /// The client may not use the grant.
    #[error("the client's spec.grants does not have this grant")]
    GrantNotAllowed,
    /// More than one `resource`.
    #[error("one resource at a time")]
    SeveralTargets,
    /// Not a resource identifier, or not one of the client's, or not one that this server mints for.
    #[error("the resource is malformed or not among the client's spec.resources")]
    TargetNotAllowed,
    /// The server does not mint tokens for the resource.
    #[error("this server mints no tokens for the resource")]
    TargetNotMinted,
    /// No `resource`, and none of several is the default.
    #[error("no resource was named, and the client has no single or default one")]
    NoTarget,
    /// Not the syntax of RFC 6749 §3.3.
    #[error("the scope is malformed")]
    ScopeSyntax,
    /// More than the client may have for the resource, or than the assertion's `scope` allows.
    #[error("the scope exceeds what the client's spec.resources or the assertion allow")]
    ScopeExceeded,
    /// The replay log cannot say whether the assertion was used.
    #[error("the replay log is unavailable")]
    ReplayLogUnavailable,
    /// The client has used its share of the replay log.
    #[error("the client holds its whole share of the replay log")]
    ClientShareUsed,
    /// No signing key is active.
    #[error("no signing key is active for the resource's algorithm")]
    NoSigningKey,
    /// Something that cannot happen.
    #[error("bug: {0}")]
    Bug(&'static str),
}

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
    /// `iss` is neither the local cluster's issuer nor of the form of a client identifier.
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

// === impl Refusal ===

impl Refusal {
    /// A refusal for a reason that has only one error.
    pub fn new(error: ErrorCode, reason: Reason) -> Self {
        Self { error, reason }
    }
}

impl From<RequestFault> for Refusal {
    fn from(fault: RequestFault) -> Self {
        Self::new(fault.error(), Reason::Request(fault))
    }
}

// === impl Slot ===

impl Slot {
    /// The parameter's name.
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::ClientAssertion => "client_assertion",
            Self::Assertion => "assertion",
        }
    }

    /// The error for a JWT that is not valid in this slot.
    pub const fn error(self) -> ErrorCode {
        match self {
            Self::ClientAssertion => ErrorCode::InvalidClient,
            Self::Assertion => ErrorCode::InvalidGrant,
        }
    }

    /// The refusal for a JWT in this slot. A failed dependency is never a verdict on the credential.
    pub fn refuse(self, fault: impl Into<AssertionFault>) -> Refusal {
        let fault = fault.into();
        let ours = matches!(
            fault,
            AssertionFault::BeforeTheLog | AssertionFault::IssuerUnavailable
        );
        let error = if ours {
            ErrorCode::TemporarilyUnavailable
        } else {
            self.error()
        };
        Refusal::new(error, Reason::Assertion { slot: self, fault })
    }
}

// === impl Reason ===

impl Reason {
    /// A stable name for logs and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Request(fault) => fault.code(),
            Self::Assertion { fault, .. } => fault.code(),
            Self::NotAuthenticated => "client_not_authenticated",
            Self::UnexpectedAssertion => "request_assertion_unexpected",
            Self::GrantNotAllowed => "grant_not_allowed",
            Self::SeveralTargets => "target_several",
            Self::TargetNotAllowed => "target_not_allowed",
            Self::TargetNotMinted => "target_not_minted",
            Self::NoTarget => "target_missing",
            Self::ScopeSyntax => "scope_malformed",
            Self::ScopeExceeded => "scope_exceeded",
            Self::ReplayLogUnavailable => "replay_log_unavailable",
            Self::ClientShareUsed => "replay_log_client_share",
            Self::NoSigningKey => "signing_key_missing",
            Self::Bug(_) => "bug",
        }
    }
}

// === impl AssertionFault ===

impl AssertionFault {
    /// A stable name for logs and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Jws(JwsFault::Signature) => "assertion_signature",
            Self::Jws(_) => "assertion_malformed",
            Self::Claim(_) => "assertion_claim",
            Self::Type => "assertion_type",
            Self::UnknownIssuer => "assertion_issuer_unknown",
            Self::UnknownClient => "assertion_client_unknown",
            Self::Key(_) => "assertion_key_unknown",
            Self::SubjectIsNotIssuer => "assertion_subject_not_issuer",
            Self::SubjectNotDelegated => "assertion_subject_not_delegated",
            Self::Audience => "assertion_audience",
            Self::Expired => "assertion_expired",
            Self::NotYetValid => "assertion_not_yet_valid",
            Self::IssuedInTheFuture => "assertion_issued_in_the_future",
            Self::NoIssuedAt => "assertion_iat_missing",
            Self::NoJwtId => "assertion_jti_missing",
            Self::Lifetime(_) => "assertion_lifetime",
            Self::Replayed => "assertion_replayed",
            Self::BeforeTheLog => "assertion_before_the_log",
            Self::ClientNotChosen => "assertion_client_not_chosen",
            Self::OtherClient => "assertion_other_client",
            Self::BothSlots => "assertion_in_both_slots",
            Self::ScopeClaim => "assertion_scope_claim",
            Self::Workload(fault) => fault.code(),
            Self::IssuerUnavailable => "issuer_unavailable",
        }
    }
}
