//! What is published and said of what stands in the sources.

use super::world::*;
use crate::api::v1alpha1::ConditionType;
use crate::controller::plan::keys::MAX_REFERENCED;
use crate::controller::plan::state::SourceState;
use crate::controller::plan::{Plan, sources};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use serde_json::{Value, json};

#[test]
fn a_client_without_keys_needs_none() {
    let mut world = World::new(&["serviceAccount/worker"]);
    let plan = world.plan(100);
    assert_eq!(condition(&plan, ConditionType::Accepted), "True Accepted");
    assert_eq!(synced(&plan), "True NotRequired");
    assert_eq!(is_ready(&plan), "True Ready");
    assert_eq!(plan.status.client_id.as_deref(), Some("payments/worker"));
    assert_eq!(plan.status.observed_generation, Some(1));
    assert!(plan.changed && plan.settled && plan.again.is_none());
}

#[test]
fn nothing_is_written_when_nothing_changed() {
    let mut world = World::new(&[MAP, URL]);
    let set = [key("a")];
    world.set(MAP, read(&set));
    world.set(URL, failing(90, Some((document(&[key("b")]), 50))));
    assert!(world.plan(100).changed);
    let again = world.plan(2_000);
    assert!(!again.changed);
    assert!(again.announcements.is_empty());
    assert_eq!(again.again, Some(at(3_650)));
    world.status.as_mut().unwrap().keys[0].thumbprint = "x".repeat(43);
    assert!(world.plan(2_001).changed, "someone else wrote the status");
    world.status.as_mut().unwrap().conditions.push(Condition {
        type_: "Served".to_owned(),
        status: "True".to_owned(),
        reason: "Served".to_owned(),
        message: String::new(),
        observed_generation: Some(1),
        last_transition_time: k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(at(1)),
    });
    assert!(
        !world.plan(2_002).changed,
        "another's condition is not ours to judge"
    );
}

#[test]
fn every_source_is_published_with_its_name_and_inline_keys_first() {
    let mut world = World::new(&[URL, SECRET, MAP]);
    world
        .identities
        .push(json!({"keys": {"jwks": {"keys": [key("i")]}}}));
    for (place, kid) in [(URL, "u"), (SECRET, "s"), (MAP, "m")] {
        world.set(place, read(&[key(kid)]));
    }
    let plan = world.plan(100);
    assert_eq!(
        keys(&plan),
        [
            "Inline i -".to_owned(),
            format!("{MAP} m -"),
            format!("{SECRET} s -"),
            format!("{URL} u -")
        ]
    );
    assert_eq!(synced(&plan), "True Synced");
    assert_eq!(message(&plan, ConditionType::KeysSynced), "4 keys are published");
    let published = serde_json::to_value(&plan.status.keys[0]).unwrap();
    assert_eq!(published["publicJWK"]["crv"], "P-256");
    assert_eq!(published["alg"], "ES256");
}

#[test]
fn bad_keys_are_refused_one_by_one_and_named() {
    let mut world = World::new(&[MAP]);
    let mut private = key("p");
    private["d"] = "canary".into();
    let symmetric = json!({"kty": "oct", "k": "canary", "kid": "s"});
    let good = key("g");
    world.set(
        MAP,
        read(&[private, symmetric, good.clone(), good, json!({"kty": "new"})]),
    );
    let plan = world.plan(100);
    assert_eq!(keys(&plan), [format!("{MAP} g -")]);
    assert_eq!(synced(&plan), "False KeysRefused");
    assert_eq!(
        message(&plan, ConditionType::KeysSynced),
        format!(
            "{MAP}: key 0 (kid p) is refused: it is a private key: revoke it, and register its public half only; \
             {MAP}: key 1 (kid s) is refused: it is a symmetric key, which nobody may publish; \
             {MAP}: key 3 (kid g) is refused: an earlier key is the same or has the same kid and algorithm; \
             {MAP}: key 4 is refused: its key type or curve is not supported: use RSA, P-256, P-384, P-521 or Ed25519"
        )
    );
    assert_eq!(is_ready(&plan), "True KeysRefused");
    assert!(message(&plan, ConditionType::Ready).starts_with("the client can be used, but: "));
    assert!(!format!("{plan:?}").contains("canary"));
}

#[test]
fn refused_inline_keys_are_named_by_their_field() {
    let mut world = World::new(&["serviceAccount/a"]);
    let weak = json!({"kty": "oct", "k": "canary"});
    world.identities.push(json!({"keys": {"jwks": {"keys": [weak]}}}));
    let plan = world.plan(100);
    assert_eq!(synced(&plan), "False KeysRefused");
    assert!(
        message(&plan, ConditionType::KeysSynced)
            .starts_with("spec.identities[1].keys.jwks: key 0 is refused"),
    );
    assert_eq!(
        is_ready(&plan),
        "False KeysRefused",
        "that identity cannot be used at all"
    );
}

