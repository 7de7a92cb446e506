//! The definitions of our kinds, generated from the types.
//!
//! The output is the same for the same types, byte for byte: `crds/` holds it.

use crate::api::manifests;
use crate::api::v1alpha1::{OAuthClient, ReplaySegment};
use kube::CustomResourceExt;
use serde_json::{Value, json};
use thiserror::Error;

/// Why the definitions could not be written down: a mistake in the types.
#[derive(Debug, Error)]
pub enum CrdError {
    /// The definition is not JSON.
    #[error("could not turn the definition into JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The definition cannot be written as YAML.
    #[error("could not write the definition as YAML: {0}")]
    Yaml(#[from] serde_saphyr::ser::Error),
    /// A part that is completed here is missing.
    #[error("the definition has no {0}")]
    Missing(&'static str),
}

/// The definition of `OAuthClient`.
pub fn oauthclients() -> Result<Value, CrdError> {
    let mut crd = serde_json::to_value(OAuthClient::crd())?;
    let schema = schema(&mut crd)?;
    tidy(schema);
    // `status`: an object that nobody has visited says so. `spec`: server-side apply drops an empty one.
    for part in ["spec", "status"] {
        let part = schema
            .pointer_mut(&format!("/properties/{part}"))
            .and_then(Value::as_object_mut)
            .ok_or(CrdError::Missing(part))?;
        part.insert("default".to_owned(), json!({}));
    }
    Ok(crd)
}

/// The definition of `ReplaySegment`. Nothing in it has a default: what was removed is not to come back as
/// something else.
pub fn replaysegments() -> Result<Value, CrdError> {
    let mut crd = serde_json::to_value(ReplaySegment::crd())?;
    tidy(schema(&mut crd)?);
    Ok(crd)
}

/// All definitions as one YAML stream: the files of `crds/`, in the order of their names.
pub fn yaml() -> Result<String, CrdError> {
    let definitions = [oauthclients()?, replaysegments()?];
    Ok(manifests::stream(&definitions)?)
}

fn schema(crd: &mut Value) -> Result<&mut Value, CrdError> {
    crd.pointer_mut("/spec/versions/0/schema/openAPIV3Schema")
        .ok_or(CrdError::Missing("schema"))
}

/// Removes what the derive adds and we do not want.
///
/// - `nullable`: an explicit `null` says no more than an absent field, and rules would have to think of it.
/// - Line breaks inside of a paragraph of a description: `kubectl explain` breaks lines itself.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.remove("nullable");
            if let Some(Value::String(text)) = members.get_mut("description") {
                let paragraphs: Vec<String> =
                    text.split("\n\n").map(|part| part.replace('\n', " ")).collect();
                *text = paragraphs.join("\n\n");
            }
            members.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::checked_in::assert_same;
    use std::collections::BTreeSet;

    /// The definitions, and the file of each.
    fn definitions() -> [(&'static str, Value); 2] {
        [
            ("crds/oauthclients.yaml", oauthclients().unwrap()),
            ("crds/replaysegments.yaml", replaysegments().unwrap()),
        ]
    }

    #[test]
    fn the_checked_in_definitions_are_the_generated_ones() {
        for (file, definition) in definitions() {
            assert_same(file, &serde_saphyr::to_string(&definition).unwrap());
        }
    }

    #[test]
    fn the_yaml_reads_back_as_the_definitions() {
        let read: Vec<Value> = serde_saphyr::from_multiple(&yaml().unwrap()).unwrap();
        assert_eq!(read, definitions().map(|(_, definition)| definition));
    }

    #[test]
    fn client_side_apply_can_hold_it() {
        assert!(yaml().unwrap().len() < 256 * 1024);
    }

    /// Every schema under `schema`, with its path.
    fn walk<'a>(path: &str, schema: &'a Value, visit: &mut impl FnMut(&str, &'a Value)) {
        visit(path, schema);
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            walk(&format!("{path}.{name}"), property, visit);
        }
        for inner in ["items", "additionalProperties"] {
            if let Some(inner) = schema.get(inner) {
                walk(&format!("{path}[]"), inner, visit);
            }
        }
    }

    /// What is missing from the schemas, as `path: what`.
    fn gaps() -> BTreeSet<String> {
        let mut gaps = BTreeSet::new();
        for (file, crd) in definitions() {
            let root = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
            walk(file, root, &mut |path, schema| {
                let mut require = |keyword: &str| {
                    if schema.get(keyword).is_none() {
                        gaps.insert(format!("{path}: {keyword}"));
                    }
                };
                if !path.ends_with("[]") {
                    require("description");
                }
                match schema["type"].as_str().unwrap_or("none") {
                    "string" => require("maxLength"),
                    "array" => ["maxItems", "x-kubernetes-list-type"]
                        .into_iter()
                        .for_each(&mut require),
                    "integer" => ["minimum", "maximum"].into_iter().for_each(&mut require),
                    "object" if schema.get("additionalProperties").is_some() => require("maxProperties"),
                    "object" | "boolean" => {}
                    other => require(&format!("type, not {other}")),
                }
                for forbidden in [
                    "nullable",
                    "x-kubernetes-preserve-unknown-fields",
                    "anyOf",
                    "oneOf",
                ] {
                    if schema.get(forbidden).is_some() {
                        gaps.insert(format!("{path}: no {forbidden}"));
                    }
                }
                for rule in schema["x-kubernetes-validations"]
                    .as_array()
                    .into_iter()
                    .flatten()
                {
                    if rule.get("message").is_none() {
                        gaps.insert(format!("{path}: a message for {}", rule["rule"]));
                    }
                }
            });
        }
        gaps
    }

    #[test]
    fn everything_is_described_and_bounded() {
        assert_eq!(gaps(), BTreeSet::new());
    }

    #[test]
    fn no_reference_reaches_another_namespace() {
        let crd = oauthclients().unwrap();
        let schema = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
        walk("", &schema["properties"]["spec"], &mut |path, _| {
            assert!(!path.to_lowercase().contains("namespace"), "{path}");
        });
    }
}
