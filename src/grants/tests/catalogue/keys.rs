//! Keys of somebody else (D5), and keys of yesterday (D6); answers that tell nothing of either (F10).

use super::*;
use crate::grants::{LocalIssuer, Reason, Slot};
use crate::jose::{Algorithm, JwsFault, NoKey, VerificationKey};
use std::borrow::Cow;
use std::sync::Arc;

/// The key under another name.
fn called(key: &SigningKey, kid: &str) -> crate::core::client::VouchedKey {
    let mut jwk = key.public_jwk();
    jwk.insert("kid".to_owned(), json!(kid));
    crate::core::client::VouchedKey {
        key: Arc::new(VerificationKey::from_jwk(&jwk, &Algorithm::ALL).unwrap()),
        vouched: Vouching::Spec,
    }
}

/// D5: several parties, one key name, each with a key of its own: nobody's key opens for another.
/// S-8725-20, D-08
#[test]
fn d5_the_name_of_a_key_means_something_to_its_owner_alone() {
    let cluster = SigningKey::generate(Algorithm::Es256).unwrap();
    let (mut first, mut second) = (client("payments/billing"), client("shop/cart"));
    first.federated = BTreeSet::from([of_ci("build")]);
    first.keys = vec![called(&KEY, "shared")];
    second.keys = vec![called(&OTHER_KEY, "shared")];
    let issuer = TrustedIssuer {
        keys: vec![called(&CI_KEY, "shared")],
        ..ci()
    };
    let world = trusting(first, issuer);
    world.index.put(second);
    world.index.set_local_issuer(LocalIssuer {
        issuer: CLUSTER.to_owned(),
        keys: vec![called(&cluster, "shared").key.as_ref().clone()],
        read_at: at(NOW),
    });
    let parties = [
        (&*KEY, claims(good_assertion(), json!({}))),
        (
            &*OTHER_KEY,
            claims(good_assertion(), json!({"iss": "shop/cart", "sub": "shop/cart"})),
        ),
        (
            &*CI_KEY,
            claims(good_assertion(), json!({"iss": CI, "sub": "build"})),
        ),
        (&cluster, claims(good_pod_token(), json!({}))),
    ];
    for (owner, claims) in &parties {
        for (key, _) in &parties {
            let token = with_header(key, &json!({"alg": "ES256", "kid": "shared"}), claims);
            if key.kid() == owner.kid() {
                world.grant(&client_credentials(&token)).unwrap();
            } else {
                assert_eq!(world.fault_in_both_slots(&token), JwsFault::Signature.into());
            }
        }
    }
}

/// D5: the names of the keys as they are: thumbprints that others do not have.
#[test]
fn d5_the_key_of_another_client_opens_nothing() {
    let world = World::new();
    let mut other = client("shop/cart");
    other.keys = vec![vouched(&OTHER_KEY, Vouching::Spec)];
    world.index.put(other);
    let claims = claims(good_assertion(), json!({"iss": "shop/cart", "sub": "shop/cart"}));
    let genuine = OTHER_KEY.sign_jws(None, &claims).unwrap();
    world.grant(&client_credentials(&genuine)).unwrap();
    let forged = KEY.sign_jws(None, &claims).unwrap();
    assert_eq!(
        world.fault_in_both_slots(&forged),
        AssertionFault::Key(NoKey::Unknown)
    );
}

