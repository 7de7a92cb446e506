//! What the caller is told of a refusal, and what the audit log is.

use crate::grants::{AssertionFault, Reason, Refusal, Slot};
use crate::jose::{ClaimFault, JwsFault, NoKey};
use crate::oauth::error::ErrorCode;
use crate::oauth::form::FormFault;
use crate::oauth::request::RequestFault;
use rstest::rstest;

/// Whatever is wrong with a JWT, and whoever it names, the caller reads one sentence.
#[rstest]
fn one_sentence_for_every_jwt_that_is_not_accepted(
    #[values(
        AssertionFault::Jws(JwsFault::Signature),
        AssertionFault::Claim(ClaimFault::Missing("exp")),
        AssertionFault::Key(NoKey::Unknown),
        AssertionFault::UnknownClient,
        AssertionFault::UnknownIssuer,
        AssertionFault::Audience,
        AssertionFault::Expired,
        AssertionFault::Lifetime(300),
        AssertionFault::Replayed,
        AssertionFault::OtherClient
    )]
    fault: AssertionFault,
) {
    for (slot, error) in [
        (Slot::ClientAssertion, ErrorCode::InvalidClient),
        (Slot::Assertion, ErrorCode::InvalidGrant),
    ] {
        let refusal = slot.refuse(fault.clone());
        assert_eq!(refusal.error, error);
        assert_eq!(refusal.description(), error.description());
    }
}

/// What the resource's owner and the client's policy say is nobody else's business.
#[rstest]
fn one_sentence_for_every_target_that_is_not_for_the_client(
    #[values(
        Reason::TargetNotAllowed,
        Reason::TargetNotMinted,
        Reason::TargetNotPublic,
        Reason::TargetNotForSubject
    )]
    reason: Reason,
) {
    let refusal = Refusal::from(reason);
    assert_eq!(refusal.error, ErrorCode::InvalidTarget);
    assert_eq!(refusal.description(), ErrorCode::InvalidTarget.description());
}

/// What the caller sees in its own request is told apart.
#[rstest]
#[case::not_authenticated(
    Reason::NotAuthenticated.into(),
    "client_assertion_type"
)]
#[case::unexpected(
    Reason::UnexpectedAssertion.into(),
    "'assertion'"
)]
#[case::several(
    Reason::SeveralTargets.into(),
    "one resource"
)]
#[case::none(Reason::NoTarget.into(), "'resource'")]
#[case::syntax(Reason::ScopeSyntax.into(), "printable ASCII")]
#[case::missing(RequestFault::Missing("grant_type").into(), "'grant_type'")]
#[case::repeated(RequestFault::Form(FormFault::Repeated("scope")).into(), "'scope'")]
fn a_sentence_of_its_own(#[case] refusal: Refusal, #[case] expected: &str) {
    let told = refusal.description();
    assert!(told.contains(expected), "{told}");
    assert_ne!(told, refusal.error.description());
}

#[rstest]
#[case(Slot::ClientAssertion, "client_assertion: expired")]
#[case(Slot::Assertion, "assertion: expired")]
fn the_audit_log_reads_where_it_was_and_why(#[case] slot: Slot, #[case] expected: &str) {
    assert_eq!(slot.refuse(AssertionFault::Expired).reason.to_string(), expected);
}
