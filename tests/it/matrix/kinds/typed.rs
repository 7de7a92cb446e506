//! Good claims under every explicit type: the type alone decides (D-07, D-22).

use super::{Good, Kind};
use crate::matrix::slot::Slot;
use crate::matrix::token::{Draft, Signer};
use countersign::oauth::reason::ReasonCode::{JwtHeader, JwtType};
use serde_json::json;

/// Types that are registered, or in use, for something else.
const OTHERS: [&str; 36] = [
    "at+jwt",
    "dpop+jwt",
    "oauth-id-jag+jwt",
    "txntoken+jwt",
    "wit+jwt",
    "wimse-id+jwt",
    "wpt+jwt",
    "logout+jwt",
    "secevent+jwt",
    "token-introspection+jwt",
    "oauth-authz-req+jwt",
    "oauth-client-attestation+jwt",
    "oauth-client-attestation-pop+jwt",
    "entity-statement+jwt",
    "trust-mark+jwt",
    "resolve-response+jwt",
    "jwk-set+jwt",
    "kb+jwt",
    "dc+sd-jwt",
    "vc+sd-jwt",
    "vc+jwt",
    "statuslist+jwt",
    "openid4vci-proof+jwt",
    "keyattestation+jwt",
    "key-attestation+jwt",
    "token-exchange+jwt",
    "id_token+jwt",
    "userinfo+jwt",
    "rt+jwt",
    "passport",
    "JOSE",
    "JOSE+JSON",
    "jwt+at",
    "client-authentication",
    "client-authentication+jwt2",
    "authorization-grant+jws",
];

const TO_AUTHENTICATE: &[Slot] = &[Slot::ClientAssertion, Slot::ClientAssertionBesideGrant];
const AS_GRANT: &[Slot] = &[Slot::Assertion, Slot::AssertionBesideClient];

pub(super) fn kinds() -> Vec<Kind> {
    let mut kinds = Vec::new();
    for signer in Signer::ALL {
        let client = signer.is_client();
        kinds.push(Kind::new(
            format!("untyped, {}", signer.name()),
            Good::Everywhere,
            move || Draft::good(signer).token(),
        ));
        let only = |good| if client { good } else { Good::Nowhere(&[JwtType]) };
        let known = [
            ("JWT", Good::Everywhere),
            (
                "client-authentication+jwt",
                only(Good::Only(TO_AUTHENTICATE, &[JwtType])),
            ),
            ("authorization-grant+jwt", only(Good::Only(AS_GRANT, &[JwtType]))),
        ];
        let others = OTHERS.map(|typ| (typ, Good::Nowhere(&[JwtType])));
        for (typ, good) in known.into_iter().chain(others) {
            let spellings = [
                typ.to_owned(),
                flipped(typ),
                format!("application/{typ}"),
                format!("APPLICATION/{}", flipped(typ)),
            ];
            for spelt in spellings {
                kinds.push(of_type(signer, spelt, good));
            }
            // No type with parameters or another tree is the one without (RFC 7515 §4.1.9).
            for (spelt, reasons) in [
                (format!("text/{typ}"), [JwtType].as_slice()),
                (format!("{typ};v=1"), &[JwtHeader]),
                (format!("{typ} "), &[JwtHeader]),
            ] {
                kinds.push(of_type(signer, spelt, Good::Nowhere(reasons)));
            }
        }
    }
    kinds
}

fn of_type(signer: Signer, typ: String, good: Good) -> Kind {
    Kind::new(format!("typ {typ:?}, {}", signer.name()), good, move || {
        Draft::good(signer).header("typ", json!(typ)).token()
    })
}

/// The same type in the other letter case.
fn flipped(typ: &str) -> String {
    let flip = |c: char| {
        if c.is_ascii_lowercase() {
            c.to_ascii_uppercase()
        } else {
            c.to_ascii_lowercase()
        }
    };
    typ.chars().map(flip).collect()
}
