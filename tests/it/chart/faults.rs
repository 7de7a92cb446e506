//! What the schema cannot say: combinations that cannot work are refused in a sentence, all of them at once.

use super::helm::{chart, helm, template};

/// What is set, and what the error says.
const REFUSED: &[(&str, &str)] = &[
    (
        "global.imageRegistri=a",
        "global.imageRegistri: there is no such value.",
    ),
    (
        "tls.secretName=a",
        "tls.secretName: in tls.mode auto the Secret is always countersign-tls",
    ),
    (
        "tls.mode=secret",
        "tls.secretName: tls.mode secret needs the name of your Secret.",
    ),
    (
        "tls.mode=secret,tls.secretName=countersign-tls",
        "tls.secretName: countersign-tls is the name that tls.mode auto uses",
    ),
    (
        "tls.mode=secret,tls.secretName=a,tls.extraDNSNames={b}",
        "tls.extraDNSNames: in tls.mode secret the certificate is yours",
    ),
    (
        "tls.mode=certManager",
        "tls.certManager.issuerRef.name: tls.mode certManager needs an issuer.",
    ),
    (
        "server.issuer=https://192.0.2.1",
        "https://192.0.2.1: a certificate for an address can only be brought along",
    ),
    (
        "server.internalEndpoint=https://[2001:db8::1]:8443",
        "https://[2001:db8::1]:8443: a certificate for an address",
    ),
    (
        "server.ownNamespaceResources=false",
        "server.protectedResources: without any",
    ),
    (
        "signingKeys.algorithms={RS256}",
        "signingKeys.algorithms: tokens for server.ownNamespaceResources are signed with ES256.",
    ),
    (
        "server.protectedResources[0].identifier=a:b,server.protectedResources[0].algorithm=PS256",
        "signingKeys.algorithms: a:b wants tokens signed with PS256.",
    ),
    (
        "server.ingress.enabled=true",
        "server.issuer: server.ingress and server.gatewayAPI need the public URL here",
    ),
    (
        "server.gatewayAPI.enabled=true",
        "server.issuer: server.ingress and server.gatewayAPI need the public URL here",
    ),
    (
        "server.gatewayAPI.enabled=true",
        "server.gatewayAPI.parentRefs: a route needs a gateway.",
    ),
    (
        "server.autoscaling.enabled=true,server.autoscaling.maxReplicas=1",
        "server.autoscaling.minReplicas: must not be more than maxReplicas.",
    ),
    (
        "server.drainSeconds=26",
        "server.terminationGracePeriodSeconds: must be at least server.drainSeconds and 20 more",
    ),
    (
        "server.serviceAccount.create=false",
        "server.serviceAccount.name: which account, if none is made?",
    ),
    (
        "controller.serviceAccount.create=false",
        "controller.serviceAccount.name: which account, if none is made?",
    ),
    (
        "controller.serviceAccount.name=countersign-server",
        "controller.serviceAccount.name: must not be the server's account",
    ),
    (
        "server.podDisruptionBudget.minAvailable=2",
        "server.podDisruptionBudget.minAvailable: with as many replicas no node could ever be drained.",
    ),
    (
        "controller.keyFetching.caBundle.configMap.name=a,controller.keyFetching.caBundle.secret.name=a",
        "controller.keyFetching.caBundle: either a ConfigMap or a Secret.",
    ),
    (
        "metrics.serviceMonitor.enabled=true,metrics.podMonitor.enabled=true",
        "metrics.podMonitor.enabled: together with metrics.serviceMonitor everything would be scraped twice.",
    ),
    (
        "tracing.enabled=true",
        "tracing.endpoint: tracing needs the URL of a collector.",
    ),
    ("audit.sink=file", "audit.file: audit.sink file needs a path."),
    (
        "namespaceOverride=kube-system",
        "The namespace kube-system belongs to Kubernetes",
    ),
];

#[test]
fn what_cannot_work_is_refused_in_a_sentence() {
    for (set, expected) in REFUSED {
        let error = template(&["--set", set]).expect_err(set);
        assert!(error.contains(expected), "{set}: {error}");
        assert!(error.contains("These values cannot work:"), "{set}: {error}");
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let sets = "tls.mode=secret,tracing.enabled=true,audit.sink=file";
    let error = template(&["--set", sets]).unwrap_err();
    assert_eq!(error.matches("\n  - ").count(), 3, "{error}");
}

#[test]
fn a_bundle_of_others_needs_a_certificate_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.crt");
    std::fs::write(
        &file,
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    )
    .unwrap();
    let set = format!("tls.caBundle={}", file.display());
    let error = template(&["--set-file", &set]).unwrap_err();
    assert!(
        error.contains("tls.caBundle: in tls.mode auto the controller publishes its own CA"),
        "{error}"
    );
}

#[test]
fn namespaces_of_kubernetes_are_refused() {
    let chart = chart();
    for namespace in ["kube-system", "kube-public", "kube-node-lease"] {
        let error = helm(["template", "a", chart.to_str().unwrap(), "-n", namespace]).unwrap_err();
        assert!(error.contains("belongs to Kubernetes"), "{error}");
    }
}

#[test]
fn a_distribution_of_traffic_that_the_cluster_does_not_know_is_refused() {
    let set = "server.service.trafficDistribution=PreferSameNode";
    let error = template(&["--set", set, "--kube-version", "1.34.0"]).unwrap_err();
    assert!(error.contains("PreferSameNode needs Kubernetes 1.35."), "{error}");
    template(&["--set", set, "--kube-version", "1.35.0"]).unwrap();
}
