//! Where a server's certificate comes from.

use crate::cluster::serving_certificate;
use crate::lifecycle::Tasks;
use crate::readiness::Readiness;
use crate::server::tls::{CertificateFiles, ServingTls};
use anyhow::Context;
use kube::{Api, Client};
use prometheus::Registry;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Debug, clap::Args)]
#[group(id = "certificate", required = true, multiple = true)]
pub(super) struct TlsArgs {
    /// The Secret of the certificate to serve (type `kubernetes.io/tls`), in the release namespace; followed as it changes.
    #[arg(long = "tls-secret", value_name = "NAME", conflicts_with_all = ["cert", "key"])]
    secret: Option<String>,
    /// The certificate chain (PEM), in the place of a Secret; read again when it changes.
    #[arg(long = "tls-cert", value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// Its private key (PEM).
    #[arg(long = "tls-key", value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
}

/// A certificate's source, and what is served of it.
#[derive(Debug)]
pub(super) struct Source {
    tls: Arc<ServingTls>,
    from: From,
}

#[derive(Debug)]
enum From {
    Secret(String),
    Files(CertificateFiles),
}

// === impl TlsArgs ===

impl TlsArgs {
    /// Files are loaded, and must be right; `registry` tells when the certificate ends.
    pub(super) fn load(self, registry: &Registry) -> anyhow::Result<Source> {
        let tls = Arc::new(ServingTls::new(registry)?);
        let from = match (self.secret, self.cert, self.key) {
            (Some(name), ..) => From::Secret(name),
            (None, Some(chain), Some(key)) => {
                let files = CertificateFiles { chain, key };
                files.load(&tls).context("cannot serve TLS")?;
                From::Files(files)
            }
            (None, ..) => anyhow::bail!("give --tls-secret, or --tls-cert and --tls-key"),
        };
        Ok(Source { tls, from })
    }
}

// === impl Source ===

impl Source {
    /// Follows the source until the shutdown of `tasks`; `readiness` is blocked until there is a certificate.
    pub(super) fn follow(
        self,
        client: &Client,
        namespace: &str,
        tasks: &Tasks,
        readiness: &Readiness,
    ) -> Arc<ServingTls> {
        let (tls, stop) = (Arc::clone(&self.tls), tasks.shutdown());
        match self.from {
            From::Files(files) => tasks.spawn("certificate reload", files.follow(tls, stop)),
            From::Secret(name) => {
                let secrets = Api::namespaced(client.clone(), namespace);
                let first = readiness.block("the serving certificate");
                tasks.spawn_essential("serving certificate", async move {
                    serving_certificate::follow(tls, secrets, name, first, stop).await;
                    Ok(())
                });
            }
        }
        self.tls
    }
}
