use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

/// A part of the replay log: used assertions, as hashes that say nothing about them.
///
/// Internal: servers write it, the controller deletes it, and nobody else has to do with it. What is in it can only grow:
/// the rules here and the policy `countersign-replay-log` let nothing be taken away.
#[expect(
    clippy::duplicated_attributes,
    reason = "each column of `kubectl get` names its own type"
)]
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "countersign.dev",
    version = "v1alpha1",
    kind = "ReplaySegment",
    plural = "replaysegments",
    singular = "replaysegment",
    namespaced,
    derive = "PartialEq",
    doc = "Internal: a part of the record of assertions that were used. Written by Countersign's servers and deleted by its controller when nothing in it can be honoured any more.",
    printcolumn(
        name = "Writer",
        type_ = "string",
        description = "The life of a server that writes it.",
        json_path = ".spec.writer"
    ),
    printcolumn(
        name = "Expires",
        type_ = "string",
        description = "When nothing in it is honoured any more.",
        json_path = ".spec.expires"
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        description = "How long the object has existed.",
        json_path = ".metadata.creationTimestamp"
    )
)]
#[x_kube(
    validation = Rule::new("self.keys.startsWith(oldSelf.keys)")
        .message("entries can only be added at the end")
        .field_path(".keys"),
    validation = Rule::new("self.writer == oldSelf.writer").message("must not change").field_path(".writer"),
    validation = Rule::new("self.formats == oldSelf.formats").message("must not change").field_path(".formats"),
    validation = Rule::new("self.expires >= oldSelf.expires").message("must not become earlier").field_path(".expires"),
    validation = Rule::new("self.keys.size() % 24 == 0")
        .message("must be a whole number of entries, of 24 characters each")
        .field_path(".keys")
)]
#[serde(rename_all = "camelCase")]
pub struct ReplaySegmentSpec {
    /// The life of a server that writes it: no other ever does.
    #[schemars(length(min = 1, max = 63), pattern("^[0-9a-f]+$"))]
    pub writer: String,
    /// The formats of its keys. A server that knows none of them answers no request while the segment lives.
    #[schemars(length(min = 1, max = 4), inner(length(max = 5), pattern("^v[0-9]{1,4}$")))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub formats: Vec<String>,
    /// The entries, each of 24 characters in base64: 16 bytes for the assertion, 2 for its client.
    #[schemars(length(max = 98304), pattern("^[A-Za-z0-9+/]*$"))]
    pub keys: String,
    /// Nothing in it is honoured from this moment on.
    #[schemars(length(max = 20))]
    pub expires: Time,
}
