use super::*;
use crate::replay::key::Purpose;

const SKEW: SignedDuration = SignedDuration::from_secs(30);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn version(number: u128) -> ResourceVersion {
    ResourceVersion::new(number)
}

fn key(jti: &str) -> ReplayKey {
    ReplayKey::new(Purpose::Assertion, "client:a/b", "a/b", jti)
}

/// The text of a segment with these keys, all of one bucket.
fn text(keys: &[&str]) -> String {
    let mut text = String::new();
    for jti in keys {
        let bucket = Bucket::new(7);
        Entry {
            key: key(jti),
            bucket,
        }
        .append_to(&mut text);
    }
    text
}

/// Applies the event that shows the segment `uid` with these keys, and returns the lost ones.
fn apply(
    ledger: &mut Ledger,
    at_version: u128,
    uid: &str,
    keys: &[&str],
) -> Result<Vec<ReplayKey>, LedgerFault> {
    apply_with(ledger, at_version, uid, keys, (&["v1"], 1_000))
}

fn apply_with(
    ledger: &mut Ledger,
    at_version: u128,
    uid: &str,
    keys: &[&str],
    (formats, expires): (&[&str], i64),
) -> Result<Vec<ReplayKey>, LedgerFault> {
    let formats: Vec<String> = formats.iter().map(|format| (*format).to_owned()).collect();
    let shown = Shown {
        name: "segment",
        uid,
        writer: "0a",
        formats: &formats,
        keys: &text(keys),
        expires: at(expires),
    };
    let added = ledger.apply(version(at_version), &shown)?;
    assert_eq!(added.length, keys.len());
    Ok(added.lost)
}

#[test]
fn the_first_append_in_the_order_of_the_store_owns_a_key() {
    let mut ledger = Ledger::new(version(1));
    assert_eq!(apply(&mut ledger, 2, "x", &["1", "2"]), Ok(vec![]));
    assert_eq!(apply(&mut ledger, 3, "y", &["3", "2"]), Ok(vec![key("2")]));
    assert_eq!(apply(&mut ledger, 4, "x", &["1", "2", "3"]), Ok(vec![key("3")]));
    assert_eq!(
        apply(&mut ledger, 5, "x", &["1", "2", "3", "4"]),
        Ok(vec![]),
        "only what it adds"
    );
    assert_eq!(ledger.keys(), 4);
    assert_eq!(ledger.segments(), 2);
    assert_eq!(ledger.share(Bucket::new(7)), 6, "every entry counts");
}

/// C9, K-RVER-03
#[test]
fn what_is_not_later_or_makes_no_sense_is_refused() {
    let mut ledger = Ledger::new(version(9));
    assert_eq!(apply(&mut ledger, 9, "x", &["1"]), Err(LedgerFault::NotLater));
    assert_eq!(apply(&mut ledger, 8, "x", &["1"]), Err(LedgerFault::NotLater));
    assert_eq!(
        apply(&mut ledger, 10, "x", &["1", "2"]),
        Ok(vec![]),
        "numbers, not text"
    );
    assert_eq!(apply(&mut ledger, 11, "x", &["1"]), Err(LedgerFault::Shorter));
    assert_eq!(ledger.advance(version(11)), Err(LedgerFault::NotLater));
    let formats = ["v1".to_owned()];
    let shown = Shown {
        name: "segment",
        uid: "z",
        writer: "0a",
        formats: &formats,
        keys: "abc",
        expires: at(1),
    };
    let read = ledger.apply(version(12), &shown);
    assert_eq!(read, Err(LedgerFault::Entries(InvalidEntries)));
}

#[test]
fn another_segment_of_the_same_name_is_another() {
    let mut ledger = Ledger::new(version(1));
    assert_eq!(apply(&mut ledger, 2, "first", &["1"]), Ok(vec![]));
    assert_eq!(apply(&mut ledger, 3, "second", &["2"]), Ok(vec![]));
    assert!(
        ledger.contains(&key("2")),
        "its first entry is not taken for the other's"
    );
}

