use super::{Outcome, print};
use crate::client::assertion::Statement;
use crate::client::key_file::KeyFile;
use crate::clock::SystemClock;
use crate::core::clock::Clock;
use crate::core::ids::ClientId;
use crate::jose::Algorithm;
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The client's private key (PKCS#8 PEM).
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The client, `<namespace>/<name>`: the assertion's iss, and its sub.
    #[arg(long, value_name = "CLIENT")]
    client: ClientId,
    /// The authorization server's issuer identifier: the assertion's aud.
    #[arg(long, value_name = "URL")]
    audience: String,
    /// Somebody else to speak for, where spec.grants.jwtBearer.subjects lists them.
    #[arg(long, value_name = "SUBJECT")]
    subject: Option<String>,
    /// A scope to bound the token by.
    #[arg(long, value_name = "SCOPES")]
    scope: Option<String>,
    /// How many seconds it is good for.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    lifetime: u32,
    /// The algorithm, if not the usual one for the key.
    #[arg(long, value_name = "ALG")]
    algorithm: Option<Algorithm>,
}

impl Args {
    pub(super) fn run(self) -> Outcome {
        let lifetime = SignedDuration::from_secs(i64::from(self.lifetime));
        let mut statement = statement(&self.client, &self.audience, lifetime)?;
        if let Some(subject) = self.subject {
            statement.sub = subject;
        }
        statement.scope = self.scope;
        print(&sign(&statement, &self.key, self.algorithm)?)?;
        Ok(Ok(()))
    }
}

/// A statement about the client itself, with a fresh jti.
pub(super) fn statement(
    client: &ClientId,
    audience: &str,
    lifetime: SignedDuration,
) -> anyhow::Result<Statement> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("no randomness"))?;
    let jti = URL_SAFE_NO_PAD.encode(bytes);
    Ok(Statement::new(
        client.as_str(),
        audience,
        jti,
        SystemClock.now(),
        lifetime,
    ))
}

pub(super) fn sign(
    statement: &Statement,
    key: &Path,
    algorithm: Option<Algorithm>,
) -> anyhow::Result<String> {
    Ok(statement.sign(&KeyFile::read(key, algorithm)?)?)
}
