use super::{AssertionPolicy, Grants, Identity, OAuthClientStatus, Resource, TokenPolicy};
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

/// What one OAuth client may do, and who may act as it.
///
/// Nothing is allowed that does not stand here: a client without identities, grants or resources is
/// valid, and gets no token.
#[expect(
    clippy::duplicated_attributes,
    reason = "each column of `kubectl get` names its own type"
)]
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[kube(
    group = "countersign.dev",
    version = "v1alpha1",
    kind = "OAuthClient",
    plural = "oauthclients",
    singular = "oauthclient",
    shortname = "oac",
    category = "countersign",
    namespaced,
    status = "OAuthClientStatus",
    derive = "PartialEq",
    doc = "A workload that may get access tokens: an OAuth 2.0 client. Its client_id is `<namespace>/<name>` of this object.",
    printcolumn(
        name = "Ready",
        type_ = "string",
        description = "Whether the client can be used.",
        json_path = r#".status.conditions[?(@.type=="Ready")].status"#
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        description = "Why the client is ready, or why not.",
        json_path = r#".status.conditions[?(@.type=="Ready")].reason"#
    ),
    printcolumn(
        name = "Client ID",
        type_ = "string",
        description = "The client_id to use in requests.",
        json_path = ".status.clientId"
    ),
    printcolumn(
        name = "Message",
        type_ = "string",
        description = "The reason in a sentence.",
        json_path = r#".status.conditions[?(@.type=="Ready")].message"#,
        priority = 1
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        description = "How long the object has existed.",
        json_path = ".metadata.creationTimestamp"
    )
)]
#[x_kube(
    validation = Rule::new("!has(self.assertion) || self.assertion.audience != 'Fapi' || self.identities.all(i, has(i.keys))")
        .message("must not be Fapi while an identity is something else than `keys`")
        .field_path(".assertion.audience")
)]
#[serde(rename_all = "camelCase")]
pub struct OAuthClientSpec {
    /// Who may authenticate as this client: any one of these. None means nobody.
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    #[serde(default)]
    pub identities: Vec<Identity>,
    /// How the client may get tokens. A grant that does not stand here is refused.
    // Replaced as a whole: when managers share an object, server-side apply keeps what it filled in below
    // a member that was taken away, and a grant would outlive its removal from a manifest.
    #[serde(default)]
    #[schemars(extend("x-kubernetes-map-type" = "atomic"))]
    pub grants: Grants,
    /// The protected resources that the client may get tokens for. None means no token.
    #[schemars(length(max = 32))]
    #[x_kube(
        merge_strategy = ListMerge::Map(vec!["identifier".to_owned()]),
        validation = Rule::new("self.filter(r, r.default).size() <= 1")
            .message("must mark at most one resource as `default`")
    )]
    #[serde(default)]
    pub resources: Vec<Resource>,
    /// What the client's access tokens look like.
    #[serde(default)]
    pub token: TokenPolicy,
    /// What the assertions signed by the client's keys must look like.
    #[serde(default)]
    pub assertion: AssertionPolicy,
    /// Stops the client at once: while true it gets no token, whatever else stands here.
    #[serde(default)]
    pub suspended: bool,
}
