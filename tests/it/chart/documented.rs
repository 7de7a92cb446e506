//! The values as `values.yaml` documents them.

use super::helm::chart;
use serde_json::Value;
use std::fs;

/// A value: where it is, what it is for, what it is by default.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) section: String,
    /// As in `server.service.type`.
    pub(crate) path: String,
    pub(crate) description: String,
    pub(crate) default: Value,
}

/// What a path leads to.
pub(crate) fn at<'a>(values: &'a Value, path: &str) -> Option<&'a Value> {
    values.pointer(&format!("/{}", path.replace('.', "/")))
}

/// The parsed `values.yaml`.
pub(crate) fn defaults() -> Value {
    serde_saphyr::from_str(&text()).unwrap()
}

fn text() -> String {
    fs::read_to_string(chart().join("values.yaml")).unwrap()
}

/// Every value, in the order of the file.
///
/// A comment that starts with `--` documents the key below it, to its end; a key without one only holds others.
pub(crate) fn rows() -> Vec<Row> {
    let defaults = defaults();
    let mut rows: Vec<Row> = Vec::new();
    let (mut section, mut description) = (String::new(), String::new());
    let mut keys: Vec<String> = Vec::new();
    for line in text().lines() {
        let content = line.trim_start();
        let depth = (line.len() - content.len()) / 2;
        if let Some(title) = content.strip_prefix("# @section ") {
            title.clone_into(&mut section);
        } else if let Some(begin) = content.strip_prefix("# -- ") {
            begin.clone_into(&mut description);
        } else if let Some(more) = content.strip_prefix("# ") {
            if !description.is_empty() {
                description = format!("{description} {more}");
            }
        } else if let Some((key, _)) = content.split_once(':').filter(|_| !content.starts_with('-')) {
            keys.truncate(depth);
            keys.push(key.to_owned());
            if !description.is_empty() {
                let path = keys.join(".");
                let default = at(&defaults, &path)
                    .unwrap_or_else(|| panic!("no {path}"))
                    .clone();
                rows.push(Row {
                    section: section.clone(),
                    path,
                    description: std::mem::take(&mut description),
                    default,
                });
            }
        }
    }
    rows
}

/// The values that no comment documents, nor one of a value around them.
fn undocumented(values: &Value, path: &str, documented: &[String], found: &mut Vec<String>) {
    if documented.iter().any(|known| known == path) {
        return;
    }
    match values.as_object().filter(|members| !members.is_empty()) {
        None => found.push(path.to_owned()),
        Some(members) => {
            for (key, value) in members {
                let path = format!("{path}.{key}");
                undocumented(value, path.trim_start_matches('.'), documented, found);
            }
        }
    }
}

#[test]
fn every_value_has_a_description() {
    let documented: Vec<String> = rows().into_iter().map(|row| row.path).collect();
    assert!(documented.len() > 150, "{}", documented.len());
    let mut found = Vec::new();
    undocumented(&defaults(), "", &documented, &mut found);
    assert_eq!(found, [""; 0]);
}

#[test]
fn every_description_is_a_sentence_in_a_section() {
    for row in rows() {
        assert!(
            row.description.ends_with(['.', ')', ':']),
            "{}: {}",
            row.path,
            row.description
        );
        assert!(!row.section.is_empty(), "{}", row.path);
    }
}

/// The schema of what a path leads to.
fn schema_at<'a>(root: &'a Value, path: &str) -> Option<&'a Value> {
    let mut here = root;
    for key in path.split('.') {
        let mut next = here.get("properties")?.get(key)?;
        if next == &Value::Bool(true) {
            next = resolved(root, here).get("properties")?.get(key)?;
        }
        here = if next.get("properties").is_some() {
            next
        } else {
            resolved(root, next)
        };
    }
    Some(here)
}

fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let target = schema["$ref"]
        .as_str()
        .and_then(|target| target.strip_prefix('#'));
    target.map_or(schema, |target| root.pointer(target).unwrap())
}

#[test]
fn every_value_has_a_schema_and_every_schema_a_value() {
    let schema = fs::read_to_string(chart().join("values.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let rows = rows();
    for row in &rows {
        assert!(schema_at(&schema, &row.path).is_some(), "{}", row.path);
    }
    let mut unknown = Vec::new();
    let mut stack: Vec<String> = schema["properties"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    while let Some(path) = stack.pop() {
        // A value that is documented as a whole has the shape that Kubernetes or its description gives it.
        if rows.iter().any(|row| row.path == path) {
            continue;
        }
        match schema_at(&schema, &path).and_then(|schema| schema["properties"].as_object()) {
            Some(members) => stack.extend(members.keys().map(|key| format!("{path}.{key}"))),
            None => unknown.push(path),
        }
    }
    // For charts that have this one as a dependency with a condition.
    assert_eq!(unknown, ["enabled"]);
}
