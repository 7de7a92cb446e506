//! What is honoured once: remembered (C1), for whom (C4), from when on (C8), and under what name (C10).

use super::*;
use crate::grants::Slot;
use crate::oauth::error::ErrorCode;
use crate::oauth::request::JWT_CLIENT_ASSERTION;

const REPLAYED: AssertionFault = AssertionFault::Replayed;

/// C1: the second use is a replay, in every pair of slots; so is the same JWT with another signature.
/// S-7523-20, S-7518-14, D-15
#[rstest]
#[case::key(BY_KEY)]
#[case::trusted_issuer(BY_ISSUER)]
fn c1_the_second_use_is_refused(#[case] sign: Sign) {
    type Form = fn(&str) -> Vec<(&str, &str)>;
    let slots: [(Form, Slot); 2] = [
        (|token| client_credentials(token).to_vec(), Slot::ClientAssertion),
        (bearer, Slot::Assertion),
    ];
    for (first, _) in slots {
        let (world, log) = (everybody(), log());
        let token = sign(json!({}));
        exchange(&world, &log, &first(&token)).unwrap();
        for again in [token, sign(json!({}))] {
            for (second, slot) in slots {
                let replayed = exchange(&world, &log, &second(&again)).unwrap_err();
                assert_eq!(replayed, slot.refuse(REPLAYED));
            }
        }
        exchange(&world, &log, &first(&sign(json!({"jti": "two"})))).unwrap();
    }
}

/// C1: until the moment from which it is refused as expired, leeway included: there is no gap between the two.
/// S-7523-20
#[rstest]
#[case::key(BY_KEY, 55)]
#[case::trusted_issuer(BY_ISSUER, 295)]
fn c1_it_is_remembered_until_it_is_refused_anyway(#[case] sign: Sign, #[case] expires: i64) {
    let (mut world, log) = (everybody(), log());
    let token = sign(json!({}));
    exchange(&world, &log, &bearer(&token)).unwrap();
    for after in [0, 1, expires - 1, expires, expires + 1, expires + 29] {
        world.moment.now = at(NOW + after);
        let replayed = exchange(&world, &log, &bearer(&token)).unwrap_err();
        assert_eq!(replayed, Slot::Assertion.refuse(REPLAYED), "{after} s later");
    }
    world.moment.now = at(NOW + expires + 30);
    let expired = exchange(&world, &log, &bearer(&token)).unwrap_err();
    assert_eq!(expired, Slot::Assertion.refuse(AssertionFault::Expired));
}

/// C4: one client's `jti` is nothing to another client, to a trusted issuer, or to an issuer that took the place
/// of another.
/// D-15
#[test]
fn c4_a_jti_belongs_to_whoever_signed_it() {
    let (world, log) = (everybody(), log());
    let mut other = client("shop/cart");
    other.keys = vec![vouched(&OTHER_KEY, Vouching::Spec)];
    world.index.put(other);
    let theirs = claims(
        good_assertion(),
        json!({"iss": "shop/cart", "sub": "shop/cart", "jti": "x"}),
    );
    let theirs = OTHER_KEY.sign_jws(None, &theirs).unwrap();
    let (ours, cis) = (signed(json!({"jti": "x"})), ci_token(json!({"jti": "x"})));

    exchange(&world, &log, &client_credentials(&ours)).unwrap();
    exchange(&world, &log, &client_credentials(&theirs)).unwrap();
    exchange(&world, &log, &client_credentials(&cis)).unwrap();
    for token in [&ours, &theirs, &cis] {
        let replayed = exchange(&world, &log, &bearer(token)).unwrap_err();
        assert_eq!(
            replayed,
            Slot::Assertion.refuse(REPLAYED),
            "the same JWT in the other slot"
        );
    }

    let renamed = TrustedIssuer {
        name: "another".to_owned(),
        ..ci()
    };
    world.index.set_trusted_issuers([renamed]);
    let mut client = client(CLIENT);
    client.federated = BTreeSet::from([crate::core::trusted_issuer::FederatedSubject {
        issuer: "another".to_owned(),
        subject: "build".to_owned(),
    }]);
    world.index.put(client);
    exchange(&world, &log, &bearer(&cis)).unwrap();
}

/// C4: of a subject that one client's workload and another's key both are, neither uses up the other's.
#[test]
fn c4_the_client_that_a_trusted_issuers_token_is_used_for_does_not_count() {
    let (world, log) = (everybody(), log());
    let mut second = client("payments/reports");
    second.federated = BTreeSet::from([of_ci("build")]);
    world.index.put(second);
    let token = ci_token(json!({}));
    let ask = |client_id: &str| {
        let mut form = bearer(&token);
        form.push(("client_id", client_id));
        exchange(&world, &log, &form)
    };
    ask(CLIENT).unwrap();
    assert_eq!(
        ask("payments/reports").unwrap_err(),
        Slot::Assertion.refuse(REPLAYED)
    );
}

