use super::assert::{sign, statement};
use super::{Explained, Outcome, narrate, print, runtime};
use crate::client::exchange::{Answer, AuthorizationServer, Refused, Request};
use crate::client::explain::advice;
use crate::core::ids::ClientId;
use crate::core::issuer::Issuer;
use crate::oauth::request::GrantType;
use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::ValueEnum;
use jiff::SignedDuration;
use serde_json::Value;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("credential").required(true).args(["key", "service_account_token"])))]
pub(super) struct Args {
    /// The issuer identifier of the authorization server.
    #[arg(long, value_name = "URL", env = "COUNTERSIGN_ISSUER", value_parser = Issuer::parse_loopback)]
    issuer: Issuer,
    /// Where to reach it, if not at its issuer identifier: the same path at another host.
    #[arg(long, value_name = "URL", value_parser = Issuer::parse_loopback)]
    endpoint: Option<Issuer>,
    /// The client's private key (PKCS#8 PEM): an assertion is made with it.
    #[arg(long, value_name = "FILE", requires = "client")]
    key: Option<PathBuf>,
    /// A file with a projected service-account token.
    #[arg(long, value_name = "FILE")]
    service_account_token: Option<PathBuf>,
    /// The client, `<namespace>/<name>`.
    #[arg(long, value_name = "CLIENT")]
    client: Option<ClientId>,
    /// How the assertion or token is used.
    #[arg(long, value_enum, default_value = "client-credentials")]
    grant: Grant,
    /// The API that the token is for.
    #[arg(long, value_name = "URI")]
    resource: Option<String>,
    /// The scopes to ask for, separated by spaces.
    #[arg(long, value_name = "SCOPES")]
    scope: Option<String>,
    /// Certificates (PEM) to trust instead of the system's.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// What to print.
    #[arg(long, short, value_enum, default_value = "token")]
    output: Output,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Grant {
    /// It authenticates the client (RFC 7523 §2.2).
    ClientCredentials,
    /// It is the grant (RFC 7523 §2.1).
    JwtBearer,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Output {
    /// The access token alone.
    Token,
    /// The whole answer.
    Json,
    /// What the access token says, without the token itself.
    Claims,
}

impl Args {
    pub(super) fn run(self) -> Outcome {
        match runtime()?.block_on(self.exchange())? {
            Answer::Token(members) => {
                let token = members
                    .get("access_token")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                match self.output {
                    Output::Token => print(token)?,
                    Output::Json => print(&serde_json::to_string_pretty(&members)?)?,
                    Output::Claims => print(&serde_json::to_string_pretty(&claims(token)?)?)?,
                }
                Ok(Ok(()))
            }
            Answer::Refused(refused) => {
                explain(&refused);
                Ok(Err(Explained::Failed))
            }
        }
    }

    async fn exchange(&self) -> anyhow::Result<Answer> {
        let ca = match &self.ca {
            Some(path) => {
                Some(std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?)
            }
            None => None,
        };
        let place = self.endpoint.as_ref().unwrap_or(&self.issuer);
        let server = AuthorizationServer::discover_at(&self.issuer, place, ca.as_deref()).await?;
        let assertion = self.assertion()?;
        let request = Request {
            grant: match self.grant {
                Grant::ClientCredentials => GrantType::ClientCredentials,
                Grant::JwtBearer => GrantType::JwtBearer,
            },
            assertion: &assertion,
            client_id: self.client.as_ref().map(ClientId::as_str),
            resource: self.resource.as_deref(),
            scope: self.scope.as_deref(),
        };
        Ok(server.exchange(&request).await?)
    }

    fn assertion(&self) -> anyhow::Result<String> {
        match (&self.key, &self.client, &self.service_account_token) {
            (Some(key), Some(client), _) => {
                let lifetime = SignedDuration::from_secs(60);
                sign(&statement(client, self.issuer.as_str(), lifetime)?, key, None)
            }
            (_, _, Some(path)) => {
                let token = std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                Ok(token.trim().to_owned())
            }
            _ => anyhow::bail!("give --key and --client, or --service-account-token"),
        }
    }
}

/// What the token says. Its signature is left to who it is for: it came from the server over TLS.
fn claims(token: &str) -> anyhow::Result<Value> {
    let payload = token.split('.').nth(1).unwrap_or_default();
    let payload = URL_SAFE_NO_PAD
        .decode(payload)
        .context("the access token is no JWT")?;
    serde_json::from_slice(&payload).context("the access token is no JWT")
}

fn explain(refused: &Refused) {
    let text = |name: &str| {
        refused
            .members
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    narrate(&format!(
        "refused: {} ({})",
        text("error"),
        refused.status.as_u16()
    ));
    narrate(&format!("  {}", text("error_description")));
    if let Some(id) = &refused.request_id {
        narrate(&format!(
            "  The precise reason is in the server's audit log under request_id {id}; each reason has a page in docs/errors/."
        ));
    }
    narrate("What to check:");
    for line in advice(text("error")) {
        narrate(&format!("  - {line}"));
    }
}
