//! Prometheus and the OpenTelemetry collector, in pods.

use super::command::kubectl;
use super::pod::Pod;
use super::release::HOME;
use super::{SOON, Space, eventually};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// The OTLP receiver of the OpenTelemetry Collector, which prints what it receives.
pub(crate) const COLLECTOR: &str = "localhost/countersign-collector:1";
const PROMETHEUS: &str = "localhost/countersign-prometheus:1";
/// The address of its API.
const PORT: u16 = 9090;

/// Finds the pods with the annotation that is usual for it, as Prometheus' own example does.
const CONFIG: &str = r"
global: {scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 2s}
rule_files: [/etc/prometheus/rules.yaml]
scrape_configs:
- job_name: pods
  kubernetes_sd_configs:
  - role: pod
    namespaces: {names: [NAMESPACE]}
  relabel_configs:
  - {source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_scrape], action: keep, regex: 'true'}
  - {source_labels: [__meta_kubernetes_pod_phase], action: keep, regex: Running}
  - {source_labels: [__meta_kubernetes_pod_container_port_name], action: keep, regex: metrics}
  - source_labels: [__meta_kubernetes_pod_ip, __meta_kubernetes_pod_annotation_prometheus_io_port]
    regex: '(.+);(\d+)'
    replacement: $1:$2
    target_label: __address__
  - {source_labels: [__meta_kubernetes_namespace], target_label: namespace}
  - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}
";

/// A Prometheus that follows the pods of the release.
pub(crate) struct Prometheus {
    url: String,
}

/// A span that the collector has received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) service: String,
    pub(crate) name: String,
    pub(crate) trace: String,
    pub(crate) id: String,
    /// Empty at the root.
    pub(crate) parent: String,
}

// === impl Prometheus ===

impl Prometheus {
    /// Starts one with these rules, and with no other right than to see pods.
    pub(crate) fn start(space: &Space, rules: &str) -> Self {
        space.kubectl(&["create", "serviceaccount", "prometheus"]);
        space.apply(json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "prometheus" },
            "data": { "prometheus.yaml": CONFIG.replace("NAMESPACE", HOME), "rules.yaml": rules },
        }));
        kubectl(&[
            "--namespace",
            HOME,
            "create",
            "role",
            "see-pods",
            "--verb=get,list,watch",
            "--resource=pods",
        ]);
        let account = format!("--serviceaccount={}:prometheus", space.name());
        kubectl(&[
            "--namespace",
            HOME,
            "create",
            "rolebinding",
            "see-pods",
            "--role=see-pods",
            &account,
        ]);
        let args = [
            "--config.file=/etc/prometheus/prometheus.yaml",
            "--storage.tsdb.path=/data",
            "--web.listen-address=:9090",
        ];
        let pod = Pod::of(PROMETHEUS, &args)
            .account("prometheus")
            .with_api_token()
            .mounting(
                "config",
                "/etc/prometheus",
                json!({ "configMap": { "name": "prometheus" } }),
            )
            .mounting("data", "/data", json!({ "emptyDir": {} }))
            .serving(PORT, "/-/ready");
        space.serve("prometheus", 1, PORT, &pod);
        Self {
            url: format!("http://{}/api/v1", space.address("prometheus", PORT)),
        }
    }

    /// The `data` of an answer of its API.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let url = format!("{}/{path}", self.url);
        let answer: Value = eventually(SOON, &url, async || {
            let answer = reqwest::get(&url).await.map_err(|error| error.to_string())?;
            let text = answer.text().await.map_err(|error| error.to_string())?;
            serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))
        })
        .await;
        assert_eq!(answer["status"], "success", "{path}: {answer}");
        answer["data"].clone()
    }

    /// The one value of an expression that counts.
    pub(crate) async fn value(&self, expression: &str) -> u64 {
        let query: String = url::form_urlencoded::byte_serialize(expression.as_bytes()).collect();
        let data = self.get(&format!("query?query={query}")).await;
        let value = data["result"][0]["value"][1].as_str();
        value
            .unwrap_or_else(|| panic!("{expression}: {data}"))
            .parse()
            .unwrap()
    }

    /// The value of an expression as soon as it has stayed the same for some scrapes.
    pub(crate) async fn settled(&self, expression: &str) -> u64 {
        let mut last = None;
        loop {
            let now = self.value(expression).await;
            if last == Some(now) {
                return now;
            }
            last = Some(now);
            tokio::time::sleep(Duration::from_secs(8)).await;
        }
    }

    /// All rules that it has.
    pub(crate) async fn rules(&self) -> Vec<Value> {
        let data = self.get("rules").await;
        let groups = data["groups"].as_array().cloned().unwrap_or_default();
        groups
            .iter()
            .flat_map(|group| group["rules"].as_array().cloned().unwrap_or_default())
            .collect()
    }

    /// The names of all metrics that it has seen.
    pub(crate) async fn names(&self) -> BTreeSet<String> {
        let data = self.get("label/__name__/values").await;
        let names = data.as_array().cloned().unwrap_or_default();
        names
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }
}

/// The spans in what the collector has printed: requests of OTLP in JSON.
pub(crate) fn spans(printed: &str) -> Vec<Span> {
    let list = |value: &Value, member: &str| value[member].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut spans = Vec::new();
    for line in printed.lines() {
        let Ok(received) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        for resource in list(&received["traces"], "resourceSpans") {
            let attributes = list(&resource["resource"], "attributes");
            let service = attributes.iter().find(|one| one["key"] == "service.name");
            let service = service
                .map(|one| text(&one["value"]["stringValue"]))
                .unwrap_or_default();
            for scope in list(&resource, "scopeSpans") {
                spans.extend(list(&scope, "spans").iter().map(|span| Span {
                    service: service.clone(),
                    name: text(&span["name"]),
                    trace: text(&span["traceId"]),
                    id: text(&span["spanId"]),
                    parent: text(&span["parentSpanId"]),
                }));
            }
        }
    }
    spans
}
