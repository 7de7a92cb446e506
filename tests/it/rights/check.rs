//! What an installation must be able to do, as named checks in the order in which they make sense.

use super::leases::{LEASE, beat, beats_on, leader, renewed};
use super::needed::PATIENCE;
use super::scene::{OLD_SEGMENT, Scene, carrier};
use super::told::{event, find_and_lose};
use super::trust;
use crate::support::workloads::{client_object, jwks, key};
use countersign::api::v1alpha1::ReplaySegment;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{DeleteParams, ListParams};
use serde_json::{Value, json};
use tokio::time::timeout;

/// One thing that works with all rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Check {
    /// The server has read the clients.
    ServerHasClients,
    /// The server has read the cluster's own issuer.
    ServerHasIssuer,
    /// The server has read the replay log, which it has begun, and follows it.
    ServerHasLog,
    /// The controller takes the lease.
    ControllerLeads,
    /// The Secret of the signing keys is made.
    SigningKeysAreMade,
    /// The server has read them.
    ServerHasSigningKeys,
    /// The Secret of the certificate authority is made.
    AuthorityIsMade,
    /// The Secret of the serving certificate is made.
    ServingCertificateIsMade,
    /// The server has read it.
    ServerHasCertificate,
    /// The bundle stands where clients are.
    BundleIsPublished,
    /// The bundle stands at home.
    BundleIsAtHome,
    /// The status of a client is written.
    StatusIsWritten,
    /// A client with an inline key gets a token.
    InlineKeyWorks,
    /// One assertion after the other is recorded.
    LogIsAppendedTo,
    /// The server sees new clients.
    ServerSeesClients,
    /// The controller's heart beats.
    HeartBeats,
    /// The lease is renewed.
    LeaseIsRenewed,
    /// The lease is the Deployment's.
    LeaseIsOwned,
    /// The bundle is the RoleBinding's.
    BundleIsOwned,
    /// What the replay log need not remember is deleted.
    SegmentsAreCollected,
    /// The key of a ConfigMap is published.
    ConfigMapIsRead,
    /// The key of a Secret is published.
    SecretIsRead,
    /// The server believes both of them.
    PublishedKeysWork,
    /// The controller sees new clients as they come.
    ControllerSeesClients,
    /// The controller sees changes of `ConfigMaps` as they come.
    ConfigMapIsFollowed,
    /// The controller sees changes of Secrets as they come.
    SecretIsFollowed,
    /// An Event tells what is wrong with a client.
    EventIsWritten,
    /// The same again is counted.
    EventIsCounted,
    /// A changed bundle at home is put right.
    BundleIsPutRight,
    /// The deleted Secret of the signing keys stands again.
    SigningKeysAreRestored,
    /// The deleted Secret of the certificate authority stands again.
    AuthorityIsRestored,
    /// The deleted Secret of the serving certificate stands again.
    ServingCertificateIsRestored,
    /// A new leader adds a signing key.
    SigningKeyIsAdded,
    /// The new leader, which is told of no owner, says so in the Secret of the authority.
    AuthorityIsFreed,
    /// The new leader makes a certificate for the names that it is told.
    CertificateIsRenewed,
    /// The new leader's heart beats in the same lease.
    HeartBeatsOn,
}

/// In this order.
pub(super) const ALL: [Check; 36] = [
    Check::ServerHasClients,
    Check::ServerHasIssuer,
    Check::ServerHasLog,
    Check::ControllerLeads,
    Check::SigningKeysAreMade,
    Check::ServerHasSigningKeys,
    Check::AuthorityIsMade,
    Check::ServingCertificateIsMade,
    Check::ServerHasCertificate,
    Check::BundleIsPublished,
    Check::BundleIsAtHome,
    Check::StatusIsWritten,
    Check::InlineKeyWorks,
    Check::LogIsAppendedTo,
    Check::ServerSeesClients,
    Check::HeartBeats,
    Check::LeaseIsRenewed,
    Check::LeaseIsOwned,
    Check::BundleIsOwned,
    Check::SegmentsAreCollected,
    Check::ConfigMapIsRead,
    Check::SecretIsRead,
    Check::PublishedKeysWork,
    Check::ControllerSeesClients,
    Check::ConfigMapIsFollowed,
    Check::SecretIsFollowed,
    Check::EventIsWritten,
    Check::EventIsCounted,
    Check::BundleIsPutRight,
    Check::SigningKeysAreRestored,
    Check::AuthorityIsRestored,
    Check::ServingCertificateIsRestored,
    Check::SigningKeyIsAdded,
    Check::AuthorityIsFreed,
    Check::CertificateIsRenewed,
    Check::HeartBeatsOn,
];

