use kube::KubeSchema;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// A JWK Set (RFC 7517 §5).
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct Jwks {
    /// The keys. Each is judged by itself: one that cannot be used does not stop the others.
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub keys: Vec<Jwk>,
}

/// A public key as somebody wrote it down (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2). Other members are
/// not kept.
///
/// The private members are part of the schema because the API server would otherwise drop them
/// without a word, and nobody would learn that a private key is in the cluster's audit log.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[x_kube(
    validation = Rule::new("!(has(self.d) || has(self.p) || has(self.q) || has(self.dp) || has(self.dq) || has(self.qi) || has(self.oth) || has(self.k))")
        .message("must not contain a private or shared key: revoke this key, because the cluster has seen it, and put only the public members of a new one here")
        .reason(Reason::FieldValueForbidden)
)]
pub struct Jwk {
    /// The family of the key: `RSA`, `EC` or `OKP`.
    #[schemars(length(min = 1, max = 16))]
    pub kty: String,
    /// What the key is for; if present, `sig`.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub use_: Option<String>,
    /// What may be done with the key; if present, it contains `verify`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16), inner(length(max = 32)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub key_ops: Option<Vec<String>>,
    /// The only algorithm that the key is for, if present.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub alg: Option<String>,
    /// The name by which assertions refer to the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub kid: Option<String>,
    /// The curve of an `EC` or `OKP` key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub crv: Option<String>,
    /// The x coordinate of an `EC` key, or the public key of an `OKP` one, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub x: Option<String>,
    /// The y coordinate of an `EC` key, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub y: Option<String>,
    /// The modulus of an `RSA` key, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub n: Option<String>,
    /// The exponent of an `RSA` key, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub e: Option<String>,
    /// Private: always refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub d: Option<PrivateMember>,
    /// Private: always refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p: Option<PrivateMember>,
    /// Private: always refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<PrivateMember>,
    /// Private: always refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dp: Option<PrivateMember>,
    /// Private: always refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dq: Option<PrivateMember>,
    /// Private: always refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qi: Option<PrivateMember>,
    /// Private: always refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "other_primes")]
    pub oth: Option<PrivateMember>,
    /// A shared secret: always refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub k: Option<PrivateMember>,
}

/// That a private member is present. Its value is never kept, so that it cannot be shown or logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrivateMember;

/// The public members of a verification key, as the controller publishes it (RFC 7517 §4).
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct PublicJwk {
    /// The family of the key: `RSA`, `EC` or `OKP`.
    #[schemars(length(min = 1, max = 16))]
    pub kty: String,
    /// What the key is for; if present, `sig`.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub use_: Option<String>,
    /// What may be done with the key; if present, it contains `verify`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16), inner(length(max = 32)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub key_ops: Option<Vec<String>>,
    /// The only algorithm that the key is for, if present.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub alg: Option<String>,
    /// The name by which assertions refer to the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub kid: Option<String>,
    /// The curve of an `EC` or `OKP` key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub crv: Option<String>,
    /// The x coordinate of an `EC` key, or the public key of an `OKP` one, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub x: Option<String>,
    /// The y coordinate of an `EC` key, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub y: Option<String>,
    /// The modulus of an `RSA` key, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub n: Option<String>,
    /// The exponent of an `RSA` key, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub e: Option<String>,
}

// === impl Jwks ===

impl Jwks {
    /// The set as the JSON that it was. A private member is still there, with another value.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

// === impl PublicJwk ===

impl PublicJwk {
    /// The members of the key as JSON.
    pub fn to_members(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(members)) => members,
            Ok(_) | Err(_) => Map::new(),
        }
    }
}

// === impl PrivateMember ===

impl<'de> Deserialize<'de> for PrivateMember {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

impl Serialize for PrivateMember {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("[not kept]")
    }
}

impl JsonSchema for PrivateMember {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "PrivateMember".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "maxLength": 2048})
    }
}

fn other_primes(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "maxItems": 8,
        "x-kubernetes-list-type": "atomic",
        "items": {"type": "object", "description": "Private: always refused.", "maxProperties": 8, "additionalProperties": {"type": "string", "maxLength": 2048}},
    })
}
