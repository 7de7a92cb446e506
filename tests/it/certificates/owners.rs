//! Uninstalling collects what the controller made, with the garbage collector of Kubernetes; and nothing else.

use super::world::{CA, SOON, TLS, maps, published, secrets};
use crate::support::leash::Leash;
use crate::support::release::Release;
use crate::support::workloads::client_object;
use crate::support::{ControlPlane, Options, Process, eventually};
use countersign::api::installation::{Account, Installation};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::rbac::v1::{ClusterRole, RoleBinding};
use kube::api::{Api, DeleteParams, ObjectMeta, PropagationPolicy};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::time::sleep;

const KEYS: &str = "countersign-signing-keys";
const NAME: &str = "countersign-controller";

/// The Deployment of the controller, without a pod.
fn deployment(installation: &Installation) -> Value {
    let labels = json!({"app": "controller"});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"namespace": installation.namespace, "name": NAME},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "controller", "image": "registry.example/countersign:1"}]},
        }},
    })
}

/// A control plane with a garbage collector, and an installation.
struct Scene {
    plane: &'static ControlPlane,
    release: Release,
    home: String,
    /// A namespace with a client.
    clients: String,
    _controllers: Leash,
}

impl Scene {
    async fn set(everywhere: bool) -> Self {
        let plane = Box::leak(Box::new(ControlPlane::start(&Options::default())));
        let controllers = plane.start_controller_manager().await;
        let release = if everywhere {
            Release::install_everywhere(plane).await
        } else {
            Release::install(plane, "watched").await
        };
        let clients = if everywhere {
            plane.namespace("clients").await.to_string()
        } else {
            release.namespace().to_owned()
        };
        plane.apply(&client_object(&clients, "worker", json!([]))).await;
        let home = release.installation.namespace.clone();
        plane.apply(&deployment(&release.installation)).await;
        Self {
            plane,
            release,
            home,
            clients,
            _controllers: controllers,
        }
    }

    async fn controller(&self, more: &[&str]) -> Process {
        let role = self.release.installation.shared_name("controller");
        let owners = ["--owner-deployment", NAME, "--owner-role", &role];
        self.release
            .controller_with(self.plane, &[&owners, more].concat())
            .await
    }

    fn deployments(&self) -> Api<Deployment> {
        Api::namespaced(self.plane.admin(), &self.home)
    }

    fn leases(&self) -> Api<Lease> {
        Api::namespaced(self.plane.admin(), &self.home)
    }

    /// What there is of what the controller makes.
    async fn made(&self) -> Vec<(String, ObjectMeta)> {
        let mut found = Vec::new();
        for name in [KEYS, CA, TLS] {
            let secret = secrets(self.plane, &self.home).get_opt(name).await.unwrap();
            found.extend(secret.map(|secret| (format!("Secret {name}"), secret.metadata)));
        }
        for name in [NAME, "countersign-heartbeat"] {
            let lease = self.leases().get_opt(name).await.unwrap();
            found.extend(lease.map(|lease| (format!("Lease {name}"), lease.metadata)));
        }
        for namespace in [&self.home, &self.clients] {
            let map = maps(self.plane, namespace).get_opt(CA).await.unwrap();
            found.extend(map.map(|map| (format!("ConfigMap {namespace}"), map.metadata)));
        }
        found
    }

    /// What there is, once it is that, each with the UID of its owner.
    async fn stands(&self, what: &str, expected: &[(String, Option<String>)]) {
        eventually(Duration::from_mins(2), what, async || {
            let found = self.made().await.into_iter().map(|(name, metadata)| {
                let owners = metadata.owner_references.unwrap_or_default();
                assert!(owners.iter().all(|owner| owner.controller == Some(false)));
                assert!(
                    owners
                        .iter()
                        .all(|owner| owner.block_owner_deletion == Some(false))
                );
                (name, owners.into_iter().next().map(|owner| owner.uid))
            });
            let found: Vec<_> = found.collect();
            (found == expected)
                .then_some(())
                .ok_or(format!("{found:#?} and not {expected:#?}"))
        })
        .await;
    }

