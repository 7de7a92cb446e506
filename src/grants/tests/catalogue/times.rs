//! Tokens without an end (B6), or with one that is far away (B7); dates that are none (B5).

use super::*;
use crate::core::trusted_issuer::ReplayPolicy;
use crate::grants::LocalIssuer;
use jiff::SignedDuration;

const TEN_YEARS: i64 = 10 * 365 * 24 * 60 * 60;

fn reusable() -> World {
    let issuer = TrustedIssuer {
        replay: ReplayPolicy::Reusable,
        ..ci()
    };
    trusting(everybody_as_client(), issuer)
}

/// B5: dates of the wrong type or size are never absent dates, whoever signed.
#[rstest]
fn b5_dates_that_are_none(
    #[values(BY_KEY, BY_CLUSTER, BY_ISSUER)] sign: Sign,
    #[values("exp", "nbf", "iat")] claim: &'static str,
    #[values(
        json!("1800000055"), json!(-1), json!(true), json!(null), json!([]), json!({}), json!(""), json!(1e19),
        json!(9_223_372_036_854_775_807_i64), json!(18_446_744_073_709_551_615_u64), json!(9_007_199_254_740_993_i64)
    )]
    date: Value,
) {
    let token = sign(json!({ claim: date }));
    for world in [everybody(), reusable()] {
        assert_eq!(world.fault_in_both_slots(&token), malformed(claim));
    }
}

/// B5: dates that are dates, and are not now.
#[rstest]
#[case::epoch(json!({"exp": 0}), AssertionFault::Expired)]
#[case::a_fraction(json!({"exp": 1.5}), AssertionFault::Expired)]
#[case::not_before_the_last_year(json!({"nbf": 253_402_207_200_i64}), AssertionFault::NotYetValid)]
#[case::issued_in_the_last_year(json!({"iat": 253_402_207_200_i64}), AssertionFault::IssuedInTheFuture)]
fn b5_dates_that_are_far(
    #[case] changes: Value,
    #[case] expected: AssertionFault,
    #[values(BY_KEY, BY_CLUSTER, BY_ISSUER)] sign: Sign,
) {
    assert_eq!(everybody().fault_in_both_slots(&sign(changes)), expected);
}

/// B6: without `exp` nothing is honoured, with whatever other dates; also where `jti` is not remembered.
/// S-7523-16
#[rstest]
fn b6_no_end(
    #[values(BY_KEY, BY_CLUSTER, BY_ISSUER)] sign: Sign,
    #[values(
        json!({"exp": "REMOVED"}),
        json!({"exp": "REMOVED", "iat": "REMOVED"}),
        json!({"exp": "REMOVED", "nbf": NOW - 5, "iat": NOW - 5}),
        json!({"exp": "REMOVED", "expires": NOW + 55, "expires_in": 60, "EXP": NOW + 55}),
        json!({"exp": "REMOVED", "jti": "day-one"})
    )]
    changes: Value,
) {
    let token = sign(changes);
    for mut world in [everybody(), reusable()] {
        for day in 0..3 {
            let now = at(NOW + day * 86_400);
            world.moment.now = now;
            world.index.set_local_issuer(LocalIssuer {
                issuer: CLUSTER.to_owned(),
                keys: vec![CLUSTER_KEY.verification_key().unwrap()],
                read_at: now,
            });
            assert_eq!(world.fault_in_both_slots(&token), missing("exp"));
        }
    }
}

/// B7: an end that is far away, whatever the beginning.
/// S-7523-17
#[rstest]
#[case::far(json!({"exp": NOW + TEN_YEARS}), true)]
#[case::last_year(json!({"exp": 253_402_207_200_i64}), true)]
#[case::far_and_no_beginning(json!({"exp": NOW + TEN_YEARS, "iat": "REMOVED"}), false)]
#[case::near_and_no_beginning(json!({"iat": "REMOVED"}), false)]
#[case::begun_long_ago(json!({"iat": NOW - TEN_YEARS}), true)]
#[case::begun_at_the_epoch(json!({"iat": 0}), true)]
#[case::ends_before_it_begins(json!({"iat": NOW + 20, "exp": NOW + 10}), true)]
fn b7_lifetimes(
    #[case] changes: Value,
    #[case] has_beginning: bool,
    #[values((BY_KEY, 300), (BY_CLUSTER, 3_600), (BY_ISSUER, 600))] kind: (Sign, i64),
) {
    let (sign, limit) = kind;
    let expected = if has_beginning {
        AssertionFault::Lifetime(limit)
    } else {
        AssertionFault::NoIssuedAt
    };
    assert_eq!(everybody().fault_in_both_slots(&sign(changes)), expected);
}

/// B7: an issuer whose tokens may be used again need not say when they begin; then the end is near.
#[rstest]
#[case(json!({"exp": NOW + TEN_YEARS, "iat": "REMOVED"}))]
#[case(json!({"exp": NOW + 601, "iat": "REMOVED"}))]
#[case(json!({"exp": NOW + TEN_YEARS}))]
#[case(json!({"iat": NOW - TEN_YEARS}))]
fn b7_lifetimes_of_reusable_tokens(#[case] changes: Value) {
    let fault = reusable().fault_in_both_slots(&ci_token(changes));
    assert_eq!(fault, AssertionFault::Lifetime(600));
    reusable()
        .grant(&bearer(&ci_token(json!({"iat": "REMOVED"}))))
        .unwrap();
}

/// B7: so nothing is to be remembered for longer than the lifetime and twice the skew.
#[rstest]
#[case(BY_KEY, 300)]
#[case(BY_ISSUER, 600)]
fn b7_what_is_remembered_is_bounded(#[case] sign: Sign, #[case] limit: i64) {
    let world = everybody();
    let latest = json!({"iat": NOW + 30, "exp": NOW + 30 + limit});
    let uses = world.grant(&bearer(&sign(latest))).unwrap().uses();
    let most = SignedDuration::from_secs(limit + 60);
    assert_eq!(uses[0].until.duration_since(at(NOW)), most);
    let later = json!({"iat": NOW + 31, "exp": NOW + 31 + limit});
    assert_eq!(
        world.fault_in_both_slots(&sign(later)),
        AssertionFault::IssuedInTheFuture
    );
}
