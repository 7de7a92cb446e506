use super::PublicJwk;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fmt;

/// What the controller found out about a client. Nobody else may write it.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct OAuthClientStatus {
    /// The `client_id` to use in requests: `<namespace>/<name>` of this object.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 317))]
    pub client_id: Option<String>,
    /// The `metadata.generation` that this status is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 9_007_199_254_740_991_i64))]
    pub observed_generation: Option<i64>,
    /// The usable keys. Servers take those of a referenced source from here, and only while that source
    /// stands in `spec`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub keys: Vec<PublishedKey>,
    /// The state of the client: `Accepted`, `KeysSynced`, and `Ready`, which sums them up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "conditions", extend("default" = pending()))]
    pub conditions: Vec<Condition>,
}

/// A usable key of a client, and where it was found.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct PublishedKey {
    /// The name by which assertions refer to the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub kid: Option<String>,
    /// The only algorithm that the key is for, if it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub alg: Option<String>,
    /// The SHA-256 thumbprint of the key (RFC 7638), base64url.
    #[schemars(length(min = 43, max = 43))]
    pub thumbprint: String,
    /// Where the key was found: the URL, `Secret/<name>/<key>`, `ConfigMap/<name>/<key>`, or `Inline`.
    #[schemars(length(min = 1, max = 1024))]
    pub source: String,
    /// The key itself.
    #[serde(rename = "publicJWK")]
    pub public_jwk: PublicJwk,
    /// The time from which the key is refused, if its source can no longer be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub not_after: Option<Time>,
}

/// The conditions of an `OAuthClient`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConditionType {
    /// The spec is valid.
    Accepted,
    /// The keys of every source are published, as of their last good reading.
    KeysSynced,
    /// The client can be used: sums up the others.
    Ready,
}

// === impl ConditionType ===

impl ConditionType {
    /// All of them, in the order of the schema's default.
    pub const ALL: [Self; 3] = [Self::Accepted, Self::KeysSynced, Self::Ready];

    /// The `type` of the condition.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "Accepted",
            Self::KeysSynced => "KeysSynced",
            Self::Ready => "Ready",
        }
    }
}

impl fmt::Display for ConditionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === schema ===

/// The fields of `metav1.Condition`, bounded; `Unknown` until the controller has seen the object, so
/// that no tool takes an unvisited object for a finished one.
fn conditions(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "maxItems": 8,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
        "items": {
            "type": "object",
            "description": "One aspect of the state of the client.",
            "required": ["type", "status", "reason", "message", "lastTransitionTime"],
            "properties": {
                "type": {
                    "description": "Which aspect.",
                    "type": "string", "minLength": 1, "maxLength": 64,
                    "pattern": "^[A-Z][A-Za-z]*$",
                },
                "status": {
                    "description": "Whether it holds.",
                    "type": "string", "maxLength": 7,
                    "enum": ["True", "False", "Unknown"],
                },
                "reason": {
                    "description": "Why, as one word for programs.",
                    "type": "string", "minLength": 1, "maxLength": 64,
                    "pattern": "^[A-Z][A-Za-z0-9]*$",
                },
                "message": {
                    "description": "Why, as a sentence for people.",
                    "type": "string", "maxLength": 4096,
                },
                "lastTransitionTime": {
                    "description": "When `status` last changed.",
                    "type": "string", "format": "date-time", "maxLength": 40,
                },
                "observedGeneration": {
                    "description": "The `metadata.generation` that the condition is about.",
                    "type": "integer", "format": "int64", "minimum": 0, "maximum": 9_007_199_254_740_991_i64,
                },
            },
        },
    })
}

fn pending() -> [serde_json::Value; 3] {
    ConditionType::ALL.map(|kind| {
        json!({
            "type": kind.as_str(),
            "status": "Unknown",
            "reason": "Pending",
            "message": "Waiting for the controller",
            "lastTransitionTime": "1970-01-01T00:00:00Z",
        })
    })
}
