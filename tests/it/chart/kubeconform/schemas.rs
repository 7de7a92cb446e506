//! The schemas of an API server, one file for each kind, as kubeconform reads them.

use crate::support::{ControlPlane, eventually};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;
use tempfile::TempDir;

const PREFIX: &str = "#/definitions/";
/// The API server publishes a new kind some time after it serves it.
const PUBLISHED: Duration = Duration::from_secs(60);

/// A folder of schemas.
#[derive(Debug)]
pub(crate) struct Schemas(TempDir);

// === impl Schemas ===

impl Schemas {
    /// The schemas of everything that `plane` serves, our kinds included: they must be installed.
    pub(crate) async fn of(plane: &ControlPlane) -> Self {
        let document = eventually(PUBLISHED, "the published schema of our kinds", async || {
            let text = plane.kubectl(&["get", "--raw", "/openapi/v2"], "").await?;
            let document: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            let published = document["definitions"]
                .get("dev.countersign.v1alpha1.OAuthClient")
                .is_some();
            if published {
                Ok(document)
            } else {
                Err("not there".to_owned())
            }
        })
        .await;
        let folder = tempfile::tempdir().unwrap();
        let definitions = document["definitions"].as_object().unwrap();
        for definition in definitions.values() {
            for kind in definition["x-kubernetes-group-version-kind"]
                .as_array()
                .into_iter()
                .flatten()
            {
                let schema = complete(definition, definitions);
                fs::write(folder.path().join(file_name(kind)), schema.to_string()).unwrap();
            }
        }
        Self(folder)
    }

    /// Where kubeconform finds them.
    pub(crate) fn location(&self) -> String {
        let name = "{{ .Group }}_{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json";
        format!("{}/{name}", self.0.path().display())
    }
}

/// As in [`Schemas::location`]; the core group has its version for a name.
fn file_name(kind: &Value) -> String {
    let text = |name: &str| kind[name].as_str().unwrap().to_owned();
    let group = if text("group").is_empty() {
        text("version")
    } else {
        text("group")
    };
    format!("{group}_{}_{}.json", text("kind").to_lowercase(), text("version"))
}

/// A definition with all that it refers to, and as strict as kubectl is about fields.
fn complete(definition: &Value, all: &Map<String, Value>) -> Value {
    let mut needed = BTreeSet::new();
    let mut open = vec![definition];
    while let Some(schema) = open.pop() {
        for name in references(schema) {
            if needed.insert(name) {
                open.push(&all[name]);
            }
        }
    }
    let definitions: Map<String, Value> = needed
        .into_iter()
        .map(|name| (name.to_owned(), strict(&all[name])))
        .collect();
    let mut root = strict(definition);
    root["definitions"] = Value::Object(definitions);
    root
}

/// The names of the definitions that `schema` refers to.
fn references(schema: &Value) -> Vec<&str> {
    match schema {
        Value::Object(members) => {
            let own = members
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|target| target.strip_prefix(PREFIX));
            own.into_iter()
                .chain(members.values().flat_map(references))
                .collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// The schema without fields that it does not name, and with what OpenAPI cannot say.
fn strict(schema: &Value) -> Value {
    let Value::Object(members) = schema else {
        return schema.clone();
    };
    let either = json!({"type": ["string", "integer"]});
    if members.get("format") == Some(&json!("int-or-string"))
        || members.contains_key("x-kubernetes-int-or-string")
    {
        return either;
    }
    let quantity = |text: &Value| {
        text.as_str()
            .is_some_and(|text| text.starts_with("Quantity is a fixed-point"))
    };
    if members.get("description").is_some_and(quantity) {
        return json!({"type": ["string", "number"]});
    }
    let mut strict = Map::new();
    for (name, value) in members {
        let kept = match name.as_str() {
            "type" | "$ref" | "required" | "enum" | "pattern" | "minimum" | "maximum" | "minLength"
            | "maxLength" | "minItems" | "maxItems" | "maxProperties" => value.clone(),
            "items" | "additionalProperties" => self::strict(value),
            "properties" => {
                let properties = value.as_object().unwrap().iter();
                properties
                    .map(|(name, schema)| (name.clone(), self::strict(schema)))
                    .collect()
            }
            "allOf" => value.as_array().unwrap().iter().map(self::strict).collect(),
            _ => continue,
        };
        strict.insert(name.clone(), kept);
    }
    let free = members.contains_key("x-kubernetes-preserve-unknown-fields");
    if strict.contains_key("properties") && !strict.contains_key("additionalProperties") && !free {
        strict.insert("additionalProperties".to_owned(), json!(false));
    }
    Value::Object(strict)
}
