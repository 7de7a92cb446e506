//! The labels that every object of an installation carries.

use serde_json::{Value, json};

/// The labels of every object of ours.
pub(super) fn labels() -> Value {
    json!({"app.kubernetes.io/name": "countersign", "app.kubernetes.io/part-of": "countersign"})
}
