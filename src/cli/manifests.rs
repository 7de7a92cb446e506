use super::{Outcome, print};
use crate::api::crds;
use crate::api::installation::Installation;
use crate::api::manifests;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What the names of the objects begin with.
    #[arg(long, value_name = "NAME", default_value = "countersign")]
    name: String,
    /// The namespace of the installation.
    #[arg(long, value_name = "NAMESPACE", default_value = "countersign-system")]
    namespace: String,
    /// Serve this namespace only; may be repeated. Default: the whole cluster.
    #[arg(long, value_name = "NAMESPACE")]
    watch_namespace: Vec<String>,
}

pub(super) fn crds() -> Outcome {
    print(&crds::yaml()?)?;
    Ok(Ok(()))
}

impl Args {
    pub(super) fn rbac(self) -> Outcome {
        print(&manifests::rbac_yaml(&self.installation())?)?;
        Ok(Ok(()))
    }

    pub(super) fn policies(self) -> Outcome {
        print(&manifests::policies_yaml(&self.installation())?)?;
        Ok(Ok(()))
    }

    fn installation(self) -> Installation {
        Installation {
            name: self.name,
            namespace: self.namespace,
            watch_namespaces: self.watch_namespace,
        }
    }
}
