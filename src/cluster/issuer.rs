//! The local cluster as an issuer of service-account tokens: its name and keys, read from the API
//! server's own discovery documents with our own credentials.

use crate::core::clock::Clock;
use crate::grants::LocalIssuer;
use crate::index::Index;
use crate::jose::{self, Algorithm, JsonFault, SetFault};
use crate::readiness::BlockReady;
use http::Request;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// How often the keys are read again.
pub const REFRESH: Duration = Duration::from_mins(1);
/// How soon after a failure.
const RETRY: Duration = Duration::from_secs(2);
/// For one document.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Why the issuer could not be read.
#[derive(Debug, Error)]
pub enum IssuerFault {
    /// The API server refused or did not answer.
    #[error("cannot read the API server's {path}: {source}")]
    Request {
        /// The document.
        path: &'static str,
        /// Why.
        source: Box<kube::Error>,
    },
    /// The API server did not answer in time.
    #[error("the API server did not answer for {0} in time")]
    Timeout(&'static str),
    /// The discovery document.
    #[error("the discovery document is {0}")]
    Discovery(#[from] JsonFault),
    /// The discovery document names no issuer with `://` in it.
    #[error("the discovery document names no issuer that could be told from a client_id")]
    NoIssuer,
    /// The key set.
    #[error("the service-account key set: {0}")]
    Keys(#[from] SetFault),
    /// No usable key.
    #[error("no key of the service-account issuer can be used")]
    NoKey,
}

/// Reads the issuer now.
pub async fn read(client: &kube::Client, now: Timestamp) -> Result<LocalIssuer, IssuerFault> {
    let discovery = get(client, "/.well-known/openid-configuration").await?;
    let discovery = jose::parse_object(discovery.as_bytes())?;
    let issuer = discovery
        .get("issuer")
        .and_then(|issuer| issuer.as_str())
        .filter(|issuer| issuer.contains("://"));
    let issuer = issuer.ok_or(IssuerFault::NoIssuer)?.to_owned();
    // The path is the API server's own: what the document names may lie outside of our reach.
    let keys = jose::judge_jwks(get(client, "/openid/v1/jwks").await?.as_bytes(), &Algorithm::ALL)?.keys;
    if keys.is_empty() {
        return Err(IssuerFault::NoKey);
    }
    Ok(LocalIssuer {
        issuer,
        keys,
        read_at: now,
    })
}

/// Keeps the issuer in `index` current; never returns. `ready` is released once it was read.
pub async fn follow(client: kube::Client, clock: Arc<dyn Clock>, index: Arc<Index>, ready: BlockReady) {
    let mut ready = Some(ready);
    loop {
        let wait = match read(&client, clock.now()).await {
            Ok(issuer) => {
                index.set_local_issuer(issuer);
                drop(ready.take());
                REFRESH
            }
            Err(fault) => {
                tracing::warn!(%fault, "cannot read the service-account issuer");
                RETRY
            }
        };
        tokio::time::sleep(wait).await;
    }
}

async fn get(client: &kube::Client, path: &'static str) -> Result<String, IssuerFault> {
    let request = Request::get(path).body(Vec::new()).unwrap_or_default();
    match tokio::time::timeout(TIMEOUT, client.request_text(request)).await {
        Ok(Ok(text)) => Ok(text),
        Ok(Err(source)) => Err(IssuerFault::Request {
            path,
            source: Box::new(source),
        }),
        Err(_) => Err(IssuerFault::Timeout(path)),
    }
}
