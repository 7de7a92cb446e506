use super::state::{Document, Missing, Unreadable};
use super::*;
use crate::fetch::fault::FetchFault;
use crate::jose::{Algorithm, SigningKey};
use bytes::Bytes;
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const URL: &str = "https://ci.example/jwks.json";
const SECRET: &str = "Secret/keys/jwks.json";
const MAP: &str = "ConfigMap/keys/jwks.json";

/// One client, its sources, and its status as the last plan left it.
struct World {
    identities: Vec<Value>,
    extra: Value,
    generation: i64,
    states: BTreeMap<String, SourceState>,
    status: Option<OAuthClientStatus>,
}

impl World {
    fn new(identities: &[&str]) -> Self {
        Self {
            identities: identities.iter().map(|place| identity(place)).collect(),
            extra: json!({}),
            generation: 1,
            states: BTreeMap::new(),
            status: None,
        }
    }

    fn set(&mut self, place: &str, state: SourceState) {
        self.states.insert(place.to_owned(), state);
    }

    fn observed(&self) -> Observed {
        let mut spec = json!({"identities": self.identities});
        for (key, value) in self.extra.as_object().unwrap() {
            spec[key] = value.clone();
        }
        serde_json::from_value(json!({
            "metadata": {"namespace": "payments", "name": "worker", "generation": self.generation},
            "spec": spec,
            "status": self.status,
        }))
        .unwrap()
    }

    /// Plans at `second`, and takes the status as written.
    fn plan(&mut self, second: i64) -> Plan {
        let state = |source: &KeySource| {
            self.states
                .get(&source.to_string())
                .cloned()
                .unwrap_or(SourceState::Pending)
        };
        let plan = plan(&self.observed(), &state, &Installation::default(), at(second));
        self.status = Some(plan.status.clone());
        plan
    }
}

fn identity(place: &str) -> Value {
    match place.split('/').collect::<Vec<_>>().as_slice() {
        ["Secret", name, key] => json!({"keys": {"secretRef": {"name": name, "key": key}}}),
        ["ConfigMap", name, key] => json!({"keys": {"configMapRef": {"name": name, "key": key}}}),
        ["serviceAccount", name] => json!({"serviceAccount": {"name": name}}),
        _ => json!({"keys": {"jwksURI": place}}),
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn key(kid: &str) -> Value {
    let mut jwk = SigningKey::generate(Algorithm::Es256).unwrap().public_jwk();
    jwk.insert("kid".to_owned(), kid.into());
    Value::Object(jwk)
}

fn document(keys: &[Value]) -> Document {
    Document(Bytes::from(json!({"keys": keys}).to_string()))
}

fn read(keys: &[Value]) -> SourceState {
    SourceState::Read(document(keys))
}

fn failing(since: i64, last_good: Option<(Document, i64)>) -> SourceState {
    SourceState::Unreadable {
        why: Unreadable::Fetch(FetchFault::Unreachable),
        since: at(since),
        last_good: last_good.map(|(document, second)| (document, at(second))),
    }
}

fn forbidden(since: i64, last_good: Option<(Document, i64)>) -> SourceState {
    SourceState::Unreadable {
        why: Unreadable::NoPermission,
        since: at(since),
        last_good: last_good.map(|(document, second)| (document, at(second))),
    }
}

/// Each published key as `source kid notAfter`.
fn keys(plan: &Plan) -> Vec<String> {
    plan.status
        .keys
        .iter()
        .map(|key| {
            let end = key
                .not_after
                .as_ref()
                .map_or("-".to_owned(), |time| time.0.as_second().to_string());
            format!("{} {} {end}", key.source, key.kid.clone().unwrap_or_default())
        })
        .collect()
}

/// A condition as `status reason`.
fn condition(plan: &Plan, aspect: ConditionType) -> String {
    let found = plan
        .status
        .conditions
        .iter()
        .find(|condition| condition.type_ == aspect.as_str())
        .unwrap();
    format!("{} {}", found.status, found.reason)
}

fn message(plan: &Plan, aspect: ConditionType) -> &str {
    let found = plan
        .status
        .conditions
        .iter()
        .find(|condition| condition.type_ == aspect.as_str());
    &found.unwrap().message
}

fn synced(plan: &Plan) -> String {
    condition(plan, ConditionType::KeysSynced)
}

fn is_ready(plan: &Plan) -> String {
    condition(plan, ConditionType::Ready)
}

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

#[rstest]
#[case::object(SourceState::Missing(Missing::Object), "False SourceMissing")]
#[case::entry(SourceState::Missing(Missing::Key), "False SourceMissing")]
#[case::malformed(SourceState::Read(Document(Bytes::from_static(b"<html>"))), "False Malformed")]
#[case::emptied(
    SourceState::Read(Document(Bytes::from_static(b"{\"keys\":[]}"))),
    "False NoKeys"
)]
fn what_is_gone_for_certain_takes_its_keys_along_at_once(#[case] state: SourceState, #[case] expected: &str) {
    for place in [SECRET, MAP] {
        let mut world = World::new(&[place, "serviceAccount/a"]);
        world.set(place, read(&[key("a")]));
        assert_eq!(keys(&world.plan(100)).len(), 1);
        world.set(place, state.clone());
        let plan = world.plan(200);
        assert!(keys(&plan).is_empty(), "{place}");
        assert_eq!(synced(&plan), expected);
        assert_eq!(is_ready(&plan), expected);
        assert_eq!(plan.announcements.len(), 1, "{:?}", plan.announcements);
        assert!(plan.announcements[0].warning);
    }
}

