//! What Prometheus and an OpenTelemetry collector see of the product.

use crate::support::command::{apply, helm, run};
use crate::support::observers::{COLLECTOR, Prometheus, Span, spans};
use crate::support::pod::Pod;
use crate::support::release::{CHART, HOME, ISSUER, NAME, Release, trust};
use crate::support::{IMAGE, SOON, Space, eventually, leaks};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const API: &str = "https://ledger.observed.svc";
/// How long load goes on between two looks at the number of series.
const LOAD: &str = "20s";

#[tokio::test]
async fn prometheus_finds_and_scrapes_every_pod_and_load_makes_no_series() {
    let release = Release::install(&["--set", "global.logLevel=trace"]).await;
    let space = Space::new("observed").await;
    space.client("worker", API);
    let prometheus = Prometheus::start(&space, &rules());

    eventually(SOON, "all targets up", async || {
        let targets = prometheus.get("targets?state=active").await;
        let targets = targets["activeTargets"].as_array().cloned().unwrap_or_default();
        let well = |target: &&Value| target["health"] == "up" && target["lastError"] == "";
        match targets.iter().filter(well).count() {
            4 if targets.len() == 4 => Ok(()),
            _ => Err(json!(targets).to_string()),
        }
    })
    .await;

    let load = |name: &'static str, resource: &'static str| {
        let args = ["-rate", "60", "-for", LOAD, "-connections", "8"];
        (name, Space::workload("worker", "load", resource, &args))
    };
    let (name, pod) = load("first-load", API);
    space.run(name, &pod).await;
    let before = prometheus
        .settled("count({namespace=\"countersign-system\"})")
        .await;
    // Requests that are granted, and as many that are refused, of resources that nobody knows.
    for (name, pod) in [
        load("good-load", API),
        load("bad-load", "https://nobody.observed.svc"),
    ] {
        let report: Value = serde_json::from_str(&space.run(name, &pod).await).unwrap();
        assert!(report["requests"].as_u64() > Some(1000), "{report}");
    }
    let after = prometheus
        .settled("count({namespace=\"countersign-system\"})")
        .await;
    assert_eq!(before, after, "series before and after load");
    let failed = prometheus
        .value("sum(count_over_time((up == 0)[10m:2s])) or vector(0)")
        .await;
    assert_eq!(failed, 0, "scrapes that failed");

    let (mut loaded, mut names) = (BTreeSet::new(), BTreeSet::new());
    eventually(SOON, "every rule evaluated", async || {
        (loaded, names) = (BTreeSet::new(), BTreeSet::new());
        for rule in prometheus.rules().await {
            if rule["health"] != "ok" {
                return Err(rule.to_string());
            }
            assert_ne!(rule["state"], "firing", "{rule}");
            names.extend(metrics(rule["query"].as_str().unwrap()));
            loaded.insert(rule["name"].as_str().unwrap().to_owned());
        }
        Ok(())
    })
    .await;
    let written: BTreeSet<String> = files("alerts").into_iter().map(|(name, _)| name).collect();
    assert!(written.is_subset(&loaded), "{written:?} {loaded:?}");
    for (_, dashboard) in files("dashboards") {
        let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
        for panel in dashboard["panels"].as_array().unwrap() {
            for target in panel["targets"].as_array().into_iter().flatten() {
                names.extend(metrics(target["expr"].as_str().unwrap()));
            }
        }
    }
    let scraped: BTreeSet<String> = prometheus.names().await;
    let absent: Vec<&String> = names.difference(&scraped).collect();
    assert!(absent.is_empty(), "no such metric in a scrape: {absent:?}");
    eprintln!(
        "{} rules; {} metrics of theirs and of the dashboards; {before} series",
        loaded.len(),
        names.len()
    );
    leaks::assert_none(&[&release.space, &space], &[]);
}