/// How many changes in a row must be seen: who lists every three seconds, for want of a watch, needs
/// three seconds for each but the first.
const CHANGES: usize = 4;

// === impl Check ===

impl Check {
    /// Whether it is about changes in a row, which take a while with the rights too.
    pub(super) fn is_long(self) -> bool {
        matches!(
            self,
            Self::ControllerSeesClients
                | Self::ConfigMapIsFollowed
                | Self::SecretIsFollowed
                | Self::BundleIsPutRight
        )
    }

    /// What is done once before.
    pub(super) async fn prepare(self, scene: &Scene) {
        if self == Self::ControllerLeads {
            start(scene).await;
        } else if self == Self::SigningKeyIsAdded {
            succeed(scene).await;
        }
    }

    /// What an operator does when the missing right was given: some things are done only once by a leader,
    /// or once in a while.
    pub(super) async fn mend(self, scene: &Scene) {
        // What happened before is told no more.
        if self == Self::EventIsWritten {
            find_and_lose(scene).await;
        }
        if matches!(
            self,
            Self::LeaseIsRenewed
                | Self::LeaseIsOwned
                | Self::BundleIsOwned
                | Self::SegmentsAreCollected
                | Self::HeartBeats
                | Self::HeartBeatsOn
        ) {
            let mut controller = scene.controller.lock().await;
            drop(controller.take());
            let leases = scene.home::<Lease>();
            leases
                .delete(LEASE, &DeleteParams::default())
                .await
                .map(drop)
                .unwrap_or_default();
            *controller = Some(scene.start_controller().await);
        }
    }

    /// Returns once it is so; may be dropped and repeated.
    pub(super) async fn pass(self, scene: &Scene) {
        match self {
            Self::ServerHasClients => not_waiting(scene, "the clients").await,
            Self::ServerHasIssuer => not_waiting(scene, "the service-account issuer").await,
            Self::ServerHasLog => not_waiting(scene, "the replay log").await,
            Self::ServerHasSigningKeys => not_waiting(scene, "the signing keys").await,
            Self::ServerHasCertificate => not_waiting(scene, "the serving certificate").await,
            Self::AuthorityIsMade => trust::is_made(scene, "countersign-ca").await,
            Self::ServingCertificateIsMade => trust::is_made(scene, "countersign-tls").await,
            Self::AuthorityIsRestored => trust::is_restored(scene, "countersign-ca").await,
            Self::ServingCertificateIsRestored => trust::is_restored(scene, "countersign-tls").await,
            Self::BundleIsPublished => drop(trust::published(scene, scene.release.namespace()).await),
            Self::BundleIsAtHome => {
                drop(trust::published(scene, &scene.release.installation.namespace).await);
            }
            Self::BundleIsPutRight => trust::is_put_right(scene).await,
            Self::LeaseIsOwned => trust::lease_is_owned(scene).await,
            Self::BundleIsOwned => trust::bundle_is_owned(scene).await,
            Self::AuthorityIsFreed => trust::authority_is_freed(scene).await,
            Self::CertificateIsRenewed => trust::is_renewed(scene).await,
            Self::ControllerLeads => drop(leader(scene).await),
            Self::SigningKeysAreMade | Self::SigningKeysAreRestored => signing_keys(scene, self).await,
            Self::StatusIsWritten => is(scene, "inline", "Ready", "True").await,
            Self::InlineKeyWorks => works(scene, "inline").await,
            Self::LogIsAppendedTo => recorded(scene).await,
            Self::HeartBeats => drop(beat(scene).await),
            Self::LeaseIsRenewed => renewed(scene).await,
            Self::SegmentsAreCollected => collected(scene).await,
            Self::ConfigMapIsRead => published(scene, "mapped").await,
            Self::SecretIsRead => published(scene, "secret").await,
            Self::PublishedKeysWork => {
                works(scene, "mapped").await;
                works(scene, "secret").await;
            }
            Self::EventIsWritten => event(scene, 1).await,
            Self::EventIsCounted => {
                find_and_lose(scene).await;
                event(scene, 2).await;
            }
            Self::ServerSeesClients => {
                let name = new_client(scene, "seen").await;
                works(scene, &name).await;
            }
            Self::ControllerSeesClients => {
                for _ in 0..CHANGES {
                    let name = new_client(scene, "judged").await;
                    is(scene, &name, "Ready", "True").await;
                }
            }
            Self::ConfigMapIsFollowed => followed(scene, "ConfigMap", "mapped").await,
            Self::SecretIsFollowed => followed(scene, "Secret", "secret").await,
            Self::SigningKeyIsAdded => added(scene).await,
            Self::HeartBeatsOn => beats_on(scene).await,
        }
    }
}

