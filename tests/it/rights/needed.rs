//! Every verb is there because something fails without it, and works again with it.

use super::ablation::{Verb, verbs, without, yaml};
use super::check::{ALL, Check};
use super::scene::Scene;
use crate::support::ControlPlane;
use crate::support::release::Release;
use countersign::api::installation::Account::{self, Controller, Server};
use countersign::api::rights::{Reach, manifests};
use futures::StreamExt;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// How long anything may take that is to work.
pub(super) const PATIENCE: Duration = Duration::from_secs(40);
/// How long what cannot work is waited for.
const SHORT: Duration = Duration::from_secs(3);
/// The same for changes in a row: less than lists every three seconds need.
const LONG: Duration = Duration::from_secs(7);
/// How many installations there are at a time.
const AT_ONCE: usize = 4;

type Key = (Account, &'static str, Option<&'static str>, &'static str);

const CLIENTS: &str = "oauthclients";
const SEGMENTS: &str = "replaysegments";
const BEAT: Option<&str> = Some("countersign-heartbeat");
const LEAD: Option<&str> = Some("countersign-controller");
const KEYS: Option<&str> = Some("countersign-signing-keys");
const CA: Option<&str> = Some("countersign-ca");
const TLS: Option<&str> = Some("countersign-tls");

/// What fails first without each verb.
const FAILS: &[(Key, Check)] = &[
    ((Server, CLIENTS, None, "list"), Check::ServerHasClients),
    ((Server, CLIENTS, None, "watch"), Check::ServerSeesClients),
    ((Server, "leases", BEAT, "list"), Check::PublishedKeysWork),
    ((Server, "leases", BEAT, "watch"), Check::PublishedKeysWork),
    ((Server, "secrets", KEYS, "list"), Check::ServerHasSigningKeys),
    ((Server, "secrets", KEYS, "watch"), Check::ServerHasSigningKeys),
    (
        (Server, "system:service-account-issuer-discovery", None, "get"),
        Check::ServerHasIssuer,
    ),
    ((Server, SEGMENTS, None, "list"), Check::ServerHasLog),
    ((Server, SEGMENTS, None, "create"), Check::ServerHasLog),
    ((Server, SEGMENTS, None, "watch"), Check::ServerHasLog),
    ((Server, SEGMENTS, None, "update"), Check::LogIsAppendedTo),
    ((Server, "secrets", TLS, "list"), Check::ServerHasCertificate),
    ((Server, "secrets", TLS, "watch"), Check::ServerHasCertificate),
    ((Controller, "secrets", CA, "list"), Check::AuthorityIsMade),
    ((Controller, "secrets", CA, "watch"), Check::AuthorityIsRestored),
    ((Controller, "secrets", CA, "update"), Check::AuthorityIsFreed),
    (
        (Controller, "secrets", TLS, "list"),
        Check::ServingCertificateIsMade,
    ),
    (
        (Controller, "secrets", TLS, "watch"),
        Check::ServingCertificateIsRestored,
    ),
    (
        (Controller, "secrets", TLS, "update"),
        Check::CertificateIsRenewed,
    ),
    ((Controller, "configmaps", CA, "create"), Check::BundleIsPublished),
    ((Controller, "configmaps", CA, "patch"), Check::BundleIsPublished),
    (
        (Controller, "rolebindings", None, "get"),
        Check::BundleIsPublished,
    ),
    ((Controller, "deployments", None, "get"), Check::ControllerLeads),
    ((Controller, CLIENTS, None, "list"), Check::StatusIsWritten),
    ((Controller, CLIENTS, None, "watch"), Check::ControllerSeesClients),
    (
        (Controller, "oauthclients/status", None, "patch"),
        Check::StatusIsWritten,
    ),
    ((Controller, "configmaps", None, "list"), Check::ConfigMapIsRead),
    (
        (Controller, "configmaps", None, "watch"),
        Check::ConfigMapIsFollowed,
    ),
    ((Controller, "events", None, "create"), Check::EventIsWritten),
    ((Controller, "events", None, "patch"), Check::EventIsCounted),
    ((Controller, "secrets", None, "list"), Check::SecretIsRead),
    ((Controller, "secrets", None, "watch"), Check::SecretIsFollowed),
    ((Controller, "leases", None, "create"), Check::ControllerLeads),
    ((Controller, "leases", LEAD, "get"), Check::ControllerLeads),
    ((Controller, "leases", BEAT, "get"), Check::HeartBeats),
    ((Controller, "leases", LEAD, "update"), Check::LeaseIsRenewed),
    ((Controller, "leases", BEAT, "update"), Check::HeartBeatsOn),
    ((Controller, "secrets", None, "create"), Check::SigningKeysAreMade),
    ((Controller, "secrets", KEYS, "list"), Check::SigningKeysAreMade),
    (
        (Controller, "secrets", KEYS, "watch"),
        Check::SigningKeysAreRestored,
    ),
    ((Controller, "secrets", KEYS, "update"), Check::SigningKeyIsAdded),
    ((Controller, SEGMENTS, None, "list"), Check::SegmentsAreCollected),
    (
        (Controller, SEGMENTS, None, "delete"),
        Check::SegmentsAreCollected,
    ),
];

/// The same for rights in the release namespace that the controller has in the watched ones, too.
const FAILS_AT_HOME: &[(Key, Check)] = &[
    ((Controller, "configmaps", CA, "list"), Check::BundleIsPutRight),
    ((Controller, "configmaps", CA, "watch"), Check::BundleIsPutRight),
    ((Controller, "configmaps", CA, "create"), Check::BundleIsAtHome),
    ((Controller, "configmaps", CA, "patch"), Check::BundleIsAtHome),
];

/// What fails first without `verb`.
fn fails(verb: &Verb) -> Option<Check> {
    let at_home = verb.right.reach == Reach::ReleaseApart;
    let table = if at_home { FAILS_AT_HOME } else { FAILS };
    let found = table.iter().find(|(key, _)| *key == verb.key());
    found.map(|(_, check)| *check)
}

/// Runs the checks in order up to `last`, all of which are to pass; returns how long each took.
async fn passes(scene: &Scene, last: Check) -> Result<Vec<(Check, Duration)>, String> {
    let mut took = Vec::new();
    for check in ALL.into_iter().filter(|check| *check <= last) {
        let began = Instant::now();
        check.prepare(scene).await;
        pass(scene, check).await?;
        took.push((check, began.elapsed()));
    }
    Ok(took)
}

async fn pass(scene: &Scene, check: Check) -> Result<(), String> {
    let passed = timeout(PATIENCE, check.pass(scene)).await;
    passed.map_err(|_| format!("{check:?} does not pass: {}", scene.last()))
}

/// Sees the expected check fail without `verb`, after all before it have passed, and pass with it.
async fn is_needed(plane: &'static ControlPlane, number: usize, verb: Verb) -> Result<(), String> {
    let check = fails(&verb).ok_or("say in FAILS what fails without it")?;
    let prefix = format!("without-{number}");
    let lacking = |installation: &_| Ok(without(&verb, installation));
    let release = Release::install_with(plane, &prefix, lacking).await;
    let scene = Scene::set(plane, release).await;
    if let Some(before) = ALL.into_iter().rfind(|before| *before < check) {
        passes(&scene, before)
            .await
            .map_err(|why| format!("without it, {why}"))?;
    }
    check.prepare(&scene).await;
    let patience = if check.is_long() { LONG } else { SHORT };
    let passed = timeout(patience, check.pass(&scene)).await;
    passed
        .err()
        .ok_or_else(|| format!("it is not needed: {check:?} passes without it"))?;

    let whole = manifests(&scene.release.installation);
    plane.apply_yaml(&yaml(&whole)).await?;
    check.mend(&scene).await;
    pass(&scene, check).await.map_err(|why| format!("with it, {why}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_works_with_all_rights() {
    let plane = ControlPlane::shared();
    let scene = Scene::set(plane, Release::install(plane, "rights").await).await;
    let took = passes(&scene, Check::HeartBeatsOn).await.unwrap();
    eprintln!("with all rights: {took:.1?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_verb_is_needed() {
    let (plane, began) = (ControlPlane::shared(), Instant::now());
    let verbs = verbs();
    let known: BTreeSet<_> = verbs.iter().map(Verb::key).collect();
    for (key, check) in FAILS.iter().chain(FAILS_AT_HOME) {
        assert!(known.contains(key), "no right gives {key:?} any more ({check:?})");
    }
    let total = verbs.len();
    let seen = futures::stream::iter(verbs.into_iter().enumerate())
        .map(|(number, verb)| async move {
            let began = Instant::now();
            let outcome = is_needed(plane, number, verb).await;
            eprintln!(
                "{verb}: {} ({:.1?})",
                outcome.as_ref().map_or("FAILED", |()| "needed"),
                began.elapsed()
            );
            outcome.map_err(|why| format!("{verb}: {why}"))
        })
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<_>>()
        .await;
    eprintln!("{total} verbs in {:.0?}", began.elapsed());
    let wrong: Vec<_> = seen.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