#[tokio::test]
async fn one_exchange_is_one_trace_from_the_client_to_the_append() {
    let space = Space::new("observed").await;
    space.serve(
        "collector",
        1,
        4317,
        &Pod::of(COLLECTOR, &["-grpc=:4317", "-http=:4318", "-out=/dev/stdout"]),
    );
    let endpoint = format!("http://{}", space.address("collector", 4317));
    let tracing = format!("tracing.endpoint={endpoint}");
    let traced = [
        "--set",
        "tracing.enabled=true,tracing.sampler=always_on",
        "--set",
        &tracing,
    ];
    let release = Release::install(&[&traced[..], &["--set", "global.logLevel=trace"]].concat()).await;

    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let key = folder.path().join("key.pem");
    let made = [
        "keygen",
        "--out",
        key.to_str().unwrap(),
        "--client",
        "observed/signer",
        "--resource",
        API,
        "--scope",
        "read",
    ];
    apply(&run(env!("CARGO_BIN_EXE_countersign"), &made, "").unwrap());
    space.wait("condition=Ready", "oauthclient/signer");
    let pem = std::fs::read_to_string(&key).unwrap();
    space.apply(json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "signer" }, "stringData": { "key.pem": pem },
    }));
    let args = [
        "token",
        "--issuer",
        ISSUER,
        "--ca",
        "/var/run/secrets/countersign/ca.crt",
        "--key",
        "/var/run/secrets/countersign/key.pem",
        "--client",
        "observed/signer",
        "--output",
        "claims",
    ];
    let secret = json!({ "secret": { "name": "signer" } });
    let pod = Pod::of(IMAGE, &args)
        .projecting(ISSUER, &[trust(), secret])
        .with_env(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_TRACES_SAMPLER", "always_on"),
        ])
        .until_it_succeeds();
    // A new log refuses what was signed in its first half minute.
    let claims: Value = {
        space.start("signer", &pod);
        space.wait("jsonpath={.status.phase}=Succeeded", "pod/signer");
        serde_json::from_str(&space.logs("signer")).unwrap()
    };
    assert_eq!(claims["client_id"], "observed/signer");

    let wanted = [
        "countersign token",
        "POST /token",
        "authenticate",
        "authorize",
        "record",
        "append",
        "sign",
    ];
    let trace = eventually(SOON, "a trace of all of it", async || {
        let all = spans(&space.logs("deployment/collector"));
        let of = |trace: &str| {
            all.iter()
                .filter(|span| span.trace == trace)
                .cloned()
                .collect::<Vec<Span>>()
        };
        let whole = all
            .iter()
            .filter(|span| span.name == "append")
            .map(|span| of(&span.trace))
            .find(|trace| {
                wanted
                    .iter()
                    .all(|name| trace.iter().any(|span| span.name == *name))
            });
        whole.ok_or_else(|| format!("{all:#?}"))
    })
    .await;
    let append = trace.iter().find(|span| span.name == "append").unwrap();
    let mut path = vec![append];
    while let Some(parent) = trace.iter().find(|span| span.id == path[path.len() - 1].parent) {
        path.push(parent);
    }
    let way: Vec<String> = path
        .iter()
        .rev()
        .map(|span| format!("{}: {}", span.service, span.name))
        .collect();
    eprintln!("{}", way.join(" → "));
    assert_eq!(
        way.first().map(String::as_str),
        Some("countersign: countersign token")
    );
    assert!(
        way.contains(&"countersign-server: POST /token".to_owned()),
        "{way:?}"
    );
    leaks::assert_none(&[&release.space, &space], &[pem.lines().nth(1).unwrap()]);
}

/// The rules as the chart renders them, as Prometheus reads them.
fn rules() -> String {
    let rendered = helm(&[
        "template",
        NAME,
        CHART,
        "--namespace",
        HOME,
        "--show-only",
        "templates/monitoring/prometheusrule.yaml",
        "--set",
        "metrics.prometheusRule.enabled=true,metrics.prometheusRule.renderMode=alwaysRender",
    ]);
    let rule: Value = serde_saphyr::from_str(&rendered).unwrap();
    rule["spec"].to_string()
}

/// The files of the chart in this folder: names without extension, and contents.
fn files(folder: &str) -> Vec<(String, String)> {
    let folder = format!("{CHART}/files/{folder}");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let paths = entries.map(|entry| entry.unwrap().path());
    let of = |path: std::path::PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read_to_string(&path).unwrap())
    };
    paths.map(of).collect()
}

/// The names of our metrics in an expression.
fn metrics(expression: &str) -> BTreeSet<String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let words = expression.split(|c: char| !word(c));
    words
        .filter(|word| word.starts_with("countersign_") && !word.contains(':'))
        .map(str::to_owned)
        .collect()
}