async fn not_waiting(scene: &Scene, what: &str) {
    let url = format!("{}/readyz", scene.server.health);
    scene
        .until(async || {
            let answer = reqwest::get(&url).await.map_err(|error| error.to_string())?;
            let text = answer.text().await.unwrap_or_default();
            if text.contains(what) { Err(text) } else { Ok(()) }
        })
        .await;
}

/// Starts the controller when the server has looked for what only the controller makes: what comes later
/// it learns by watching.
async fn start(scene: &Scene) {
    let looked = ["waiting for the controller", "cannot follow the object"];
    let log = || scene.server.process.stdout();
    let look = async || {
        looked
            .iter()
            .any(|line| log().contains(line))
            .then_some(())
            .ok_or_else(log)
    };
    timeout(PATIENCE, scene.until(look))
        .await
        .expect("a server that looks for its keys");
    *scene.controller.lock().await = Some(scene.start_controller().await);
}

/// Another leader, who is told to have keys for one more algorithm, and other names, and of no owner.
async fn succeed(scene: &Scene) {
    let mut controller = scene.controller.lock().await;
    let before = controller.as_mut().unwrap();
    before.terminate();
    before.wait(PATIENCE).await;
    let names = ["--dns-name", "127.0.0.1", "--dns-name", trust::NEW_NAME];
    let flags = [&["--signing-algorithms", "ES256,RS256,ES384"][..], &names].concat();
    *controller = Some(scene.release.controller_with(scene.plane, &flags).await);
}

async fn published(scene: &Scene, client: &str) {
    let look = async || match scene.published(client).await {
        keys if keys.is_empty() => Err(scene.clients().get_status(client).await),
        _ => Ok(()),
    };
    scene.until(look).await;
}

async fn signing_keys(scene: &Scene, check: Check) {
    let (secrets, name) = (scene.home::<Secret>(), "countersign-signing-keys");
    if check == Check::SigningKeysAreRestored {
        secrets
            .delete(name, &DeleteParams::default())
            .await
            .map(drop)
            .unwrap_or_default();
    }
    scene.until(async || secrets.get(name).await.map(drop)).await;
}

pub(super) async fn is(scene: &Scene, client: &str, aspect: &str, status: &str) {
    scene
        .until(async || match scene.condition(client, aspect).await {
            Ok(found) if found == status => Ok(()),
            other => Err(other),
        })
        .await;
}

async fn works(scene: &Scene, client: &str) {
    scene.until(async || scene.token(client, &scene.key).await).await;
}

/// The first use may have made a segment: only what comes after it is appended.
async fn recorded(scene: &Scene) {
    scene
        .until(async || {
            for _ in 0..CHANGES {
                scene.token("inline", &scene.key).await?;
            }
            Ok::<_, Value>(())
        })
        .await;
}

async fn collected(scene: &Scene) {
    let segments = scene.home::<ReplaySegment>();
    scene
        .until(async || match segments.get_opt(OLD_SEGMENT).await {
            Ok(None) => Ok(()),
            found => Err(found),
        })
        .await;
}

async fn new_client(scene: &Scene, prefix: &str) -> String {
    let name = format!(
        "{prefix}-{}",
        scene
            .clients()
            .list(&ListParams::default())
            .await
            .unwrap()
            .items
            .len()
    );
    let identities = json!([{ "keys": { "jwks": jwks(&[&scene.key]) } }]);
    scene
        .plane
        .apply(&client_object(scene.release.namespace(), &name, identities))
        .await;
    name
}

async fn followed(scene: &Scene, kind: &str, client: &str) {
    for _ in 0..CHANGES {
        let before = scene.published(client).await;
        let next = carrier(kind, scene.release.namespace(), "keys", &key());
        scene.plane.apply(&next).await;
        scene
            .until(async || {
                let now = scene.published(client).await;
                if now == before || now.is_empty() {
                    Err(now)
                } else {
                    Ok(())
                }
            })
            .await;
    }
}

async fn added(scene: &Scene) {
    let url = format!("{}/jwks", scene.server.issuer);
    scene
        .until(async || {
            let answer = scene.http().await?.get(&url).send().await;
            let text = answer.map_err(|error| error.to_string())?.text().await.unwrap();
            if text.contains("ES384") {
                Ok::<_, String>(())
            } else {
                Err(text)
            }
        })
        .await;
}
