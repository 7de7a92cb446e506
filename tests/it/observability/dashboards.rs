//! Dashboards are whole, and show what there is.

use super::expression::{fault, selectors};
use super::families;
use super::files::{Dashboard, dashboards};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The columns of a dashboard.
const COLUMNS: u64 = 24;

#[test]
fn panels_are_described_and_lie_side_by_side() {
    let all = dashboards();
    assert_eq!(all.len(), 2);
    let uids: BTreeSet<&str> = all
        .iter()
        .map(|board| board.json["uid"].as_str().unwrap())
        .collect();
    assert_eq!(uids.len(), all.len());
    for board in &all {
        // The version of the schema of Grafana 10.0.
        assert!(
            board.json["schemaVersion"].as_u64().unwrap() >= 38,
            "{}",
            board.name
        );
        assert_eq!(board.json["id"], Value::Null, "{}", board.name);
        variables(board);
        let panels = board.json["panels"].as_array().unwrap();
        let ids: BTreeSet<u64> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
        assert_eq!(ids.len(), panels.len(), "{}: ids of panels", board.name);
        let mut taken = BTreeSet::new();
        for panel in panels {
            let what = format!("{}: {}", board.name, panel["title"]);
            let [x, y, w, h] = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().unwrap());
            assert!(w > 0 && h > 0 && x + w <= COLUMNS, "{what}");
            for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
                assert!(taken.insert(cell), "{what} lies over another panel");
            }
        }
        for panel in board.panels() {
            let what = format!("{}: {}", board.name, panel["title"]);
            assert!(
                panel["title"].as_str().is_some_and(|title| !title.is_empty()),
                "{what}"
            );
            assert!(
                panel["description"].as_str().is_some_and(|text| text.len() > 20),
                "{what}"
            );
            let ours = json!({ "type": "prometheus", "uid": "${datasource}" });
            assert_eq!(panel["datasource"], ours, "{what}");
            let unit = &panel["fieldConfig"]["defaults"]["unit"];
            assert!(unit.is_string(), "{what}: no unit");
            assert!(!panel["targets"].as_array().unwrap().is_empty(), "{what}");
        }
    }
}

fn variables(board: &Dashboard) {
    let list = board.json["templating"]["list"].as_array().unwrap();
    let names: Vec<&str> = list.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["datasource", "namespace", "job"], "{}", board.name);
    assert_eq!(list[0]["type"], "datasource");
    for variable in &list[1..] {
        // Whoever scrapes without these labels sees everything.
        assert_eq!(variable["allValue"], ".*", "{}", board.name);
    }
}

#[test]
fn expressions_speak_of_what_there_is() {
    let families = families::all();
    for board in dashboards() {
        for expression in board.expressions() {
            assert!(!expression.contains('$'), "{}: {expression}", board.name);
            let found = selectors(&expression);
            assert!(!found.is_empty(), "{}: {expression}", board.name);
            for selector in found {
                let fault = fault(&selector, &families, &BTreeSet::new());
                assert_eq!(fault, None, "{}: {expression}", board.name);
            }
        }
    }
}
