//! The rules as the chart puts them together, and the expressions of the dashboards.

use crate::files::{self, alerts, dashboards};
use crate::promtool;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// Writes `groups` as a file of rules.
fn write(folder: &Path, name: &str, groups: &Value) {
    let text = serde_saphyr::to_string(&json!({ "groups": groups })).unwrap();
    fs::write(folder.join(name), text).unwrap();
}

#[test]
fn promtool_takes_the_rules() {
    let folder = tempfile::tempdir().unwrap();
    let rules: Vec<Value> = alerts().into_iter().flat_map(|file| file.rules).collect();
    write(
        folder.path(),
        "rules.yaml",
        &json!([{ "name": "countersign", "rules": rules }]),
    );
    promtool::run(
        folder.path(),
        &["check", "rules", "--lint=all", "--lint-fatal", "rules.yaml"],
        "",
    );
}

/// Of the annotations, the tests have the descriptions, in which there are values.
#[test]
fn rules_fire_when_they_should() {
    let folder = tempfile::tempdir().unwrap();
    let mut tests = vec!["test", "rules"];
    let files = alerts();
    let names: Vec<String> = files
        .iter()
        .map(|file| format!("{}.test.yaml", file.name))
        .collect();
    for (mut file, test_name) in files.into_iter().zip(&names) {
        for rule in &mut file.rules {
            if let Some(annotations) = rule["annotations"].as_object_mut() {
                annotations.retain(|name, _| name == "description");
            }
        }
        let rules_name = format!("{}.rules.yaml", file.name);
        write(
            folder.path(),
            &rules_name,
            &json!([{ "name": file.name, "rules": file.rules }]),
        );
        let test = files::path(&format!("tests/observability/alerts/{}.yaml", file.name));
        let mut test: Value = serde_saphyr::from_str(&fs::read_to_string(test).unwrap()).unwrap();
        test["rule_files"] = json!([rules_name]);
        fs::write(
            folder.path().join(test_name),
            serde_saphyr::to_string(&test).unwrap(),
        )
        .unwrap();
        tests.push(test_name);
    }
    promtool::run(folder.path(), &tests, "");
}

#[test]
fn promtool_takes_the_expressions_of_the_dashboards() {
    let folder = tempfile::tempdir().unwrap();
    for board in dashboards() {
        let rules: Vec<Value> = board
            .expressions()
            .into_iter()
            .enumerate()
            .map(|(number, expression)| json!({ "record": format!("panel:{number}"), "expr": expression }))
            .collect();
        let name = format!("{}.yaml", board.name);
        write(
            folder.path(),
            &name,
            &json!([{ "name": board.name, "rules": rules }]),
        );
        promtool::run(folder.path(), &["check", "rules", &name], "");
    }
}
