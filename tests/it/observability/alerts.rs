//! Each alert has a rule that can fire, a test of it, and a runbook.

use super::expression::{Selector, fault, selectors};
use super::families;
use super::files::{AlertFile, alerts, path, stems};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

/// What the chart replaces by the address of the runbooks.
const RUNBOOKS: &str = "RUNBOOK_URL";

const SECTIONS: [&str; 4] = ["## Meaning", "## Impact", "## Diagnosis", "## Mitigation"];

fn text<'v>(value: &'v Value, place: &str) -> &'v str {
    value.as_str().unwrap_or_else(|| panic!("{place}: {value}"))
}

fn named(file: &AlertFile) -> impl Iterator<Item = &Value> {
    file.rules.iter().filter(|rule| rule.get("alert").is_some())
}

fn recorded(files: &[AlertFile]) -> BTreeSet<String> {
    let rules = files.iter().flat_map(|file| &file.rules);
    let names = rules.filter_map(|rule| rule["record"].as_str());
    names.map(str::to_owned).collect()
}

#[test]
fn rules_are_whole_and_speak_of_what_there_is() {
    let (files, families) = (alerts(), families::all());
    let recorded = recorded(&files);
    assert!(files.len() >= 20);
    for file in &files {
        let name = &file.name;
        assert!(named(file).count() > 0, "{name}");
        for rule in named(file) {
            assert_eq!(text(&rule["alert"], name), name);
            let severity = text(&rule["labels"]["severity"], name);
            assert!(["critical", "warning"].contains(&severity), "{name}: {severity}");
            let annotations = &rule["annotations"];
            assert!(text(&annotations["summary"], name).ends_with('.'), "{name}");
            let description = text(&annotations["description"], name);
            assert!(
                description.contains("{{ $value") || description.contains("$labels"),
                "{name}"
            );
            assert_eq!(
                text(&annotations["runbook_url"], name),
                format!("{RUNBOOKS}/{name}.md")
            );
        }
        for rule in &file.rules {
            let expression = text(&rule["expr"], name);
            let found = selectors(expression);
            assert!(!found.is_empty(), "{name}: {expression}");
            for selector in found {
                let fault = fault(&selector, &families, &recorded);
                assert_eq!(fault, None, "{name}: {expression}");
            }
        }
    }
}

#[test]
fn each_alert_is_tested_both_ways() {
    let names: Vec<String> = alerts().into_iter().map(|file| file.name).collect();
    assert_eq!(
        stems("tests/observability/alerts", "yaml"),
        names,
        "a test for each, and no other"
    );
    for name in names {
        let text = fs::read_to_string(path(&format!("tests/observability/alerts/{name}.yaml"))).unwrap();
        let cases: Value = serde_saphyr::from_str(&text).unwrap();
        let alarms = |case: &Value| -> usize {
            let looks = case["alert_rule_test"].as_array().unwrap().iter();
            looks
                .inspect(|look| assert_eq!(look["alertname"], name.as_str(), "{case}"))
                .map(|look| look["exp_alerts"].as_array().unwrap().len())
                .sum()
        };
        let alarms: Vec<usize> = cases["tests"].as_array().unwrap().iter().map(alarms).collect();
        assert!(
            alarms.iter().any(|count| *count > 0),
            "{name}: no case in which it fires"
        );
        assert!(alarms.contains(&0), "{name}: no case in which it does not");
    }
}

#[test]
fn each_alert_has_a_runbook_and_speaks_of_what_there_is() {
    let names: Vec<String> = alerts().into_iter().map(|file| file.name).collect();
    let mut pages = stems("docs/alerts", "md");
    pages.retain(|page| page != "README");
    assert_eq!(pages, names, "a page for each, and no other");
    let index = fs::read_to_string(path("docs/alerts/README.md")).unwrap();
    let families = families::all();
    for name in names {
        assert!(
            index.contains(&format!("[{name}]({name}.md)")),
            "{name} is not in the index"
        );
        let page = fs::read_to_string(path(&format!("docs/alerts/{name}.md"))).unwrap();
        assert!(page.starts_with(&format!("# {name}\n")), "{name}");
        let mut rest = page.as_str();
        for section in SECTIONS {
            let (_, after) = rest
                .split_once(section)
                .unwrap_or_else(|| panic!("{name}: no {section}"));
            let (prose, _) = after.split_once("\n## ").unwrap_or((after, ""));
            assert!(prose.trim().len() > 40, "{name}: nothing under {section}");
            rest = after;
        }
        // Prose may name a histogram as a whole.
        let whole =
            |selector: &Selector| selector.matchers.is_empty() && families.contains_key(&selector.metric);
        // Piece by piece, for the quotation marks of commands do not pair.
        let pieces = page.lines().flat_map(|line| line.split('`'));
        for selector in pieces.flat_map(selectors).filter(|selector| !whole(selector)) {
            let fault = fault(&selector, &families, &BTreeSet::new());
            assert_eq!(fault, None, "{name}");
        }
        for link in links(&page) {
            let target = path("docs/alerts").join(link);
            assert!(target.exists(), "{name}: there is no {link}");
        }
    }
}

/// The relative links of a page, without their fragments.
fn links(page: &str) -> impl Iterator<Item = &str> {
    let targets = page.split("](").skip(1).filter_map(|after| after.split_once(')'));
    let targets = targets.map(|(target, _)| target.split('#').next().unwrap_or_default());
    targets.filter(|target| !target.is_empty() && !target.contains("://"))
}
