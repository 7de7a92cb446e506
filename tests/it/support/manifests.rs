//! Applying YAML, as a user would, and waiting until its kinds are served.

use countersign::api::crds;
use countersign::api::v1alpha1::GROUP;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, DynamicObject, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kube::{Client, Error, discovery};

use super::controlplane::START;
use super::{ControlPlane, eventually};

/// The field manager of what the tests apply.
const MANAGER: &str = "test-admin";

// === impl ControlPlane ===

impl ControlPlane {
    /// Applies each document of `yaml` as the administrator (server-side), in order, and returns what
    /// the API server stored. Objects without a namespace go to `default`.
    ///
    /// # Errors
    /// The API server's message about the first object that it refuses; later ones are not applied.
    pub(crate) async fn apply_yaml(&self, yaml: &str) -> Result<Vec<DynamicObject>, String> {
        let documents: Vec<Option<DynamicObject>> =
            serde_saphyr::from_multiple(yaml).unwrap_or_else(|error| panic!("not YAML of objects: {error}"));
        let client = self.admin();
        let mut stored = Vec::new();
        for object in documents.into_iter().flatten() {
            stored.push(apply(&client, &object).await.map_err(message)?);
        }
        Ok(stored)
    }

    /// Applies the definitions of our kinds, and waits until they can be used.
    pub(crate) async fn install_kinds(&self) {
        self.apply_yaml(&crds::yaml().unwrap()).await.unwrap();
        for plural in ["oauthclients", "replaysegments"] {
            self.wait_crd_established(&format!("{plural}.{GROUP}")).await;
        }
    }

    /// Waits until the kinds of the CustomResourceDefinition `name` can be used, in all its versions.
    pub(crate) async fn wait_crd_established(&self, name: &str) {
        let client = self.admin();
        let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
        eventually(START, &format!("the custom resource {name}"), async || {
            let definition = definitions.get(name).await.map_err(message)?;
            if !is_established(&definition) {
                return Err("not established".to_owned());
            }
            for version in definition.spec.versions.iter().filter(|version| version.served) {
                let (group, kind) = (&definition.spec.group, &definition.spec.names.kind);
                let served = GroupVersionKind::gvk(group, &version.name, kind);
                discovery::pinned_kind(&client, &served).await.map_err(message)?;
            }
            Ok(())
        })
        .await;
    }
}

async fn apply(client: &Client, object: &DynamicObject) -> Result<DynamicObject, Error> {
    let types = object
        .types
        .as_ref()
        .expect("an object in YAML has an apiVersion and a kind");
    let name = object
        .metadata
        .name
        .as_deref()
        .expect("an object in YAML has a name");
    let kind = GroupVersionKind::try_from(types).expect("an apiVersion is a group and a version");
    let (resource, capabilities) = discovery::pinned_kind(client, &kind).await?;
    let api: Api<DynamicObject> = match capabilities.scope {
        discovery::Scope::Cluster => Api::all_with(client.clone(), &resource),
        discovery::Scope::Namespaced => {
            let namespace = object.metadata.namespace.as_deref().unwrap_or("default");
            Api::namespaced_with(client.clone(), namespace, &resource)
        }
    };
    api.patch(name, &PatchParams::apply(MANAGER).force(), &Patch::Apply(object))
        .await
}

fn is_established(definition: &CustomResourceDefinition) -> bool {
    definition
        .status
        .iter()
        .flat_map(|status| status.conditions.iter().flatten())
        .any(|condition| condition.type_ == "Established" && condition.status == "True")
}

/// The API server's own words, where it spoke.
fn message(error: Error) -> String {
    if let Error::Api(status) = error {
        status.message
    } else {
        error.to_string()
    }
}