    /// The same, and that it stays so while controllers run.
    async fn stays(&self, what: &str, expected: &[(String, Option<String>)]) {
        self.stands(what, expected).await;
        let names: Vec<&str> = expected.iter().map(|(name, _)| name.as_str()).collect();
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(5) {
            let found = self.made().await;
            let found: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(found, names, "{what}, after {:.1?}", began.elapsed());
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Deletes the Deployment and waits until it is gone.
    async fn delete_deployment(&self, how: &DeleteParams) {
        self.deployments().delete(NAME, how).await.unwrap();
        eventually(SOON, "the end of the Deployment", async || {
            let found = self.deployments().get_opt(NAME).await.unwrap();
            found.is_none().then_some(())
        })
        .await;
    }

    /// Lets the controller do all that the ClusterRole allows when that is gone, too.
    async fn keep_rights(&self, role: &ClusterRole) {
        let group = "rbac.authorization.k8s.io";
        let role = json!({
            "apiVersion": format!("{group}/v1"), "kind": "ClusterRole",
            "metadata": {"name": "kept-rights"}, "rules": role.rules,
        });
        let binding = json!({
            "apiVersion": format!("{group}/v1"), "kind": "ClusterRoleBinding",
            "metadata": {"name": "kept-rights"},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "kept-rights"},
            "subjects": [{
                "kind": "ServiceAccount", "namespace": self.home,
                "name": self.release.installation.service_account(Account::Controller),
            }],
        });
        self.plane.apply(&role).await;
        self.plane.apply(&binding).await;
    }

    /// Everything, as it is to be owned.
    fn all(&self, keys: Option<&str>, deployment: &str, role: &str) -> Vec<(String, Option<String>)> {
        let own = |name: &str| (name.to_owned(), Some(deployment.to_owned()));
        vec![
            (format!("Secret {KEYS}"), keys.map(str::to_owned)),
            own(&format!("Secret {CA}")),
            own(&format!("Secret {TLS}")),
            own(&format!("Lease {NAME}")),
            own("Lease countersign-heartbeat"),
            own(&format!("ConfigMap {}", self.home)),
            (format!("ConfigMap {}", self.clients), Some(role.to_owned())),
        ]
    }
}

fn uid(metadata: &ObjectMeta) -> String {
    metadata.uid.clone().unwrap()
}

async fn end(mut controller: Process) {
    controller.terminate();
    controller.wait(SOON).await;
}

#[tokio::test]
async fn uninstalling_collects_everything_but_the_keys_that_are_to_be_kept() {
    let scene = Scene::set(true).await;
    let roles: Api<ClusterRole> = Api::all(scene.plane.admin());
    let role = uid(&roles.get(NAME).await.unwrap().metadata);
    let owner = uid(&scene.deployments().get(NAME).await.unwrap().metadata);

    let controller = scene.controller(&[]).await;
    scene
        .stands("everything, owned", &scene.all(Some(&owner), &owner, &role))
        .await;
    end(controller).await;
    let controller = scene.controller(&["--keep-signing-keys"]).await;
    scene
        .stands("the keys without an owner", &scene.all(None, &owner, &role))
        .await;
    end(controller).await;
    let controller = scene.controller(&[]).await;
    scene
        .stands(
            "the keys with their owner again",
            &scene.all(Some(&owner), &owner, &role),
        )
        .await;
    end(controller).await;
    let controller = scene.controller(&["--keep-signing-keys"]).await;
    scene
        .stands("the keys without an owner", &scene.all(None, &owner, &role))
        .await;
    end(controller).await;
    let keys = secrets(scene.plane, &scene.home)
        .get(KEYS)
        .await
        .unwrap()
        .metadata;

    let began = Instant::now();
    scene
        .deployments()
        .delete(NAME, &DeleteParams::default())
        .await
        .unwrap();
    roles.delete(NAME, &DeleteParams::default()).await.unwrap();
    let left = [(format!("Secret {KEYS}"), None)];
    scene.stands("the keys alone", &left).await;
    eprintln!(
        "everything was collected {:.1?} after the owners",
        began.elapsed()
    );

    // Installed anew, with another controller: the keys are those that were kept.
    let rights = countersign::api::manifests::rbac_yaml(&scene.release.installation).unwrap();
    scene.plane.apply_yaml(&rights).await.unwrap();
    scene.plane.apply(&deployment(&scene.release.installation)).await;
    let role = uid(&roles.get(NAME).await.unwrap().metadata);
    let owner = uid(&scene.deployments().get(NAME).await.unwrap().metadata);
    let _controller = scene.controller(&[]).await;
    scene
        .stands("everything, owned anew", &scene.all(Some(&owner), &owner, &role))
        .await;
    let again = secrets(scene.plane, &scene.home)
        .get(KEYS)
        .await
        .unwrap()
        .metadata;
    assert_eq!(again.uid, keys.uid);

    // The role is replaced under a running controller: its dependents go, and come back with the new one.
    let clients = maps(scene.plane, &scene.clients);
    let before = uid(&clients.get(CA).await.unwrap().metadata);
    roles.delete(NAME, &DeleteParams::default()).await.unwrap();
    scene.plane.apply_yaml(&rights).await.unwrap();
    let role = uid(&roles.get(NAME).await.unwrap().metadata);
    scene
        .stands(
            "everything, with the new role",
            &scene.all(Some(&owner), &owner, &role),
        )
        .await;
    assert_ne!(uid(&clients.get(CA).await.unwrap().metadata), before);
    // The same of the Deployment, whose dependents are left alive: they change hands within a minute.
    let orphan = DeleteParams {
        propagation_policy: Some(PropagationPolicy::Orphan),
        ..DeleteParams::default()
    };
    scene.delete_deployment(&orphan).await;
    scene.plane.apply(&deployment(&scene.release.installation)).await;
    let new = uid(&scene.deployments().get(NAME).await.unwrap().metadata);
    let keys = uid(&secrets(scene.plane, &scene.home)
        .get(KEYS)
        .await
        .unwrap()
        .metadata);
    eventually(Duration::from_mins(3), "the keys in new hands", async || {
        let metadata = secrets(scene.plane, &scene.home)
            .get(KEYS)
            .await
            .unwrap()
            .metadata;
        assert_eq!(uid(&metadata), keys, "they were never collected");
        let owners = metadata.owner_references.unwrap_or_default();
        (owners.len() == 1 && owners[0].uid == new).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_role_binding_of_a_watched_namespace_owns_what_is_made_there() {
    let scene = Scene::set(false).await;
    let bindings: Api<RoleBinding> = Api::namespaced(scene.plane.admin(), &scene.clients);
    let name = scene.release.installation.shared_name("controller");
    let binding = uid(&bindings.get(&name).await.unwrap().metadata);
    let owner = uid(&scene.deployments().get(NAME).await.unwrap().metadata);
    let controller = scene.controller(&[]).await;
    published(scene.plane, &scene.clients).await;
    scene
        .stands("everything, owned", &scene.all(Some(&owner), &owner, &binding))
        .await;
    // Both run on for a while when an installation goes.
    let _standby = scene.controller(&[]).await;
    scene
        .deployments()
        .delete(NAME, &DeleteParams::default())
        .await
        .unwrap();
    bindings.delete(&name, &DeleteParams::default()).await.unwrap();
    scene.stays("nothing", &[]).await;
    drop(controller);
}

#[tokio::test]
async fn nothing_is_made_before_its_owner_is_there_or_after_it_went() {
    let scene = Scene::set(true).await;
    let roles: Api<ClusterRole> = Api::all(scene.plane.admin());
    let role = roles.get(NAME).await.unwrap();
    let delete = DeleteParams::default();

    scene.delete_deployment(&delete).await;
    let mut controller = scene.controller(&["--keep-signing-keys"]).await;
    let told = "nothing is made or restored until its owner is there";
    controller.wait_for_line(told, SOON).await;
    scene.stays("nothing", &[]).await;
    assert_eq!(controller.stdout().matches(told).count(), 1, "said once");
    scene.plane.apply(&deployment(&scene.release.installation)).await;
    let owner = uid(&scene.deployments().get(NAME).await.unwrap().metadata);
    let mut everything = scene.all(None, &owner, &uid(&role.metadata));
    scene
        .stands("everything, now that there is an owner", &everything)
        .await;
    let mut standby = scene.controller(&["--keep-signing-keys"]).await;
    standby.wait_for_line("a candidate for leadership", SOON).await;

    // An uninstallation takes one after the other, while the controller still has every right.
    scene.keep_rights(&role).await;
    roles.delete(NAME, &delete).await.unwrap();
    everything.pop();
    scene.stays("what the Deployment owns", &everything).await;
    scene.delete_deployment(&delete).await;
    secrets(scene.plane, &scene.home)
        .delete(KEYS, &delete)
        .await
        .unwrap();
    scene
        .stays("the kept keys, restored", &[(format!("Secret {KEYS}"), None)])
        .await;
}
