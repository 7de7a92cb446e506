//! Negative controls: each mistake breaks a property, in a case in which all of them hold without it.

use super::MOST_STATES;
use super::case::{Case, Release, Troubles};
use super::explorer::{Counterexample, explore};
use super::mistake::Mistake;
use super::property::{Property, Violation};
use super::protocol::Protocol;

/// Explores a case without the mistake and with it, and prints what was found.
fn caught(mistake: Mistake, property: Property, case: &Case) {
    let right = explore(&Protocol::of(case.clone()), MOST_STATES);
    let right = right.unwrap_or_else(|found| panic!("without {mistake:?}: {found}"));
    let found = broken(mistake, property, case).unwrap_or_else(|| panic!("{mistake:?} breaks nothing"));
    println!("without {mistake:?}: {right}; with it, {found}");
    assert_eq!(found.fault.property, property);
}

/// What the mistake does to a property in a case.
fn broken(mistake: Mistake, property: Property, case: &Case) -> Option<Counterexample<Violation>> {
    let mut case = case.clone();
    case.mistake = Some(mistake);
    let mut protocol = Protocol::of(case);
    protocol.only = Some(property);
    explore(&protocol, MOST_STATES).err()
}

/// The same assertion at both servers.
fn one_key() -> Case {
    Case::of(2).assertion(0, 0, 300).request(0, &[0]).request(1, &[0])
}

/// The same, and one watch has to start anew from a list.
fn one_key_and_a_list() -> Case {
    one_key().troubles(Troubles {
        breaks: 1,
        ..Troubles::default()
    })
}

/// An assertion that expires, and another one in the same segment that lives long.
fn short_and_long() -> Case {
    Case::of(2)
        .assertion(0, 0, 100)
        .assertion(0, 1, 1_400)
        .request(0, &[0])
        .request(0, &[1])
        .times(&[0, 260])
}

#[test]
fn the_answer_to_a_write_decides_nothing() {
    caught(Mistake::DecidesOnAnswers, Property::OneGrant, &one_key());
}

/// It takes a segment that is appended to twice: with one key, the segments' versions are in the order of the appends.
#[test]
fn a_list_decides_nothing() {
    let case = one_key_and_a_list().request(1, &[0]);
    let found = broken(Mistake::DecidesFromLists, Property::OneGrant, &case);
    assert!(found.is_none(), "with one key: {found:?}");
    let case = one_key_and_a_list().assertion(0, 1, 300).request(0, &[1]);
    caught(Mistake::DecidesFromLists, Property::OneGrant, &case);
}

#[test]
fn a_jti_is_not_a_key() {
    let case = Case::of(2)
        .assertion(0, 0, 300)
        .assertion(1, 0, 300)
        .request(0, &[0])
        .request(1, &[1]);
    caught(Mistake::KeysByJtiAlone, Property::NoFirstUseIsAReplay, &case);
}

/// The positive counterpart are `holds::three_releases_at_once` and `holds::a_rolling_upgrade`.
#[test]
fn a_new_format_takes_two_releases() {
    let case = one_key().releases(1, &[Release::Second]);
    caught(Mistake::IgnoresFormats, Property::OneGrant, &case);
}

#[test]
fn a_client_that_is_made_anew_has_the_same_keys() {
    caught(Mistake::ClientUidInKey, Property::OneGrant, &one_key());
}

#[test]
fn a_key_is_remembered_beyond_its_expiry() {
    let case = one_key().clocks(1, &[-30]).times(&[0, 310]);
    caught(Mistake::ForgetsAtExpiry, Property::OneGrant, &case);
}

#[test]
fn a_servers_own_clock_makes_it_forget_nothing() {
    let case = one_key().clocks(1, &[0, 600]).troubles(Troubles {
        settings: 2,
        ..Troubles::default()
    });
    caught(Mistake::ForgetsByOwnClock, Property::OneGrant, &case);
}

#[test]
fn the_times_are_looked_at_again() {
    let case = one_key().times(&[0, 440]);
    caught(Mistake::LooksAtTimesOnce, Property::GrantsInTime, &case);
    caught(Mistake::LooksAtTimesOnce, Property::OneGrant, &case);
}

#[test]
fn the_controller_deletes_only_what_it_has_read() {
    let mut case = short_and_long().request(0, &[1]).troubles(Troubles {
        breaks: 1,
        ..Troubles::default()
    });
    case.servers.truncate(1);
    caught(Mistake::DeletesAnyVersion, Property::OneGrant, &case);
}

#[test]
fn a_list_leaves_nobody_waiting() {
    caught(
        Mistake::ListKeepsWaiters,
        Property::OneVerdict,
        &one_key_and_a_list(),
    );
}

#[test]
fn a_list_grants_nobody_who_waits() {
    caught(
        Mistake::ListGrantsWaiters,
        Property::OneGrant,
        &one_key_and_a_list(),
    );
}

#[test]
fn a_watch_starts_at_the_lists_version() {
    caught(Mistake::WatchesFromNow, Property::OneGrant, &one_key_and_a_list());
}

#[test]
fn a_name_says_nothing_of_what_is_in_a_segment() {
    let mut case = short_and_long().request_after_deletion(1, &[1]);
    case.names_again = true;
    caught(Mistake::LengthsByName, Property::OneGrant, &case);
}

#[test]
fn a_key_waits_once() {
    let mut case = one_key();
    case.requests[1].server = 0;
    caught(Mistake::KeyWaitsTwice, Property::OneGrant, &case);
}

#[test]
fn nothing_is_served_before_the_list() {
    let crash = Troubles {
        crashes: 1,
        ..Troubles::default()
    };
    caught(
        Mistake::ServesBeforeList,
        Property::OneGrant,
        &one_key().troubles(crash),
    );
}

#[test]
fn nothing_is_served_with_a_wrong_clock() {
    let case = one_key().clocks(1, &[-200]).times(&[0, 440]);
    caught(Mistake::ServesWithAnyClock, Property::OneGrant, &case);
}

/// The same, and a clock that is set back once.
fn one_key_and_a_clock() -> Case {
    let settings = Troubles {
        settings: 1,
        ..Troubles::default()
    };
    one_key()
        .clocks(1, &[0, -200])
        .times(&[0, 440])
        .troubles(settings)
}

/// Otherwise no request may wait for longer than the log remembers its assertion.
#[test]
fn nothing_is_granted_with_a_wrong_clock() {
    let mut case = one_key_and_a_clock();
    caught(Mistake::LooksAtClockOnce, Property::OneGrant, &case);
    case.gives_up = true;
    let found = broken(Mistake::LooksAtClockOnce, Property::OneGrant, &case);
    assert!(found.is_none(), "with waits that end: {found:?}");
}

/// Nobody has to wait long for it: the request comes when the segment is gone, after the clock was set back and before
/// the API server has answered anything since.
#[test]
fn a_clock_is_compared_when_it_is_needed() {
    let mut case = one_key_and_a_clock();
    case.gives_up = true;
    caught(Mistake::ComparesClocksOnAnswers, Property::OneGrant, &case);
}
