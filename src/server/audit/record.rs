//! What became known of a request on its way through the pipeline.

use crate::grants::Authenticated;
use crate::grants::assertion::{Addressed, Credential, Party};
use crate::grants::authorize::Terms;
use crate::grants::service_account::Workload;
use crate::jose::Algorithm;
use crate::oauth::request::GrantType;

/// What became known of a request on its way through the pipeline.
#[derive(Debug, Default)]
pub struct Record {
    /// The grant type.
    pub grant: Option<GrantType>,
    /// The client; authenticated or not.
    pub client: Option<String>,
    /// The namespace of the client.
    pub client_namespace: Option<String>,
    /// The JWT by which the client was found.
    pub credential: Option<Presented>,
    /// The JWT in `assertion`, if another one authenticated the client.
    pub grant_credential: Option<Presented>,
    /// Whether the client authenticated.
    pub authenticated: Option<bool>,
    /// How the assertion with the laxest `aud` named us.
    pub addressed: Option<Addressed>,
    /// The workload that a service-account token was bound to.
    pub workload: Option<Workload>,
    /// The `sub` of the token.
    pub subject: Option<String>,
    /// The `aud` of the token.
    pub audience: Option<String>,
    /// The granted scopes.
    pub scopes: Vec<String>,
    /// The `jti` of the token.
    pub token_id: Option<String>,
    /// The algorithm of the token.
    pub algorithm: Option<Algorithm>,
    /// Whether an assertion had to be recorded in the replay log.
    pub recorded: bool,
}

/// A JWT that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// Who signs such JWTs: `private_key_jwt`, `service_account_token` or `federated`.
    pub kind: &'static str,
    /// Its `jti`, which the sender chose: at most [`MAX_JWT_ID`](crate::jose::MAX_JWT_ID) bytes.
    pub jwt_id: Option<String>,
    /// The RFC 7638 thumbprint of the key that verified it.
    pub key_thumbprint: String,
}

// === impl Record ===

impl Record {
    /// Takes note of the verified credentials.
    pub fn authenticated(&mut self, request: &Authenticated) {
        self.client = Some(request.client.id.to_string());
        self.client_namespace = Some(request.client.id.namespace().to_owned());
        self.authenticated = Some(!request.public);
        let mut credentials = [&request.client_assertion, &request.assertion]
            .into_iter()
            .flatten();
        self.addressed = credentials.clone().map(|credential| credential.addressed).max();
        self.workload = credentials.clone().find_map(workload).cloned();
        self.credential = credentials.next().map(Presented::from);
        self.grant_credential = credentials.next().map(Presented::from);
    }

    /// Takes note of what is to be granted.
    pub fn terms(&mut self, terms: &Terms) {
        self.subject = Some(terms.subject.clone());
        self.audience = Some(terms.audience.to_string());
        self.algorithm = Some(terms.algorithm);
        self.scopes = terms.scopes.iter().map(str::to_owned).collect();
    }
}

// === impl Presented ===

impl From<&Credential> for Presented {
    fn from(credential: &Credential) -> Self {
        Self {
            kind: match credential.party {
                Party::Client { .. } => "private_key_jwt",
                Party::Workload(_) => "service_account_token",
                Party::Federated(_) => "federated",
            },
            jwt_id: credential.jwt_id.clone(),
            key_thumbprint: credential.key.thumbprint().to_owned(),
        }
    }
}

fn workload(credential: &Credential) -> Option<&Workload> {
    match &credential.party {
        Party::Workload(workload) => Some(workload),
        Party::Client { .. } | Party::Federated(_) => None,
    }
}
