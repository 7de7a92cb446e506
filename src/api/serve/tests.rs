use super::*;
use jiff::Timestamp;
use rstest::rstest;
use serde_json::{Value, json};

const URI: &str = "https://ci.example/jwks.json";

/// Keys of RFC 7515 A.3 and RFC 7517 A.1.
fn key(kid: &str) -> Value {
    match kid {
        "a" => json!({"kty": "EC", "crv": "P-256", "kid": "a",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}),
        _ => json!({"kty": "EC", "crv": "P-256", "kid": "b",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}),
    }
}

fn published(source: &str, jwk: &Value, not_after: Option<&str>) -> Value {
    let mut entry = json!({"thumbprint": "x".repeat(43), "source": source, "publicJWK": jwk});
    if let Some(end) = not_after {
        entry["notAfter"] = json!(end);
    }
    entry
}

fn object(spec: &Value, published: &[Value]) -> OAuthClient {
    let object = json!({
        "metadata": {"namespace": "payments", "name": "billing"},
        "spec": spec,
        "status": {"keys": published},
    });
    serde_json::from_value(object).unwrap()
}

/// The kid of each key of the client, and who vouches for it.
fn keys(object: &OAuthClient) -> Vec<(String, Vouching)> {
    let Standing::Active(client) = client(object).unwrap() else {
        panic!("suspended")
    };
    let of = |key: &VouchedKey| (key.key.kid().to_owned(), key.vouched);
    client.keys.iter().map(of).collect()
}

const WITHOUT_END: Vouching = Vouching::Controller { not_after: None };

fn until(end: &str) -> Vouching {
    Vouching::Controller {
        not_after: Some(end.parse::<Timestamp>().unwrap()),
    }
}

fn spec(keys: Value) -> Value {
    let mut identity = json!({});
    identity["keys"] = keys;
    json!({"identities": [identity]})
}

#[rstest]
#[case::uri(json!({"jwksURI": URI}), URI)]
#[case::secret(json!({"secretRef": {"name": "s", "key": "k"}}), "Secret/s/k")]
#[case::config_map(json!({"configMapRef": {"name": "s", "key": "k"}}), "ConfigMap/s/k")]
fn a_published_key_is_used_while_its_source_stands_in_spec(#[case] source: Value, #[case] text: &str) {
    let entry = published(text, &key("a"), None);
    assert_eq!(
        keys(&object(&spec(source), std::slice::from_ref(&entry))),
        [("a".to_owned(), WITHOUT_END)]
    );
    assert_eq!(keys(&object(&json!({}), &[entry])), []);
}

#[rstest]
#[case::another_path("https://ci.example/other.json")]
#[case::equal_but_for_the_port("https://ci.example:443/jwks.json")]
#[case::another_host("https://evil.example/jwks.json")]
#[case::a_query("https://ci.example/jwks.json?")]
#[case::a_secret("Secret/s/k")]
#[case::inline("Inline")]
#[case::index("0")]
#[case::empty("")]
fn a_forged_key_from_a_source_that_is_not_in_spec_is_not_used(#[case] source: &str) {
    let entry = published(source, &key("a"), None);
    assert_eq!(keys(&object(&spec(json!({"jwksURI": URI})), &[entry])), []);
}

#[test]
fn inline_keys_come_from_spec_whatever_the_status_says() {
    let inline = spec(json!({"jwks": {"keys": [key("a")]}}));
    let forged = published("Inline", &key("b"), None);
    assert_eq!(
        keys(&object(&inline, &[forged])),
        [("a".to_owned(), Vouching::Spec)]
    );
}

/// S-7517-02
#[test]
fn one_bad_key_does_not_stop_the_others() {
    let mut private = key("b");
    private["d"] = json!("870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE");
    let inline = spec(json!({"jwks": {"keys": [private, key("a")]}}));
    assert_eq!(keys(&object(&inline, &[])), [("a".to_owned(), Vouching::Spec)]);
    let weak = json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"});
    let entries = [published(URI, &weak, None), published(URI, &key("a"), None)];
    assert_eq!(
        keys(&object(&spec(json!({"jwksURI": URI})), &entries)),
        [("a".to_owned(), WITHOUT_END)]
    );
}

/// S-8725-01, S-8725-07
#[test]
fn a_published_key_is_judged_by_the_algorithms_of_the_client() {
    let mut spec = spec(json!({"jwksURI": URI}));
    spec["assertion"] = json!({"algorithms": ["RS256"]});
    assert_eq!(keys(&object(&spec, &[published(URI, &key("a"), None)])), []);
}

#[test]
fn a_key_of_several_sources_counts_once_with_its_best_voucher() {
    let uri = json!({"keys": {"jwksURI": URI}});
    let secret = json!({"keys": {"secretRef": {"name": "s", "key": "k"}}});
    let inline = json!({"keys": {"jwks": {"keys": [key("a")]}}});
    let early = published(URI, &key("a"), Some("2026-01-01T00:00:00Z"));
    let late = published("Secret/s/k", &key("a"), Some("2026-01-01T01:00:00Z"));
    let endless = published("Secret/s/k", &key("a"), None);
    let both = json!({"identities": [uri, secret]});
    let of = |spec: &Value, entries: &[Value]| keys(&object(spec, entries));
    let one = |vouched| vec![("a".to_owned(), vouched)];

    assert_eq!(
        of(&both, &[early.clone(), late.clone()]),
        one(until("2026-01-01T01:00:00Z"))
    );
    assert_eq!(
        of(&both, &[late.clone(), early.clone()]),
        one(until("2026-01-01T01:00:00Z"))
    );
    assert_eq!(of(&both, &[early.clone(), endless.clone()]), one(WITHOUT_END));
    assert_eq!(of(&both, &[endless, early.clone()]), one(WITHOUT_END));
    let all = json!({"identities": [inline, uri, secret]});
    assert_eq!(of(&all, &[early, late]), one(Vouching::Spec));
}

#[test]
fn the_end_of_a_key_is_carried_over() {
    let entry = published(URI, &key("a"), Some("2026-01-01T00:00:00Z"));
    assert_eq!(
        keys(&object(&spec(json!({"jwksURI": URI})), &[entry])),
        [("a".to_owned(), until("2026-01-01T00:00:00Z"))]
    );
}

#[test]
fn a_suspended_client_is_none() {
    let suspended = object(&json!({"suspended": true}), &[]);
    assert!(matches!(client(&suspended), Ok(Standing::Suspended(id)) if id.as_str() == "payments/billing"));
}

#[test]
fn a_spec_with_a_fault_makes_no_client() {
    let faulty = object(&json!({"token": {"lifetime": "2h"}}), &[]);
    assert_eq!(client(&faulty).unwrap_err()[0].path, "spec.token.lifetime");
}

#[test]
fn the_value_of_a_private_member_is_not_kept() {
    let mut private = key("a");
    private["d"] = json!("canary");
    private["oth"] = json!([{"r": "canary"}]);
    let read = object(&spec(json!({"jwks": {"keys": [private]}})), &[]);
    assert!(!format!("{read:?}").contains("canary"));
    assert!(!serde_json::to_string(&read).unwrap().contains("canary"));
}
