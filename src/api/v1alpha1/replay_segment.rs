use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

/// How the name of an anchor starts. An anchor carries the log's birth; it has no keys, and is never deleted.
pub const ANCHOR_PREFIX: &str = "anchor-";

/// When an anchor expires: never, as near as a `Timestamp` comes to it. (That type ends before its year does.)
pub const ANCHOR_EXPIRES: Timestamp = Timestamp::constant(253_402_128_000, 0);

// The rules stand at the root of the schema and every field is required: a rule on a field is skipped when the field is
// removed. Who may write, and until when, is said by `api::policy`.
/// What one life of one server has recorded. It only ever grows.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "countersign.dev",
    version = "v1alpha1",
    kind = "ReplaySegment",
    plural = "replaysegments",
    singular = "replaysegment",
    namespaced,
    derive = "PartialEq",
    doc = "A piece of the replay log: assertions that were used. Internal: only Countersign's servers write it, and only its controller deletes it.",
    validation = Rule::new("self.spec.keys.startsWith(oldSelf.spec.keys)")
        .message("must keep the keys that are recorded: `keys` only grows at its end")
        .field_path(".spec.keys"),
    validation = Rule::new("self.spec.keys.size() % 24 == 0")
        .message("must be a whole number of entries of 24 characters")
        .field_path(".spec.keys"),
    validation = Rule::new("self.spec.writer == oldSelf.spec.writer")
        .message("must not change: a segment has one writer")
        .field_path(".spec.writer"),
    validation = Rule::new("self.spec.formats == oldSelf.spec.formats")
        .message("must not change: a segment has keys of the formats that it began with")
        .field_path(".spec.formats"),
    validation = Rule::new("self.spec.expires >= oldSelf.spec.expires")
        .message("must not go back: what is recorded would be forgotten too early")
        .field_path(".spec.expires"),
    validation = Rule::new("!self.metadata.name.startsWith('anchor-') || self.spec.keys == ''")
        .message("must be empty in an anchor, which is never deleted")
        .field_path(".spec.keys"),
    printcolumn(
        name = "Writer",
        type_ = "string",
        description = "The life of a server that made it.",
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
pub struct ReplaySegmentSpec {
    /// The life of the server that made the segment and alone appends to it: hexadecimal digits, chosen at random.
    #[schemars(length(min = 1, max = 63), regex(pattern = "^[0-9a-f]+$"))]
    pub writer: String,
    /// The formats of the keys in it. A server that checks none of them answers no request while the segment lives.
    #[schemars(
        length(min = 1, max = 4),
        inner(length(max = 5), regex(pattern = "^v[0-9]{1,4}$"))
    )]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub formats: Vec<String>,
    /// What was used, as entries of 24 base64 characters each: 16 bytes of the key, 2 of its client's share.
    #[schemars(length(max = 98_304), regex(pattern = "^[A-Za-z0-9+/]*$"))]
    pub keys: String,
    /// From this moment on nothing in it is honoured; whole seconds, UTC. Some time later it is deleted.
    #[schemars(length(max = 20), regex(pattern = "^[0-9-]{10}T[0-9:]{8}Z$"))]
    pub expires: Time,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchors_expiry_can_be_read() {
        let text = serde_json::to_string(&Time(ANCHOR_EXPIRES)).unwrap();
        assert_eq!(text, "\"9999-12-30T00:00:00Z\"");
        assert_eq!(serde_json::from_str::<Time>(&text).unwrap().0, ANCHOR_EXPIRES);
    }
}
