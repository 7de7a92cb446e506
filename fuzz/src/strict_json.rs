//! `jose::parse_object` beside `serde_json`: neither reads an object that the other reads differently, and
//! what is refused beyond that is what the limits say.

use crate::names;
use countersign::jose::{MAX_DEPTH, MAX_MEMBERS, parse_object};
use serde_json::Value;

/// Any bytes as a document.
pub fn run(document: &[u8]) {
    let ours = parse_object(document);
    let theirs = serde_json::from_slice::<Value>(document);
    let shape = names::shape(document);
    match (&ours, theirs) {
        (Ok(ours), Ok(Value::Object(theirs))) => assert_eq!(*ours, theirs, "two meanings"),
        (Ok(_), theirs) => panic!("accepted what serde_json reads as {theirs:?}"),
        (Err(fault), Ok(Value::Object(_))) => {
            let shape = shape.as_ref().expect("it is JSON");
            assert!(
                shape.duplicate || shape.depth > MAX_DEPTH || shape.members > MAX_MEMBERS,
                "refused for no reason: {fault}"
            );
        }
        (Err(_), _) => {}
    }
    if ours.is_ok() {
        let shape = shape.expect("it is JSON");
        assert!(!shape.duplicate, "two members of one name");
        assert!(
            shape.depth <= MAX_DEPTH && shape.members <= MAX_MEMBERS,
            "{shape:?}"
        );
    }
}
