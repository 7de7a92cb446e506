//! The protocol as it is, in cases that are small and explored to the end.

use super::case::{Case, Release, Troubles};
use super::explorer::explore;
use super::protocol::Protocol;

fn holds(name: &str, case: Case) {
    let start = std::time::Instant::now();
    let protocol = Protocol::of(case);
    match explore(&protocol, 5_000_000) {
        Ok(explored) => println!(
            "{name}: {explored:?} {:?} {:?}",
            protocol.tally.borrow(),
            start.elapsed()
        ),
        Err(found) => panic!(
            "{name}: {} after {:?}\n{}",
            found.fault,
            found.explored,
            found.path.join("\n")
        ),
    }
}

#[test]
fn formats() {
    let mut case = Case::of(2).assertion(0, 0, 300).request(0, &[0]).request(1, &[0]);
    case.servers[1].releases = vec![Release::Second];
    holds("two formats", case.clone());
}

#[test]
fn jti_again() {
    let mut case = Case::of(2)
        .assertion(0, 0, 100)
        .assertion(0, 0, 1400)
        .request(0, &[0])
        .request(0, &[1])
        .request(1, &[1]);
    case.times = vec![0, 260];
    holds("jti again", case.clone());
}