/// C3
#[test]
fn a_segment_is_forgotten_when_no_clock_honours_it_any_more() {
    let mut ledger = Ledger::new(version(1));
    apply_with(&mut ledger, 2, "x", &["1"], (&["v1"], 1_000)).unwrap();
    apply_with(&mut ledger, 3, "y", &["2"], (&["v1"], 2_000)).unwrap();
    ledger.forget(at(1_120), SKEW);
    assert!(ledger.contains(&key("1")), "two skews and a minute after its end");
    ledger.forget(at(1_121), SKEW);
    assert!(!ledger.contains(&key("1")));
    assert!(ledger.contains(&key("2")));
    assert_eq!(
        (ledger.keys(), ledger.segments(), ledger.share(Bucket::new(7))),
        (1, 1, 1)
    );
}

#[test]
fn a_later_end_keeps_a_segment() {
    let mut ledger = Ledger::new(version(1));
    apply_with(&mut ledger, 2, "x", &["1"], (&["v1"], 1_000)).unwrap();
    apply_with(&mut ledger, 3, "x", &["1", "2"], (&["v1"], 3_000)).unwrap();
    ledger.forget(at(2_000), SKEW);
    assert!(ledger.contains(&key("1")));
}

/// Another assertion may have the `jti` of one that has expired. It is honoured once as well.
#[test]
fn a_key_stands_until_the_last_segment_that_has_it_is_forgotten() {
    let mut ledger = Ledger::new(version(1));
    apply_with(&mut ledger, 2, "owner", &["1"], (&["v1"], 100)).unwrap();
    let lost = apply_with(&mut ledger, 3, "loser", &["1"], (&["v1"], 200));
    assert_eq!(lost, Ok(vec![key("1")]));
    let lost = apply_with(&mut ledger, 4, "shorter", &["1"], (&["v1"], 50));
    assert_eq!(lost, Ok(vec![key("1")]));
    ledger.forget(at(300), SKEW);
    assert_eq!(ledger.segments(), 1);
    let again = apply_with(&mut ledger, 5, "again", &["1"], (&["v1"], 150));
    assert_eq!(again, Ok(vec![key("1")]), "the loser has it, and lives");
    ledger.forget(at(321), SKEW);
    assert_eq!((ledger.keys(), ledger.segments()), (0, 0));
    let again = apply_with(&mut ledger, 6, "free", &["1"], (&["v1"], 1_000));
    assert_eq!(again, Ok(vec![]));
}

/// A list has its segments in no order that means anything.
#[test]
fn a_key_in_two_listed_segments_stands_until_both_are_forgotten() {
    let formats = ["v1".to_owned()];
    for order in [[100, 2_000], [2_000, 100]] {
        let mut ledger = Ledger::new(version(1));
        for expires in order {
            let shown = Shown {
                name: "segment",
                uid: &expires.to_string(),
                writer: "0a",
                formats: &formats,
                keys: &text(&["1"]),
                expires: at(expires),
            };
            ledger.insert_listed(&shown).unwrap();
        }
        ledger.forget(at(1_000), SKEW);
        assert!(ledger.contains(&key("1")), "{order:?}");
        ledger.forget(at(2_121), SKEW);
        assert!(!ledger.contains(&key("1")), "{order:?}");
    }
}

/// A segment is gone, and another has its key: its end takes nothing away.
#[test]
fn forgetting_a_segment_takes_no_key_of_another_away() {
    let mut ledger = Ledger::new(version(1));
    apply_with(&mut ledger, 2, "owner", &["1"], (&["v1"], 1_000)).unwrap();
    let lost = apply_with(&mut ledger, 3, "loser", &["1"], (&["v1"], 200));
    assert_eq!(lost, Ok(vec![key("1")]));
    ledger.forget(at(400), SKEW);
    assert_eq!(ledger.segments(), 1);
    assert!(ledger.contains(&key("1")));
}

/// C5
#[test]
fn c5_a_segment_in_unknown_formats_alone_makes_the_log_unreadable_while_it_lives() {
    let mut ledger = Ledger::new(version(1));
    apply_with(&mut ledger, 2, "both", &["1"], (&["v1", "v2"], 1_000)).unwrap();
    assert!(!ledger.has_unreadable());
    apply_with(&mut ledger, 3, "new", &["2"], (&["v2"], 2_000)).unwrap();
    assert!(ledger.has_unreadable());
    ledger.forget(at(2_121), SKEW);
    assert!(!ledger.has_unreadable());
}
