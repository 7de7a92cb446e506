//! The times of keys, over random lives of an installation.

#![expect(clippy::arithmetic_side_effects, reason = "an overflow fails the test")]
#![expect(clippy::unnecessary_wraps, reason = "the signature is that of making a key")]

use super::*;
use crate::jose::{Algorithm, SigningKey};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const START: i64 = 1_800_000_000;
const DAY: i64 = 86_400;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn policy(algorithms: &[Algorithm]) -> RotationPolicy {
    RotationPolicy::new(algorithms.iter().copied().collect()).unwrap()
}

fn make(algorithm: Algorithm) -> Result<SigningKey, RingError> {
    Ok(SigningKey::generate(algorithm).unwrap())
}

/// The ring after whatever is to be done at `now`, and a look that finds nothing more to do.
fn step(ring: &KeyRing, now: Timestamp, policy: &RotationPolicy) -> KeyRing {
    let next = match plan(ring, now, policy) {
        Plan::Nothing { .. } => ring.clone(),
        Plan::Write(draft) => draft.complete(make).unwrap(),
    };
    assert!(
        matches!(plan(&next, now, policy), Plan::Nothing { .. }),
        "not settled: {next:?}"
    );
    next
}

fn kid(key: Option<&SigningKey>) -> Option<String> {
    key.map(|key| key.kid().to_owned())
}

fn states(ring: &KeyRing, now: Timestamp) -> Vec<KeyState> {
    ring.entries().iter().map(|entry| entry.state(now)).collect()
}

#[test]
fn the_life_of_a_key() {
    use KeyState::{Active, Gone, Published, Retiring};
    let policy = policy(&[Algorithm::Es256]);
    let first = step(&KeyRing::default(), at(START), &policy);
    assert_eq!(states(&first, at(START)), [Active]);

    let due = START + 30 * DAY - 3600;
    let Plan::Nothing { until } = plan(&first, at(START), &policy) else {
        panic!("a second key at once")
    };
    assert_eq!(until, at(due));
    assert_eq!(step(&first, at(due - 1), &policy), first);

    let both = step(&first, at(due), &policy);
    assert_eq!(states(&both, at(due)), [Active, Published]);
    assert_eq!(states(&both, at(due + 3599)), [Active, Published]);
    assert_eq!(states(&both, at(due + 3600)), [Retiring, Active]);
    assert_eq!(states(&both, at(due + 3600 + 66 * 60 - 1)), [Retiring, Active]);
    assert_eq!(states(&both, at(due + 3600 + 66 * 60)), [Gone, Active]);

    let last = step(&both, at(due + 3600 + 66 * 60), &policy);
    assert_eq!(states(&last, at(due + 3600 + 66 * 60)), [Active]);
    assert_eq!(last.entries()[0], both.entries()[1]);
}

#[test]
fn a_late_rotation_still_publishes_first() {
    let policy = policy(&[Algorithm::Es256]);
    let first = step(&KeyRing::default(), at(START), &policy);
    let late = START + 400 * DAY;
    assert!(first.active(Algorithm::Es256, at(late)).is_some());
    let both = step(&first, at(late), &policy);
    assert_eq!(both.entries()[1].active_from(), at(late + 3600));
    assert_eq!(
        kid(both.active(Algorithm::Es256, at(late + 3599))),
        Some(first.entries()[0].key().kid().to_owned())
    );
}

#[test]
fn an_algorithm_that_comes_later_is_published_first() {
    let first = step(&KeyRing::default(), at(START), &policy(&[Algorithm::Es256]));
    let both = step(
        &first,
        at(START + 60),
        &policy(&[Algorithm::Es256, Algorithm::EdDsa]),
    );
    assert!(both.active(Algorithm::EdDsa, at(START + 60 + 3599)).is_none());
    assert!(both.active(Algorithm::EdDsa, at(START + 60 + 3600)).is_some());
    assert_eq!(both.published(at(START + 60)).count(), 2);
}

