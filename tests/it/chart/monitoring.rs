//! Monitors, alerts and dashboards.

use super::copy::{Copy, DOWN, SLOW};
use super::helm::{find, ids, objects, rendered, template, template_of};
use serde_json::{Value, json};
use std::path::Path;

/// What helm needs to be told for the Prometheus Operator to be there.
fn with_operator(kind: &str) -> [String; 2] {
    [
        "--api-versions".to_owned(),
        format!("monitoring.coreos.com/v1/{kind}"),
    ]
}

#[test]
fn an_object_of_the_operator_is_rendered_as_its_mode_says() {
    for (value, kind) in [("serviceMonitor", "ServiceMonitor"), ("podMonitor", "PodMonitor")] {
        let enabled = format!("metrics.{value}.enabled=true");
        let mode = |mode: &str| format!("{enabled},metrics.{value}.renderMode={mode}");
        let count = |args: &[&str]| -> usize {
            rendered(args)
                .iter()
                .filter(|object| object["kind"] == kind)
                .count()
        };
        let [flag, operator] = with_operator(kind);
        assert_eq!(count(&[]), 0);
        assert_eq!(count(&[&flag, &operator]), 0);
        assert_eq!(count(&["--set", &enabled]), 0);
        assert_eq!(count(&["--set", &enabled, &flag, &operator]), 1);
        assert_eq!(count(&["--set", &mode("alwaysRender")]), 1);
        assert_eq!(count(&["--set", &mode("failIfMissing"), &flag, &operator]), 1);
        let error = template(&["--set", &mode("failIfMissing")]).unwrap_err();
        assert!(
            error.contains(&format!("does not know the kind {kind}")),
            "{error}"
        );
    }
}

#[test]
fn pods_are_annotated_for_scraping_unless_a_monitor_is_rendered() {
    let annotated = |set: &str| -> bool {
        let objects = rendered(&["--set", set]);
        let pod = &find(&objects, "Deployment", "countersign-server")["spec"]["template"]["metadata"];
        let annotations = &pod["annotations"];
        assert_eq!(
            annotations.get("prometheus.io/scrape").is_some(),
            annotations.get("prometheus.io/port") == Some(&json!("9402"))
        );
        annotations.get("prometheus.io/scrape") == Some(&json!("true"))
    };
    assert!(annotated(""));
    assert!(annotated("metrics.serviceMonitor.enabled=true"), "skipped");
    assert!(!annotated("metrics.podAnnotations=false"));
    assert!(!annotated(
        "metrics.serviceMonitor.enabled=true,metrics.serviceMonitor.renderMode=alwaysRender"
    ));
    assert!(!annotated(
        "metrics.podMonitor.enabled=true,metrics.podMonitor.renderMode=alwaysRender"
    ));
}

#[test]
fn a_service_monitor_finds_the_services_of_both_components_and_no_other() {
    let set = "metrics.serviceMonitor.enabled=true,metrics.serviceMonitor.renderMode=alwaysRender";
    let objects = rendered(&["--set", set]);
    let monitor = &find(&objects, "ServiceMonitor", "countersign")["spec"];
    assert_eq!(
        monitor["namespaceSelector"]["matchNames"],
        json!(["countersign-system"])
    );
    let wanted = monitor["selector"]["matchLabels"].as_object().unwrap();
    let found: Vec<&Value> = objects
        .iter()
        .filter(|object| object["kind"] == "Service")
        .filter(|object| {
            wanted
                .iter()
                .all(|(label, value)| &object["metadata"]["labels"][label] == value)
        })
        .map(|object| &object["metadata"]["name"])
        .collect();
    assert_eq!(
        found,
        ["countersign-controller-metrics", "countersign-server-metrics"]
    );
    for name in found {
        let service = find(&objects, "Service", name.as_str().unwrap());
        assert_eq!(
            service["spec"]["ports"][0]["name"],
            monitor["endpoints"][0]["port"]
        );
        assert_eq!(service["spec"]["clusterIP"], "None");
    }
}

