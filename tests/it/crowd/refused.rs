//! Specs that the API server refuses: its answer names the field.

use super::bad::{Bad, CANARY, How, Says, public, set, spec, with};
use countersign::jose::Algorithm;
use serde_json::{Value, json};

pub(super) fn rows() -> Vec<Bad> {
    let mut rows = identities();
    rows.extend(policies());
    rows
}

fn row(name: &str, spec: Value, field: &str) -> Bad {
    Bad {
        name: format!("refused-{name}"),
        spec,
        beside: Vec::new(),
        how: How::Created,
        says: Says::Refusal(field.to_owned()),
    }
}

fn identities() -> Vec<Bad> {
    const IDENTITY: &str = "spec.identities[0]";
    const KEYS: &str = "spec.identities[0].keys";
    const URI: &str = "spec.identities[0].keys.jwksURI";
    const KEY: &str = "spec.identities[0].keys.jwks.keys[0]";
    let ec = public(Algorithm::Es256);
    let keys = |keys: Value| spec(&json!({ "keys": keys }));
    let uri = |uri: &str| keys(json!({ "jwksURI": uri }));
    let key = |changes: Value| keys(json!({ "jwks": { "keys": [with(&ec, &changes)] } }));
    let secret = json!({ "name": "a", "key": "b" });
    vec![
        row("no-identity", spec(&json!({})), IDENTITY),
        row(
            "two-identities",
            spec(&json!({ "serviceAccount": { "name": "a" }, "keys": { "jwks": set(1) } })),
            IDENTITY,
        ),
        row(
            "account-elsewhere",
            spec(&json!({ "serviceAccount": { "name": "other/a" } })),
            "spec.identities[0].serviceAccount.name",
        ),
        row("no-source", keys(json!({})), KEYS),
        row(
            "two-sources",
            keys(json!({ "jwks": set(1), "secretRef": secret })),
            KEYS,
        ),
        row("http", uri("http://ci.example/"), URI),
        row("user-information", uri("https://u:p@ci.example/"), URI),
        row("fragment", uri("https://ci.example/#a"), URI),
        row("port", uri("https://ci.example:22/"), URI),
        row("spaces", uri("https://ci.example/a b"), URI),
        row(
            "secret-elsewhere",
            keys(json!({ "secretRef": { "name": "other/a", "key": "b" } })),
            "spec.identities[0].keys.secretRef.name",
        ),
        row(
            "entry-path",
            keys(json!({ "configMapRef": { "name": "a", "key": "../b" } })),
            "spec.identities[0].keys.configMapRef.key",
        ),
        row(
            "set-text",
            keys(json!({ "jwks": "keys" })),
            "spec.identities[0].keys.jwks",
        ),
        row(
            "too-many-keys",
            keys(json!({ "jwks": set(17) })),
            "spec.identities[0].keys.jwks.keys",
        ),
        row("private-d", key(json!({ "d": CANARY })), KEY),
        row("private-prime", key(json!({ "p": CANARY })), KEY),
        row("private-others", key(json!({ "oth": [{ "r": CANARY }] })), KEY),
        row("shared", key(json!({ "kty": "oct", "k": CANARY })), KEY),
        row(
            "long-kid",
            key(json!({ "kid": "k".repeat(257) })),
            "spec.identities[0].keys.jwks.keys[0].kid",
        ),
    ]
}

fn policies() -> Vec<Bad> {
    let good = || spec(&json!({ "keys": { "jwks": set(1) } }));
    let changed = |name: &str, member: &str, value: Value, field: &str| {
        let mut spec = good();
        spec[member] = value;
        row(name, spec, field)
    };
    let resource = |identifier: &str| json!([{ "identifier": identifier }]);
    vec![
        changed(
            "long-tokens",
            "token",
            json!({ "lifetime": "2h" }),
            "spec.token.lifetime",
        ),
        changed(
            "no-duration",
            "token",
            json!({ "lifetime": "soon" }),
            "spec.token.lifetime",
        ),
        changed(
            "short-assertions",
            "assertion",
            json!({ "maxLifetime": "1s" }),
            "spec.assertion.maxLifetime",
        ),
        changed(
            "hs256",
            "assertion",
            json!({ "algorithms": ["HS256"] }),
            "spec.assertion.algorithms[0]",
        ),
        changed(
            "no-algorithm",
            "assertion",
            json!({ "algorithms": [] }),
            "spec.assertion.algorithms",
        ),
        changed(
            "audience",
            "assertion",
            json!({ "audience": "Any" }),
            "spec.assertion.audience",
        ),
        changed(
            "relative",
            "resources",
            resource("ledger"),
            "spec.resources[0].identifier",
        ),
        changed(
            "resource-fragment",
            "resources",
            resource("https://a/#b"),
            "spec.resources[0].identifier",
        ),
        changed(
            "same-resource",
            "resources",
            json!([{ "identifier": "a:b" }, { "identifier": "a:b" }]),
            "spec.resources[1]",
        ),
        changed(
            "scope-space",
            "resources",
            json!([{ "identifier": "a:b", "scopes": ["a b"] }]),
            "spec.resources[0].scopes",
        ),
        changed(
            "two-defaults",
            "resources",
            json!([{ "identifier": "a:b", "default": true }, { "identifier": "a:c", "default": true }]),
            "spec.resources",
        ),
        changed(
            "subject",
            "grants",
            json!({ "jwtBearer": { "subjects": ["a#b"] } }),
            "spec.grants.jwtBearer.subjects",
        ),
    ]
}
