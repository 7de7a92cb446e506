//! The protocol as it is: cases that are small, explored to the end. `holds` says what must have happened in each.

use super::case::{Case, Release, Troubles};
use super::explorer::explore;
use super::happening::Happening::{
    self, ClocksApart, Conflict, Crashed, Deleted, DeletionRefused, Expired, Forgotten, Gone, Granted,
    KnownReplay, Refused, Replayed, Stored, StoredLate, Unavailable, Unknown,
};
use super::protocol::Protocol;
use super::{LARGE, MOST_STATES};

const CALM: Troubles = Troubles {
    faults: 0,
    breaks: 0,
    crashes: 0,
    settings: 0,
    retries: 0,
};

/// Explores a case, and prints what that took.
fn holds(name: &str, case: Case, happens: &[Happening]) {
    let protocol = Protocol::of(case);
    let explored = explore(&protocol, MOST_STATES).unwrap_or_else(|found| panic!("{name}: {found}"));
    println!("{name}: {explored};{}", protocol.tally);
    for happening in [Stored, Granted].iter().chain(happens) {
        assert!(
            protocol.tally.has(*happening),
            "{name}: {happening:?} never happens"
        );
    }
    for trouble in [Unavailable, Refused, Unknown, ClocksApart] {
        let quiet = protocol.case.is_quiet();
        assert!(
            !quiet || !protocol.tally.has(trouble),
            "{name}: {trouble:?} happens"
        );
    }
}

/// `small`, or `large` where the cases are to be larger.
fn troubles(small: Troubles, large: Troubles) -> Troubles {
    if LARGE { large } else { small }
}

/// The same assertion at both servers, and twice at one.
fn one_key() -> Case {
    Case::of(2)
        .assertion(0, 0, 300)
        .request(0, &[0])
        .request(0, &[0])
        .request(1, &[0])
}

#[test]
fn one_key_at_two_servers() {
    holds("one key, two servers, quiet", one_key(), &[Replayed, KnownReplay]);
    let small = Troubles {
        faults: 1,
        breaks: 1,
        crashes: 1,
        retries: 1,
        ..CALM
    };
    let large = Troubles {
        faults: 2,
        retries: 2,
        ..small
    };
    let case = one_key().troubles(troubles(small, large));
    let happens = [
        Replayed,
        KnownReplay,
        Unavailable,
        Refused,
        Unknown,
        StoredLate,
        Crashed,
    ];
    holds("one key, two servers", case, &happens);
}

/// Requests of two assertions in both orders, one of them alone, and another client's with the same `jti`.
#[test]
fn two_keys_at_two_servers() {
    let case = Case::of(2)
        .assertion(0, 0, 300)
        .assertion(0, 1, 300)
        .assertion(1, 0, 300)
        .request(0, &[0, 1])
        .request(0, &[1])
        .request(1, &[1, 0])
        .request(1, &[2]);
    holds(
        "two keys, two servers, calm",
        case.clone(),
        &[Replayed, KnownReplay],
    );
    let fault = Troubles {
        faults: 1,
        retries: 1,
        ..CALM
    };
    let large = Troubles { breaks: 1, ..fault };
    let happens = [Replayed, KnownReplay, Refused, Unknown, StoredLate];
    holds(
        "two keys, two servers",
        case.troubles(troubles(fault, large)),
        &happens,
    );
}

#[test]
fn two_keys_and_lists() {
    let case = Case::of(2)
        .assertion(0, 0, 300)
        .assertion(0, 1, 300)
        .request(0, &[0])
        .request(0, &[1])
        .request(1, &[1, 0]);
    let small = Troubles {
        breaks: 2,
        retries: 1,
        ..CALM
    };
    let large = Troubles {
        faults: 1,
        breaks: 2,
        retries: 2,
        ..CALM
    };
    let happens = [Replayed, KnownReplay, Unavailable, Unknown, StoredLate];
    holds("two keys, lists", case.troubles(troubles(small, large)), &happens);
}

#[test]
fn servers_that_crash() {
    let small = Troubles {
        crashes: 2,
        retries: 2,
        ..CALM
    };
    let large = Troubles {
        faults: 1,
        crashes: 3,
        ..small
    };
    let case = one_key().troubles(troubles(small, large));
    let happens = [Replayed, KnownReplay, Crashed, StoredLate];
    holds("servers that crash", case, &happens);
}

