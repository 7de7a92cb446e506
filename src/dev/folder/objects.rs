//! The objects in the files of a folder. Each is declared once: where two files declare the same, the
//! one whose file comes first by name counts, and the other is told of.

use super::Fingerprint;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The namespace of objects that name none, as with `kubectl`.
const DEFAULT_NAMESPACE: &str = "default";
const API_VERSION: &str = "countersign.dev/v1alpha1";

/// The data of `ConfigMap`s and `Secret`s by kind, namespace and name.
pub(super) type Data = BTreeMap<(&'static str, String, String), BTreeMap<String, Bytes>>;

/// What the files declare, before it is judged.
#[derive(Debug, Default)]
pub(super) struct Objects {
    /// The `OAuthClient`s, with their files.
    pub(super) clients: Vec<(Value, PathBuf)>,
    /// What labelled `ConfigMap`s and `Secret`s hold.
    pub(super) data: Data,
    /// What is wrong with the rest. No message repeats what a file holds, which may be a secret.
    pub(super) problems: Vec<String>,
    /// Where each object was declared.
    declared: BTreeMap<(&'static str, String, String), PathBuf>,
}

// === impl Objects ===

impl Objects {
    /// Reads every file; one that cannot be read or parsed never stops the others.
    pub(super) fn read(files: &Fingerprint) -> Self {
        let mut objects = Self::default();
        for path in files.keys() {
            match documents(path) {
                Ok(documents) => {
                    for document in documents {
                        objects.add(document, path);
                    }
                }
                Err(problem) => objects.tell(path, &problem),
            }
        }
        objects
    }

    fn add(&mut self, mut object: Value, path: &Path) {
        if object.is_null() {
            return;
        }
        let kind = match text(&object, "/kind").as_str() {
            "OAuthClient" => "OAuthClient",
            "ConfigMap" => "ConfigMap",
            "Secret" => "Secret",
            "" => return self.tell(path, "an object without a kind is ignored"),
            other => {
                let only = "only OAuthClient, ConfigMap and Secret mean something here";
                return self.tell(path, &format!("the {other} is ignored: {only}"));
            }
        };
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata
                .entry("namespace")
                .or_insert_with(|| json!(DEFAULT_NAMESPACE));
        }
        let (namespace, name) = (
            text(&object, "/metadata/namespace"),
            text(&object, "/metadata/name"),
        );
        if name.is_empty() {
            return self.tell(path, &format!("the {kind} is ignored: it has no metadata.name"));
        }
        if kind == "OAuthClient" && text(&object, "/apiVersion") != API_VERSION {
            let problem =
                format!("{kind} {namespace}/{name} is ignored: its apiVersion is not {API_VERSION}");
            return self.tell(path, &problem);
        }
        let what = format!("{kind} {namespace}/{name}");
        let id = (kind, namespace, name);
        if let Some(first) = self.declared.get(&id) {
            let problem = format!("{what} is ignored: {} declares it already", first.display());
            return self.tell(path, &problem);
        }
        self.declared.insert(id.clone(), path.to_owned());
        if kind == "OAuthClient" {
            self.clients.push((object, path.to_owned()));
        } else if text(&object, "/metadata/labels/countersign.dev~1keys") == "true" {
            let entries = self.entries(&object, path, &what);
            self.data.insert(id, entries);
        }
    }

    fn entries(&mut self, object: &Value, path: &Path, what: &str) -> BTreeMap<String, Bytes> {
        let secret = text(object, "/kind") == "Secret";
        let members: &[(bool, &str)] = if secret {
            &[(true, "data"), (false, "stringData")]
        } else {
            &[(false, "data"), (true, "binaryData")]
        };
        let mut entries = BTreeMap::new();
        for (encoded, member) in members {
            let values = object.get(*member).and_then(Value::as_object);
            for (key, value) in values.unwrap_or(&Map::new()) {
                let bytes = match value.as_str() {
                    Some(text) if *encoded => STANDARD.decode(text.trim()).ok(),
                    Some(text) => Some(text.as_bytes().to_vec()),
                    None => None,
                };
                let form = if *encoded { "base64" } else { "a string" };
                match bytes {
                    Some(bytes) => drop(entries.insert(key.clone(), Bytes::from(bytes))),
                    None => self.tell(path, &format!("{what}: {member}['{key}'] is not {form}")),
                }
            }
        }
        entries
    }

    fn tell(&mut self, path: &Path, problem: &str) {
        self.problems.push(format!("{}: {problem}", path.display()));
    }
}

fn documents(path: &Path) -> Result<Vec<Value>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    serde_saphyr::from_multiple(&text).map_err(|error| error.without_snippet().to_string())
}

fn text(object: &Value, pointer: &str) -> String {
    let text = object.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}
