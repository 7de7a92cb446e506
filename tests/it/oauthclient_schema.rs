//! What the API server itself says to good and bad `OAuthClient` objects, word for word, and that our own
//! judgement agrees with it.

use countersign::api::accept::accept;
use countersign::api::v1alpha1::OAuthClient;
use http::Request;
use serde_json::{Value, json};

use crate::support::ControlPlane;

const PATH: &str = "/apis/countersign.dev/v1alpha1/namespaces/default/oauthclients";
const ONE_IDENTITY: &str = "must have exactly one of `serviceAccount` and `keys`";
const ONE_SOURCE: &str = "must have exactly one of `jwks`, `jwksURI`, `secretRef` and `configMapRef`";
const NAME: &str = "must be a DNS subdomain: at most 253 of a-z, 0-9, '-' and '.', each part starting and ending with a letter or digit";
const DATA_KEY: &str =
    "must be the name of a data key: letters, digits, '-', '_' and '.', not starting with '..'";
const HTTPS: &str = "must be an https URL with a host, such as https://ci.example/jwks.json";
const PORT: &str = "must use port 443, or one from 1024 to 65535";
const USER_INFO: &str = "must not contain user information";
const FRAGMENT: &str = "must not have a fragment";
const CHARACTERS: &str =
    "must consist of ASCII characters that a URI may contain, without spaces, quotes or control characters";
const ABSOLUTE: &str = "must be an absolute URI, such as https://ledger.internal";
const SCOPES: &str =
    "must be scope tokens: printable ASCII characters without space, double quote and backslash";
const TOKEN: &str = "must be a duration from 1m to 1h, such as 90s, 5m or 1m30s";
const ASSERTION: &str = "must be a duration from 10s to 15m, such as 90s, 5m or 1m30s";
const ALGORITHMS: &str = "supported values: \"RS256\", \"RS384\", \"RS512\", \"PS256\", \"PS384\", \"PS512\", \"ES256\", \"ES384\", \"ES512\", \"EdDSA\", \"Ed25519\"";
const PRIVATE: &str = "Forbidden: must not contain a private or shared key: revoke this key, because the cluster has seen it, and put only the public members of a new one here";

/// The refusals of one object, as `field: message`, or nothing if it is taken.
type Refusals = Vec<String>;

/// The administrator, once the kind is there.
async fn client() -> kube::Client {
    let plane = ControlPlane::shared();
    plane.install_kinds().await;
    plane.admin()
}

async fn create(client: &kube::Client, spec: &Value) -> Refusals {
    let object = json!({
        "apiVersion": "countersign.dev/v1alpha1",
        "kind": "OAuthClient",
        "metadata": {"namespace": "default", "name": "schema"},
        "spec": spec,
    });
    let request = Request::post(format!("{PATH}?dryRun=All&fieldValidation=Strict"))
        .header("content-type", "application/json")
        .body(serde_json::to_vec(&object).unwrap())
        .unwrap();
    let Err(error) = client.request::<Value>(request).await else {
        return Vec::new();
    };
    let kube::Error::Api(status) = error else {
        panic!("the API server did not answer: {error}")
    };
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let refusals: Refusals = causes
        .map(|cause| format!("{}: {}", cause.field, cause.message))
        // What the API server adds when it stops early is no statement about the object.
        .filter(|refusal| !refusal.contains("some validation rules were not checked"))
        .collect();
    if refusals.is_empty() {
        vec![status.message.clone()]
    } else {
        refusals
    }
}

fn ours(spec: &Value) -> bool {
    let object = json!({"metadata": {"namespace": "default", "name": "schema"}, "spec": spec});
    serde_json::from_value::<OAuthClient>(object).is_ok_and(|object| accept(&object).is_ok())
}

fn keys(keys: &Value) -> Value {
    json!({"identities": [{"keys": keys}]})
}

fn uri(uri: &str) -> Value {
    keys(&json!({"jwksURI": uri}))
}