fn alerts(chart: &Path, set: &str) -> Vec<Value> {
    let set =
        format!("metrics.prometheusRule.enabled=true,metrics.prometheusRule.renderMode=alwaysRender{set}");
    let objects = objects(&template_of(chart, &["--set", &set]).unwrap());
    let rule = find(&objects, "PrometheusRule", "countersign");
    assert_eq!(rule["spec"]["groups"].as_array().unwrap().len(), 1);
    rule["spec"]["groups"][0]["rules"].as_array().unwrap().clone()
}

#[test]
fn alerts_are_those_of_the_files_with_a_runbook_each() {
    let copy = Copy::new()
        .with("alerts/CountersignDown.yaml", DOWN)
        .with("alerts/CountersignSlow.yaml", SLOW);
    let rules = alerts(&copy.chart(), "");
    assert_eq!(rules.len(), 3);
    assert_eq!(rules[0]["alert"], "CountersignDown");
    assert_eq!(
        rules[0]["annotations"]["summary"],
        "No server is ready ({{ $value }})"
    );
    assert_eq!(
        rules[0]["annotations"]["runbook_url"],
        "https://github.com/countersign/countersign/blob/main/docs/alerts/CountersignDown.md"
    );
    assert_eq!(
        rules[1].get("annotations"),
        None,
        "a recording rule has no runbook"
    );
}

#[test]
fn alerts_can_be_left_out_changed_and_labelled() {
    let copy = Copy::new()
        .with("alerts/CountersignDown.yaml", DOWN)
        .with("alerts/CountersignSlow.yaml", SLOW);
    let names = |set: &str| -> Vec<Value> {
        alerts(&copy.chart(), set)
            .iter()
            .filter_map(|rule| rule.get("alert").cloned())
            .collect()
    };
    assert_eq!(
        names(",metrics.prometheusRule.excludeRules={CountersignDown}"),
        ["CountersignSlow"]
    );
    let changed = alerts(
        &copy.chart(),
        ",metrics.prometheusRule.overrides.CountersignDown.for=10m,\
         metrics.prometheusRule.overrides.CountersignDown.labels.severity=warning,\
         metrics.prometheusRule.ruleLabels.team=identity,\
         metrics.prometheusRule.runbookURL=https://runbooks.example/",
    );
    assert_eq!(changed[0]["for"], "10m");
    assert_eq!(
        changed[0]["labels"],
        json!({"severity": "warning", "team": "identity"})
    );
    assert_eq!(changed[0]["expr"], "absent(countersign_ready == 1)");
    assert_eq!(
        changed[0]["annotations"]["runbook_url"],
        "https://runbooks.example/CountersignDown.md"
    );
    assert_eq!(changed[2]["labels"], json!({"team": "identity"}));
}

#[test]
fn a_rule_without_alerts_is_not_made_and_a_missing_operator_is_told() {
    let copy = Copy::new();
    let set = "metrics.prometheusRule.enabled=true,metrics.prometheusRule.renderMode=alwaysRender";
    let objects = objects(&template_of(&copy.chart(), &["--set", set]).unwrap());
    assert!(!ids(&objects).iter().any(|id| id.starts_with("PrometheusRule")));
    let set = "metrics.prometheusRule.enabled=true,metrics.prometheusRule.renderMode=failIfMissing";
    let error = template_of(&copy.chart(), &["--set", set]).unwrap_err();
    assert!(error.contains("does not know the kind PrometheusRule"), "{error}");
}

#[test]
fn dashboards_are_the_files_byte_for_byte() {
    let board = "{\n  \"title\": \"Tokens {{ grant_type }}\"\n}";
    let copy = Copy::new().with("dashboards/tokens.json", board);
    let set = "metrics.grafanaDashboard.enabled=true,metrics.grafanaDashboard.folder=Identity";
    let objects = objects(&template_of(&copy.chart(), &["--set", set]).unwrap());
    let map = find(&objects, "ConfigMap", "countersign-dashboard-tokens");
    assert_eq!(map["data"]["tokens.json"].as_str().unwrap().trim_end(), board);
    assert_eq!(map["metadata"]["labels"]["grafana_dashboard"], "1");
    assert_eq!(map["metadata"]["annotations"]["grafana_folder"], "Identity");
}