#[test]
fn a_client_has_at_most_64_referenced_keys() {
    let places: Vec<String> = (0..5).map(|n| format!("ConfigMap/m{n}/k")).collect();
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    let mut world = World::new(&places);
    for (n, place) in places.iter().enumerate() {
        let set: Vec<Value> = (0..16).map(|i| key(&format!("{n}-{i}"))).collect();
        world.set(place, read(&set));
    }
    let plan = world.plan(100);
    assert_eq!(plan.status.keys.len(), MAX_REFERENCED);
    assert_eq!(synced(&plan), "False TooManyKeys");
    assert_eq!(
        message(&plan, ConditionType::KeysSynced),
        "ConfigMap/m4/k: 16 keys are more than one client may have"
    );
}

#[test]
fn a_faulty_spec_publishes_nothing_and_tells_all_its_faults() {
    let mut world = World::new(&[MAP]);
    world.set(MAP, read(&[key("a")]));
    assert_eq!(keys(&world.plan(100)).len(), 1);
    world.extra = json!({"assertion": {"audience": "Any"}, "token": {"lifetime": "1s"}});
    world.generation = 2;
    let plan = world.plan(200);
    assert!(keys(&plan).is_empty());
    assert_eq!(condition(&plan, ConditionType::Accepted), "False InvalidLifetime");
    assert_eq!(
        message(&plan, ConditionType::Accepted),
        "spec.token.lifetime: must be from 1m to 1h; spec.assertion.audience: must be one of Standard, Strict, Fapi and Compat"
    );
    assert_eq!(synced(&plan), "Unknown NotAccepted");
    assert_eq!(is_ready(&plan), "False InvalidLifetime");
    assert!(sources(&world.observed()).is_empty());
}

/// S-7523bis-20
#[test]
fn an_audience_policy_for_old_libraries_is_told_once() {
    let mut world = World::new(&["serviceAccount/worker"]);
    world.extra = json!({"assertion": {"audience": "Compat"}});
    let plan = world.plan(100);
    assert_eq!(condition(&plan, ConditionType::Accepted), "True CompatAudience");
    assert_eq!(is_ready(&plan), "True Ready");
    let warnings: Vec<_> = plan.announcements.iter().filter(|told| told.warning).collect();
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].reason, "CompatAudience");
    assert!(world.plan(200).announcements.is_empty());
    world.extra = json!({"assertion": {"audience": "Strict"}});
    world.generation = 2;
    let plan = world.plan(300);
    assert_eq!(condition(&plan, ConditionType::Accepted), "True Accepted");
    assert!(plan.announcements.iter().all(|told| !told.warning));
}

#[test]
fn a_spec_that_cannot_be_decoded_is_told_without_its_values() {
    let mut world = World::new(&[]);
    world.extra = json!({"identities": "canary"});
    let plan = world.plan(100);
    assert_eq!(condition(&plan, ConditionType::Accepted), "False Malformed");
    assert_eq!(
        message(&plan, ConditionType::Accepted),
        "spec cannot be decoded: spec.identities: invalid type: string \"…\", expected a sequence"
    );
    assert!(plan.settled);
    assert!(!world.plan(200).changed);
}

#[test]
fn a_suspended_client_is_kept_up_to_date() {
    let mut world = World::new(&[MAP]);
    world.extra = json!({"suspended": true});
    world.set(MAP, read(&[key("a")]));
    let plan = world.plan(100);
    assert_eq!(keys(&plan).len(), 1);
    assert_eq!(condition(&plan, ConditionType::Accepted), "True Accepted");
    assert_eq!(synced(&plan), "True Synced");
    assert_eq!(is_ready(&plan), "False Suspended");
}

#[test]
fn changes_are_announced_and_only_changes() {
    let mut world = World::new(&[URL]);
    let reasons = |plan: &Plan| -> Vec<String> {
        let named = plan.announcements.iter();
        named
            .map(|said| format!("{} {}", said.action, said.reason))
            .collect()
    };
    let set = document(&[key("a")]);
    assert_eq!(reasons(&world.plan(1)), ["Accepted Accepted"]);
    world.set(URL, SourceState::Read(set.clone()));
    assert_eq!(reasons(&world.plan(2)), ["KeysSynced Synced", "Ready Ready"]);
    world.set(URL, read(&[key("b")]));
    assert!(reasons(&world.plan(3)).is_empty(), "other keys are no news");
    world.set(URL, failing(4, Some((set, 3))));
    assert_eq!(reasons(&world.plan(4)), ["KeysSynced FetchFailed"]);
}
