//! Objects that got past the schema: written before it had its rules, or by somebody with etcd's keys.

use super::bad::{Bad, CANARY, How, Says, public, set, spec, with};
use countersign::jose::Algorithm;
use serde_json::{Value, json};

fn row(name: &str, spec: Value, (aspect, reason): (&'static str, &'static str), text: &str) -> Bad {
    Bad {
        name: format!("stored-{name}"),
        spec,
        beside: Vec::new(),
        how: How::Stored,
        says: Says::Condition(aspect, reason, vec![text.to_owned()]),
    }
}

pub(super) fn rows() -> Vec<Bad> {
    const KEYS: (&str, &str) = ("KeysSynced", "KeysRefused");
    const BROKEN: (&str, &str) = ("Accepted", "Malformed");
    let (ec, faulty) = (public(Algorithm::Es256), |reason| ("Accepted", reason));
    let good = || spec(&json!({ "keys": { "jwks": set(1) } }));
    let changed = |member: &str, value: Value| {
        let mut spec = good();
        spec[member] = value;
        spec
    };
    let keys = |keys: Value| spec(&json!({ "keys": keys }));
    let key = |changes: Value| keys(json!({ "jwks": { "keys": [with(&ec, &changes)] } }));
    let long = json!({ "lifetime": "9h" });
    let private = "spec.identities[0].keys.jwks: key 0 ";
    vec![
        row("text", json!(CANARY), BROKEN, "spec cannot be decoded"),
        row("list", json!([CANARY]), BROKEN, "spec cannot be decoded"),
        row(
            "identities-text",
            changed("identities", json!(CANARY)),
            BROKEN,
            "spec cannot be decoded: spec.identities: ",
        ),
        row(
            "identity-text",
            changed("identities", json!([CANARY])),
            BROKEN,
            "spec cannot be decoded: spec.identities: ",
        ),
        row(
            "keys-text",
            keys(json!({ "jwks": { "keys": CANARY } })),
            BROKEN,
            "spec cannot be decoded: spec.identities: ",
        ),
        row(
            "key-text",
            keys(json!({ "jwks": { "keys": [CANARY] } })),
            BROKEN,
            "spec cannot be decoded: spec.identities: ",
        ),
        row(
            "no-kty",
            key(json!({ "kty": null })),
            BROKEN,
            "spec cannot be decoded: spec.identities: ",
        ),
        row(
            "suspended-text",
            changed("suspended", json!(CANARY)),
            BROKEN,
            "spec cannot be decoded: spec.suspended: ",
        ),
        row(
            "grants-number",
            changed("grants", json!(7)),
            BROKEN,
            "spec cannot be decoded: spec.grants: ",
        ),
        row(
            "lifetime-number",
            changed("token", json!({ "lifetime": 600 })),
            BROKEN,
            "spec cannot be decoded: spec.token: ",
        ),
        row("private-d", key(json!({ "d": CANARY })), KEYS, private),
        row(
            "private-object",
            key(json!({ "d": { "d": CANARY } })),
            KEYS,
            private,
        ),
        row(
            "lifetime",
            changed("token", long),
            faulty("InvalidLifetime"),
            "spec.token.lifetime: ",
        ),
        row(
            "algorithm",
            changed("assertion", json!({ "algorithms": ["HS256"] })),
            faulty("InvalidAlgorithm"),
            "spec.assertion.algorithms[0]: ",
        ),
        row(
            "no-algorithm",
            changed("assertion", json!({ "algorithms": [] })),
            faulty("InvalidAlgorithm"),
            "spec.assertion.algorithms: ",
        ),
        row(
            "audience",
            changed("assertion", json!({ "audience": "Any" })),
            faulty("InvalidAudience"),
            "spec.assertion.audience: ",
        ),
        row(
            "two-identities",
            spec(&json!({ "serviceAccount": { "name": "a" }, "keys": { "jwks": set(1) } })),
            faulty("InvalidIdentity"),
            "spec.identities[0]: ",
        ),
        row(
            "no-source",
            keys(json!({})),
            faulty("InvalidKeySource"),
            "spec.identities[0].keys: ",
        ),
        row(
            "http",
            keys(json!({ "jwksURI": "http://ci.example/" })),
            faulty("InvalidKeySource"),
            "spec.identities[0].keys.jwksURI: ",
        ),
        row(
            "elsewhere",
            keys(json!({ "secretRef": { "name": "other/a", "key": "b" } })),
            faulty("InvalidKeySource"),
            "spec.identities[0].keys.secretRef: ",
        ),
        row(
            "too-many-keys",
            keys(json!({ "jwks": set(17) })),
            faulty("InvalidKeys"),
            "spec.identities[0].keys.jwks: ",
        ),
        row(
            "subject",
            changed("grants", json!({ "jwtBearer": { "subjects": ["a#b"] } })),
            faulty("InvalidSubject"),
            "spec.grants.jwtBearer.subjects[0]: ",
        ),
        row(
            "same-resource",
            changed(
                "resources",
                json!([{ "identifier": "a:b" }, { "identifier": "a:b" }]),
            ),
            faulty("InvalidResource"),
            "spec.resources[1].identifier: ",
        ),
        row(
            "scope",
            changed("resources", json!([{ "identifier": "a:b", "scopes": ["a b"] }])),
            faulty("InvalidScope"),
            "spec.resources[0].scopes: ",
        ),
        row(
            "too-many-identities",
            changed(
                "identities",
                json!(vec![json!({ "serviceAccount": { "name": "a" } }); 17]),
            ),
            faulty("TooMany"),
            "spec.identities: ",
        ),
    ]
}