#[test]
fn keys_of_a_host_that_fails_stay_for_an_hour_after_its_last_good_answer() {
    let mut world = World::new(&[URL]);
    let set = document(&[key("a")]);
    world.set(URL, SourceState::Read(set.clone()));
    world.plan(100);
    world.set(URL, failing(700, Some((set.clone(), 400))));
    let plan = world.plan(700);
    assert_eq!(keys(&plan), [format!("{URL} a 4000")]);
    assert_eq!(synced(&plan), "False FetchFailed");
    assert_eq!(is_ready(&plan), "True FetchFailed");
    assert_eq!(plan.again, Some(at(4_000)));
    assert_eq!(keys(&world.plan(3_999)), [format!("{URL} a 4000")]);
    let plan = world.plan(4_000);
    assert!(keys(&plan).is_empty());
    assert_eq!(is_ready(&plan), "False FetchFailed");
    world.set(URL, SourceState::Read(set));
    let plan = world.plan(5_000);
    assert_eq!(keys(&plan), [format!("{URL} a -")]);
    assert_eq!(is_ready(&plan), "True Ready");
}

#[test]
fn after_a_restart_standing_keys_of_a_failing_source_get_an_hour_at_most() {
    for unreadable in [failing, forbidden] {
        let place = SECRET;
        let mut world = World::new(&[place]);
        world.set(place, read(&[key("a")]));
        world.plan(100);

        world.set(place, SourceState::Pending);
        let plan = world.plan(1_000);
        assert!(!plan.changed && !plan.settled);
        assert_eq!(keys(&plan), [format!("{place} a -")]);

        world.set(place, unreadable(1_010, None));
        assert_eq!(keys(&world.plan(1_500)), [format!("{place} a 4610")]);

        // Two more restarts, which must not prolong it.
        world.set(place, SourceState::Pending);
        assert_eq!(keys(&world.plan(2_000)), [format!("{place} a 4610")]);
        world.set(place, unreadable(2_010, None));
        assert_eq!(keys(&world.plan(2_020)), [format!("{place} a 4610")]);
        world.set(place, unreadable(4_000, None));
        assert_eq!(keys(&world.plan(4_609)), [format!("{place} a 4610")]);
        assert!(keys(&world.plan(4_610)).is_empty());
        assert!(keys(&world.plan(4_611)).is_empty());
    }
}

