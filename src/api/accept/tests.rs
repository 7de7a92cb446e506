use super::*;
use crate::core::client::UnknownAudiencePolicy;
use crate::core::resource::InvalidResource;
use crate::core::scope::InvalidScope;
use crate::core::source::InvalidSource;
use rstest::rstest;
use serde_json::{Value, json};

fn object(spec: Value) -> OAuthClient {
    let mut object = json!({"metadata": {"namespace": "payments", "name": "billing"}});
    object["spec"] = spec;
    serde_json::from_value(object).unwrap()
}

fn faults(spec: Value) -> Vec<(String, Cause)> {
    let faults = accept(&object(spec)).err().unwrap_or_default();
    faults
        .into_iter()
        .map(|fault| (fault.path, fault.cause))
        .collect()
}

const LIFETIME: Cause = Cause::Lifetime { from: "1m", to: "1h" };
const MAX_LIFETIME: Cause = Cause::Lifetime {
    from: "10s",
    to: "15m",
};

#[rstest]
#[case::neither(json!({}), "", Cause::Identity)]
#[case::both(json!({"serviceAccount": {"name": "a"}, "keys": {"jwks": {"keys": []}}}), "", Cause::Identity)]
#[case::account(json!({"serviceAccount": {"name": "A"}}), ".serviceAccount.name", Cause::Name(InvalidId::Name))]
#[case::other_namespace(json!({"serviceAccount": {"name": "other/a"}}), ".serviceAccount.name", Cause::Name(InvalidId::Name))]
#[case::other_account(json!({"serviceAccount": {"name": "a:b"}}), ".serviceAccount.name", Cause::Name(InvalidId::Name))]
#[case::no_keys(json!({"keys": {}}), ".keys", Cause::Keys)]
#[case::two_sources(json!({"keys": {"jwks": {"keys": []}, "jwksURI": "https://a.example"}}), ".keys", Cause::Keys)]
#[case::http(json!({"keys": {"jwksURI": "http://a.example"}}), ".keys.jwksURI", InvalidSource::NotHttps.into())]
#[case::port(json!({"keys": {"jwksURI": "https://a.example:22"}}), ".keys.jwksURI", InvalidSource::Port.into())]
#[case::user(json!({"keys": {"jwksURI": "https://u@a.example"}}), ".keys.jwksURI", InvalidSource::UserInfo.into())]
#[case::secret(json!({"keys": {"secretRef": {"name": "../a", "key": "b"}}}), ".keys.secretRef", InvalidSource::Name.into())]
#[case::secret_key(json!({"keys": {"secretRef": {"name": "a", "key": "../b"}}}), ".keys.secretRef", InvalidSource::Key.into())]
#[case::config_map(json!({"keys": {"configMapRef": {"name": "a", "key": ""}}}), ".keys.configMapRef", InvalidSource::Key.into())]
fn bad_identities(#[case] identity: Value, #[case] path: &str, #[case] cause: Cause) {
    let good = json!({"serviceAccount": {"name": "a"}});
    assert_eq!(
        faults(json!({"identities": [good, identity]})),
        [(format!("spec.identities[1]{path}"), cause)]
    );
}

#[rstest]
#[case::hash("a#b")]
#[case::control("a\u{7}b")]
#[case::c1_control("a\u{85}b")]
#[case::empty("")]
#[case::too_long(&"x".repeat(257))]
fn bad_subjects(#[case] subject: &str) {
    assert_eq!(
        faults(json!({"grants": {"jwtBearer": {"subjects": ["good", subject]}}})),
        [("spec.grants.jwtBearer.subjects[1]".to_owned(), Cause::Subject)]
    );
}

#[rstest]
#[case::relative(json!([{"identifier": "/v1"}]), "spec.resources[0].identifier", InvalidResource::NotAbsolute.into())]
#[case::fragment(json!([{"identifier": "https://a/#"}]), "spec.resources[0].identifier", InvalidResource::Fragment.into())]
#[case::user(json!([{"identifier": "https://u@a/"}]), "spec.resources[0].identifier", InvalidResource::UserInfo.into())]
#[case::space(json!([{"identifier": "https://a/ "}]), "spec.resources[0].identifier", InvalidResource::Characters.into())]
#[case::twice(json!([{"identifier": "https://a"}, {"identifier": "https://a"}]), "spec.resources[1].identifier", Cause::DuplicateResource)]
#[case::scope(json!([{"identifier": "https://a", "scopes": ["a b"]}]), "spec.resources[0].scopes", InvalidScope.into())]
#[case::defaults(
    json!([{"identifier": "https://a", "default": true}, {"identifier": "https://b", "default": true}]),
    "spec.resources",
    Cause::SeveralDefaults
)]
fn bad_resources(#[case] resources: Value, #[case] path: &str, #[case] cause: Cause) {
    assert_eq!(
        faults(json!({"resources": resources})),
        [(path.to_owned(), cause)]
    );
}

