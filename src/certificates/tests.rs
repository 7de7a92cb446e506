#![expect(
    clippy::arithmetic_side_effects,
    reason = "an overflow in a test is a failed test"
)]

use super::*;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rustls_pki_types::CertificateDer;
use thiserror::Error;

const START: i64 = 1_800_000_000;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
const WEEK: i64 = 7 * DAY;

#[derive(Debug, Error)]
enum Failed {
    #[error(transparent)]
    Ring(#[from] RingFault),
    #[error(transparent)]
    Material(#[from] MaterialFault),
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn names(names: &[&str]) -> Names {
    Names::new(names.iter().map(|name| name.parse().unwrap())).unwrap()
}

fn ours() -> Names {
    names(&["countersign-server.cs.svc", "127.0.0.1"])
}

/// The authorities after whatever is to be done at `now`, and a look that finds nothing more to do; as they are
/// read back from the Secret.
fn step(ring: &Authorities, now: i64) -> Authorities {
    let next = match plan(ring, at(now)) {
        Plan::Nothing { .. } => ring.clone(),
        Plan::Write(draft) => draft.complete::<Failed>(|| Ok(Material::generate()?)).unwrap(),
    };
    assert!(
        matches!(plan(&next, at(now)), Plan::Nothing { .. }),
        "not settled: {next:?}"
    );
    let read = secret::decode(&secret::encode(&next).unwrap()).unwrap();
    assert_eq!(read, next);
    read
}

/// The serving certificate after whatever is to be done at `now`, and why it was made, if it was.
fn serve(ring: &Authorities, serving: Option<Serving>, names: &Names, now: i64) -> (Serving, Option<Reason>) {
    match renewal(ring, serving.as_ref(), names, at(now)).expect("an authority") {
        Renewal::Keep { .. } => (serving.unwrap(), None),
        Renewal::Issue(reason) => {
            let material = Material::generate().unwrap();
            let issued = ring
                .in_use(at(now))
                .unwrap()
                .issue(names, at(now), &material)
                .unwrap();
            let made = Serving::read(issued.chain.as_bytes(), issued.key.as_bytes()).unwrap();
            let kept = renewal(ring, Some(&made), names, at(now)).unwrap();
            assert!(matches!(kept, Renewal::Keep { .. }), "made in vain: {kept:?}");
            (made, Some(reason))
        }
    }
}

fn verified(serving: &Serving, bundle: &[CertificateDer<'_>], now: i64) -> bool {
    verifies(serving.certificate(), bundle, at(now))
}

fn until(ring: &Authorities, now: i64) -> i64 {
    match plan(ring, at(now)) {
        Plan::Nothing { until } => until.as_second(),
        Plan::Write(draft) => panic!("something to do: {draft:?}"),
    }
}

#[test]
fn the_life_of_an_authority() {
    let first = step(&Authorities::default(), START);
    let old = first.in_use(at(START)).unwrap().clone();
    let due = START + 275 * DAY;
    assert_eq!(until(&first, START), due);
    assert_eq!(step(&first, due - 1), first);

    let both = step(&first, due);
    assert_eq!(both.bundle(at(due)).len(), 2);
    assert_eq!(until(&both, due), due + WEEK);
    assert_eq!(both.in_use(at(due + WEEK - 1)), Some(&old));
    let new = both.in_use(at(due + WEEK)).unwrap().clone();
    assert_ne!(new, old);
    assert_eq!(until(&both, due + WEEK), START + 365 * DAY + 1);
    assert_eq!(step(&both, START + 365 * DAY), both);

    let last = step(&both, START + 365 * DAY + 1);
    assert_eq!(last.entries(), [new]);
}

#[test]
fn the_life_of_a_serving_certificate() {
    let ring = step(&Authorities::default(), START);
    let (first, why) = serve(&ring, None, &ours(), START);
    assert_eq!(why, Some(Reason::First));
    let holds = Validity {
        not_before: at(START - HOUR),
        not_after: at(START + 30 * DAY),
    };
    assert_eq!(first.validity(), holds);
    let due = START + 20 * DAY;
    let keep = Renewal::Keep { until: at(due) };
    assert_eq!(renewal(&ring, Some(&first), &ours(), at(due - 1)), Some(keep));
    let (second, why) = serve(&ring, Some(first.clone()), &ours(), due);
    assert_eq!(why, Some(Reason::Age));
    assert_ne!(second, first);
}

#[test]
fn a_serving_certificate_is_made_at_once_when_the_names_or_the_authority_change() {
    let ring = step(&Authorities::default(), START);
    let (first, _) = serve(&ring, None, &ours(), START);
    let more = names(&["countersign-server.cs.svc", "127.0.0.1", "tokens.example"]);
    assert_eq!(
        serve(&ring, Some(first.clone()), &more, START).1,
        Some(Reason::Names)
    );
    let other = step(&Authorities::default(), START);
    assert_eq!(
        serve(&other, Some(first), &ours(), START).1,
        Some(Reason::Authority)
    );

    let due = START + 275 * DAY;
    let (before, _) = serve(&ring, None, &ours(), due);
    let both = step(&ring, due);
    let (same, why) = serve(&both, Some(before.clone()), &ours(), due + WEEK - 1);
    assert_eq!((same, why), (before.clone(), None));
    let (after, why) = serve(&both, Some(before), &ours(), due + WEEK);
    assert_eq!(why, Some(Reason::Authority));
    assert!(verified(&after, &both.bundle(at(due)), due + WEEK));
    assert!(!verified(&after, &ring.bundle(at(due - 1)), due + WEEK));
}

#[test]
fn a_late_succession_publishes_for_as_long_as_is_left() {
    let first = step(&Authorities::default(), START);
    let end = START + 365 * DAY;
    for (now, signs_from) in [
        (end - 30 * DAY, end - 23 * DAY),
        (end - 2 * DAY, end - HOUR),
        (end - 60, end - 60),
    ] {
        let both = step(&first, now);
        assert_eq!(both.entries()[1].signs_from(), at(signs_from));
    }
    let none_holds = step(&first, end + 1);
    assert_eq!(none_holds.entries().len(), 1);
    assert_eq!(none_holds.entries()[0].signs_from(), at(end + 1));
}

#[test]
fn nothing_is_issued_beyond_the_end_of_the_authority() {
    let ring = step(&Authorities::default(), START);
    let end = START + 365 * DAY;
    let (short, _) = serve(&ring, None, &ours(), end - DAY / 2);
    assert_eq!(short.validity().not_after, at(end));
    assert_eq!(renewal(&ring, None, &ours(), at(end + 1)), None, "nobody signs");
}

#[test]
fn a_clock_that_is_behind_finds_what_holds() {
    let ring = step(&Authorities::default(), START);
    let (serving, _) = serve(&ring, None, &ours(), START);
    assert!(verified(&serving, &ring.bundle(at(START)), START - HOUR));
    assert!(ring.in_use(at(START - HOUR)).is_some());
}

#[test]
fn an_authority_of_the_future_waits_for_its_time() {
    let wrong = START + 700 * DAY;
    let ring = step(&Authorities::default(), wrong);
    let both = step(&ring, START);
    assert_eq!(both.entries().len(), 2);
    assert_eq!(both.in_use(at(START)).unwrap().signs_from(), at(START));
    assert_eq!(step(&both, wrong).in_use(at(wrong)), ring.in_use(at(wrong)));
}

#[test]
fn a_pair_that_is_none_is_not_taken() {
    let ring = step(&Authorities::default(), START);
    let material = Material::generate().unwrap();
    let issue = || {
        ring.in_use(at(START))
            .unwrap()
            .issue(&ours(), at(START), &material)
            .unwrap()
    };
    let (good, other) = (issue(), ring.in_use(at(START)).unwrap());
    let foreign = other
        .issue(&ours(), at(START), &Material::generate().unwrap())
        .unwrap();
    let read = |chain: &str, key: &str| Serving::read(chain.as_bytes(), key.as_bytes());
    assert!(read(&good.chain, &good.key).is_ok());
    assert_eq!(read(&good.chain, &foreign.key), Err(ServingFault::Mismatch));
    assert_eq!(read("", &good.key), Err(ServingFault::Certificate));
    assert_eq!(
        read(&good.chain.repeat(2), &good.key),
        Err(ServingFault::Certificate)
    );
    assert_eq!(read(&good.chain, ""), Err(ServingFault::Key));
    let shown = format!("{good:?} {material:?} {ring:?}");
    assert!(!shown.contains("PRIVATE") && good.key.lines().skip(1).take(2).all(|line| !shown.contains(line)));
}

#[test]
fn a_bundle_is_read_as_a_whole_or_not_at_all() {
    let ring = step(&step(&Authorities::default(), START), START + 275 * DAY);
    let pem = ring.bundle_pem(at(START + 275 * DAY));
    assert_eq!(anchors(pem.as_bytes()), Some(ring.bundle(at(START + 275 * DAY))));
    let broken = format!("{pem}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    for text in ["", "nothing", broken.as_str()] {
        assert_eq!(anchors(text.as_bytes()), None, "{text}");
    }
}

// === Random lives ===

/// Looks of a controller that lives: none is late by more than a third of a serving certificate's life.
fn pauses() -> impl Strategy<Value = i64> {
    prop_oneof![1 => 1_i64..3600, 2 => 3600..2 * DAY, 4 => 2 * DAY..9 * DAY]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// What is served verifies at every instant, with the bundle of that instant and with every one that was
    /// published in the week before it.
    #[test]
    fn whoever_read_the_bundle_within_a_week_verifies(pauses in prop::collection::vec(pauses(), 60..160)) {
        let mut now = START;
        let mut ring = Authorities::default();
        let mut serving = None;
        let mut published: Vec<(i64, Vec<CertificateDer<'static>>)> = Vec::new();
        for pause in pauses {
            ring = step(&ring, now);
            published.push((now, ring.bundle(at(now))));
            let present = serve(&ring, serving.take(), &ours(), now).0;
            for instant in [now, now + pause - 1] {
                let current = published.partition_point(|(since, _)| *since <= instant - WEEK).saturating_sub(1);
                for (since, bundle) in &published[current..] {
                    prop_assert!(
                        verified(&present, bundle, instant),
                        "at day {} with the bundle of day {}", (instant - START) / DAY, (since - START) / DAY
                    );
                }
                prop_assert!(verified(&present, &ring.bundle(at(instant)), instant));
            }
            prop_assert!(ring.entries().len() <= 2);
            serving = Some(present);
            now += pause;
        }
    }

    /// Whatever the clock does, there is something to serve that verifies with what is published then.
    #[test]
    fn a_wild_clock_never_ends_without_a_certificate(
        jumps in prop::collection::vec(-900 * DAY..1_000 * DAY, 1..12),
    ) {
        let mut now = START;
        let mut ring = Authorities::default();
        let mut serving = None;
        for jump in jumps {
            ring = step(&ring, now);
            let present = serve(&ring, serving.take(), &ours(), now).0;
            prop_assert!(verified(&present, &ring.bundle(at(now)), now));
            serving = Some(present);
            now = (now + jump).max(2 * 365 * DAY);
        }
    }
}

#[test]
fn the_usual_times_hold_together() {
    let left = SUCCEED_BEFORE.saturating_sub(PUBLISH_BEFORE);
    assert!(
        left > SERVING_LIFETIME,
        "what the old one signed last ends before it"
    );
    assert!(SUCCEED_BEFORE < AUTHORITY_LIFETIME);
    assert!(BACKDATE < SignedDuration::from_hours(24));
}
