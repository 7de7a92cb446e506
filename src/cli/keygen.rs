use super::{Outcome, narrate, print};
use crate::client::key_file::KeyFile;
use crate::core::ids::ClientId;
use crate::jose::Algorithm;
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where to write the private key (PKCS#8 PEM, mode 0600); the file must not exist.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The algorithm that the key is for.
    #[arg(long, value_name = "ALG", default_value = "ES256")]
    algorithm: Algorithm,
    /// Print an OAuthClient of this name, `<namespace>/<name>`, with the key inline.
    #[arg(long, value_name = "CLIENT")]
    client: Option<ClientId>,
    /// A resource that the OAuthClient may get tokens for.
    #[arg(long, value_name = "URI", requires = "client")]
    resource: Vec<String>,
    /// A scope that it may have there.
    #[arg(long, value_name = "SCOPE", requires = "resource")]
    scope: Vec<String>,
}

impl Args {
    pub(super) fn run(self) -> Outcome {
        let made = KeyFile::create(&self.out, self.algorithm)?;
        narrate(&format!(
            "wrote the private key {} (kid {}): keep it with the workload, and nowhere else",
            self.out.display(),
            made.key.kid()
        ));
        let jwks = json!({ "keys": [made.key.public_jwk()] });
        match &self.client {
            None => print(&serde_json::to_string_pretty(&jwks)?)?,
            Some(client) => {
                let resources: Vec<_> = self
                    .resource
                    .iter()
                    .map(|identifier| json!({ "identifier": identifier, "scopes": self.scope }))
                    .collect();
                let object = json!({
                    "apiVersion": "countersign.dev/v1alpha1",
                    "kind": "OAuthClient",
                    "metadata": { "namespace": client.namespace(), "name": client.name() },
                    "spec": {
                        "identities": [{ "keys": { "jwks": jwks } }],
                        "grants": { "clientCredentials": {}, "jwtBearer": {} },
                        "resources": resources,
                    },
                });
                print(&serde_saphyr::to_string(&object)?)?;
            }
        }
        Ok(Ok(()))
    }
}