/// S-7523bis-10, D-13
#[rstest]
#[case(json!({"token": {"lifetime": "59s"}}), "spec.token.lifetime", LIFETIME)]
#[case(json!({"token": {"lifetime": "1h1s"}}), "spec.token.lifetime", LIFETIME)]
#[case(json!({"token": {"lifetime": "10"}}), "spec.token.lifetime", crate::core::duration::InvalidDuration.into())]
#[case(json!({"assertion": {"maxLifetime": "9s"}}), "spec.assertion.maxLifetime", MAX_LIFETIME)]
#[case(json!({"assertion": {"maxLifetime": "901s"}}), "spec.assertion.maxLifetime", MAX_LIFETIME)]
#[case(json!({"assertion": {"algorithms": []}}), "spec.assertion.algorithms", Cause::NoAlgorithm)]
#[case(json!({"assertion": {"algorithms": ["RS256", "HS256"]}}), "spec.assertion.algorithms[1]", Cause::Algorithm)]
#[case(json!({"assertion": {"algorithms": ["none"]}}), "spec.assertion.algorithms[0]", Cause::Algorithm)]
#[case(json!({"assertion": {"audience": "Lax"}}), "spec.assertion.audience", UnknownAudiencePolicy.into())]
#[case(json!({"assertion": {"audience": "strict"}}), "spec.assertion.audience", UnknownAudiencePolicy.into())]
#[case(
    json!({"assertion": {"audience": "Fapi"}, "identities": [{"keys": {"jwks": {"keys": []}}}, {"serviceAccount": {"name": "a"}}]}),
    "spec.assertion.audience",
    Cause::FapiIdentity
)]
fn bad_policies(#[case] spec: Value, #[case] path: &str, #[case] cause: Cause) {
    assert_eq!(faults(spec), [(path.to_owned(), cause)]);
}

#[rstest]
#[case("spec.identities", 16, |n| json!({"identities": vec![json!({"serviceAccount": {"name": "a"}}); n]}))]
#[case("spec.grants.jwtBearer.subjects", 64, |n| json!({"grants": {"jwtBearer": {"subjects": vec!["a"; n]}}}))]
#[case("spec.resources", 32, |n| json!({"resources": (0..n).map(|i| json!({"identifier": format!("https://a/{i}")})).collect::<Vec<_>>()}))]
#[case("spec.resources[0].scopes", 64, |n| json!({"resources": [{"identifier": "https://a", "scopes": vec!["a"; n]}]}))]
#[case("spec.assertion.algorithms", 11, |n| json!({"assertion": {"algorithms": vec!["RS256"; n]}}))]
fn long_lists(#[case] path: &str, #[case] most: usize, #[case] spec: fn(usize) -> Value) {
    assert_eq!(faults(spec(most)), []);
    assert_eq!(
        faults(spec(most.saturating_add(1))),
        [(path.to_owned(), Cause::TooMany(most))]
    );
}

#[test]
fn a_name_that_is_no_client_id_is_a_fault() {
    let mut nameless = object(json!({}));
    nameless.metadata.namespace = None;
    let found = accept(&nameless).unwrap_err();
    assert_eq!(
        found,
        [Fault {
            path: "metadata".to_owned(),
            cause: InvalidId::Namespace.into()
        }]
    );
    assert_eq!(found[0].cause.reason(), "InvalidName");
}

#[test]
fn all_faults_are_told_at_once_and_none_repeats_the_value() {
    let found = accept(&object(json!({
        "identities": [{"keys": {"jwksURI": "https://canary@a.example"}}],
        "token": {"lifetime": "canary"},
        "assertion": {"audience": "canary"},
        "grants": {"jwtBearer": {"subjects": ["canary#"]}},
    })))
    .unwrap_err();
    assert_eq!(found.len(), 4);
    assert!(found.iter().all(|fault| !fault.to_string().contains("canary")));
}