fn jwk(member: &str, value: &Value) -> Value {
    let mut jwk = json!({"kty": "EC", "crv": "P-256", "kid": "a",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"});
    jwk[member] = value.clone();
    keys(&json!({"jwks": {"keys": [jwk]}}))
}

fn subject(subject: &str) -> Value {
    json!({"grants": {"jwtBearer": {"subjects": [subject]}}})
}

fn resource(identifier: &str) -> Value {
    json!({"resources": [{"identifier": identifier}]})
}

fn scope(scope: &str) -> Value {
    json!({"resources": [{"identifier": "https://a", "scopes": [scope]}]})
}

fn good() -> Vec<Value> {
    let mut specs = vec![
        json!({}),
        json!({"identities": [], "grants": {}, "resources": [], "suspended": true}),
        json!({"identities": [{"serviceAccount": {"name": "billing.worker-1"}}]}),
        keys(&json!({"secretRef": {"name": "billing-keys", "key": "jwks.json"}})),
        keys(&json!({"configMapRef": {"name": "billing-keys", "key": "_a-B.pem"}})),
        keys(&json!({"jwks": {"keys": []}})),
        jwk("use", &json!("sig")),
        json!({"grants": {"clientCredentials": {}, "jwtBearer": {}}}),
        subject("bob@example.com"),
        subject(&"\u{e9}".repeat(256)),
        json!({"resources": [{"identifier": "https://a", "default": true}, {"identifier": "https://b"}]}),
        scope("[a]^~!"),
        json!({"assertion": {"algorithms": ["ES512"], "audience": "Strict", "maxLifetime": "15m"}}),
        json!({"assertion": {"maxLifetime": "10s", "audience": "Compat", "algorithms": ["Ed25519"]}}),
        json!({"assertion": {"audience": "Fapi"}, "identities": [{"keys": {"jwks": {"keys": []}}}]}),
    ];
    for text in [
        "https://ci.example/jwks.json",
        "https://ci.example:443",
        "https://ci.example:1024/",
        "https://ci.example:65535?x=@",
        "https://[::1]:8443/j",
        "https://ci.example/a@b",
    ] {
        specs.push(uri(text));
    }
    for text in ["https://ledger.internal", "urn:example:ledger", "https://l/a@b?x"] {
        specs.push(resource(text));
    }
    for text in ["1m", "1h", "90s", "1m30s", "60m", "1m1m"] {
        specs.push(json!({"token": {"lifetime": text}}));
    }
    specs
}

/// Bad specs, with what is said about them, and whether our own judgement sees them too: it does not see
/// what decoding drops, and it refuses a bad key rather than the object that holds it.
fn bad() -> Vec<(Value, Refusals, bool)> {
    let mut rows = Vec::new();
    let mut row = |spec: Value, refusals: &[(&str, &str)]| {
        let refusals = refusals
            .iter()
            .map(|(field, message)| format!("{field}: {message}"))
            .collect();
        rows.push((spec, refusals, true));
    };
    let invalid = |value: &str, message: &str| format!("Invalid value: {}: {message}", json!(value));

    let identity = "spec.identities[0]";
    row(
        json!({"identities": [{}]}),
        &[(identity, &format!("Invalid value: {ONE_IDENTITY}"))],
    );
    row(
        json!({"identities": [{"serviceAccount": {"name": "a"}, "keys": {"jwksURI": "https://a.example"}}]}),
        &[(identity, &format!("Invalid value: {ONE_IDENTITY}"))],
    );
    for name in ["A_b", "", "other/a", "a:b", "-a", "a..b"] {
        row(
            json!({"identities": [{"serviceAccount": {"name": name}}]}),
            &[("spec.identities[0].serviceAccount.name", &invalid(name, NAME))],
        );
    }
    row(
        json!({"identities": vec![json!({"serviceAccount": {"name": "a"}}); 17]}),
        &[("spec.identities", "Too many: 17: must have at most 16 items")],
    );

    let source = "spec.identities[0].keys";
    row(
        keys(&json!({})),
        &[(source, &format!("Invalid value: {ONE_SOURCE}"))],
    );
    row(
        keys(&json!({"jwksURI": "https://a.example", "secretRef": {"name": "a", "key": "b"}})),
        &[(source, &format!("Invalid value: {ONE_SOURCE}"))],
    );
    let field = "spec.identities[0].keys.jwksURI";
    for (text, messages) in [
        ("", &[HTTPS][..]),
        ("http://ci.example/", &[HTTPS]),
        ("HTTPS://ci.example/", &[HTTPS]),
        ("ftp://ci.example/", &[HTTPS]),
        ("https://", &[HTTPS]),
        ("https:///x", &[HTTPS]),
        ("https://ci.example/a b", &[CHARACTERS]),
        ("https://ci.example/\u{e9}", &[CHARACTERS]),
        ("https://u@ci.example/", &[USER_INFO]),
        ("https://u:p@ci.example:8443/", &[USER_INFO]),
        ("https://@ci.example/", &[USER_INFO]),
        (
            "https://ci.example\\@evil.example/",
            &[HTTPS, CHARACTERS, USER_INFO],
        ),
        ("https://ci.example/#x", &[FRAGMENT]),
        ("https://ci.example:22/", &[PORT]),
        ("https://ci.example:1023/", &[PORT]),
        ("https://ci.example:65536/", &[PORT]),
    ] {
        let messages: Vec<String> = messages.iter().map(|message| invalid(text, message)).collect();
        let refusals: Vec<(&str, &str)> = messages.iter().map(|message| (field, message.as_str())).collect();
        row(uri(text), &refusals);
    }
    for key in ["", ".", "..", "../x", "a/b", "..data"] {
        row(
            keys(&json!({"secretRef": {"name": "a", "key": key}})),
            &[("spec.identities[0].keys.secretRef.key", &invalid(key, DATA_KEY))],
        );
        row(
            keys(&json!({"configMapRef": {"name": "a", "key": key}})),
            &[(
                "spec.identities[0].keys.configMapRef.key",
                &invalid(key, DATA_KEY),
            )],
        );
    }
    row(
        keys(&json!({"secretRef": {"name": "../a", "key": "b"}})),
        &[("spec.identities[0].keys.secretRef.name", &invalid("../a", NAME))],
    );
    row(
        keys(&json!({"jwks": {"keys": vec![json!({"kty": "EC"}); 17]}})),
        &[(
            "spec.identities[0].keys.jwks.keys",
            "Too many: 17: must have at most 16 items",
        )],
    );

    let field = "spec.grants.jwtBearer.subjects";
    row(
        subject("a#b"),
        &[(field, "Invalid value: must not contain '#' in a subject")],
    );
    for text in ["a\u{7}b", "a\u{7f}b", "a\u{85}b"] {
        row(
            subject(text),
            &[(
                field,
                "Invalid value: must not contain a control character in a subject",
            )],
        );
    }
    row(
        subject(""),
        &[(
            "spec.grants.jwtBearer.subjects[0]",
            "Invalid value: \"\": spec.grants.jwtBearer.subjects[0] in body should be at least 1 chars long",
        )],
    );
    row(
        subject(&"x".repeat(257)),
        &[(
            "spec.grants.jwtBearer.subjects[0]",
            "Too long: may not be more than 256 bytes",
        )],
    );

    let field = "spec.resources[0].identifier";
    for (text, message) in [
        ("", ABSOLUTE),
        ("/v1", ABSOLUTE),
        ("ledger", ABSOLUTE),
        ("1a:b", ABSOLUTE),
        ("https://l/#x", FRAGMENT),
        ("https://u@l/", USER_INFO),
        ("https://l/ x", CHARACTERS),
        ("https://l/\u{e9}", CHARACTERS),
        ("https://l/a|b", CHARACTERS),
        ("https://l/\"", CHARACTERS),
    ] {
        row(resource(text), &[(field, &invalid(text, message))]);
    }
    row(
        json!({"resources": [{"identifier": "https://a"}, {"identifier": "https://a"}]}),
        &[(
            "spec.resources[1]",
            "Duplicate value: {\"identifier\":\"https://a\"}",
        )],
    );
    row(
        json!({"resources": [{"identifier": "https://a", "default": true}, {"identifier": "https://b", "default": true}]}),
        &[(
            "spec.resources",
            "Invalid value: must mark at most one resource as `default`",
        )],
    );
    for text in ["", "a b", "a\"", "a\\", "\u{e9}", "a\u{7f}"] {
        row(
            scope(text),
            &[("spec.resources[0].scopes", &format!("Invalid value: {SCOPES}"))],
        );
    }

    for text in [
        "", "59s", "61m", "1h1s", "0s", "10", "m", "-1m", "1.5h", "1d", "600000ms", "1s1s1s1s",
    ] {
        row(
            json!({"token": {"lifetime": text}}),
            &[("spec.token.lifetime", &invalid(text, TOKEN))],
        );
    }
    for text in ["9s", "901s"] {
        row(
            json!({"assertion": {"maxLifetime": text}}),
            &[("spec.assertion.maxLifetime", &invalid(text, ASSERTION))],
        );
    }
    row(
        json!({"assertion": {"algorithms": []}}),
        &[(
            "spec.assertion.algorithms",
            "Invalid value: 0: spec.assertion.algorithms in body should have at least 1 items",
        )],
    );
    for name in ["HS256", "none", "rs256"] {
        row(
            json!({"assertion": {"algorithms": [name]}}),
            &[(
                "spec.assertion.algorithms[0]",
                &format!("Unsupported value: \"{name}\": {ALGORITHMS}"),
            )],
        );
    }
    row(
        json!({"assertion": {"audience": "Lax"}}),
        &[(
            "spec.assertion.audience",
            "Unsupported value: \"Lax\": supported values: \"Standard\", \"Strict\", \"Fapi\", \"Compat\"",
        )],
    );
    row(
        json!({"assertion": {"audience": "Fapi"}, "identities": [{"serviceAccount": {"name": "a"}}]}),
        &[(
            "spec.assertion.audience",
            "Invalid value: must not be Fapi while an identity is something else than `keys`",
        )],
    );
    rows.extend(unseen_by_us());
    rows
}

fn unseen_by_us() -> Vec<(Value, Refusals, bool)> {
    let unknown = |field: &str| {
        vec![format!(
            "OAuthClient in version \"v1alpha1\" cannot be handled as a OAuthClient: strict decoding error: unknown field \"{field}\""
        )]
    };
    let mut rows = vec![
        (
            json!({"assertion": {"algorithms": ["RS256", "RS256"]}}),
            vec!["spec.assertion.algorithms[1]: Duplicate value: \"RS256\"".to_owned()],
            false,
        ),
        (
            json!({"grants": {"jwtBearer": {"subjects": ["a", "a"]}}}),
            vec!["spec.grants.jwtBearer.subjects[1]: Duplicate value: \"a\"".to_owned()],
            false,
        ),
        (
            keys(&json!({"secretRef": {"name": "a", "key": "b", "namespace": "kube-system"}})),
            unknown("spec.identities[0].keys.secretRef.namespace"),
            false,
        ),
        (
            json!({"identities": [{"serviceAccount": {"name": "a", "namespace": "kube-system"}}]}),
            unknown("spec.identities[0].serviceAccount.namespace"),
            false,
        ),
        (json!({"tokenExchange": {}}), unknown("spec.tokenExchange"), false),
    ];
    for member in ["d", "p", "q", "dp", "dq", "qi", "k"] {
        let refusals = vec![format!("spec.identities[0].keys.jwks.keys[0]: {PRIVATE}")];
        rows.push((jwk(member, &json!("canary")), refusals, false));
    }
    rows.push((
        jwk("oth", &json!([{"r": "canary", "d": "canary", "t": "canary"}])),
        vec![format!("spec.identities[0].keys.jwks.keys[0]: {PRIVATE}")],
        false,
    ));
    rows.push((
        jwk("d", &json!("canary".repeat(400))),
        vec!["spec.identities[0].keys.jwks.keys[0].d: Too long: may not be more than 2048 bytes".to_owned()],
        false,
    ));
    rows
}

#[tokio::test]
async fn good_objects_are_taken() {
    let client = client().await;
    for spec in good() {
        assert_eq!(create(&client, &spec).await, Refusals::new(), "{spec}");
        assert!(ours(&spec), "{spec}");
    }
}

#[tokio::test]
async fn bad_objects_are_refused_with_a_sentence_at_the_field() {
    let client = client().await;
    for (spec, refusals, seen) in bad() {
        let mut said = create(&client, &spec).await;
        let mut expected = refusals;
        said.sort();
        expected.sort();
        assert_eq!(said, expected, "{spec}");
        assert!(said.iter().all(|refusal| !refusal.contains("canary")), "{spec}");
        assert_eq!(ours(&spec), !seen, "{spec}");
    }
}

#[tokio::test]
async fn an_object_that_nobody_has_visited_says_so() {
    let client = client().await;
    let object = json!({
        "apiVersion": "countersign.dev/v1alpha1",
        "kind": "OAuthClient",
        "metadata": {"namespace": "default", "name": "unvisited"},
        "spec": {},
        "status": {"clientId": "forged", "keys": [], "conditions": []},
    });
    let request = Request::post(format!("{PATH}?dryRun=All"))
        .header("content-type", "application/json")
        .body(serde_json::to_vec(&object).unwrap())
        .unwrap();
    let created: Value = client.request(request).await.unwrap();
    let pending = |kind: &str| {
        json!({
            "type": kind,
            "status": "Unknown",
            "reason": "Pending",
            "message": "Waiting for the controller",
            "lastTransitionTime": "1970-01-01T00:00:00Z",
        })
    };
    assert_eq!(
        created["status"],
        json!({"conditions": [pending("Accepted"), pending("KeysSynced"), pending("Ready")]})
    );
    assert_eq!(
        created["spec"],
        json!({
            "identities": [],
            "grants": {},
            "resources": [],
            "token": {"lifetime": "10m"},
            "assertion": {
                "maxLifetime": "5m",
                "algorithms": ["RS256", "PS256", "ES256", "ES384", "EdDSA"],
                "audience": "Standard",
            },
            "suspended": false,
        })
    );
}

/// Applies `spec` as the same manager as ever, and returns what is stored then.
async fn apply(client: &kube::Client, namespace: &str, spec: Value) -> Value {
    let object = json!({
        "apiVersion": "countersign.dev/v1alpha1",
        "kind": "OAuthClient",
        "metadata": {"namespace": namespace, "name": "applied"},
        "spec": spec,
    });
    let path = format!(
        "/apis/countersign.dev/v1alpha1/namespaces/{namespace}/oauthclients/applied?fieldManager=gitops"
    );
    let request = Request::patch(path)
        .header("content-type", "application/apply-patch+yaml")
        .body(serde_json::to_vec(&object).unwrap())
        .unwrap();
    client.request::<Value>(request).await.unwrap()["spec"].clone()
}

#[tokio::test]
async fn what_is_taken_out_of_an_applied_manifest_is_gone() {
    let client = client().await;
    let full = json!({
        "identities": [{"serviceAccount": {"name": "a"}}, {"keys": {"jwks": {"keys": []}}}],
        "grants": {"clientCredentials": {}, "jwtBearer": {"subjects": ["bob"]}},
        "resources": [{"identifier": "https://a", "scopes": ["read"], "default": true}, {"identifier": "https://b"}],
        "token": {"lifetime": "1h"},
        "suspended": true,
    });
    let namespace = ControlPlane::shared().namespace("applied").await;
    let nothing = apply(&client, &namespace, json!({})).await;
    apply(&client, &namespace, full).await;

    let fewer = apply(
        &client,
        &namespace,
        json!({
            "identities": [{"serviceAccount": {"name": "a"}}],
            "grants": {"jwtBearer": {}},
            "resources": [{"identifier": "https://a"}],
        }),
    )
    .await;
    assert_eq!(fewer["identities"], json!([{"serviceAccount": {"name": "a"}}]));
    assert_eq!(fewer["grants"], json!({"jwtBearer": {}}));
    assert_eq!(
        fewer["resources"],
        json!([{"identifier": "https://a", "scopes": [], "default": false}])
    );
    assert_eq!(fewer["token"], json!({"lifetime": "10m"}));
    assert_eq!(fewer["suspended"], json!(false));

    assert_eq!(apply(&client, &namespace, json!({"grants": {}})).await, nothing);
    assert_eq!(apply(&client, &namespace, json!({})).await, nothing);
}
