//! One installation with all of them.

use super::bad::{Bad, CANARY, How, Says, all, spec};
use crate::controller::jwks_host::JwksHost;
use crate::support::release::{Release, Server};
use crate::support::workloads::{assertion, jwks, key};
use crate::support::{ControlPlane, eventually};
use countersign::api::manifests;
use countersign::jose::SigningKey;
use futures::{StreamExt, stream};
use kube::api::{Api, DynamicObject, ListParams, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const GOOD: usize = 1_000;
/// How many requests there are at a time.
const AT_ONCE: usize = 16;
const PATIENCE: Duration = Duration::from_mins(1);

struct Crowd {
    plane: &'static ControlPlane,
    release: Release,
    key: SigningKey,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_good_clients_are_served_beside_bad_ones_that_say_why() {
    let (plane, began) = (ControlPlane::shared(), Instant::now());
    let host = JwksHost::start(&jwks(&[&key()]).to_string()).await;
    let release = Release::install_watching(plane, &["crowd", "crowd-closed"], manifests::rbac_yaml).await;
    plane.apply(&release.opt_in()).await;
    let (crowd, bad) = (
        Crowd {
            plane,
            release,
            key: key(),
        },
        all(&host.url),
    );
    let controller = crowd.release.controller_with(plane, &[]).await;
    let server = crowd.release.server(plane).await;

    let ((), refusals) = tokio::join!(crowd.create_good(), crowd.create_bad(&bad));
    eprintln!("created after {:.1?}", began.elapsed());
    crowd.good_are_served(&server).await;
    eprintln!("{GOOD} good clients had a token after {:.1?}", began.elapsed());
    crowd.good_are_ready().await;
    eprintln!("{GOOD} good clients were ready after {:.1?}", began.elapsed());
    let by_event = crowd.bad_say_why(&bad, &refusals).await;
    let stored = bad.iter().filter(|bad| bad.how == How::Stored).count();
    eprintln!(
        "{} bad clients said why after {:.1?}: {} refused by the API server, {} admitted, {stored} past it \
         (of which {by_event} cannot have a status and are told of by an Event)",
        bad.len(),
        began.elapsed(),
        refusals.len(),
        bad.len() - refusals.len() - stored,
    );
    assert!(bad.len() >= 100);
    assert_eq!(host.requests(), 0, "a host on this machine was called");

    let mut told: Vec<(String, String)> = refusals.into_iter().collect();
    told.extend(crowd.told().await);
    for (what, process) in [("controller", &controller), ("server", &server.process)] {
        told.push((what.to_owned(), process.stdout() + &process.stderr()));
    }
    let leaks: Vec<_> = told.iter().filter(|(_, text)| text.contains(CANARY)).collect();
    assert!(leaks.is_empty(), "secret material in {leaks:#?}");
    let texts: usize = told.iter().map(|(_, text)| text.len()).sum();
    eprintln!("no secret material in {texts} bytes of refusals, statuses, Events and logs");
}

// === impl Crowd ===

impl Crowd {
    fn clients(&self, namespace: &str) -> Api<DynamicObject> {
        let kind = ApiResource::from_gvk(&GroupVersionKind::gvk(
            "countersign.dev",
            "v1alpha1",
            "OAuthClient",
        ));
        Api::namespaced_with(self.plane.admin(), namespace, &kind)
    }

    fn namespace(&self, bad: &Bad) -> &str {
        let closed = bad.how == How::CreatedWithoutOptIn;
        &self.release.installation.watch_namespaces[usize::from(closed)]
    }

    async fn create_good(&self) {
        let api = self.clients(self.release.namespace());
        let spec = spec(&json!({ "keys": { "jwks": jwks(&[&self.key]) } }));
        let create = async |number: usize| {
            let object = object(&format!("good-{number}"), &spec);
            api.create(&PostParams::default(), &object).await.unwrap();
        };
        stream::iter(0..GOOD).for_each_concurrent(AT_ONCE, create).await;
    }

    /// Returns what the API server says to those that it refuses.
    async fn create_bad(&self, bad: &[Bad]) -> BTreeMap<String, String> {
        let created = stream::iter(bad.iter().enumerate()).map(async |(number, bad)| {
            for object in &bad.beside {
                let mut object = object.clone();
                object["metadata"]["namespace"] = self.namespace(bad).into();
                self.plane.apply(&object).await;
            }
            if bad.how == How::Stored {
                self.store(bad, number).await;
                return None;
            }
            let api = self.clients(self.namespace(bad));
            let answer = api
                .create(&PostParams::default(), &object(&bad.name, &bad.spec))
                .await;
            answer.err().map(|error| (bad.name.clone(), refusal(error)))
        });
        created
            .buffer_unordered(4)
            .filter_map(async |refused| refused)
            .collect()
            .await
    }

    async fn store(&self, bad: &Bad, number: usize) {
        let namespace = self.release.namespace();
        let stored = json!({
            "apiVersion": "countersign.dev/v1alpha1", "kind": "OAuthClient",
            "metadata": {
                "namespace": namespace, "name": bad.name, "generation": 1,
                "uid": format!("11111111-1111-4111-8111-{number:012}"),
                "creationTimestamp": "2026-01-01T00:00:00Z",
            },
            "spec": bad.spec,
        });
        let key = format!("/registry/countersign.dev/oauthclients/{namespace}/{}", bad.name);
        self.plane.etcd_put(&key, &stored).await;
    }

    async fn good_are_served(&self, server: &Server) {
        let get_token = async |number: usize| {
            let client = format!("{}/good-{number}", self.release.namespace());
            eventually(PATIENCE, &format!("a token for {client}"), async || {
                let assertion = assertion(&self.key, &client, &server.issuer);
                let answer = server.client_credentials(&assertion).await;
                if answer.status == 200 {
                    Ok(())
                } else {
                    Err(answer.body.to_string())
                }
            })
            .await;
        };
        stream::iter(0..GOOD)
            .for_each_concurrent(AT_ONCE, get_token)
            .await;
    }

    async fn good_are_ready(&self) {
        let api = self.clients(self.release.namespace());
        eventually(PATIENCE, "the good clients to be ready", async || {
            let clients = api.list(&ListParams::default()).await.unwrap();
            let good = clients
                .iter()
                .filter(|client| client.metadata.name.as_ref().unwrap().starts_with("good-"));
            let ready =
                good.filter(|client| condition(client, "Ready").is_some_and(|it| it["status"] == "True"));
            let ready = ready.count();
            if ready == GOOD {
                Ok(())
            } else {
                Err(format!("{ready} are"))
            }
        })
        .await;
    }

    /// Returns how many of them have no status to say it in.
    async fn bad_say_why(&self, bad: &[Bad], refusals: &BTreeMap<String, String>) -> usize {
        let began = Instant::now();
        loop {
            let (mut found, mut events) = (BTreeMap::new(), Vec::new());
            for namespace in &self.release.installation.watch_namespaces {
                for client in self
                    .clients(namespace)
                    .list(&ListParams::default())
                    .await
                    .unwrap()
                {
                    found.insert(client.metadata.name.clone().unwrap(), client);
                }
                events.extend(self.events(namespace).await);
            }
            let (mut silent, mut by_event) = (Vec::new(), 0);
            for bad in bad {
                let said = says(bad, found.get(&bad.name), refusals.get(&bad.name));
                match said {
                    Ok(()) => {}
                    // What the API server does not take at all has no status.
                    Err(_) if bad.how == How::Stored && announces(bad, &events) => by_event += 1,
                    Err(why) => silent.push(why),
                }
            }
            if silent.is_empty() {
                return by_event;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "{}:\n{}",
                silent.len(),
                silent.join("\n")
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn events(&self, namespace: &str) -> Vec<DynamicObject> {
        let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("events.k8s.io", "v1", "Event"));
        let api: Api<DynamicObject> = Api::namespaced_with(self.plane.admin(), namespace, &kind);
        api.list(&ListParams::default()).await.unwrap().items
    }

    /// Every status and every Event.
    async fn told(&self) -> Vec<(String, String)> {
        let mut told = Vec::new();
        for namespace in &self.release.installation.watch_namespaces {
            for client in self
                .clients(namespace)
                .list(&ListParams::default())
                .await
                .unwrap()
            {
                told.push((client.metadata.name.unwrap(), client.data["status"].to_string()));
            }
            for event in self.events(namespace).await {
                told.push((event.metadata.name.unwrap(), event.data.to_string()));
            }
        }
        told
    }
}

fn object(name: &str, spec: &Value) -> DynamicObject {
    serde_json::from_value(json!({
        "apiVersion": "countersign.dev/v1alpha1", "kind": "OAuthClient",
        "metadata": { "name": name }, "spec": spec,
    }))
    .unwrap()
}

/// The message of a refusal and its fields.
fn refusal(error: kube::Error) -> String {
    let kube::Error::Api(status) = error else {
        panic!("{error}")
    };
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let fields: Vec<String> = causes
        .map(|cause| format!("[{}] {}", cause.field, cause.message))
        .collect();
    format!("{}\n{}", status.message, fields.join("\n"))
}

fn condition<'c>(client: &'c DynamicObject, aspect: &str) -> Option<&'c Value> {
    let conditions = client.data["status"]["conditions"].as_array()?;
    conditions.iter().find(|condition| condition["type"] == aspect)
}

/// Whether a bad client says what it is to say.
fn says(bad: &Bad, found: Option<&DynamicObject>, refused: Option<&String>) -> Result<(), String> {
    match (&bad.says, found, refused) {
        (Says::Refusal(field), None, Some(refusal)) if refusal.contains(&format!("[{field}] ")) => Ok(()),
        (Says::Condition(aspect, reason, parts), Some(client), None) => {
            let told = condition(client, aspect);
            let message = told.and_then(|told| told["message"].as_str()).unwrap_or_default();
            let good = told.is_some_and(|told| told["status"] == "False" && told["reason"] == *reason)
                && parts.iter().all(|part| message.contains(part.as_str()));
            good.then_some(()).ok_or_else(|| {
                format!(
                    "{}: {reason} {parts:?}, but {}",
                    bad.name, client.data["status"]["conditions"]
                )
            })
        }
        (Says::Refusal(field), _, refused) => Err(format!("{}: {field}, but {refused:?}", bad.name)),
        (Says::Condition(..), found, refused) => Err(format!(
            "{}: {}, but {refused:?}",
            bad.name,
            if found.is_some() { "there" } else { "not there" }
        )),
    }
}

/// Whether a Warning about a bad client says what its condition is to say.
fn announces(bad: &Bad, events: &[DynamicObject]) -> bool {
    let Says::Condition(_, reason, parts) = &bad.says else {
        return false;
    };
    events.iter().map(|event| &event.data).any(|event| {
        let note = event["note"].as_str().unwrap_or_default();
        event["regarding"]["name"] == bad.name.as_str()
            && event["type"] == "Warning"
            && event["reason"] == *reason
            && parts.iter().all(|part| note.contains(part.as_str()))
    })
}
