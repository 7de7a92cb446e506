//! How long keys outlive their source.

use super::world::*;
use crate::api::v1alpha1::ConditionType;
use crate::controller::plan::state::{Document, Missing, SourceState};
use bytes::Bytes;
use rstest::rstest;
use serde_json::json;

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
