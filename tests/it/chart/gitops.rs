//! What `deploy/argocd` and `deploy/flux` say is what the chart takes.

use super::helm::{find, objects, template};
use crate::house::root;
use serde_json::Value;
use std::fs;

fn of(file: &str) -> Vec<Value> {
    objects(&fs::read_to_string(root().join("deploy").join(file)).unwrap())
}

#[track_caller]
fn assert_taken(values: &Value) {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), values.to_string()).unwrap();
    let operator = ["ServiceMonitor", "PrometheusRule"]
        .map(|kind| format!("--api-versions=monitoring.coreos.com/v1/{kind}"));
    let [monitor, rule] = &operator;
    let rendered = template(&["--values", file.path().to_str().unwrap(), monitor, rule]).unwrap();
    find(&objects(&rendered), "ServiceMonitor", "countersign");
}

#[test]
fn the_chart_takes_the_values_of_the_application() {
    let application = of("argocd/application.yaml");
    let source = &find(&application, "Application", "countersign")["spec"]["source"];
    assert_eq!(source["targetRevision"], env!("CARGO_PKG_VERSION"));
    assert_taken(&source["helm"]["valuesObject"]);
}

#[test]
fn the_chart_takes_the_values_of_the_release() {
    let release = of("flux/release.yaml");
    let repository = find(&release, "OCIRepository", "countersign");
    assert_eq!(repository["spec"]["ref"]["tag"], env!("CARGO_PKG_VERSION"));
    assert_taken(&find(&release, "HelmRelease", "countersign")["spec"]["values"]);
}

/// Fields that both health checks read, as the schema of the kind has them.
#[test]
fn health_is_judged_by_fields_that_exist() {
    let crd = &objects(&fs::read_to_string(root().join("crds/oauthclients.yaml")).unwrap())[0];
    let status =
        &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"];
    assert_eq!(status["observedGeneration"]["type"], "integer");
    let condition = &status["conditions"]["items"]["properties"];
    for field in ["type", "status", "reason", "message", "observedGeneration"] {
        assert!(condition.get(field).is_some(), "{field}");
    }
}
