//! The audit log: one line for each decision of the token endpoint, denials included.
//!
//! It holds identifiers and reasons, never a token, a key or anything a caller wrote that was not
//! verified.

use crate::grants::assertion::{Addressed, Credential, Party};
use crate::grants::authorize::Terms;
use crate::grants::{Authenticated, Refusal};
use crate::jose::Algorithm;
use crate::oauth::request::GrantType;
use std::time::Duration;

/// What became known of a request on its way through the pipeline.
#[derive(Debug, Default)]
pub struct Record {
    /// The grant type.
    pub grant: Option<GrantType>,
    /// The authenticated client.
    pub client: Option<String>,
    /// By which kind of JWT it was found.
    pub credential: Option<&'static str>,
    /// Whether it authenticated.
    pub authenticated: Option<bool>,
    /// The `sub` of the token.
    pub subject: Option<String>,
    /// The `aud` of the token.
    pub audience: Option<String>,
    /// The granted scopes.
    pub scope: Option<String>,
    /// The pod that a service-account token was bound to.
    pub pod: Option<String>,
    /// The `jti` of the assertion.
    pub assertion_id: Option<String>,
    /// The `jti` of the token.
    pub token_id: Option<String>,
    /// How the assertion with the laxest `aud` named us.
    pub addressed: Option<Addressed>,
    /// The algorithm of the token.
    pub algorithm: Option<Algorithm>,
    /// Whether an assertion had to be recorded in the replay log.
    pub recorded: bool,
}

// === impl Record ===

impl Record {
    /// Takes note of the verified credentials.
    pub fn authenticated(&mut self, request: &Authenticated) {
        self.client = Some(request.client.id.to_string());
        self.authenticated = Some(!request.public);
        let mut credentials = [&request.client_assertion, &request.assertion]
            .into_iter()
            .flatten();
        self.addressed = credentials.clone().map(|credential| credential.addressed).max();
        if let Some(first) = credentials.next() {
            self.credential = Some(kind(first));
            self.assertion_id.clone_from(&first.jwt_id);
        }
    }

    /// Takes note of what is to be granted.
    pub fn terms(&mut self, terms: &Terms) {
        self.subject = Some(terms.subject.clone());
        self.audience = Some(terms.audience.to_string());
        self.scope = Some(terms.scopes.to_string());
        self.algorithm = Some(terms.algorithm);
        self.pod = terms.workload.as_ref().map(|workload| workload.pod_name.clone());
    }

    /// Writes the line.
    pub fn write(&self, request_id: &str, refusal: Option<&Refusal>, took: Duration) {
        let outcome = if refusal.is_some() { "denied" } else { "granted" };
        tracing::info!(
            target: "audit",
            request_id,
            outcome,
            error = refusal.map(|refusal| refusal.error.as_str()),
            reason = refusal.map(|refusal| refusal.reason.code().as_str()),
            detail = refusal.map(|refusal| refusal.reason.to_string()),
            grant_type = self.grant.map(GrantType::as_str),
            client = self.client,
            credential = self.credential,
            authenticated = self.authenticated,
            assertion_audience = self.addressed.map(Addressed::as_str),
            subject = self.subject,
            audience = self.audience,
            scope = self.scope,
            pod = self.pod,
            assertion_jti = self.assertion_id,
            token_jti = self.token_id,
            took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        );
    }
}

fn kind(credential: &Credential) -> &'static str {
    match credential.party {
        Party::Client { .. } => "private_key_jwt",
        Party::Workload(_) => "service_account_token",
        Party::Federated(_) => "federated",
    }
}