/// D6: a key that is taken away is refused by the next request, and so is a client or an issuer.
#[test]
fn d6_what_is_taken_away_is_gone_at_once() {
    let world = everybody();
    let unknown = AssertionFault::Key(NoKey::Unknown);
    let (ours, cis, pods) = (signed(json!({})), ci_token(json!({})), pod_token(json!({})));
    let accepted = |token: &str| world.grant(&bearer(token)).is_ok();
    assert!(accepted(&ours) && accepted(&cis) && accepted(&pods));

    // Another key beside it, then in its place, then none.
    let mut changed = everybody_as_client();
    changed.keys.push(vouched(&OTHER_KEY, Vouching::Spec));
    world.index.put(changed.clone());
    assert!(accepted(&ours), "it is still there");
    changed.keys.remove(0);
    world.index.put(changed.clone());
    assert_eq!(world.fault_in_both_slots(&ours), unknown);
    changed.keys.clear();
    world.index.put(changed.clone());
    assert_eq!(world.fault_in_both_slots(&ours), unknown);
    assert!(
        accepted(&cis) && accepted(&pods),
        "the other identities are not touched"
    );

    // The other identities.
    changed.federated.clear();
    world.index.put(changed.clone());
    assert_eq!(world.fault_in_both_slots(&cis), AssertionFault::ClientNotChosen);
    changed.service_accounts.clear();
    world.index.put(changed);
    assert_eq!(world.fault_in_both_slots(&pods), AssertionFault::ClientNotChosen);

    // The client as a whole, one by one or with all of its namespace.
    let ways: [fn(&World); 3] = [
        |world| world.index.remove(&CLIENT.parse().unwrap()),
        |world| world.index.reset(Some("payments"), []),
        |world| world.index.reset(None, []),
    ];
    for forget in ways {
        world.index.put(everybody_as_client());
        assert!(accepted(&ours) && accepted(&cis) && accepted(&pods));
        forget(&world);
        assert_eq!(world.fault_in_both_slots(&ours), AssertionFault::UnknownClient);
        for token in [&cis, &pods] {
            assert_eq!(world.fault_in_both_slots(token), AssertionFault::ClientNotChosen);
        }
    }

    // The issuers.
    world.index.put(everybody_as_client());
    world.index.set_trusted_issuers([TrustedIssuer {
        keys: Vec::new(),
        ..ci()
    }]);
    assert_eq!(world.fault_in_both_slots(&cis), unknown);
    world.index.set_trusted_issuers([]);
    assert_eq!(world.fault_in_both_slots(&cis), AssertionFault::UnknownIssuer);
    world.index.set_local_issuer(LocalIssuer {
        issuer: CLUSTER.to_owned(),
        keys: vec![OTHER_KEY.verification_key().unwrap()],
        read_at: at(NOW),
    });
    assert_eq!(world.fault_in_both_slots(&pods), unknown);
}

/// F10: whatever is wrong with a JWT, its slot has one answer.
/// S-6749-39, S-6749-62, D-19
#[test]
fn f10_one_answer_for_every_bad_token() {
    let world = everybody();
    let bad = [
        signed(json!({"iss": "payments/nobody", "sub": "payments/nobody"})),
        signed(json!({"iss": "https://nobody.example"})),
        OTHER_KEY
            .sign_jws(None, &claims(good_assertion(), json!({})))
            .unwrap(),
        with_header(
            &KEY,
            &json!({"alg": "ES256", "kid": "unknown"}),
            &claims(good_assertion(), json!({})),
        ),
        with_header(
            &OTHER_KEY,
            &json!({"alg": "ES256", "kid": KEY.kid()}),
            &claims(good_assertion(), json!({})),
        ),
        signed(json!({"exp": NOW - 60, "iat": NOW - 120})),
        signed(json!({"exp": NOW + 86_400})),
        signed(json!({"iat": NOW + 60})),
        signed(json!({"nbf": NOW + 60})),
        signed(json!({"aud": "https://other.example"})),
        signed(json!({"jti": "REMOVED"})),
        signed(json!({"sub": "mallory"})),
        pod_token(json!({"aud": [CLUSTER]})),
        pod_token(json!({"sub": "system:serviceaccount:shop:cart"})),
        ci_token(json!({"sub": "mallory"})),
        "garbage".to_owned(),
        "a.b.c.d.e".to_owned(),
        "x".repeat(20_000),
    ];
    let mut answers = BTreeSet::new();
    let mut reasons = BTreeSet::new();
    for token in &bad {
        for client_id in [
            None,
            Some(CLIENT),
            Some("shop/cart"),
            Some("payments/nobody"),
            Some("*"),
        ] {
            for form in [client_credentials(token).to_vec(), bearer(token)] {
                let form: Vec<_> = form
                    .into_iter()
                    .chain(client_id.map(|id| ("client_id", id)))
                    .collect();
                let refusal = world.grant(&form).unwrap_err();
                reasons.insert(refusal.reason.code().as_str());
                answers.insert((refusal.error, refusal.description().into_owned()));
            }
        }
    }
    let replayed = Slot::Assertion.refuse(AssertionFault::Replayed);
    answers.insert((replayed.error, replayed.description().into_owned()));
    assert!(
        matches!(replayed.description(), Cow::Borrowed(_)),
        "nothing of the request is in it"
    );
    assert!(matches!(replayed.reason, Reason::Assertion { .. }));
    assert_eq!(answers.len(), 2, "one for each slot: {answers:?}");
    assert!(reasons.len() > 12, "although the reasons are many: {reasons:?}");
}
