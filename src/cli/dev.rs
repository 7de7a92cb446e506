use super::audit::{AuditArgs, finish};
use super::{Outcome, narrate, observed, runtime};
use crate::core::issuer::Issuer;
use crate::dev::folder::Loaded;
use crate::dev::serve;
use crate::lifecycle::{Signals, Tasks};
use crate::server::serve::{GRACE, bind};
use crate::telemetry::{LogFormat, Telemetry};
use anyhow::Context;
use prometheus::Registry;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder with the objects: OAuthClient, and ConfigMap or Secret with keys; YAML or JSON.
    #[arg(long, value_name = "FOLDER")]
    dir: PathBuf,
    /// Where to listen; a loopback address.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The issuer whose service-account tokens are taken.
    #[arg(long, value_name = "URL", requires = "service_account_jwks")]
    service_account_issuer: Option<String>,
    /// Its key set, from `kubectl get --raw /openid/v1/jwks`.
    #[arg(long, value_name = "FILE", requires = "service_account_issuer")]
    service_account_jwks: Option<PathBuf>,
    #[command(flatten)]
    audit: AuditArgs,
    /// How to log.
    #[arg(long, value_enum, default_value = "text")]
    log_format: LogFormat,
    /// What to log.
    #[arg(long, value_name = "FILTER", default_value = "info")]
    log_level: String,
}

impl Args {
    pub(super) fn run(self) -> Outcome {
        anyhow::ensure!(
            self.listen.ip().is_loopback(),
            "dev serves without TLS: --listen must be a loopback address"
        );
        std::fs::read_dir(&self.dir)
            .with_context(|| format!("cannot read the folder {}", self.dir.display()))?;
        runtime()?.block_on(async {
            let telemetry = Telemetry::start(self.log_format, &self.log_level, "countersign-dev")?;
            observed(telemetry, self.serve()).await
        })?;
        Ok(Ok(()))
    }

    async fn serve(self) -> anyhow::Result<()> {
        let signals = Signals::listen()?;
        let socket = bind(self.listen).await?;
        let issuer = Issuer::parse_loopback(&format!("http://{}", socket.local_addr()?))?;
        let tasks = Tasks::new();
        let audit = self.audit.open_like(self.log_format, &Registry::new())?;
        let embedded = serve::start(&tasks, socket, issuer.clone(), audit.clone())?;
        if let (Some(cluster), Some(jwks)) = (&self.service_account_issuer, &self.service_account_jwks) {
            let jwks = std::fs::read(jwks).with_context(|| format!("cannot read {}", jwks.display()))?;
            embedded
                .index
                .set_local_issuer(serve::local_issuer(cluster, &jwks)?);
        }
        narrate(&format!("issuer           {issuer}"));
        narrate(&format!(
            "token endpoint   {}",
            issuer.endpoint(crate::oauth::metadata::TOKEN_PATH)
        ));
        let (index, folder) = (embedded.index.clone(), self.dir.clone());
        let report = move |loaded: &Loaded| {
            narrate(&format!(
                "clients          {} from {}",
                index.len(),
                folder.display()
            ));
            for problem in &loaded.problems {
                narrate(&format!("  {problem}"));
            }
        };
        serve::follow(&tasks, embedded, self.dir, Box::new(report));
        let ended = tasks.run_until_done(signals, GRACE).await;
        finish(&audit).await;
        Ok(ended?)
    }
}
