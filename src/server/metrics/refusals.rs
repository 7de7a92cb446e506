//! What was refused: by precise reason, and by whose business it is.

use crate::metrics::{counter, counters};
use crate::oauth::error::ErrorCode;
use crate::oauth::reason::ReasonCode;
use crate::server::answer::Answer;
use prometheus::{Error, IntCounter, IntCounterVec, Registry};

#[derive(Debug)]
pub(super) struct Refusals {
    reasons: IntCounterVec,
    authentication: IntCounterVec,
    policy: IntCounterVec,
    rate_limited: IntCounterVec,
    replays: IntCounter,
}

/// A verified party asked for what the policy does not give it.
const POLICY: [ReasonCode; 8] = [
    ReasonCode::GrantNotAllowed,
    ReasonCode::SubjectNotDelegated,
    ReasonCode::OtherClient,
    ReasonCode::TargetNotAllowed,
    ReasonCode::TargetNotMinted,
    ReasonCode::TargetNotPublic,
    ReasonCode::TargetNotForSubject,
    ReasonCode::ScopeExceeded,
];

/// Whose share was used up.
const CLIENT: &str = "client";

// === impl Refusals ===

impl Refusals {
    pub(super) fn new(registry: &Registry) -> Result<Self, Error> {
        let reasons = counters(
            registry,
            "countersign_refusals_total",
            "Refused token requests by precise reason, as in the audit log.",
            &["reason"],
        )?;
        let authentication = counters(
            registry,
            "countersign_client_auth_failures_total",
            "Answers invalid_client, by what the client authenticated with and by precise reason.",
            &["method", "reason"],
        )?;
        for reason in ReasonCode::ALL {
            reasons
                .get_metric_with_label_values(&[reason.as_str()])
                .map(drop)?;
            if let Some(method) = method(*reason) {
                authentication
                    .get_metric_with_label_values(&[method, reason.as_str()])
                    .map(drop)?;
            }
        }
        let policy = counters(
            registry,
            "countersign_policy_denials_total",
            "Requests of verified parties for what their policy does not give them, by precise reason.",
            &["reason"],
        )?;
        for reason in POLICY {
            policy
                .get_metric_with_label_values(&[reason.as_str()])
                .map(drop)?;
        }
        let rate_limited = counters(
            registry,
            "countersign_rate_limited_total",
            "Requests that were turned away because somebody's share was used up, by whose.",
            &["scope"],
        )?;
        rate_limited.get_metric_with_label_values(&[CLIENT]).map(drop)?;
        Ok(Self {
            reasons,
            authentication,
            policy,
            rate_limited,
            replays: counter(
                registry,
                "countersign_replay_rejected_total",
                "Assertions refused because they were used before.",
            )?,
        })
    }

    pub(super) fn observe(&self, answer: &Answer) {
        let reason = match answer {
            Answer::Token(_) => return,
            Answer::NotARequest(fault) => fault.code(),
            Answer::Refused(refusal) => refusal.reason.code(),
        };
        self.reasons.with_label_values(&[reason.as_str()]).inc();
        if answer.error() == Some(ErrorCode::InvalidClient) {
            let method = method(reason).unwrap_or("other");
            self.authentication
                .with_label_values(&[method, reason.as_str()])
                .inc();
        }
        if answer.error() == Some(ErrorCode::SlowDown) {
            self.rate_limited.with_label_values(&[CLIENT]).inc();
        }
        if POLICY.contains(&reason) {
            self.policy.with_label_values(&[reason.as_str()]).inc();
        }
        if reason == ReasonCode::Replayed {
            self.replays.inc();
        }
    }
}

/// What the client authenticated with, if `reason` may be why it failed: one value for each reason.
fn method(reason: ReasonCode) -> Option<&'static str> {
    const NEVER: [ReasonCode; 4] = [
        ReasonCode::AssertionUnexpected,
        ReasonCode::BothSlots,
        ReasonCode::BeforeTheLog,
        ReasonCode::SubjectNotDelegated,
    ];
    if NEVER.contains(&reason) {
        return None;
    }
    if reason == ReasonCode::NotAuthenticated {
        return Some("none");
    }
    if reason == ReasonCode::ClientSecret {
        return Some("client_secret");
    }
    if reason == ReasonCode::AuthorizationHeader {
        return Some("authorization_header");
    }
    if reason == ReasonCode::TwoAuthMethods {
        return Some("several");
    }
    let text = reason.as_str();
    let about_a_jwt = text.starts_with("assertion_") || text.starts_with("service_account_");
    (about_a_jwt || reason == ReasonCode::AssertionTypeUnsupported).then_some("client_assertion")
}
