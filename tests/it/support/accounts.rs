//! Service accounts, their pods and their tokens, all made by the real API.

use std::time::Duration;

use countersign::api::installation::{Account, Installation};
use k8s_openapi::api::authentication::v1::{BoundObjectReference, TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{Container, Pod, PodSpec, ServiceAccount};
use kube::api::{Api, ObjectMeta, PostParams};

use super::ControlPlane;

/// The lifetime of the tokens in clients and kubeconfig files: longer than any run.
const API_TOKEN: Duration = Duration::from_hours(1);

/// The service account of `account` in an installation of the default name.
pub(crate) fn service_account(account: Account) -> String {
    Installation::default().service_account(account)
}

// === impl ControlPlane ===

impl ControlPlane {
    /// Creates a service account without any rights.
    pub(crate) async fn create_service_account(&self, namespace: &str, name: &str) -> ServiceAccount {
        let account = ServiceAccount {
            metadata: named(name),
            ..ServiceAccount::default()
        };
        let accounts: Api<ServiceAccount> = Api::namespaced(self.admin(), namespace);
        accounts
            .create(&PostParams::default(), &account)
            .await
            .unwrap_or_else(|error| panic!("cannot create the service account {namespace}/{name}: {error}"))
    }

    /// Creates a pod of one container, which stays `Pending`. Its service account must exist.
    pub(crate) async fn create_pod(&self, namespace: &str, name: &str, account: &str) -> Pod {
        let container = Container {
            name: "app".to_owned(),
            image: Some("registry.example/app:1".to_owned()),
            ..Container::default()
        };
        let spec = PodSpec {
            containers: vec![container],
            service_account_name: Some(account.to_owned()),
            ..PodSpec::default()
        };
        let pod = Pod {
            metadata: named(name),
            spec: Some(spec),
            ..Pod::default()
        };
        let pods: Api<Pod> = Api::namespaced(self.admin(), namespace);
        pods.create(&PostParams::default(), &pod)
            .await
            .unwrap_or_else(|error| panic!("cannot create the pod {namespace}/{name}: {error}"))
    }

    /// A token from the API server. No `audiences` means the API's own; `lifetime` is at least ten
    /// minutes; a token bound to a pod ends with it and names it.
    pub(crate) async fn token_request(
        &self,
        namespace: &str,
        account: &str,
        audiences: &[&str],
        lifetime: Duration,
        bound_to: Option<&Pod>,
    ) -> String {
        let spec = TokenRequestSpec {
            audiences: audiences.iter().map(|&audience| audience.to_owned()).collect(),
            expiration_seconds: Some(i64::try_from(lifetime.as_secs()).expect("a lifetime in seconds")),
            bound_object_ref: bound_to.map(reference),
        };
        let request = TokenRequest {
            spec,
            ..TokenRequest::default()
        };
        let accounts: Api<ServiceAccount> = Api::namespaced(self.admin(), namespace);
        accounts
            .create_token_request(account, &PostParams::default(), &request)
            .await
            .unwrap_or_else(|error| panic!("no token for the service account {namespace}/{account}: {error}"))
            .status
            .expect("an answered TokenRequest has a status")
            .token
    }

    /// A token of this service account for the API itself.
    pub(super) async fn api_token(&self, namespace: &str, account: &str) -> String {
        self.token_request(namespace, account, &[], API_TOKEN, None).await
    }
}

fn named(name: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        ..ObjectMeta::default()
    }
}

fn reference(pod: &Pod) -> BoundObjectReference {
    BoundObjectReference {
        api_version: Some("v1".to_owned()),
        kind: Some("Pod".to_owned()),
        name: pod.metadata.name.clone(),
        uid: pod.metadata.uid.clone(),
    }
}
