use super::Jwks;
use super::rules::{data_key, https_uri, name, no_fragment, no_user_info, uri_characters, uri_port};
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
    #[schemars(length(max = 253))]
    #[x_kube(validation = name())]
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
    #[schemars(length(max = 1024))]
    #[x_kube(
        validation = https_uri(),
        validation = uri_characters(),
        validation = no_user_info(),
        validation = no_fragment(),
        validation = uri_port()
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
    #[schemars(length(max = 253))]
    #[x_kube(validation = name())]
    pub name: String,
    /// The key in its `data`, such as `jwks.json`.
    #[schemars(length(max = 253))]
    #[x_kube(validation = data_key())]
    pub key: String,
}

/// One key of a ConfigMap in the client's own namespace.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct ConfigMapKey {
    /// The name of the ConfigMap.
    #[schemars(length(max = 253))]
    #[x_kube(validation = name())]
    pub name: String,
    /// The key in its `data` or `binaryData`, such as `jwks.json`.
    #[schemars(length(max = 253))]
    #[x_kube(validation = data_key())]
    pub key: String,
}
