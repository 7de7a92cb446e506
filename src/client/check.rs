//! Whether an installation does its job, as a client sees it: found, trusted, exchanged, verified.

use crate::client::access_token;
use crate::client::exchange::{Answer, AuthorizationServer, ExchangeFault, Refused, Request};
use crate::core::issuer::Issuer;
use crate::jose::{self, Algorithm};
use crate::oauth::request::GrantType;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

/// What is checked.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    /// The issuer identifier.
    pub issuer: &'a Issuer,
    /// Where it is reached, if not there.
    pub endpoint: Option<&'a Issuer>,
    /// Certificates (PEM) to trust instead of the system's.
    pub ca: Option<&'a [u8]>,
    /// A service-account token, to be exchanged for an access token.
    pub service_account_token: Option<&'a str>,
    /// The API that the access token is to be for.
    pub resource: Option<&'a str>,
    /// The scopes to ask for.
    pub scope: Option<&'a str>,
}

/// One check and how it went. Neither ever holds a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was checked.
    pub name: &'static str,
    /// Whether it held.
    pub ok: bool,
    /// What was found.
    pub detail: String,
}

/// Checks one thing after the other, up to the first that does not hold.
pub async fn run(subject: &Subject<'_>, now: Timestamp) -> Vec<Check> {
    let mut checks = Vec::new();
    if let Err(failed) = all(subject, now, &mut checks).await {
        checks.push(failed);
    }
    checks
}

async fn all(subject: &Subject<'_>, now: Timestamp, checks: &mut Vec<Check>) -> Result<(), Check> {
    let issuer = subject.issuer.as_str();
    let failed = |name| move |fault: ExchangeFault| failure(name, chain(&fault));
    let endpoint = subject.endpoint.unwrap_or(subject.issuer);
    let server = AuthorizationServer::discover_at(subject.issuer, endpoint, subject.ca).await;
    let server = server.map_err(failed("metadata"))?;
    checks.push(success("metadata", format!("{endpoint} answers for {issuer}")));

    let published = server.keys().await.map_err(failed("keys"))?;
    let judged = jose::judge_jwks_value(&json!(published), &Algorithm::ALL)
        .map_err(|fault| failure("keys", fault.to_string()))?;
    if judged.keys.is_empty() {
        return Err(failure("keys", "the key set has no usable key".to_owned()));
    }
    checks.push(success("keys", format!("{} published", judged.keys.len())));

    let Some(assertion) = subject.service_account_token else {
        return Ok(());
    };
    let request = Request {
        grant: GrantType::ClientCredentials,
        assertion,
        client_id: None,
        resource: subject.resource,
        scope: subject.scope,
    };
    let members = match server.exchange(&request).await.map_err(failed("exchange"))? {
        Answer::Token(members) => members,
        Answer::Refused(refused) => return Err(failure("exchange", told(&refused))),
    };
    let member = |name: &str| members.get(name).cloned().unwrap_or_default();
    let (lifetime, scope) = (member("expires_in"), member("scope"));
    checks.push(success(
        "exchange",
        format!("a token for {lifetime} s, scope {scope}"),
    ));

    let token = members.get("access_token").and_then(Value::as_str);
    let token = token.unwrap_or_default();
    let resource = subject.resource.unwrap_or_default();
    let claims = access_token::verify(token, &judged.keys, issuer, resource, now)
        .map_err(|fault| failure("verification", fault.to_string()))?;
    let claim = |name: &str| claims.get(name).map(Value::to_string).unwrap_or_default();
    checks.push(success(
        "verification",
        format!(
            "the token is for client {} at {}",
            claim("client_id"),
            claim("aud")
        ),
    ));
    Ok(())
}

fn success(name: &'static str, detail: String) -> Check {
    Check {
        name,
        ok: true,
        detail,
    }
}

fn failure(name: &'static str, detail: String) -> Check {
    Check {
        name,
        ok: false,
        detail,
    }
}

/// The public words of a refusal, and where the precise reason is.
fn told(refused: &Refused) -> String {
    let text = |name: &str| {
        refused
            .members
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let id = refused.request_id.as_deref().unwrap_or("unknown");
    format!(
        "{} ({}): {} The server's audit log has the reason under request_id {id}.",
        text("error"),
        refused.status.as_u16(),
        text("error_description"),
    )
}

/// An error with its causes.
fn chain(fault: &dyn std::error::Error) -> String {
    let mut text = fault.to_string();
    let mut cause = fault.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
