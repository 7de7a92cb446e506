//! A row for each violation, and for each history that looks like one and is not.

use super::super::history::{Attempt, Outcome};
use super::{Faults, Violation, check};
use Outcome::{Broken, Expired, Granted, Other, Replay, TooMany, Unavailable};
use std::time::Duration;

/// A history of one assertion: each attempt's start and end, in seconds, and its outcome.
type Row<'a> = &'a [(u64, u64, Outcome)];

fn history(rows: &[(u64, Row<'_>)]) -> Vec<Attempt> {
    let attempts = rows.iter().flat_map(|(key, row)| {
        let numbered = row.iter().enumerate();
        numbered.map(|(replica, (started, ended, outcome))| Attempt {
            key: *key,
            replica,
            started: Duration::from_secs(*started),
            ended: Duration::from_secs(*ended),
            outcome: *outcome,
        })
    });
    attempts.collect()
}

/// What is found in a history of one assertion.
fn found(row: Row<'_>, faults: Faults) -> Vec<&'static str> {
    let verdict = check(&history(&[(7, row)]), faults);
    assert_eq!(verdict.violations, verdict.shown.len());
    let kind = |violation: &Violation| match violation {
        Violation::GrantedTwice { .. } => "twice",
        Violation::FalseReplay(_) => "false replay",
        Violation::Unexpected(_) => "unexpected",
        Violation::Promise(_) => "promise",
    };
    verdict.shown.iter().map(kind).collect()
}

#[test]
fn lawful_histories_are_lawful() {
    let without: [(&str, Row<'_>); 6] = [
        ("nothing", &[]),
        (
            "a replay of what expired before it could be granted",
            &[(0, 3, Expired), (1, 2, Replay)],
        ),
        ("one use", &[(0, 1, Granted)]),
        ("a replay afterwards", &[(0, 1, Granted), (2, 3, Replay)]),
        (
            "a replay that was answered before the grant, and sent after it",
            &[(0, 9, Granted), (1, 2, Replay)],
        ),
        (
            "a replay that was sent before what was granted, and answered after that was sent",
            &[(0, 5, Replay), (4, 9, Granted)],
        ),
    ];
    let under: [(&str, Row<'_>); 5] = [
        ("nothing but 503", &[(0, 1, Unavailable), (2, 3, Unavailable)]),
        (
            "granted after a 503 that recorded nothing",
            &[(0, 1, Unavailable), (2, 3, Granted)],
        ),
        (
            "a replay of what a 503 recorded",
            &[(0, 1, Unavailable), (2, 3, Replay)],
        ),
        (
            "a replay of what nobody answered",
            &[(0, 9, Broken), (2, 3, Replay), (4, 5, Replay)],
        ),
        (
            "a 503 after the grant",
            &[(0, 1, Granted), (2, 3, Unavailable), (4, 5, Replay)],
        ),
    ];
    for (what, row) in without {
        assert!(found(row, Faults::None).is_empty(), "{what}, without faults");
        assert!(found(row, Faults::Some).is_empty(), "{what}, under faults");
    }
    for (what, row) in under {
        assert!(found(row, Faults::Some).is_empty(), "{what}");
    }
}

#[test]
fn what_must_not_be_is_found() {
    let rows: [(&str, Row<'_>, &[&str]); 11] = [
        ("two tokens", &[(0, 1, Granted), (2, 3, Granted)], &["twice"]),
        (
            "two tokens of requests at once",
            &[(0, 9, Granted), (1, 8, Granted)],
            &["twice"],
        ),
        (
            "three tokens are one violation",
            &[(0, 1, Granted), (2, 3, Granted), (4, 5, Granted), (6, 7, Replay)],
            &["twice"],
        ),
        ("a replay of nothing", &[(0, 1, Replay)], &["false replay"]),
        (
            "replays of each other",
            &[(0, 9, Replay), (1, 8, Replay)],
            &["false replay", "false replay"],
        ),
        (
            "a replay of what came later",
            &[(0, 1, Replay), (2, 3, Granted)],
            &["false replay"],
        ),
        (
            "a replay of what came at the moment of its answer",
            &[(0, 1, Replay), (1, 3, Granted)],
            &["false replay"],
        ),
        (
            "a replay of what was refused before it was recorded",
            &[(0, 1, TooMany), (2, 3, Replay)],
            &["unexpected", "false replay"],
        ),
        (
            "a replay of what came later, under faults, too",
            &[(0, 1, Replay), (2, 3, Unavailable), (4, 5, Broken)],
            &["false replay"],
        ),
        ("too many", &[(0, 1, TooMany)], &["unexpected"]),
        (
            "an answer of another kind",
            &[(0, 1, Granted), (2, 3, Other)],
            &["unexpected"],
        ),
    ];
    for (what, row, expected) in rows {
        assert_eq!(found(row, Faults::Some), expected, "{what}");
    }
    for outcome in [Unavailable, Broken] {
        let row: Row<'_> = &[(0, 1, Granted), (2, 3, outcome)];
        assert_eq!(
            found(row, Faults::None),
            ["unexpected"],
            "{outcome:?} without faults"
        );
    }
}

#[test]
fn assertions_are_judged_each_for_itself() {
    let others = history(&[
        (1, &[(0, 1, Granted), (2, 3, Replay)]),
        (2, &[(0, 1, Granted)]),
        (3, &[(0, 1, Unavailable)]),
    ]);
    assert_eq!(check(&others, Faults::Some).violations, 0);
    let lonely = history(&[(1, &[(0, 1, Granted)]), (2, &[(2, 3, Replay)])]);
    assert_eq!(
        check(&lonely, Faults::Some).violations,
        1,
        "the replay of another"
    );
}

#[test]
fn a_verdict_counts_everything_and_shows_some() {
    let rows: Vec<(u64, Row<'_>)> = (0..100)
        .map(|key| -> (u64, Row<'_>) { (key, &[(0, 1, Granted), (2, 3, Granted), (4, 5, Replay)]) })
        .collect();
    let verdict = check(&history(&rows), Faults::None);
    assert_eq!((verdict.violations, verdict.shown.len()), (100, 5));
    assert_eq!((verdict.count(Granted), verdict.count(Replay)), (200, 100));
    assert_eq!(
        verdict.to_string(),
        "300 attempts with 100 assertions, 200 granted, 100 replay; 100 violations"
    );
    let failed = std::panic::catch_unwind(|| verdict.assert_lawful());
    assert!(failed.is_err());
}
