//! Which segment a write goes to, when it is sealed and when it expires.

use super::*;

/// Live segments are at most keys / 512 + appends / 16, however many keys come with each.
#[test]
fn segments_are_sealed_by_weight_and_by_age() {
    for keys_per_append in [1_usize, 16, 33, 100, 200, 512, 600] {
        let (mut server, mut segments, mut number) = (Server::new(), 0_usize, 1_u128);
        let appends = 48_usize;
        for append in 0..appends {
            for one in 0..keys_per_append {
                server.submit(1, &[&format!("{append}/{one}")]);
            }
            let name = format!("s{append}");
            let write = server.0.next_write(moment(0), || name).unwrap();
            segments = segments.saturating_add(usize::from(write.after.is_none()));
            server.0.answered(Answered::Stored);
            number = number.saturating_add(1);
            server.shown(number, &write.name, &write.keys);
        }
        let keys = appends.saturating_mul(keys_per_append);
        // The one that is open is not full yet.
        let bound = keys
            .div_euclid(512)
            .saturating_add(appends.div_euclid(16))
            .saturating_add(1);
        assert!(
            segments <= bound,
            "{keys_per_append} keys: {segments} segments of {bound}"
        );
    }
    let mut server = Server::new();
    server.submit(1, &["a"]);
    let first = server.write().unwrap();
    server.0.answered(Answered::Stored);
    server.shown(2, "mine", &first.keys);
    server.submit(2, &["b"]);
    let later = server.0.next_write(moment(60_000), || "next".to_owned()).unwrap();
    assert_eq!((later.name.as_str(), later.after), ("next", None));
}

#[test]
fn a_segment_expires_after_all_that_is_in_it_and_after_its_last_write() {
    let mut server = Server::new();
    server.submit(1, &["a"]);
    let write = server.write().unwrap();
    assert_eq!(
        write.expires,
        at(NOW + 130),
        "a minute open, ten seconds to write, clocks apart"
    );
    server.0.answered(Answered::Stored);
    server.shown(2, "mine", &write.keys);
    let mut late = used("b");
    late.until = "1970-01-01T00:20:00.1Z".parse().unwrap();
    server.0.submit(vec![late], at(NOW), || 2);
    assert_eq!(server.write().unwrap().expires, at(1_201), "a whole second");
    let mut never = used("c");
    never.until = at(NOW + 3_600);
    let refused = server.0.submit(vec![never], at(NOW), || 3);
    assert_eq!(
        refused,
        Some(Outcome::Unavailable),
        "the store would refuse the whole append"
    );
}

#[test]
fn a_write_adds_no_more_than_it_may_and_leaves_the_rest_for_the_next() {
    let mut server = Server::new();
    for one in 0..3_000 {
        server.submit(1, &[&one.to_string()]);
    }
    let write = server.write().unwrap();
    assert_eq!(write.added, LARGEST_WRITE);
    server.0.answered(Answered::Stored);
    assert_eq!(server.shown(2, "mine", &write.keys).len(), LARGEST_WRITE);
    let next = server.0.next_write(moment(0), || "next".to_owned()).unwrap();
    assert_eq!((next.added, next.after), (3_000 - LARGEST_WRITE, None));
}
