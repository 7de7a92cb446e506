use super::Jwks;
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// One way to prove to be the client: exactly one of `serviceAccount` and `keys`.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("[has(self.serviceAccount), has(self.keys)].filter(x, x).size() == 1")
        .message("must have exactly one of `serviceAccount` and `keys`")
)]
pub struct Identity {
    /// A service account of this cluster, in the namespace of this object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account: Option<ServiceAccount>,
    /// Public keys: whoever signs with the private part of one of them is the client
    /// (`private_key_jwt`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<Keys>,
}

/// A service account in the client's own namespace.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct ServiceAccount {
    /// Its name.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = name_rule())]
    pub name: String,
}

/// Where the client's public keys are: exactly one of `jwks`, `jwksURI`, `secretRef` and `configMapRef`.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("[has(self.jwks), has(self.jwksURI), has(self.secretRef), has(self.configMapRef)].filter(x, x).size() == 1")
        .message("must have exactly one of `jwks`, `jwksURI`, `secretRef` and `configMapRef`")
)]
pub struct Keys {
    /// The keys themselves, as a JWK Set (RFC 7517 §5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Jwks>,
    /// The https URL of a JWK Set. Only the controller fetches it, and follows no redirect.
    #[serde(rename = "jwksURI", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    #[x_kube(
        validation = Rule::new("self.startsWith('https://') && isURL(self) && url(self).getHostname() != ''")
            .message("must be an https URL with a host, such as https://ci.example/jwks.json"),
        validation = Rule::new("!self.matches('^[^/]*//[^/?#]*@')")
            .message("must not contain user information"),
        validation = Rule::new("!self.contains('#')")
            .message("must not have a fragment"),
        validation = Rule::new(r"self.matches('^https://([^/?#@]*@)?(\\[[^]]*\\]|[^:/?#]*)(:(443|102[4-9]|10[3-9][0-9]|1[1-9][0-9]{2}|[2-9][0-9]{3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?([/?#]|$)')")
            .message("must use port 443, or one from 1024 to 65535")
    )]
    pub jwks_uri: Option<String>,
    /// A key of a Secret in this namespace that holds a JWK Set or public keys in PEM. The namespace's
    /// admin must let the controller read it: bind the ClusterRole `countersign-key-reader` to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<SecretKey>,
    /// A key of a ConfigMap in this namespace that holds a JWK Set or public keys in PEM. The ConfigMap
    /// must have the label `countersign.dev/keys=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_map_ref: Option<ConfigMapKey>,
}

/// One key of a Secret in the client's own namespace.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct SecretKey {
    /// The name of the Secret.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = name_rule())]
    pub name: String,
    /// The key in its `data`, such as `jwks.json`.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = data_key_rule())]
    pub key: String,
}

/// One key of a ConfigMap in the client's own namespace.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct ConfigMapKey {
    /// The name of the ConfigMap.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = name_rule())]
    pub name: String,
    /// The key in its `data` or `binaryData`, such as `jwks.json`.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = data_key_rule())]
    pub key: String,
}

fn name_rule() -> kube::core::Rule {
    kube::core::Rule::new(
        r"self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",
    )
    .message("must be a DNS subdomain: at most 253 of a-z, 0-9, '-' and '.', each part starting and ending with a letter or digit")
}

fn data_key_rule() -> kube::core::Rule {
    kube::core::Rule::new("self.matches('^[-._a-zA-Z0-9]+$') && !self.startsWith('..') && self != '.'")
        .message("must be the name of a data key: letters, digits, '-', '_' and '.', not starting with '..'")
}