#[test]
fn an_algorithm_that_goes_stays_in_the_jwks_as_long_as_its_tokens() {
    let both = step(
        &KeyRing::default(),
        at(START),
        &policy(&[Algorithm::Es256, Algorithm::EdDsa]),
    );
    let one = policy(&[Algorithm::Es256]);
    let gone = step(&both, at(START + 60), &one);
    assert!(gone.active(Algorithm::EdDsa, at(START + 60)).is_none());
    assert_eq!(gone.published(at(START + 60 + 66 * 60 - 1)).count(), 2);
    assert_eq!(gone.published(at(START + 60 + 66 * 60)).count(), 1);
}

#[test]
fn an_algorithm_that_another_one_replaces_signs_until_that_one_does() {
    let ring = step(&KeyRing::default(), at(START), &policy(&[Algorithm::Es256]));
    let other = policy(&[Algorithm::EdDsa]);
    let both = step(&ring, at(START + 60), &other);
    let handover = START + 60 + 3600;
    assert!(both.active(Algorithm::Es256, at(handover - 1)).is_some());
    assert!(both.active(Algorithm::EdDsa, at(handover - 1)).is_none());
    assert!(both.active(Algorithm::Es256, at(handover)).is_none());
    assert!(both.active(Algorithm::EdDsa, at(handover)).is_some());
    assert_eq!(step(&both, at(START + 120), &other), both);
    assert_eq!(both.published(at(handover + 66 * 60 - 1)).count(), 2);
    assert_eq!(both.published(at(handover + 66 * 60)).count(), 1);
}

#[test]
fn an_algorithm_that_comes_back_before_it_was_replaced_never_stops_signing() {
    let (one, other) = (policy(&[Algorithm::Es256]), policy(&[Algorithm::EdDsa]));
    let ring = step(&KeyRing::default(), at(START), &one);
    let ring = step(&ring, at(START + 60), &other);
    let ring = step(&ring, at(START + 1860), &one);
    for second in (1860..12_000).step_by(20) {
        assert!(
            ring.active(Algorithm::Es256, at(START + second)).is_some(),
            "{second}"
        );
        assert!(
            ring.active(Algorithm::EdDsa, at(START + second)).is_none(),
            "{second}"
        );
    }
}

#[test]
fn a_key_that_waits_when_its_algorithm_goes_never_signs_and_is_not_unpublished_at_once() {
    let two = policy(&[Algorithm::Es256, Algorithm::EdDsa]);
    let one = policy(&[Algorithm::Es256]);
    let ring = step(&KeyRing::default(), at(START), &one);
    let ring = step(&ring, at(START + 60), &two);
    let ring = step(&ring, at(START + 120), &one);
    for later in [120, 3659, 3660, 3661, 9000] {
        assert!(ring.active(Algorithm::EdDsa, at(START + later)).is_none());
    }
    assert_eq!(ring.published(at(START + 3660 + 66 * 60 - 1)).count(), 2);
    let again = step(&ring, at(START + 180), &two);
    assert_eq!(again.entries().len(), 3);
    assert!(again.active(Algorithm::EdDsa, at(START + 180 + 3600)).is_some());
}

#[test]
fn a_server_whose_clock_is_behind_signs_with_the_first_key() {
    let ring = step(&KeyRing::default(), at(START), &policy(&[Algorithm::Es256]));
    let keys = SigningKeys::new(ring);
    assert!(keys.active(Algorithm::Es256, at(START - 3600)).is_some());
    assert_eq!(keys.jwks(at(START - 3600)).len(), 1);
}

