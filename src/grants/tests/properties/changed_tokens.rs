//! A token that was changed in any way is refused, whoever signed it and in whatever slot it comes.

use super::super::world::*;
use crate::core::client::Vouching;
use crate::jose::properties::{changed, changes};
use crate::jose::{Algorithm, SigningKey};
use crate::oauth::request::JWT_BEARER_GRANT;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::LazyLock;

static KEYS: LazyLock<Vec<SigningKey>> = LazyLock::new(|| {
    let algorithms = [
        Algorithm::Es256,
        Algorithm::Rs256,
        Algorithm::Ps256,
        Algorithm::EdDsa,
    ];
    algorithms
        .map(|algorithm| SigningKey::generate(algorithm).unwrap())
        .into()
});

/// A client with a key of each algorithm, a service account and a subject of the trusted issuer.
fn world() -> World {
    let mut client = client(CLIENT);
    client.keys = KEYS.iter().map(|key| vouched(key, Vouching::Spec)).collect();
    client.federated = BTreeSet::from([of_ci("build")]);
    let world = World::with(client);
    world.index.set_trusted_issuers([ci()]);
    world
}

/// Good tokens: self-signed ones, with and without the key's name, one of a pod, and one of the issuer.
fn tokens() -> Vec<String> {
    let claims = claims(good_assertion(), json!({}));
    let nameless = |key: &SigningKey| {
        let header = format!(r#"{{"alg":"{}"}}"#, key.algorithm());
        let input = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(&claims)
        );
        let signature = URL_SAFE_NO_PAD.encode(key.sign(input.as_bytes()).unwrap());
        format!("{input}.{signature}")
    };
    let named = |key: &SigningKey| key.sign_jws(Some("JWT"), &claims).unwrap();
    let own = KEYS.iter().flat_map(|key| [named(key), nameless(key)]);
    own.chain([pod_token(json!({})), ci_token(json!({}))]).collect()
}

fn forms(token: &str) -> [Vec<(&str, &str)>; 2] {
    let bearer = vec![("grant_type", JWT_BEARER_GRANT), ("assertion", token)];
    [client_credentials(token).to_vec(), bearer]
}

#[test]
fn unchanged_they_are_accepted() {
    let world = world();
    let tokens = tokens();
    assert_eq!(tokens.len(), 10);
    for form in tokens.iter().flat_map(|token| forms(token)) {
        world.grant(&form).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Each case changes each of the tokens.
    #[test]
    fn changed_they_are_refused(changes in changes()) {
        let world = world();
        for token in tokens() {
            let changed = changed(&token, &changes);
            if changed == token {
                continue;
            }
            for form in forms(&changed) {
                let refusal = world.grant(&form);
                prop_assert!(refusal.is_err(), "{token} became {changed}");
                prop_assert_eq!(refusal.unwrap_err().error.status(), 400);
            }
        }
    }
}

/// With an ECDSA signature (r, s), (r, n − s) is one too, and whoever sees the one can compute the other. It is
/// the only change that verifies, and is the same use of the same assertion.
#[test]
fn a_mirrored_ecdsa_signature_is_no_second_use() {
    let (world, token) = (world(), tokens().swap_remove(0));
    let (input, signature) = token.rsplit_once('.').unwrap();
    let mut signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    mirror(&mut signature[32..]);
    let mirrored = format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature));
    assert_ne!(mirrored, token);
    for (form, mirrored) in forms(&token).into_iter().zip(forms(&mirrored)) {
        let uses = world.grant(&form).unwrap().uses();
        assert_eq!(uses.len(), 1);
        assert_eq!(world.grant(&mirrored).unwrap().uses(), uses);
    }
}

/// n − s on P-256.
fn mirror(s: &mut [u8]) {
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
        0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let mut borrow = false;
    for (digit, of_order) in s.iter_mut().zip(ORDER).rev() {
        let (difference, first) = of_order.overflowing_sub(*digit);
        let (difference, second) = difference.overflowing_sub(u8::from(borrow));
        (*digit, borrow) = (difference, first || second);
    }
}
