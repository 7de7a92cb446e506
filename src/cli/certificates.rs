//! What the controller is told about certificates and owners.

use crate::api::installation::{Account, Installation};
use crate::certificates::{Name, Names};
use crate::controller::certificates::metrics::CertificateMetrics;
use crate::controller::certificates::{Bundle, GivenBundle, GivenSource, ManagedCertificates};
use crate::controller::owners::{OwnerNames, Owners};
use crate::core::clock::Clock;
use kube::{Api, Client};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Who makes the certificate that servers serve TLS with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ServingCertificate {
    /// The controller, with an authority of its own.
    Managed,
    /// Somebody else.
    Given,
}

#[derive(Debug, Clone, clap::Args)]
pub(super) struct CertificateArgs {
    /// Who makes the serving certificate: the controller, with an authority of its own, or somebody else.
    #[arg(long, value_enum, value_name = "MODE", default_value = "managed")]
    serving_certificate: ServingCertificate,
    /// The Secret of the serving certificate, in the release namespace.
    #[arg(long, value_name = "NAME", default_value = "countersign-tls")]
    tls_secret: String,
    /// A DNS name or address that a managed certificate is for; may be repeated. Default: those of the server's
    /// Service.
    #[arg(long, value_name = "NAME")]
    dns_name: Vec<Name>,
    /// The CA bundle (PEM) to publish for a given certificate; read again when it changes. Default: `ca.crt` of its Secret.
    #[arg(long, value_name = "FILE")]
    ca_bundle: Option<PathBuf>,
    /// The ClusterRole that owns what is made outside of the release namespace; with --watch-namespace, the RoleBinding of
    /// that name in each of them.
    #[arg(long, value_name = "NAME")]
    owner_role: Option<String>,
    /// The Deployment that owns what is made in the release namespace.
    #[arg(long, value_name = "NAME")]
    owner_deployment: Option<String>,
    /// Give the Secret of the signing keys no owner, so that it stays when everything else is collected.
    #[arg(long)]
    keep_signing_keys: bool,
}

/// The leader's part in certificates.
pub(super) enum Certificates {
    Managed(Box<ManagedCertificates>),
    Given(Box<GivenBundle>),
}

// === impl CertificateArgs ===

impl CertificateArgs {
    /// Who owns what the controller makes.
    pub(super) fn owners(&self, client: &Client, installation: &Installation) -> Arc<Owners> {
        let names = OwnerNames {
            role: self.owner_role.clone(),
            deployment: self.owner_deployment.clone(),
        };
        Arc::new(Owners::new(client.clone(), installation.clone(), names))
    }

    /// Who owns the signing keys.
    pub(super) fn owners_of_keys(&self, owners: &Arc<Owners>) -> Option<Arc<Owners>> {
        (!self.keep_signing_keys).then(|| Arc::clone(owners))
    }

    /// What the leader does about certificates; `bundle` hears what is to be published.
    pub(super) fn certificates(
        &self,
        client: &Client,
        installation: &Installation,
        (clock, owners): (&Arc<dyn Clock>, &Arc<Owners>),
        bundle: watch::Sender<Bundle>,
        metrics: CertificateMetrics,
    ) -> anyhow::Result<Certificates> {
        let secrets = Api::namespaced(client.clone(), &installation.namespace);
        match (self.serving_certificate, &self.ca_bundle) {
            (ServingCertificate::Managed, Some(_)) => {
                anyhow::bail!("--ca-bundle is for a given certificate: add --serving-certificate given")
            }
            (ServingCertificate::Managed, None) => {
                let serving = (self.tls_secret.clone(), self.names(installation)?);
                let (clock, owners) = (Arc::clone(clock), Arc::clone(owners));
                let managed = ManagedCertificates::new(secrets, serving, clock, owners, bundle, metrics);
                Ok(Certificates::Managed(Box::new(managed)))
            }
            (ServingCertificate::Given, file) => {
                let source = file.clone().map_or_else(
                    || GivenSource::Secret(Box::new(secrets), self.tls_secret.clone()),
                    GivenSource::File,
                );
                {
                    let given = GivenBundle::new(source, bundle, metrics);
                    Ok(Certificates::Given(Box::new(given)))
                }
            }
        }
    }

    fn names(&self, installation: &Installation) -> anyhow::Result<Names> {
        if !self.dns_name.is_empty() {
            return Ok(Names::new(self.dns_name.iter().cloned())?);
        }
        let service = installation.own_name(Account::Server.role());
        let namespace = &installation.namespace;
        let names = [
            format!("{service}.{namespace}"),
            format!("{service}.{namespace}.svc"),
            format!("{service}.{namespace}.svc.cluster.local"),
        ];
        let names: Result<Vec<Name>, _> = names.iter().map(|name| name.parse()).collect();
        Ok(Names::new(names?)?)
    }
}

// === impl Certificates ===

impl Certificates {
    pub(super) async fn run(&self, stop: CancellationToken) {
        match self {
            Self::Managed(managed) => managed.run(stop).await,
            Self::Given(given) => given.run(stop).await,
        }
    }
}
