//! What an expression of `PromQL` speaks of: enough of its grammar to find names and matchers.

use super::families::Family;
use std::collections::{BTreeMap, BTreeSet};

/// A metric, and what its labels have to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Selector {
    pub(super) metric: String,
    pub(super) matchers: Vec<(String, String, String)>,
}

/// What the names begin with that count here: metrics, those of recording rules, and those of every process.
const OURS: [&str; 3] = ["countersign_", "countersign:", "process_"];
/// Labels that scraping adds.
const ADDED: [&str; 4] = ["namespace", "job", "instance", "pod"];

/// The selectors of our metrics, and of those of processes, in `expression`.
pub(super) fn selectors(expression: &str) -> Vec<Selector> {
    let mut found = Vec::new();
    let mut rest = expression;
    while let Some(start) = rest.find(|letter: char| letter.is_ascii_alphabetic() || letter == '"') {
        (_, rest) = rest.split_at(start);
        if let Some(text) = rest.strip_prefix('"') {
            rest = text.split_once('"').map_or("", |(_, after)| after);
            continue;
        }
        let end = rest.find(|letter: char| !(letter.is_ascii_alphanumeric() || "_:".contains(letter)));
        let (metric, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        if !OURS.iter().any(|prefix| metric.starts_with(prefix)) {
            continue;
        }
        let mut matchers = Vec::new();
        if let Some(inside) = rest.strip_prefix('{') {
            let (list, after) = inside.split_once('}').expect("an end of the matchers");
            matchers = list.split("\",").filter_map(matcher).collect();
            rest = after;
        }
        let metric = metric.to_owned();
        found.push(Selector { metric, matchers });
    }
    found
}

/// One matcher, whose last quotation mark may be missing.
fn matcher(text: &str) -> Option<(String, String, String)> {
    let (left, value) = text.trim().split_once('"')?;
    let end = left.find(['=', '!'])?;
    let (label, operator) = left.split_at(end);
    let value = value.trim_end_matches('"').to_owned();
    Some((label.trim().to_owned(), operator.trim().to_owned(), value))
}

/// Why nothing can match the selector, if so. `recorded` are the names of recording rules.
pub(super) fn fault(
    selector: &Selector,
    families: &BTreeMap<String, Family>,
    recorded: &BTreeSet<String>,
) -> Option<String> {
    let name = selector.metric.as_str();
    if recorded.contains(name) {
        return None;
    }
    let of_histogram = ["_bucket", "_sum", "_count"]
        .iter()
        .find_map(|suffix| families.get(name.strip_suffix(suffix)?))
        .filter(|family| family.kind == "histogram");
    let exact = families.get(name).filter(|family| family.kind != "histogram");
    let Some(family) = exact.or(of_histogram) else {
        return Some(format!("there is no {name}"));
    };
    let mut wrong = selector
        .matchers
        .iter()
        .filter(|matcher| !can_match(matcher, family));
    wrong
        .next()
        .map(|matcher| format!("{name} has nothing with {matcher:?}"))
}

fn can_match((label, operator, value): &(String, String, String), family: &Family) -> bool {
    if ADDED.contains(&label.as_str()) {
        return true;
    }
    let Some(values) = family.labels.get(label) else {
        return false;
    };
    let known = |value: &str| values.contains(value);
    match operator.as_str() {
        "=" | "!=" => known(value),
        // A bound in the spelling of both major versions of Prometheus.
        "=~" | "!~" => match value.split_once("(\\\\.0)?") {
            Some((bound, "")) => known(bound),
            Some(_) => false,
            None => value.split('|').all(known),
        },
        _ => false,
    }
}

#[test]
fn selectors_are_found_wherever_they_stand() {
    let expression = r#"sum by (namespace, job) (rate(countersign_a_total{x="countersign_no", y=~"p|q"}[5m]))
        / on (job) countersign:b:ratio unless countersign_c == 1"#;
    let found = selectors(expression);
    let names: Vec<&str> = found.iter().map(|selector| selector.metric.as_str()).collect();
    assert_eq!(
        names,
        ["countersign_a_total", "countersign:b:ratio", "countersign_c"]
    );
    let of =
        |label: &str, operator: &str, value: &str| (label.to_owned(), operator.to_owned(), value.to_owned());
    assert_eq!(
        found[0].matchers,
        [of("x", "=", "countersign_no"), of("y", "=~", "p|q")]
    );
}

#[test]
fn what_nothing_can_match_is_found_out() {
    let families = super::families::all();
    let recorded = BTreeSet::from(["countersign:known".to_owned()]);
    let faults = |expression: &str| {
        let found = selectors(expression);
        assert!(!found.is_empty(), "{expression}");
        found
            .iter()
            .any(|selector| fault(selector, &families, &recorded).is_some())
    };
    for good in [
        r#"countersign_ready{component="server"}"#,
        r#"countersign_refusals_total{reason=~"clocks_apart|bug"}"#,
        r#"countersign_token_request_duration_seconds_bucket{le="0.01",job="x"}"#,
        r#"countersign_token_request_duration_seconds_bucket{le=~"1(\\.0)?"}"#,
        "countersign_token_request_duration_seconds_count",
        "countersign:known",
        "process_resident_memory_bytes",
    ] {
        assert!(!faults(good), "{good}");
    }
    for bad in [
        r#"countersign_ready{component="servers"}"#,
        r#"countersign_ready{role="server"}"#,
        r#"countersign_refusals_total{reason=~"clocks_apart|bugs"}"#,
        r#"countersign_token_request_duration_seconds_bucket{le="0.03"}"#,
        r#"countersign_token_request_duration_seconds_bucket{le=~"3(\\.0)?"}"#,
        "countersign_token_request_duration_seconds",
        "countersign_ready_count",
        "countersign:unknown",
        "countersign_tokens",
    ] {
        assert!(faults(bad), "{bad}");
    }
}
