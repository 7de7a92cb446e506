use super::rules::duration;
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// What a client's access tokens look like.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct TokenPolicy {
    /// How long a token lives at the most, such as `10m`: from `1m` to `1h`. The lifetime of the
    /// assertion bounds it too.
    #[schemars(length(max = 18))]
    #[x_kube(
        validation = duration("1m", "1h")
    )]
    #[serde(default = "token_lifetime")]
    pub lifetime: String,
}

/// What the assertions signed by a client's keys must look like.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct AssertionPolicy {
    /// The longest time between `iat` and `exp` of an assertion, such as `5m`: from `10s` to `15m`.
    #[schemars(length(max = 18))]
    #[x_kube(
        validation = duration("10s", "15m")
    )]
    #[serde(default = "assertion_lifetime")]
    pub max_lifetime: String,
    /// The signature algorithms that the client's keys may be used with. The default is what common
    /// libraries sign with for each kind of key. `EdDSA` and `Ed25519` are two names of one.
    #[schemars(
        length(min = 1, max = 11),
        extend("items" = {"type": "string", "maxLength": 7, "enum": ALGORITHMS})
    )]
    #[x_kube(merge_strategy = ListMerge::Set)]
    #[serde(default = "algorithms")]
    pub algorithms: Vec<String>,
    /// Which `aud` an assertion may have. `Standard`: our issuer identifier, or the endpoint that it is
    /// sent to. `Strict`: our issuer identifier alone. `Fapi`: our issuer identifier alone, as a string; for
    /// clients whose identities are all keys. `Compat`: as `Standard`, and an `assertion` may name others
    /// beside us; for old libraries only, as those others could use it against this client.
    #[schemars(length(max = 8), extend("enum" = AUDIENCES))]
    #[serde(default = "audience")]
    pub audience: String,
}

const ALGORITHMS: [&str; 11] = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
];
const AUDIENCES: [&str; 4] = ["Standard", "Strict", "Fapi", "Compat"];

// === impl TokenPolicy ===

impl Default for TokenPolicy {
    fn default() -> Self {
        Self {
            lifetime: token_lifetime(),
        }
    }
}

// === impl AssertionPolicy ===

impl Default for AssertionPolicy {
    fn default() -> Self {
        Self {
            max_lifetime: assertion_lifetime(),
            algorithms: algorithms(),
            audience: audience(),
        }
    }
}

// === defaults ===

fn token_lifetime() -> String {
    "10m".to_owned()
}

fn assertion_lifetime() -> String {
    "5m".to_owned()
}

fn algorithms() -> Vec<String> {
    ["RS256", "PS256", "ES256", "ES384", "EdDSA"]
        .map(str::to_owned)
        .to_vec()
}

fn audience() -> String {
    "Standard".to_owned()
}
