//! What each case must come to, whatever the library.

use crate::scene::{SUBJECT, Scene};
use crate::support::release::{LEDGER, OLD};
use serde_json::{Value, json};

/// The outcome of a case.
pub(crate) enum Expected {
    /// A token, verified by the library, with these claims among others; null is none.
    Granted(Value),
    /// The library tells this OAuth error.
    Refused(&'static str),
    /// The library refuses what is not an access token for it.
    Rejected,
}

/// Every case by its name.
pub(crate) fn table(scene: &Scene) -> Vec<(&'static str, Expected)> {
    let client = scene.client.as_str();
    let for_itself = |changes: Value| {
        let mut claims = json!({
            "iss": scene.server.issuer, "sub": client, "client_id": client, "aud": LEDGER,
            "scope": "read write", "act": null,
        });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        Expected::Granted(claims)
    };
    let good = || for_itself(json!({}));
    let pod = || for_itself(json!({ "kubernetes.io": { "pod": { "uid": scene.pod_uid } } }));
    let delegated = json!({
        "sub": format!("{client}#{SUBJECT}"), "act": { "iss": scene.server.issuer, "sub": client },
    });
    let strict = json!({ "sub": scene.strict_client, "client_id": scene.strict_client });
    vec![
        ("client_credentials_rs256", good()),
        ("client_credentials_es256", good()),
        ("audience_is_endpoint", good()),
        ("jwt_bearer", good()),
        ("both", good()),
        ("delegated", for_itself(delegated)),
        ("service_account_client", pod()),
        ("service_account_grant", pod()),
        ("scope", for_itself(json!({ "scope": "read" }))),
        (
            "other_resource",
            for_itself(json!({ "aud": OLD, "scope": "old" })),
        ),
        ("strict", for_itself(strict)),
        ("strict_endpoint", Expected::Refused("invalid_client")),
        ("wrong_key", Expected::Refused("invalid_client")),
        ("wrong_key_grant", Expected::Refused("invalid_grant")),
        ("no_jti", Expected::Refused("invalid_client")),
        ("replayed", Expected::Refused("invalid_grant")),
        ("wrong_scope", Expected::Refused("invalid_scope")),
        ("wrong_resource", Expected::Refused("invalid_target")),
        ("verify_other_audience", Expected::Rejected),
        ("verify_changed", Expected::Rejected),
        ("verify_assertion", Expected::Rejected),
    ]
}

impl Expected {
    /// What is wrong with the line that a library's program printed, if anything is.
    pub(crate) fn fault(&self, line: &Value) -> Option<String> {
        let fault = match self {
            Self::Granted(claims) => line.get("granted").map_or(Some("it was not granted"), |found| {
                (!contains(found, claims)).then_some("other claims were expected")
            }),
            Self::Refused(error) if line["refused"] != *error => Some("another error was expected"),
            Self::Refused(_) => line["description"]
                .as_str()
                .is_none_or(str::is_empty)
                .then_some("the description does not reach the developer"),
            Self::Rejected => {
                let told = line["rejected"].as_str().unwrap_or_default();
                told.is_empty().then_some("the verifier did not reject it")
            }
        };
        fault.map(|fault| format!("{fault}: {line}"))
    }
}

/// Whether `found` has every member of `wanted`; null stands for a member that is not there.
fn contains(found: &Value, wanted: &Value) -> bool {
    match wanted {
        Value::Object(members) => members.iter().all(|(name, wanted)| {
            let found = found.get(name).unwrap_or(&Value::Null);
            contains(found, wanted)
        }),
        // Libraries read a single audience as an array, too.
        Value::String(_) if found.is_array() => found == &json!([wanted]),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            found == wanted
        }
    }
}
