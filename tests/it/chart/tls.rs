//! Who makes the server's certificate, and what the processes are told of it.

use super::helm::{args, chart, find, ids, objects, rendered, template_with};
use serde_json::{Value, json};

fn told<'a>(objects: &'a [Value], component: &str) -> Vec<&'a str> {
    args(find(objects, "Deployment", &format!("countersign-{component}")))
}

#[track_caller]
fn assert_told(args: &[&str], expected: &[&str]) {
    for expected in expected {
        assert!(args.contains(expected), "{expected} in {args:?}");
    }
}

#[test]
fn by_default_the_controller_makes_it() {
    let objects = rendered(&[]);
    assert_told(&told(&objects, "server"), &["--tls-secret=countersign-tls"]);
    assert_told(
        &told(&objects, "controller"),
        &[
            "--tls-secret=countersign-tls",
            "--serving-certificate=managed",
            "--dns-name=countersign-server.countersign-system.svc",
            "--dns-name=countersign-server.countersign-system.svc.cluster.local",
            "--dns-name=countersign-server.countersign-system",
            "--dns-name=countersign-server",
            "--owner-deployment=countersign-controller",
            "--owner-role=countersign-controller",
        ],
    );
    assert!(
        !ids(&objects)
            .iter()
            .any(|id| id.starts_with("Secret ") || id.starts_with("Certificate "))
    );
}

#[test]
fn its_names_are_those_of_the_service_and_of_both_urls_each_once() {
    let set = "server.issuer=https://tokens.example.com/a,server.internalEndpoint=https://inner.example.com:8443/a,\
               tls.extraDNSNames={x.example.com,countersign-server},global.clusterDomain=cluster.example";
    let objects = rendered(&["--set", set]);
    let names: Vec<&str> = told(&objects, "controller")
        .into_iter()
        .filter_map(|arg| arg.strip_prefix("--dns-name="))
        .collect();
    assert_eq!(
        names,
        [
            "countersign-server.countersign-system.svc",
            "countersign-server.countersign-system.svc.cluster.example",
            "countersign-server.countersign-system",
            "countersign-server",
            "tokens.example.com",
            "inner.example.com",
            "x.example.com",
        ]
    );
}

#[test]
fn cert_manager_makes_it_if_told_to() {
    let set = "tls.mode=certManager,tls.certManager.issuerRef.name=internal,server.issuer=https://tokens.example.com";
    let objects = rendered(&["--set", set]);
    let spec = &find(&objects, "Certificate", "countersign-server")["spec"];
    assert_eq!(spec["secretName"], "countersign-server-tls");
    assert_eq!(
        spec["issuerRef"],
        json!({"name": "internal", "kind": "Issuer", "group": "cert-manager.io"})
    );
    assert!(
        spec["dnsNames"]
            .as_array()
            .unwrap()
            .contains(&json!("tokens.example.com"))
    );
    assert_told(
        &told(&objects, "server"),
        &["--tls-secret=countersign-server-tls"],
    );
    let controller = told(&objects, "controller");
    assert_told(
        &controller,
        &[
            "--tls-secret=countersign-server-tls",
            "--serving-certificate=given",
        ],
    );
    assert!(
        !controller.iter().any(|arg| arg.starts_with("--dns-name")),
        "{controller:?}"
    );
}

#[test]
fn a_secret_of_ones_own_comes_with_a_bundle_or_without() {
    let set = "tls.mode=secret,tls.secretName=own";
    let without = rendered(&["--set", set]);
    assert_told(&told(&without, "server"), &["--tls-secret=own"]);
    assert!(
        !told(&without, "controller")
            .iter()
            .any(|arg| arg.starts_with("--ca-bundle"))
    );

    let with = objects(&template_with(&chart().join("ci/own-certificate.yaml")));
    let controller = find(&with, "Deployment", "countersign-controller");
    assert_told(
        &args(controller),
        &["--ca-bundle=/etc/countersign/ca-bundle/ca.crt"],
    );
    let pod = &controller["spec"]["template"];
    assert_eq!(
        pod["spec"]["volumes"][0]["configMap"]["name"],
        "countersign-controller-ca-bundle"
    );
    assert_eq!(
        pod["spec"]["containers"][0]["volumeMounts"][0]["mountPath"],
        "/etc/countersign/ca-bundle"
    );
    assert!(pod["metadata"]["annotations"]["checksum/ca-bundle"].is_string());
    let bundle = find(&with, "ConfigMap", "countersign-controller-ca-bundle");
    assert!(
        bundle["data"]["ca.crt"]
            .as_str()
            .unwrap()
            .starts_with("-----BEGIN CERTIFICATE-----\n")
    );
}

#[test]
fn no_process_mounts_a_private_key() {
    for set in ["", "tls.mode=secret,tls.secretName=own"] {
        for object in rendered(&["--set", set]) {
            let text = object.to_string();
            assert!(!text.contains("\"secretName\""), "{text}");
        }
    }
}
