//! The stable codes of the audit log and the metrics: why exactly a request was refused.
//!
//! A caller learns the class ([`ErrorCode`](super::error::ErrorCode)) and its sentence; the code stands
//! in the server's audit log only. Each code has a page in `docs/errors/`.

/// Defines the codes, so that none can be missing from the list of all of them.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal,)+) => {
        /// Why a request was refused. The text of a code never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ReasonCode {
            $($(#[doc = $doc])+ $name,)+
        }

        impl ReasonCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The code as it is logged.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

codes! {
    /// Not `POST`.
    HttpMethod = "http_method",
    /// Not a form.
    HttpContentType = "http_content_type",
    /// A compressed body.
    HttpContentEncoding = "http_content_encoding",
    /// Credentials in the URL.
    HttpCredentialsInUrl = "http_credentials_in_url",
    /// The body is longer than the limit.
    HttpTooLarge = "http_too_large",
    /// The body did not come.
    HttpBody = "http_body",

    /// A parameter occurs twice.
    ParameterRepeated = "request_parameter_repeated",
    /// The form is not well encoded.
    Encoding = "request_encoding",
    /// More parameters than the limit.
    TooManyParameters = "request_too_many_parameters",
    /// A required parameter is missing.
    ParameterMissing = "request_parameter_missing",
    /// No such grant here.
    GrantUnsupported = "request_grant_unsupported",
    /// No such assertion type here.
    AssertionTypeUnsupported = "request_assertion_type_unsupported",
    /// A client secret.
    ClientSecret = "request_client_secret",
    /// Two ways of client authentication.
    TwoAuthMethods = "request_two_auth_methods",
    /// An `Authorization` header.
    AuthorizationHeader = "request_authorization_header",
    /// An `assertion` in a request that has no use for it.
    AssertionUnexpected = "request_assertion_unexpected",

    /// `client_credentials` without client authentication.
    NotAuthenticated = "client_not_authenticated",
    /// The client does not have the grant.
    GrantNotAllowed = "grant_not_allowed",

    /// The JWT is longer than the limit.
    JwtTooLong = "assertion_too_long",
    /// The JWT has a character that no compact JWS has.
    JwtCharacters = "assertion_characters",
    /// The JWT does not have three segments.
    JwtSegments = "assertion_segments",
    /// The JWT is encrypted.
    JwtEncrypted = "assertion_encrypted",
    /// A segment of the JWT is not canonical base64url.
    JwtBase64 = "assertion_base64",
    /// The header of the JWT is not an acceptable JSON object.
    JwtHeaderJson = "assertion_header_json",
    /// The claims of the JWT are not an acceptable JSON object.
    JwtClaimsJson = "assertion_claims_json",
    /// `alg` is missing or not supported.
    JwtAlgorithm = "assertion_algorithm",
    /// A header member is not accepted, or malformed.
    JwtHeader = "assertion_header",
    /// The JWT is not signed.
    JwtUnsigned = "assertion_unsigned",
    /// The signature does not verify.
    Signature = "assertion_signature",
    /// `typ` is for another kind of token.
    JwtType = "assertion_type",
    /// A required claim is missing.
    ClaimMissing = "assertion_claim_missing",
    /// A claim is malformed.
    ClaimMalformed = "assertion_claim_malformed",
    /// The issuer is not trusted.
    IssuerUnknown = "assertion_issuer_unknown",
    /// The issuer would be a client, but there is none.
    ClientUnknown = "assertion_client_unknown",
    /// No key of the issuer has the `kid` and algorithm.
    KeyUnknown = "assertion_key_unknown",
    /// Without `kid`, several keys would do.
    KeyAmbiguous = "assertion_key_ambiguous",
    /// `sub` is not the client that signed.
    SubjectNotIssuer = "assertion_subject_not_issuer",
    /// The client may not speak for this subject.
    SubjectNotDelegated = "assertion_subject_not_delegated",
    /// `aud` does not name this server as the policy asks for.
    Audience = "assertion_audience",
    /// Expired.
    Expired = "assertion_expired",
    /// `nbf` is to come.
    NotYetValid = "assertion_not_yet_valid",
    /// `iat` is to come.
    IssuedInTheFuture = "assertion_issued_in_the_future",
    /// `iat` is missing.
    IssuedAtMissing = "assertion_iat_missing",
    /// `jti` is missing.
    JwtIdMissing = "assertion_jti_missing",
    /// It lives for too long.
    Lifetime = "assertion_lifetime",
    /// It was used before.
    Replayed = "assertion_replayed",
    /// It may have been used before the replay log began.
    BeforeTheLog = "assertion_before_the_log",
    /// `client_id` does not choose one client.
    ClientNotChosen = "assertion_client_not_chosen",
    /// It belongs to another client.
    OtherClient = "assertion_other_client",
    /// The same JWT in both slots.
    BothSlots = "assertion_in_both_slots",
    /// Its `scope` claim is malformed.
    ScopeClaim = "assertion_scope_claim",

    /// `sub` is not a service account.
    WorkloadSubject = "service_account_subject",
    /// The `kubernetes.io` claim is missing or malformed.
    WorkloadClaim = "service_account_claim",
    /// `sub` and `kubernetes.io` disagree.
    WorkloadContradiction = "service_account_contradiction",
    /// The token is not bound to a pod.
    WorkloadNotBound = "service_account_not_bound_to_pod",
    /// The token is past its `warnafter`.
    WorkloadPastWarnAfter = "service_account_past_warnafter",

    /// More than one `resource`.
    TargetSeveral = "target_several",
    /// The resource is malformed or not the client's.
    TargetNotAllowed = "target_not_allowed",
    /// No tokens are minted for the resource.
    TargetNotMinted = "target_not_minted",
    /// No `resource`, and no default.
    TargetMissing = "target_missing",
    /// The resource takes no public clients.
    TargetNotPublic = "target_not_public",
    /// The resource takes no subjects of trusted issuers from the client.
    TargetNotForSubject = "target_not_for_subject",

    /// The scope is malformed.
    ScopeMalformed = "scope_malformed",
    /// The scope is more than is allowed.
    ScopeExceeded = "scope_exceeded",

    /// The keys of the local cluster could not be read for too long.
    IssuerUnavailable = "issuer_unavailable",
    /// The server has just started and does not know every client yet.
    ClientsNotRead = "clients_not_read",
    /// The replay log does not answer.
    ReplayLogUnavailable = "replay_log_unavailable",
    /// Whether the assertion was recorded is unknown.
    ReplayOutcomeUnknown = "replay_outcome_unknown",
    /// The replay log is full.
    ReplayLogFull = "replay_log_full",
    /// Another replay log has the same issuer.
    ReplayLogSecond = "replay_log_second",
    /// The server's clock and the API server's are too far apart.
    ClocksApart = "clocks_apart",
    /// The client has used its share of the replay log.
    ReplayLogShare = "replay_log_client_share",
    /// No signing key is active.
    SigningKeyMissing = "signing_key_missing",
    /// The audit log cannot be written.
    AuditUnavailable = "audit_unavailable",
    /// Something that cannot happen.
    Bug = "bug",
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_distinct_labels() {
        let texts: BTreeSet<_> = ReasonCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), ReasonCode::ALL.len());
        for text in texts {
            assert!(
                text.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
                "{text}"
            );
        }
    }
}
