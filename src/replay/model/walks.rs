//! The protocol as it is, in worlds that are too large to be explored to the end: random ways through them.

use super::LARGE;
use super::action::{Action, Kind};
use super::case::{Case, Release, Troubles};
use super::explorer::System;
use super::happening::Happening;
use super::protocol::Protocol;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// Three servers, five assertions of two clients, two of them with one `jti`, and everything that can go wrong.
fn large_world() -> Case {
    let mut case = Case::of(3)
        .assertion(0, 0, 300)
        .assertion(0, 1, 200)
        .assertion(0, 1, 1_400)
        .assertion(1, 0, 900)
        .assertion(1, 2, 1_500)
        .clocks(0, &[-30, 600, 0])
        .clocks(1, &[30, -200])
        .times(&[0, 40, 180, 290, 340, 450, 700, 1_050, 1_300])
        .troubles(Troubles {
            faults: 4,
            breaks: 4,
            crashes: 2,
            settings: 3,
            retries: 12,
        });
    for server in 0..3 {
        for uses in [&[0][..], &[1], &[2], &[3, 4], &[4], &[0, 3], &[2]] {
            case = case.request(server, uses);
        }
    }
    case.sent_twice = true;
    case
}

/// What one choice leads to: of the kind that it says, if there is any, and else of any kind.
fn choose(mut actions: Vec<Action>, choice: u16) -> Option<Action> {
    let kind = match choice & 15 {
        0 => Kind::Trouble,
        1..=3 => Kind::Request,
        4..=6 => Kind::Time,
        _ => Kind::Progress,
    };
    if actions.iter().any(|action| action.kind() == kind) {
        actions.retain(|action| action.kind() == kind);
    }
    let place = usize::from(choice >> 4).checked_rem(actions.len())?;
    actions.get(place).copied()
}

/// Walks for as long as there are `choices`.
fn walk(protocol: &Protocol, choices: &[u16]) -> Result<(), TestCaseError> {
    let mut world = protocol.initial();
    let mut path = Vec::new();
    for choice in choices {
        let Some(action) = choose(protocol.actions(&world), *choice) else {
            return Ok(());
        };
        path.push(action.to_string());
        world = protocol
            .step(&world, action)
            .map_err(|fault| TestCaseError::fail(format!("{fault}:\n{}", path.join("\n"))))?;
    }
    Ok(())
}

/// Walks through a world often, and prints what happened.
fn walk_often(name: &str, case: Case) -> Protocol {
    let protocol = Protocol::of(case);
    let walks = if LARGE { 200_000 } else { 500 };
    let config = ProptestConfig {
        cases: walks,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let choices = prop::collection::vec(any::<u16>(), 0..300);
    let walked = TestRunner::new(config).run(&choices, |choices| walk(&protocol, &choices));
    println!("{name}: {walks} walks;{}", protocol.tally);
    if let Err(fault) = walked {
        panic!("{name}: {fault}");
    }
    protocol
}

#[test]
fn no_way_through_a_large_world_leads_to_a_fault() {
    let walked = walk_often("a large world", large_world());
    for happening in [
        Happening::Granted,
        Happening::Replayed,
        Happening::KnownReplay,
        Happening::Expired,
        Happening::Unavailable,
        Happening::Refused,
        Happening::Unknown,
        Happening::ClocksApart,
        Happening::StoredLate,
        Happening::Crashed,
        Happening::Forgotten,
        Happening::Deleted,
    ] {
        assert!(walked.tally.has(happening), "{happening:?} never happens");
    }
}

#[test]
fn no_way_through_an_upgrade_of_a_large_world_leads_to_a_fault() {
    let releases = [Release::First, Release::Both, Release::Second];
    let case = large_world()
        .releases(0, &releases)
        .releases(1, &releases)
        .releases(2, &releases[1..]);
    walk_often("an upgrade", case);
}
