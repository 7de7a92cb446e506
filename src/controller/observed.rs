//! An `OAuthClient` as it came from the API server, whether or not its spec can be decoded.
//!
//! One undecodable object would make every list fail, and so stop all the others (the status of the good
//! ones would go stale for ever). Here decoding fails for nothing but metadata.

use crate::api::v1alpha1::{OAuthClient, OAuthClientSpec, OAuthClientStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// An `OAuthClient` with a spec of whatever worth.
#[derive(Debug, Clone)]
pub struct Observed {
    /// The object's metadata.
    pub metadata: ObjectMeta,
    /// The spec, or what is wrong with its form in a sentence that repeats none of its values.
    pub spec: Result<OAuthClientSpec, String>,
    /// The status, if there is one that can be decoded.
    pub status: Option<OAuthClientStatus>,
}

#[derive(Deserialize)]
struct Wire {
    metadata: ObjectMeta,
    #[serde(default)]
    spec: Value,
    #[serde(default)]
    status: Value,
}

// === impl Observed ===

impl Observed {
    /// The object without its status, if its spec can be decoded.
    pub fn object(&self) -> Result<OAuthClient, &str> {
        Ok(OAuthClient {
            metadata: self.metadata.clone(),
            spec: self.spec.as_ref().map_err(String::as_str)?.clone(),
            status: None,
        })
    }
}

impl<'de> Deserialize<'de> for Observed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Wire {
            metadata,
            spec,
            status,
        } = Wire::deserialize(deserializer)?;
        Ok(Self {
            metadata,
            spec: decode(spec),
            status: serde_json::from_value(status).ok(),
        })
    }
}

fn decode(spec: Value) -> Result<OAuthClientSpec, String> {
    let field = undecodable(&spec);
    serde_json::from_value(spec).map_err(|error| {
        let message = without_values(&error.to_string());
        field.map_or_else(|| message.clone(), |field| format!("spec.{field}: {message}"))
    })
}

/// The first field that cannot be decoded, if it is one alone. All are optional, so that it then is the
/// name of one of ours.
fn undecodable(spec: &Value) -> Option<String> {
    let alone = |(name, value): &(&String, &Value)| {
        let only = Map::from_iter([((*name).clone(), (*value).clone())]);
        OAuthClientSpec::deserialize(Value::Object(only)).is_err()
    };
    let field = spec.as_object()?.iter().find(alone);
    field.map(|(name, _)| name.clone())
}

/// A decoder's message without what stood in the object: a private key may have been put where a
/// structure belongs. Values are shown in double quotes, and field names in backticks.
fn without_values(message: &str) -> String {
    match (message.split_once('"'), message.rsplit_once('"')) {
        (Some((before, _)), Some((_, after))) => format!("{before}\"…\"{after}"),
        _ => message.to_owned(),
    }
}

impl Resource for Observed {
    type DynamicType = ();
    type Scope = <OAuthClient as Resource>::Scope;

    fn kind((): &()) -> Cow<'_, str> {
        OAuthClient::kind(&())
    }

    fn group((): &()) -> Cow<'_, str> {
        OAuthClient::group(&())
    }

    fn version((): &()) -> Cow<'_, str> {
        OAuthClient::version(&())
    }

    fn plural((): &()) -> Cow<'_, str> {
        OAuthClient::plural(&())
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn observe(spec: &Value, status: &Value) -> Observed {
        let object = json!({"metadata": {"name": "a", "namespace": "b"}, "spec": spec, "status": status});
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn a_good_object_is_what_it_is() {
        let observed = observe(
            &json!({"suspended": true}),
            &json!({"clientId": "b/a", "conditions": []}),
        );
        assert!(observed.object().unwrap().spec.suspended);
        assert_eq!(observed.status.unwrap().client_id.unwrap(), "b/a");
    }

    #[test]
    fn a_bad_spec_is_told_and_its_status_is_still_known() {
        let observed = observe(&json!({"suspended": []}), &json!({"clientId": "b/a"}));
        assert_eq!(
            observed.object().unwrap_err(),
            "spec.suspended: invalid type: sequence, expected a boolean"
        );
        assert!(observed.status.is_some());
        assert!(observe(&Value::Null, &json!({"clientId": []})).status.is_none());
    }

    #[test]
    fn no_value_is_repeated() {
        let canary = "-----BEGIN PRIVATE KEY-----\n\"canary\"";
        let observed = observe(&json!({"identities": [{"keys": {"jwks": canary}}]}), &Value::Null);
        let told = observed.spec.unwrap_err();
        assert!(!told.contains("PRIVATE") && !told.contains("canary"), "{told}");
        assert!(
            told.starts_with("spec.identities: invalid type: string \"…\", expected"),
            "{told}"
        );
    }
}