#[test]
fn a_turn_that_was_planned_with_a_wrong_clock_is_brought_forward() {
    let policy = policy(&[Algorithm::Es256]);
    let wrong = START + 700 * DAY;
    let ring = step(&KeyRing::default(), at(wrong), &policy);
    let first = kid(ring.entries().first().map(KeyEntry::key));
    let ring = step(&ring, at(wrong + 30 * DAY), &policy);
    let second = kid(ring.entries().last().map(KeyEntry::key));
    let ring = step(&ring, at(START), &policy);
    assert_eq!(kid(ring.active(Algorithm::Es256, at(START))), first);
    assert_eq!(kid(ring.active(Algorithm::Es256, at(START + 3599))), first);
    assert_eq!(kid(ring.active(Algorithm::Es256, at(START + 3600))), second);
    assert_eq!(ring.published(at(START + 3600 + 66 * 60 - 1)).count(), 2);
}

/// S-7517-06
#[test]
fn the_jwks_shows_what_a_verifier_needs_and_nothing_private() {
    let keys = SigningKeys::new(step(
        &KeyRing::default(),
        at(START),
        &policy(&[Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa]),
    ));
    let jwks = keys.jwks(at(START));
    assert_eq!(jwks.len(), 3);
    for jwk in jwks {
        for needed in ["kty", "kid", "alg"] {
            assert!(jwk.contains_key(needed), "{needed} is missing");
        }
        assert_eq!(jwk.get("use").and_then(|value| value.as_str()), Some("sig"));
        for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            assert!(!jwk.contains_key(private), "{private} is shown");
        }
    }
}

#[test]
fn a_key_for_another_algorithm_is_not_taken() {
    let Plan::Write(draft) = plan(&KeyRing::default(), at(START), &policy(&[Algorithm::Es256])) else {
        panic!("no first key")
    };
    let wrong = draft.complete::<RingError>(|_| make(Algorithm::EdDsa));
    assert_eq!(wrong, Err(RingError::OtherAlgorithm));
}

// === Random lives ===

/// What verifiers saw of one key.
#[derive(Debug, Default)]
struct Record {
    published: i64,
    is_first: bool,
    first_use: Option<i64>,
    last_use: Option<i64>,
}

/// The moments around which anything may change between `from` and `to`, exclusively.
fn moments(ring: &KeyRing, from: i64, to: i64) -> BTreeSet<i64> {
    let mut moments = BTreeSet::from([from, to - 1]);
    for entry in ring.entries() {
        let end = entry.retirement();
        let changes = [
            Some(entry.active_from()),
            end.map(|end| end.at),
            end.map(|end| end.expires),
        ];
        for second in changes.into_iter().flatten().map(Timestamp::as_second) {
            moments.extend([second - 1, second]);
        }
    }
    moments.retain(|second| (from..to).contains(second));
    moments
}

fn pauses() -> impl Strategy<Value = i64> {
    prop_oneof![
        1_i64..120,
        120_i64..2 * 3600,
        2 * 3600..2 * DAY,
        2 * DAY..45 * DAY
    ]
}

