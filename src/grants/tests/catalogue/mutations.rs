//! Good tokens with something small wrong anywhere in them (B1).

use super::*;
use crate::oauth::error::ErrorCode;

/// What a position of a token may become.
fn changes(token: &str, at: usize) -> Vec<String> {
    let (before, after) = token.split_at(at);
    let (here, rest) = after.split_at(1);
    let mut changed = vec![
        format!("{before}{rest}"),
        format!("{before}{here}{here}{rest}"),
        before.to_owned(),
        after.to_owned(),
        format!("{rest}{before}{here}"),
    ];
    let others = ["A", "Z", "-", "_", "9", ".", "=", " ", "\0", "%", "\u{e9}"];
    changed.extend(others.map(|other| format!("{before}{other}{rest}")));
    changed.extend([".", "A", "\n"].map(|other| format!("{before}{other}{after}")));
    changed.retain(|changed| changed != token && !changed.is_empty());
    changed
}

/// B1: at every position of a token of every kind, in both slots. Nothing of it is accepted, nothing panics, and
/// each has the one answer of its slot.
/// S-7523-22
#[test]
fn b1_no_token_with_something_changed_is_accepted() {
    let world = everybody();
    let mut tried = 0;
    for sign in [BY_KEY, BY_CLUSTER, BY_ISSUER] {
        let token = sign(json!({}));
        world.grant(&bearer(&token)).unwrap();
        for at in 0..token.len() {
            for changed in changes(&token, at) {
                // A form with NUL in it is none.
                let expected = if changed.contains('\0') {
                    [ErrorCode::InvalidRequest; 2]
                } else {
                    [ErrorCode::InvalidGrant, ErrorCode::InvalidClient]
                };
                let grant = world.grant(&bearer(&changed)).unwrap_err();
                let client = world.grant(&client_credentials(&changed)).unwrap_err();
                assert_eq!([grant.error, client.error], expected, "{changed:?}");
                tried += 2;
            }
        }
    }
    eprintln!("changed tokens: {tried} requests, all refused as they should be");
    assert!(tried > 50_000, "{tried}");
}