/// C8: a request that anything else is wrong with uses nothing up.
#[rstest]
#[case::scope(&[("scope", "admin")], ErrorCode::InvalidScope)]
#[case::malformed_scope(&[("scope", "read  write")], ErrorCode::InvalidScope)]
#[case::target(&[("resource", "https://other.internal")], ErrorCode::InvalidTarget)]
#[case::several_targets(&[("resource", LEDGER), ("resource", LEDGER)], ErrorCode::InvalidTarget)]
#[case::other_client(&[("client_id", "shop/cart")], ErrorCode::InvalidClient)]
#[case::superfluous_assertion(&[("assertion", "a.b.c")], ErrorCode::InvalidRequest)]
#[case::secret(&[("client_secret", "s")], ErrorCode::InvalidClient)]
#[case::repeated(&[("scope", "read"), ("scope", "read")], ErrorCode::InvalidRequest)]
fn c8_a_refused_request_uses_nothing_up(
    #[case] more: &[(&str, &str)],
    #[case] expected: ErrorCode,
    #[values(BY_KEY, BY_ISSUER)] sign: Sign,
) {
    let (world, log) = (everybody(), log());
    let token = sign(json!({}));
    let good = client_credentials(&token);
    let bad: Vec<_> = good.iter().chain(more).copied().collect();
    for _ in 0..3 {
        assert_eq!(exchange(&world, &log, &bad).unwrap_err().error, expected);
    }
    exchange(&world, &log, &good).unwrap();
    assert_eq!(
        exchange(&world, &log, &good).unwrap_err(),
        Slot::ClientAssertion.refuse(REPLAYED)
    );
}

/// C8: of two assertions in a request, a bad one does not use up the good one.
/// D-15
#[test]
fn c8_a_bad_grant_does_not_use_up_the_authentication() {
    let (world, log) = (everybody(), log());
    let (authentication, good) = (signed(json!({})), signed(json!({"jti": "two"})));
    let ask = |assertion: &str| {
        let form = [
            ("grant_type", JWT_BEARER_GRANT),
            ("client_assertion_type", JWT_CLIENT_ASSERTION),
            ("client_assertion", &authentication),
            ("assertion", assertion),
        ];
        exchange(&world, &log, &form).map_err(|refusal| refusal.error)
    };
    for bad in [
        signed(json!({"aud": "https://other.example"})),
        signed(json!({"exp": NOW - 60, "iat": NOW - 120})),
        signed(json!({"sub": "mallory"})),
        ci_token(json!({"sub": "mallory"})),
        authentication.clone(),
        "a.b.c".to_owned(),
    ] {
        assert_eq!(ask(&bad), Err(ErrorCode::InvalidGrant));
    }
    assert_eq!(ask(&good), Ok(()));
    assert_eq!(ask(&good), Err(ErrorCode::InvalidClient), "now both are used up");
    assert_eq!(
        exchange(&world, &log, &bearer(&good)).unwrap_err(),
        Slot::Assertion.refuse(REPLAYED)
    );
}

/// C10: a `jti` that is none, or too long, is refused and not stored.
#[rstest]
#[case::empty(json!(""), malformed("jti"))]
#[case::number(json!(1), malformed("jti"))]
#[case::zero(json!(0), malformed("jti"))]
#[case::null(json!(null), malformed("jti"))]
#[case::yes(json!(true), malformed("jti"))]
#[case::array(json!(["one"]), malformed("jti"))]
#[case::object(json!({"jti": "one"}), malformed("jti"))]
#[case::too_long(json!("x".repeat(257)), malformed("jti"))]
#[case::ten_kib(json!("x".repeat(10 * 1024)), malformed("jti"))]
#[case::a_mebibyte(json!("x".repeat(1 << 20)), AssertionFault::Jws(crate::jose::JwsFault::TooLong))]
#[case::absent(json!("REMOVED"), AssertionFault::NoJwtId)]
fn c10_names_that_are_none(
    #[case] jti: Value,
    #[case] expected: AssertionFault,
    #[values(BY_KEY, BY_ISSUER)] sign: Sign,
) {
    assert_eq!(
        everybody().fault_in_both_slots(&sign(json!({ "jti": jti }))),
        expected
    );
}

/// C10: any other is a name of its own, told apart byte by byte, and kept as a hash of a fixed length.
#[test]
fn c10_names_are_opaque() {
    let (world, log) = (everybody(), log());
    let names = [
        "a",
        "A",
        "a ",
        " a",
        "a\0",
        "\0",
        "a/b",
        "a/../b",
        "../../etc/passwd",
        "a\\b",
        "a%2fb",
        "a\r\nb",
        "*",
        ".*",
        "a:b",
        "client:payments/billing",
        "\u{e9}",
        "e\u{301}",
        "\u{202e}a",
        "\u{feff}a",
        "' or 1=1 --",
        "{{.}}",
        "${jndi:x}",
        "null",
        "0",
        "true",
        "[]",
    ];
    let longest = "x".repeat(256);
    let longest_other = format!("{}y", "x".repeat(255));
    for name in names.into_iter().chain([longest.as_str(), &longest_other]) {
        for sign in [BY_KEY, BY_ISSUER] {
            let token = sign(json!({ "jti": name }));
            let uses = world.grant(&bearer(&token)).unwrap().uses();
            assert_eq!((uses.len(), uses[0].key.as_bytes().len()), (1, 16));
            exchange(&world, &log, &bearer(&token)).unwrap();
            let replayed = exchange(&world, &log, &bearer(&token)).unwrap_err();
            assert_eq!(replayed, Slot::Assertion.refuse(REPLAYED), "{name:?}");
        }
    }
}
