mod segments;

use super::*;
use crate::replay::key::Purpose;
use crate::replay::segment::Bucket;

const NOW: i64 = 1_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn moment(milliseconds: u64) -> Moment {
    Moment {
        wall: at(NOW),
        steady: Duration::from_millis(milliseconds),
    }
}

fn version(number: u128) -> ResourceVersion {
    ResourceVersion::new(number)
}

fn used(jti: &str) -> Recorded {
    Recorded {
        entry: Entry {
            key: ReplayKey::new(Purpose::Assertion, "client:a/b", "a/b", jti),
            bucket: Bucket::new(1),
        },
        until: at(NOW).saturating_add(SignedDuration::from_secs(100)).unwrap(),
    }
}

/// A server that has read an empty log at version 1, and what is shown to it.
struct Server(Replica<u8>);

impl Server {
    fn new() -> Self {
        Self::with(Capacity::default())
    }

    fn with(capacity: Capacity) -> Self {
        let mut replica = Replica::new(capacity);
        assert_eq!(replica.relisted(Ledger::new(version(1))), Ok(vec![]));
        Self(replica)
    }

    fn submit(&mut self, ticket: u8, keys: &[&str]) -> Option<Outcome> {
        let uses = keys.iter().map(|jti| used(jti)).collect();
        self.0.submit(uses, at(NOW), || ticket)
    }

    fn write(&mut self) -> Option<Write> {
        self.0.next_write(moment(0), || "mine".to_owned())
    }

    /// The event of a segment with this text.
    fn shown(&mut self, number: u128, name: &str, keys: &str) -> Vec<Verdict<u8>> {
        let formats = ["v1".to_owned()];
        let shown = Shown {
            name,
            uid: name,
            writer: "0a",
            formats: &formats,
            keys,
            expires: at(NOW),
        };
        self.0.event(version(number), &shown).unwrap()
    }

    fn shown_elsewhere(&mut self, number: u128, jti: &str) -> Vec<Verdict<u8>> {
        let mut text = String::new();
        used(jti).entry.append_to(&mut text);
        self.shown(number, jti, &text)
    }
}

/// S-7523-20
#[test]
fn the_event_of_its_append_grants_a_request_and_the_answer_never_does() {
    let mut server = Server::new();
    assert_eq!(server.submit(1, &["a"]), None);
    let write = server.write().unwrap();
    assert_eq!(server.0.answered(Answered::Stored), []);
    assert_eq!(server.shown(2, "mine", &write.keys), [(1, Outcome::Owned)]);
    assert_eq!(
        server.submit(2, &["a"]),
        Some(Outcome::Replayed(0)),
        "and needs no write"
    );
}

#[test]
fn an_event_before_the_answer_settles_it_whatever_the_answer_is() {
    for answer in [Answered::Stored, Answered::Refused, Answered::Unknown] {
        let mut server = Server::new();
        server.submit(1, &["a"]);
        let write = server.write().unwrap();
        assert_eq!(server.shown(2, "mine", &write.keys), [(1, Outcome::Owned)]);
        server.submit(2, &["b"]);
        assert_eq!(server.write(), None, "one append is on its way at a time");
        assert_eq!(server.0.answered(answer), []);
        let next = server.write().unwrap();
        assert_eq!((next.name.as_str(), next.after), ("mine", Some(version(2))));
    }
}

#[test]
fn a_key_that_another_append_had_first_is_a_replay() {
    let mut server = Server::new();
    server.submit(1, &["b", "a"]);
    server.submit(2, &["c"]);
    let write = server.write().unwrap();
    assert_eq!(server.shown_elsewhere(2, "a"), []);
    let verdicts = server.shown(3, "mine", &write.keys);
    assert_eq!(verdicts, [(1, Outcome::Replayed(1)), (2, Outcome::Owned)]);
}

/// D-15
#[test]
fn what_arrives_meanwhile_goes_into_one_append() {
    let mut server = Server::new();
    server.submit(1, &["a"]);
    let first = server.write().unwrap();
    server.submit(2, &["b", "c"]);
    server.submit(3, &["d"]);
    server.0.answered(Answered::Stored);
    server.shown(2, "mine", &first.keys);
    let second = server.write().unwrap();
    assert_eq!((second.added, second.after), (3, Some(version(2))));
    assert!(second.keys.starts_with(&first.keys));
}

/// C2
#[test]
fn a_second_request_for_a_waiting_key_joins_the_first() {
    let mut server = Server::new();
    assert_eq!(server.submit(1, &["a"]), None);
    assert_eq!(server.submit(2, &["b", "a"]), None);
    let write = server.write().unwrap();
    assert_eq!(
        write.added, 1,
        "the key waits once, and the other key of the second is not used up"
    );
    assert_eq!(server.submit(3, &["a"]), None);
    let verdicts = server.shown(2, "mine", &write.keys);
    assert_eq!(
        verdicts,
        [
            (2, Outcome::Replayed(1)),
            (3, Outcome::Replayed(0)),
            (1, Outcome::Owned)
        ]
    );
    assert_eq!(server.submit(4, &["b"]), None);
}

/// The release after the next, which writes keys of its own format only, had the assertion first.
#[test]
fn an_append_after_a_segment_that_cannot_be_read_owns_nothing() {
    let mut server = Server::new();
    server.submit(1, &["a"]);
    server.submit(2, &["b"]);
    server.submit(3, &["a"]);
    let write = server.write().unwrap();
    server.shown_elsewhere(2, "b");
    let formats = ["v2".to_owned()];
    let unreadable = Shown {
        name: "new",
        uid: "new",
        writer: "0b",
        formats: &formats,
        keys: "",
        expires: at(NOW),
    };
    assert_eq!(server.0.event(version(3), &unreadable), Ok(vec![]));
    assert_eq!(
        server.shown(4, "mine", &write.keys),
        [
            (3, Outcome::Unknown),
            (1, Outcome::Unknown),
            (2, Outcome::Replayed(0))
        ]
    );
    assert_eq!(server.submit(4, &["c"]), Some(Outcome::Unavailable));
}