#[test]
fn one_key_at_three_servers() {
    let case = Case::of(3)
        .assertion(0, 0, 300)
        .request(0, &[0])
        .request(1, &[0])
        .request(2, &[0]);
    holds(
        "one key, three servers, quiet",
        case.clone(),
        &[Replayed, KnownReplay],
    );
    let small = Troubles {
        faults: 1,
        breaks: 1,
        ..CALM
    };
    let large = Troubles {
        crashes: 1,
        retries: 1,
        ..small
    };
    let happens = [Replayed, KnownReplay, Unavailable, Unknown, StoredLate];
    holds(
        "one key, three servers",
        case.troubles(troubles(small, large)),
        &happens,
    );
}

/// One clock late and one early, an assertion that expires for one server before the other, and segments that go.
#[test]
fn the_end_of_an_assertion() {
    let case = one_key().clocks(0, &[-30]).clocks(1, &[30]).times(&[0, 310, 440]);
    let happens = [Replayed, KnownReplay, Expired, Forgotten, Deleted];
    let fault = Troubles { faults: 1, ..CALM };
    let both = Troubles { breaks: 1, ..fault };
    holds(
        "the end, a fault",
        case.clone().troubles(troubles(fault, both)),
        &happens,
    );
    let lists = Troubles { breaks: 1, ..CALM };
    let twice = Troubles { breaks: 2, ..CALM };
    holds("the end, a list", case.troubles(troubles(lists, twice)), &happens);
}

/// Two assertions with one `jti`, of which one lives longer.
#[test]
fn a_jti_that_is_used_again() {
    let case = Case::of(2)
        .assertion(0, 0, 100)
        .assertion(0, 0, 1_400)
        .request(0, &[0])
        .request(0, &[1])
        .request(1, &[1])
        .times(&[0, 260]);
    let small = Troubles { breaks: 1, ..CALM };
    let large = Troubles {
        breaks: 2,
        retries: 1,
        ..CALM
    };
    let happens = [Replayed, KnownReplay, Expired, Forgotten, Deleted];
    holds(
        "a jti used again",
        case.troubles(troubles(small, large)),
        &happens,
    );
}

/// Writes that come when their segment may be deleted, or a second time when it was.
#[test]
fn late_writes_and_the_controller() {
    let mut case = Case::of(2)
        .assertion(0, 0, 100)
        .assertion(0, 1, 1_400)
        .request(0, &[0])
        .request(0, &[1])
        .request(1, &[1])
        .times(&[0, 260]);
    case.sent_twice = true;
    let large = Troubles { breaks: 1, ..CALM };
    let happens = [
        Replayed,
        Refused,
        Conflict,
        Gone,
        Deleted,
        DeletionRefused,
        StoredLate,
    ];
    holds("late writes", case.troubles(troubles(CALM, large)), &happens);
}

/// A segment takes a name that one of another life had, which was seen to be deleted.
#[test]
fn names_that_are_used_again() {
    let mut case = Case::of(2)
        .assertion(0, 0, 100)
        .assertion(0, 1, 1_400)
        .request(0, &[0])
        .request(0, &[1])
        .request_after_deletion(1, &[1])
        .times(&[0, 260]);
    case.names_again = true;
    holds("names used again", case, &[Conflict, Deleted]);
}

#[test]
fn clocks_that_are_set() {
    let case = one_key()
        .clocks(0, &[0, 600])
        .clocks(1, &[0, -200])
        .times(&[0, 440]);
    let small = Troubles { settings: 2, ..CALM };
    let large = Troubles { breaks: 1, ..small };
    let happens = [Replayed, KnownReplay, Expired, ClocksApart, Forgotten];
    holds(
        "clocks that are set",
        case.troubles(troubles(small, large)),
        &happens,
    );
}

/// Three releases side by side: one format, both, the other.
#[test]
fn three_releases_at_once() {
    let case = Case::of(3)
        .assertion(0, 0, 300)
        .request(0, &[0])
        .request(1, &[0])
        .request(2, &[0])
        .releases(1, &[Release::Both])
        .releases(2, &[Release::Second]);
    let small = Troubles {
        faults: 1,
        breaks: 1,
        ..CALM
    };
    let large = Troubles {
        crashes: 1,
        retries: 1,
        ..small
    };
    let happens = [Replayed, KnownReplay, Unavailable, Unknown];
    holds("three releases", case.troubles(troubles(small, large)), &happens);
}

/// Two servers that are brought from one format over both to the other, each whenever it likes.
#[test]
fn a_rolling_upgrade() {
    let releases = [Release::First, Release::Both, Release::Second];
    let case = one_key().releases(0, &releases).releases(1, &releases);
    let small = Troubles {
        crashes: 4,
        retries: 1,
        ..CALM
    };
    let large = Troubles {
        faults: 1,
        retries: 2,
        ..small
    };
    let happens = [Replayed, KnownReplay, Unavailable, Unknown, Crashed];
    holds(
        "a rolling upgrade",
        case.troubles(troubles(small, large)),
        &happens,
    );
}