#[test]
fn a_source_that_was_never_read_gives_nothing() {
    let mut world = World::new(&[SECRET]);
    let plan = world.plan(100);
    assert_eq!(synced(&plan), "Unknown Pending");
    assert_eq!(is_ready(&plan), "Unknown Pending");
    assert_eq!(plan.announcements.len(), 1, "only that the spec is valid");
    assert!(!plan.settled);
    world.set(SECRET, forbidden(100, None));
    let plan = world.plan(101);
    assert!(keys(&plan).is_empty());
    assert_eq!(is_ready(&plan), "False NoPermission");
    assert!(message(&plan, ConditionType::KeysSynced).contains(
        "kubectl create rolebinding countersign-key-reader --namespace=payments \
         --clusterrole=countersign-key-reader --serviceaccount=countersign-system:countersign-controller"
    ));
}

#[test]
fn keys_of_a_source_that_left_the_spec_are_dropped() {
    let mut world = World::new(&[SECRET, URL]);
    world.set(SECRET, read(&[key("s")]));
    world.set(URL, failing(90, Some((document(&[key("u")]), 80))));
    assert_eq!(keys(&world.plan(100)).len(), 2);
    world.identities.pop();
    world.generation = 2;
    let plan = world.plan(101);
    assert_eq!(keys(&plan), [format!("{SECRET} s -")]);
    assert_eq!(is_ready(&plan), "True Ready");
}

#[test]
fn standing_keys_whose_algorithm_is_no_longer_allowed_go() {
    let mut world = World::new(&[URL]);
    world.set(URL, read(&[key("a")]));
    assert_eq!(keys(&world.plan(100)).len(), 1);
    world.extra = json!({"assertion": {"algorithms": ["RS256"]}});
    world.generation = 2;
    for state in [SourceState::Pending, failing(200, None)] {
        world.set(URL, state);
        assert!(keys(&world.plan(200)).is_empty());
    }
}

#[test]
fn one_kid_for_two_keys_is_refused_and_what_was_read_prevails() {
    let mut world = World::new(&[MAP, SECRET]);
    world.set(MAP, failing(90, Some((document(&[key("k")]), 80))));
    world.set(SECRET, read(&[key("k")]));
    let plan = world.plan(100);
    assert_eq!(keys(&plan), [format!("{SECRET} k -")]);
    assert!(message(&plan, ConditionType::KeysSynced).contains(
        "the key with kid k is refused: another source has another key with the same kid and algorithm"
    ));
}

#[test]
fn one_key_in_two_sources_is_vouched_for_by_each() {
    let mut world = World::new(&[MAP, SECRET]);
    let shared = key("k");
    world.set(
        MAP,
        failing(90, Some((document(std::slice::from_ref(&shared)), 80))),
    );
    world.set(SECRET, read(&[shared]));
    assert_eq!(
        keys(&world.plan(100)),
        [format!("{MAP} k 3680"), format!("{SECRET} k -")]
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
    assert_eq!(plan.status.keys.len(), keys::MAX_REFERENCED);
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
        "spec.token.lifetime: must be from 1m to 1h; spec.assertion.audience: must be Standard or Strict"
    );
    assert_eq!(synced(&plan), "Unknown NotAccepted");
    assert_eq!(is_ready(&plan), "False InvalidLifetime");
    assert!(sources(&world.observed()).is_empty());
}

#[test]
fn a_spec_that_cannot_be_decoded_is_told_without_its_values() {
    let mut world = World::new(&[]);
    world.extra = json!({"identities": "canary"});
    let plan = world.plan(100);
    assert_eq!(condition(&plan, ConditionType::Accepted), "False Malformed");
    assert_eq!(
        message(&plan, ConditionType::Accepted),
        "spec cannot be decoded: invalid type: string \"…\", expected a sequence"
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