#[test]
fn a_key_twice_in_a_request_is_a_replay() {
    assert_eq!(Server::new().submit(1, &["a", "a"]), Some(Outcome::Replayed(1)));
}

/// T11
#[test]
fn after_an_unknown_answer_everybody_is_told_so_and_the_segment_is_abandoned() {
    let mut server = Server::new();
    server.submit(1, &["a"]);
    let write = server.write().unwrap();
    server.submit(2, &["b"]);
    server.submit(3, &["a"]);
    let mut told = server.0.answered(Answered::Unknown);
    told.sort_unstable_by_key(|(ticket, _)| *ticket);
    assert_eq!(
        told,
        [
            (1, Outcome::Unknown),
            (2, Outcome::Unknown),
            (3, Outcome::Unknown)
        ]
    );
    assert_eq!(
        server.shown(2, "mine", &write.keys),
        [],
        "it comes late, and grants nothing"
    );
    assert_eq!(server.submit(4, &["a"]), Some(Outcome::Replayed(0)));
    server.submit(5, &["b"]);
    let next = server.0.next_write(moment(1), || "next".to_owned()).unwrap();
    assert_eq!((next.name.as_str(), next.after), ("next", None));
}

#[test]
fn after_a_refusal_before_storage_the_keys_may_be_written_again() {
    let mut server = Server::new();
    server.submit(1, &["a"]);
    server.write().unwrap();
    server.submit(2, &["a"]);
    server.submit(3, &["b"]);
    let told = server.0.answered(Answered::Refused);
    assert_eq!(told, [(2, Outcome::Unavailable), (1, Outcome::Unavailable)]);
    assert_eq!(server.submit(4, &["a"]), None);
    assert_eq!(server.write().unwrap().added, 2);
}

/// T12
#[test]
fn nothing_is_decided_from_a_list() {
    let mut server = Server::new();
    server.submit(1, &["a"]);
    let write = server.write().unwrap();
    assert_eq!(server.0.lost_sight(), [(1, Outcome::Unknown)]);
    assert_eq!(server.submit(2, &["b"]), Some(Outcome::Unavailable));
    let mut ledger = Ledger::new(version(5));
    let formats = ["v1".to_owned()];
    let shown = Shown {
        name: "mine",
        uid: "mine",
        writer: "0a",
        formats: &formats,
        keys: &write.keys,
        expires: at(NOW),
    };
    ledger.insert_listed(&shown).unwrap();
    assert_eq!(server.0.relisted(ledger), Ok(vec![]));
    assert_eq!(server.submit(3, &["a"]), Some(Outcome::Replayed(0)));
}

/// T14
#[test]
fn a_list_that_is_older_than_what_is_known_changes_nothing() {
    let mut server = Server::new();
    assert_eq!(server.submit(1, &["a"]), None);
    let write = server.write().unwrap();
    server.shown(5, "mine", &write.keys);
    server.0.lost_sight();
    for behind in [1, 4] {
        assert_eq!(server.0.relisted(Ledger::new(version(behind))), Err(OlderList));
        assert_eq!(server.submit(2, &["a"]), Some(Outcome::Replayed(0)), "{behind}");
        assert_eq!(server.submit(3, &["b"]), Some(Outcome::Unavailable), "{behind}");
    }
    assert_eq!(server.0.relisted(Ledger::new(version(5))), Ok(vec![]));
}

#[test]
fn nothing_is_taken_before_the_first_list() {
    let mut replica: Replica<u8> = Replica::new(Capacity::default());
    assert_eq!(
        replica.submit(vec![used("a")], at(NOW), || 1),
        Some(Outcome::Unavailable)
    );
    assert_eq!(replica.next_write(moment(0), || "mine".to_owned()), None);
}

#[test]
fn a_segment_that_somebody_else_writes_to_is_abandoned() {
    let mut server = Server::new();
    server.submit(1, &["a"]);
    let mut keys = server.write().unwrap().keys;
    used("z").entry.append_to(&mut keys);
    assert_eq!(server.shown(2, "mine", &keys), [(1, Outcome::Unknown)]);
}

#[test]
fn a_fault_in_the_watch_is_an_interruption() {
    let mut server = Server::new();
    server.submit(1, &["a"]);
    let formats = ["v1".to_owned()];
    let shown = Shown {
        name: "x",
        uid: "x",
        writer: "0a",
        formats: &formats,
        keys: "",
        expires: at(NOW),
    };
    let fault = server.0.event(version(1), &shown);
    assert_eq!(fault, Err((LedgerFault::NotLater, vec![(1, Outcome::Unknown)])));
    assert!(!server.0.is_following());
}

#[test]
fn a_full_log_and_a_full_share_take_nothing_more() {
    let mut server = Server::with(Capacity {
        keys: 3,
        keys_per_client: 2,
    });
    server.submit(1, &["a", "b"]);
    let write = server.write().unwrap();
    server.shown(2, "mine", &write.keys);
    assert_eq!(server.submit(2, &["c"]), Some(Outcome::ClientFull));
    assert_eq!(
        server.submit(3, &["a"]),
        Some(Outcome::Replayed(0)),
        "a replay is one all the same"
    );
    assert_eq!(server.submit(4, &["c", "d"]), Some(Outcome::LogFull));
}
