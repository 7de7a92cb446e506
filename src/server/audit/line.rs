//! The schema of a line. `docs/audit.md` has a row for every member, in this order.

use crate::grants::Refusal;
use crate::grants::assertion::Addressed;
use crate::oauth::error::ErrorCode;
use crate::oauth::request::GrantType;
use crate::server::answer::Answer;
use crate::server::audit::record::{Presented, Record};
use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use serde::Serialize;
use std::fmt::Write;
use std::net::SocketAddr;
use std::time::Duration;

/// The version of the schema. Members may be added to a version, and never change their meaning in it.
pub(super) const VERSION: u8 = 1;

/// One line. Members that are unknown are left out.
#[derive(Debug, Default, Serialize)]
pub(super) struct Line<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) version: u8,
    pub(super) event_id: String,
    pub(super) time: String,
    pub(super) action: &'static str,
    pub(super) outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) detail: Option<String>,
    pub(super) request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) trace_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) grant_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) client: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) client_namespace: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) authenticated: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) credential: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) assertion_jti: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key_thumbprint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) grant_credential: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) grant_assertion_jti: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) grant_key_thumbprint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) assertion_audience: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) service_account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pod: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pod_uid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) subject: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) audience: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(super) scopes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token_jti: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token_sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remote: Option<String>,
    pub(super) took_us: u64,
}

/// What a decision was about, besides what became known of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) id: &'a str,
    pub(super) trace_id: Option<&'a str>,
    pub(super) remote: Option<SocketAddr>,
    pub(super) took: Duration,
}

// === impl Line ===

impl<'a> Line<'a> {
    /// The line about `record`, which ended with `answer`; with none, if the caller was gone before there
    /// was one.
    pub(super) fn new(
        event_id: String,
        now: Timestamp,
        request: Request<'a>,
        record: &'a Record,
        answer: Option<&Answer>,
    ) -> Self {
        let mut line = Self {
            kind: "audit",
            version: VERSION,
            event_id,
            time: format!("{now:.6}"),
            action: "token.issue",
            outcome: "abandoned",
            request_id: request.id,
            trace_id: request.trace_id,
            remote: request.remote.map(canonical),
            took_us: u64::try_from(request.took.as_micros()).unwrap_or(u64::MAX),
            grant_type: record.grant.map(GrantType::as_str),
            client: record.client.as_deref(),
            client_namespace: record.client_namespace.as_deref(),
            authenticated: record.authenticated,
            assertion_audience: record.addressed.map(Addressed::as_str),
            subject: record.subject.as_deref(),
            audience: record.audience.as_deref(),
            scopes: &record.scopes,
            ..Self::default()
        };
        line.credentials(record);
        match answer {
            None => {}
            Some(Answer::Token(issued)) => {
                line.outcome = "granted";
                line.token_jti = record.token_id.as_deref();
                line.token_sha256 = Some(sha256(&issued.access_token));
            }
            Some(Answer::Refused(refusal)) => line.refused(refusal),
            Some(Answer::NotARequest(fault)) => {
                line.outcome = "denied";
                line.error = Some(ErrorCode::InvalidRequest.as_str());
                line.reason = Some(fault.code().as_str());
                line.detail = Some(fault.description().to_owned());
            }
        }
        line
    }

    fn credentials(&mut self, record: &'a Record) {
        let parts = |presented: Option<&'a Presented>| {
            let kind = presented.map(|presented| presented.kind);
            let jwt_id = presented.and_then(|presented| presented.jwt_id.as_deref());
            (
                kind,
                jwt_id,
                presented.map(|presented| presented.key_thumbprint.as_str()),
            )
        };
        (self.credential, self.assertion_jti, self.key_thumbprint) = parts(record.credential.as_ref());
        (
            self.grant_credential,
            self.grant_assertion_jti,
            self.grant_key_thumbprint,
        ) = parts(record.grant_credential.as_ref());
        if let Some(workload) = &record.workload {
            self.service_account = Some(workload.service_account.to_string());
            self.pod = Some(&workload.pod_name);
            self.pod_uid = Some(&workload.pod_uid);
        }
    }

    fn refused(&mut self, refusal: &Refusal) {
        let ours = refusal.error.status() >= 500;
        self.outcome = if ours { "failed" } else { "denied" };
        self.error = Some(refusal.error.as_str());
        self.reason = Some(refusal.reason.code().as_str());
        self.detail = Some(refusal.reason.to_string());
    }
}

/// The address as its owner knows it, also where the server listens with IPv6.
fn canonical(address: SocketAddr) -> String {
    SocketAddr::new(address.ip().to_canonical(), address.port()).to_string()
}

/// What `printf %s "$TOKEN" | sha256sum` prints.
fn sha256(token: &str) -> String {
    let mut text = String::with_capacity(64);
    for byte in digest(&SHA256, token.as_bytes()).as_ref() {
        if write!(text, "{byte:02x}").is_err() {
            break;
        }
    }
    text
}

#[cfg(test)]
mod tests;