fn algorithms() -> impl Strategy<Value = Vec<Algorithm>> {
    prop_oneof![
        3 => Just(vec![Algorithm::Es256]),
        2 => Just(vec![Algorithm::Es256, Algorithm::EdDsa]),
        1 => Just(vec![Algorithm::EdDsa]),
        1 => Just(vec![Algorithm::Es256, Algorithm::Es384, Algorithm::EdDsa]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Every key is published long enough before and after its use, and while an algorithm stays
    /// configured, exactly one key is active from its first key on.
    /// S-7517-06
    #[test]
    fn no_verifier_ever_meets_an_unknown_key(
        lives in prop::collection::vec((algorithms(), prop::collection::vec(pauses(), 1..12)), 1..4),
    ) {
        let mut now = START;
        let mut ring = KeyRing::default();
        let mut records: BTreeMap<String, Record> = BTreeMap::new();
        for (algorithms, pauses) in lives {
            let policy = policy(&algorithms);
            let lead = policy.publish_before().as_secs();
            let keep = policy.keep_after().as_secs();
            let mut served = BTreeSet::new();
            for pause in pauses {
                let is_first = ring.is_empty();
                ring = step(&ring, at(now), &policy);
                for entry in ring.entries() {
                    records.entry(entry.key().kid().to_owned()).or_insert(Record {
                        published: now,
                        is_first,
                        ..Record::default()
                    });
                }
                let keys = SigningKeys::new(ring.clone());
                for second in moments(&ring, now, now + pause) {
                    let jwks: BTreeSet<String> = keys
                        .jwks(at(second))
                        .iter()
                        .map(|jwk| jwk["kid"].as_str().unwrap().to_owned())
                        .collect();
                    for &algorithm in &algorithms {
                        let active: Vec<_> = ring
                            .of(algorithm)
                            .filter(|entry| entry.state(at(second)) == KeyState::Active)
                            .collect();
                        prop_assert!(active.len() <= 1);
                        prop_assert_eq!(
                            kid(keys.active(algorithm, at(second))),
                            active.first().map(|entry| entry.key().kid().to_owned())
                        );
                        let Some(entry) = active.first() else {
                            prop_assert!(!served.contains(&algorithm), "{algorithm} lost its key");
                            continue;
                        };
                        served.insert(algorithm);
                        let record = records.get_mut(entry.key().kid()).unwrap();
                        record.first_use.get_or_insert(second);
                        record.last_use = Some(second);
                        prop_assert!(record.is_first || second - record.published >= lead);
                    }
                    let signs = ring.algorithms().into_iter().any(|one| ring.active(one, at(second)).is_some());
                    prop_assert!(signs, "nothing can be signed");
                    for (kid, record) in &records {
                        if record.last_use.is_some_and(|used| second < used + keep) {
                            prop_assert!(jwks.contains(kid), "a key was unpublished early");
                        }
                    }
                }
                now += pause;
            }
            prop_assert!(!served.is_empty() || ring.entries().len() > 1);
        }
    }

    /// What is in the JWKS now was in it at any earlier time on the clock, and there is a key to sign with.
    #[test]
    fn a_clock_that_goes_back_loses_nothing(
        pauses in prop::collection::vec(pauses(), 1..12),
        back in 1_i64..400 * DAY,
    ) {
        let policy = policy(&[Algorithm::Es256]);
        let mut now = START;
        let mut ring = KeyRing::default();
        for pause in pauses {
            ring = step(&ring, at(now), &policy);
            now += pause;
        }
        let published: Vec<_> = ring.published(at(now)).cloned().collect();
        let earlier: Vec<_> = ring.published(at(now - back)).cloned().collect();
        prop_assert!(published.iter().all(|entry| earlier.contains(entry)));
        let after = step(&ring, at(now - back), &policy);
        for entry in published {
            prop_assert!(after.entries().iter().any(|kept| kept.key().kid() == entry.key().kid()));
        }
    }

    /// Whatever the clock does, each plan can be carried out and leaves each algorithm with a key that
    /// signs now or after a lead time.
    #[test]
    fn a_wild_clock_never_ends_in_a_ring_that_cannot_go_on(
        jumps in prop::collection::vec((algorithms(), -1_000 * DAY..1_000 * DAY), 1..12),
    ) {
        let mut now = START;
        let mut ring = KeyRing::default();
        for (algorithms, jump) in jumps {
            let policy = policy(&algorithms);
            ring = step(&ring, at(now), &policy);
            let soon = at(now)
                .saturating_add(policy.publish_before().saturating_add(SignedDuration::from_mins(15)))
                .unwrap();
            for algorithm in algorithms {
                prop_assert!(ring.active(algorithm, soon).is_some());
                for moment in [at(now), soon] {
                    let active = ring
                        .of(algorithm)
                        .filter(|entry| entry.state(moment) == KeyState::Active);
                    prop_assert!(active.count() <= 1);
                }
            }
            now += jump;
        }
    }
}