/// S-7523bis-20
#[test]
fn an_empty_spec_is_valid_and_allows_nothing() {
    let accepted = accept(&object(json!({}))).unwrap();
    assert_eq!(accepted.id.as_str(), "payments/billing");
    assert!(
        accepted.service_accounts.is_empty() && accepted.inline.is_empty() && accepted.sources.is_empty()
    );
    assert_eq!(accepted.grants, Grants::default());
    assert!(accepted.resources.is_empty() && !accepted.suspended);
    assert_eq!(accepted.token_lifetime, SignedDuration::from_mins(10));
    assert_eq!(accepted.assertion.max_lifetime, SignedDuration::from_mins(5));
    assert_eq!(accepted.assertion.audience, AudiencePolicy::Standard);
    assert_eq!(
        accepted.assertion.algorithms,
        ["RS256", "PS256", "ES256", "ES384", "EdDSA"].map(|name| name.parse().unwrap())
    );
}

/// B8: nobody writes claims into an object: there is no member for them, and what is written all the same is
/// not kept.
#[test]
fn b8_an_object_cannot_name_claims() {
    let plain = json!({
        "identities": [{"serviceAccount": {"name": "worker"}}],
        "grants": {"clientCredentials": {}, "jwtBearer": {"subjects": ["bob"]}},
        "resources": [{"identifier": "https://a", "scopes": ["read"]}],
        "token": {"lifetime": "10m"},
        "assertion": {"maxLifetime": "5m"},
    });
    let expected = object(plain.clone()).spec;
    let claims = json!({
        "iss": "https://evil.example", "sub": "root", "aud": "https://b", "exp": 4_000_000_000_i64, "client_id": "shop/cart",
        "act": {"sub": "root"}, "cnf": {"jkt": "x"}, "jti": "1", "groups": ["system:masters"],
    });
    for place in [
        "",
        "/token",
        "/assertion",
        "/grants",
        "/grants/clientCredentials",
        "/grants/jwtBearer",
        "/resources/0",
    ] {
        for member in [
            "claims",
            "template",
            "customClaims",
            "additionalClaims",
            "clientId",
            "subject",
            "issuer",
        ] {
            let mut spec = plain.clone();
            spec.pointer_mut(place).unwrap()[member] = claims.clone();
            assert_eq!(object(spec).spec, expected, "{place}/{member}");
        }
    }
}

/// S-7521-14
#[rstest]
#[case("Compat", AudiencePolicy::Compat)]
#[case("Standard", AudiencePolicy::Standard)]
#[case("Strict", AudiencePolicy::Strict)]
#[case("Fapi", AudiencePolicy::Fapi)]
fn every_audience_policy_is_read(#[case] name: &str, #[case] policy: AudiencePolicy) {
    let spec = json!({"assertion": {"audience": name}, "identities": [{"keys": {"jwks": {"keys": []}}}]});
    assert_eq!(accept(&object(spec)).unwrap().assertion.audience, policy);
    assert_eq!(policy.to_string(), name);
}

/// S-7521-14
#[test]
fn a_full_spec_is_read_in_full() {
    let accepted = accept(&object(json!({
        "identities": [
            {"serviceAccount": {"name": "worker"}},
            {"keys": {"jwksURI": "https://ci.example/jwks.json"}},
            {"keys": {"secretRef": {"name": "a", "key": "b"}}},
            {"keys": {"configMapRef": {"name": "a", "key": "b"}}},
            {"keys": {"jwks": {"keys": []}}},
        ],
        "grants": {"clientCredentials": {}, "jwtBearer": {"subjects": ["bob"]}},
        "resources": [
            {"identifier": "https://a", "scopes": ["read"], "default": true},
            {"identifier": "https://b"},
        ],
        "token": {"lifetime": "1h"},
        "assertion": {"maxLifetime": "15m", "algorithms": ["ES256"], "audience": "Strict"},
        "suspended": true,
    })))
    .unwrap();
    assert!(accepted.suspended);
    let accounts: Vec<String> = accepted
        .service_accounts
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(accounts, ["system:serviceaccount:payments:worker"]);
    let sources: Vec<String> = accepted.sources.iter().map(ToString::to_string).collect();
    assert_eq!(
        sources,
        ["https://ci.example/jwks.json", "Secret/a/b", "ConfigMap/a/b"]
    );
    assert_eq!(accepted.inline[0].path, "spec.identities[4].keys.jwks");
    assert!(accepted.grants.client_credentials);
    assert!(accepted.grants.jwt_bearer.unwrap().subjects.contains("bob"));
    assert_eq!(accepted.resources[0].scopes.to_string(), "read");
    assert!(accepted.resources[0].default && !accepted.resources[1].default);
    assert_eq!(accepted.token_lifetime, SignedDuration::from_hours(1));
    assert_eq!(accepted.assertion.audience, AudiencePolicy::Strict);
}
