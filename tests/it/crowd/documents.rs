//! `ConfigMaps` and Secrets that are no set of keys, hold bad keys, or are not there.

use super::bad::{Bad, CANARY, How, Says, public, set, spec, with};
use countersign::jose::{Algorithm, MAX_DOCUMENT};
use serde_json::{Value, json};

const NOT_KEYS: &str = "neither a JSON Web Key Set nor public keys in PEM";
const NO_ARRAY: &str = "has no 'keys' array";
const PRIVATE: &str = "it is a private key: revoke it";
const PEM_KIND: &str = "its PEM block is not supported";
const DAMAGED: &str = "its PEM block is damaged";

pub(super) fn rows() -> Vec<Bad> {
    let mut rows: Vec<Bad> = documents()
        .into_iter()
        .chain(private())
        .chain(pem())
        .map(|(name, content, reason, text)| {
            let beside = vec![config_map(&format!("map-{name}"), &content)];
            config_map_row(&format!("map-{name}"), beside, reason, text)
        })
        .collect();
    rows.extend(missing());
    rows.extend(secrets());
    rows.extend(several());
    rows
}

type Document = (&'static str, String, &'static str, &'static str);

fn documents() -> Vec<Document> {
    let good = set(1).to_string();
    let one = public(Algorithm::Es256);
    let key = |jwk: &str| format!("{{\"keys\":[{jwk}]}}");
    vec![
        (
            "html",
            "<!DOCTYPE html><title>Sign in</title>".to_owned(),
            "Malformed",
            NOT_KEYS,
        ),
        ("empty", String::new(), "Malformed", NOT_KEYS),
        ("array", "[]".to_owned(), "Malformed", NOT_KEYS),
        ("text", "\"keys\"".to_owned(), "Malformed", NOT_KEYS),
        (
            "jwt",
            format!("{CANARY}.{CANARY}.{CANARY}"),
            "Malformed",
            NOT_KEYS,
        ),
        (
            "ssh",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5".to_owned(),
            "Malformed",
            NOT_KEYS,
        ),
        (
            "truncated",
            good.strip_suffix('}').unwrap().to_owned(),
            "Malformed",
            NOT_KEYS,
        ),
        ("trailing", format!("{good} x"), "Malformed", NOT_KEYS),
        (
            "twice",
            "{\"keys\":[],\"keys\":[]}".to_owned(),
            "Malformed",
            NOT_KEYS,
        ),
        (
            "byte-order-mark",
            format!("\u{feff}{good}"),
            "Malformed",
            NOT_KEYS,
        ),
        ("no-keys", "{}".to_owned(), "Malformed", NO_ARRAY),
        ("keys-object", "{\"keys\":{}}".to_owned(), "Malformed", NO_ARRAY),
        ("keys-null", "{\"keys\":null}".to_owned(), "Malformed", NO_ARRAY),
        (
            "single-key",
            Value::Object(one.clone()).to_string(),
            "Malformed",
            NO_ARRAY,
        ),
        ("too-many", set(17).to_string(), "Malformed", "more than 16 keys"),
        (
            "too-large",
            format!("{good}{}", " ".repeat(MAX_DOCUMENT)),
            "Malformed",
            "more than 262144 bytes",
        ),
        (
            "no-key",
            "{\"keys\":[]}".to_owned(),
            "NoKeys",
            "the set has no keys",
        ),
        (
            "key-text",
            key("\"a\""),
            "KeysRefused",
            "key 0 is refused: its entry is not acceptable JSON",
        ),
        (
            "key-twice",
            key("{\"kty\":\"EC\",\"kty\":\"EC\"}"),
            "KeysRefused",
            "its entry is not acceptable JSON",
        ),
        (
            "key-numbers",
            key("{\"kty\":7}"),
            "KeysRefused",
            "'kty' is missing or not valid",
        ),
        (
            "certificates-only",
            key("{\"kty\":\"RSA\",\"x5c\":[\"AA\"]}"),
            "KeysRefused",
            "certificates only",
        ),
    ]
}

fn private() -> Vec<Document> {
    let (rsa, ec) = (public(Algorithm::Rs256), public(Algorithm::Es256));
    let set = |jwk: Value| json!({ "keys": [jwk] }).to_string();
    vec![
        (
            "private-d",
            set(with(&ec, &json!({ "d": CANARY }))),
            "KeysRefused",
            PRIVATE,
        ),
        (
            "private-primes",
            set(with(&rsa, &json!({ "p": CANARY, "q": CANARY }))),
            "KeysRefused",
            PRIVATE,
        ),
        (
            "private-others",
            set(with(&rsa, &json!({ "oth": [{ "r": CANARY }] }))),
            "KeysRefused",
            PRIVATE,
        ),
        (
            "private-akp",
            set(json!({ "kty": "AKP", "priv": CANARY })),
            "KeysRefused",
            PRIVATE,
        ),
        (
            "shared",
            set(json!({ "kty": "oct", "k": CANARY })),
            "KeysRefused",
            "a symmetric key",
        ),
    ]
}

fn pem() -> Vec<Document> {
    let block = |label: &str| format!("-----BEGIN {label}-----\n{CANARY}\n-----END {label}-----\n");
    vec![
        ("pem-pkcs8", block("PRIVATE KEY"), "KeysRefused", PRIVATE),
        ("pem-rsa", block("RSA PRIVATE KEY"), "KeysRefused", PRIVATE),
        ("pem-ec", block("EC PRIVATE KEY"), "KeysRefused", PRIVATE),
        (
            "pem-encrypted",
            block("ENCRYPTED PRIVATE KEY"),
            "KeysRefused",
            PRIVATE,
        ),
        (
            "pem-openssh",
            block("OPENSSH PRIVATE KEY"),
            "KeysRefused",
            PRIVATE,
        ),
        ("pem-certificate", block("CERTIFICATE"), "KeysRefused", PEM_KIND),
        ("pem-no-der", block("PUBLIC KEY"), "KeysRefused", DAMAGED),
        (
            "pem-no-end",
            format!("-----BEGIN PUBLIC KEY-----\n{CANARY}\n"),
            "KeysRefused",
            DAMAGED,
        ),
        (
            "pem-no-base64",
            block("PUBLIC KEY").replace('Z', "?"),
            "KeysRefused",
            DAMAGED,
        ),
        (
            "pem-no-block",
            "-----\n".to_owned(),
            "Malformed",
            "no PEM block of the kind PUBLIC KEY",
        ),
        (
            "pem-too-many",
            block("PUBLIC KEY").repeat(17),
            "Malformed",
            "more than 16 keys",
        ),
    ]
}

fn missing() -> Vec<Bad> {
    let nothing = "no such object in this namespace with the label countersign.dev/keys=true";
    let unlabelled = |name: &str, labels: &Value| {
        let mut object = config_map(name, &set(1).to_string());
        object["metadata"]["labels"] = labels.clone();
        object
    };
    let mut other = config_map("map-other-entry", &set(1).to_string());
    other["data"] = json!({ "other.json": set(1).to_string() });
    let mut binary = config_map("map-binary", "");
    binary["data"] = Value::Null;
    binary["binaryData"] = json!({ "jwks.json": "//79" });
    vec![
        config_map_row("map-absent", Vec::new(), "SourceMissing", nothing),
        config_map_row(
            "map-unlabelled",
            vec![unlabelled("map-unlabelled", &json!({}))],
            "SourceMissing",
            nothing,
        ),
        config_map_row(
            "map-other-label",
            vec![unlabelled(
                "map-other-label",
                &json!({ "countersign.dev/keys": "false" }),
            )],
            "SourceMissing",
            nothing,
        ),
        config_map_row(
            "map-other-entry",
            vec![other],
            "SourceMissing",
            "no such key in its data",
        ),
        config_map_row("map-binary", vec![binary], "Malformed", NOT_KEYS),
    ]
}

fn secrets() -> Vec<Bad> {
    let good = set(1).to_string();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----\n");
    let row = |name: &str, content: Option<&str>, reason, text: &str| {
        let name = format!("secret-{name}");
        let beside = content
            .map(|content| secret(&name, content))
            .into_iter()
            .collect();
        referring(&name, "secretRef", "Secret", beside, reason, text)
    };
    let mut unlabelled = row("unlabelled", Some(&good), "SourceMissing", "no such object");
    unlabelled.beside[0]["metadata"]["labels"] = json!({});
    let mut entry = row(
        "other-entry",
        Some(CANARY),
        "SourceMissing",
        "no such key in its data",
    );
    entry.beside[0]["stringData"] = json!({ "password": CANARY });
    let mut closed = row(
        "forbidden",
        Some(&good),
        "NoPermission",
        "kubectl create rolebinding",
    );
    closed.how = How::CreatedWithoutOptIn;
    vec![
        row("absent", None, "SourceMissing", "no such object"),
        row("password", Some(CANARY), "Malformed", NOT_KEYS),
        row("private-key", Some(&pem), "KeysRefused", PRIVATE),
        unlabelled,
        entry,
        closed,
    ]
}

/// What is wrong only with several sources together.
fn several() -> Vec<Bad> {
    let of = |count: usize, make: &dyn Fn(usize) -> Value, name: &str, reason, text: &str| {
        let names: Vec<String> = (0..count).map(|number| format!("{name}-{number}")).collect();
        let beside = names
            .iter()
            .enumerate()
            .map(|(n, name)| config_map(name, &make(n).to_string()))
            .collect();
        let mut row = config_map_row(name, beside, reason, text);
        let refer =
            |name: &String| json!({ "keys": { "configMapRef": { "name": name, "key": "jwks.json" } } });
        row.spec["identities"] = names.iter().map(refer).collect();
        let last = names.last().unwrap();
        row.says = Says::Condition(
            "KeysSynced",
            reason,
            vec![format!("ConfigMap/{last}/jwks.json: "), text.to_owned()],
        );
        row
    };
    let same_kid = |_| json!({ "keys": [with(&public(Algorithm::Es256), &json!({ "kid": "shared" }))] });
    vec![
        of(
            5,
            &|_| set(16),
            "many-keys",
            "TooManyKeys",
            "16 keys are more than one client may have",
        ),
        of(
            2,
            &same_kid,
            "clash",
            "KeysRefused",
            "the key with kid shared is refused: another source",
        ),
    ]
}

fn config_map_row(name: &str, beside: Vec<Value>, reason: &'static str, text: &str) -> Bad {
    referring(name, "configMapRef", "ConfigMap", beside, reason, text)
}

fn referring(
    name: &str,
    field: &str,
    kind: &str,
    beside: Vec<Value>,
    reason: &'static str,
    text: &str,
) -> Bad {
    Bad {
        name: name.to_owned(),
        spec: spec(&json!({ "keys": { field: { "name": name, "key": "jwks.json" } } })),
        beside,
        how: How::Created,
        says: Says::Condition(
            "KeysSynced",
            reason,
            vec![format!("{kind}/{name}/jwks.json: "), text.to_owned()],
        ),
    }
}

fn carrier(kind: &str, name: &str, field: &str, content: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": kind,
        "metadata": { "name": name, "labels": { "countersign.dev/keys": "true" } },
        field: { "jwks.json": content },
    })
}

fn config_map(name: &str, content: &str) -> Value {
    carrier("ConfigMap", name, "data", content)
}

fn secret(name: &str, content: &str) -> Value {
    carrier("Secret", name, "stringData", content)
}
