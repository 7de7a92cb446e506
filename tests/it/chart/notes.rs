//! What helm prints after an installation: the next commands for this very one, and warnings.

use super::helm::{NAMESPACE, RELEASE, chart, helm};

fn notes(args: &[&str]) -> String {
    let chart = chart();
    let fixed = [
        "install",
        RELEASE,
        chart.to_str().unwrap(),
        "--dry-run=client",
        "--namespace",
        NAMESPACE,
    ];
    let printed = helm(fixed.iter().chain(args)).unwrap();
    printed.split_once("\nNOTES:\n").unwrap().1.to_owned()
}

#[track_caller]
fn assert_says(notes: &str, expected: &[&str]) {
    for expected in expected {
        assert!(notes.contains(expected), "{expected:?} in:\n{notes}");
    }
}

#[test]
fn they_have_the_next_commands_with_the_names_of_this_installation() {
    assert_says(
        &notes(&[]),
        &[
            "issuer     https://countersign-server.countersign-system.svc\n",
            "kubectl -n countersign-system get pods -l app.kubernetes.io/instance=countersign --watch",
            "helm test countersign -n countersign-system --logs",
            "metadata: {namespace: payments, name: billing-worker}",
            "{identifier: \"https://ledger.payments.svc\", scopes: [read, write]}",
            "kubectl -n payments wait --for=condition=Ready oauthclient/billing-worker",
            "kubectl -n countersign-system get configmap countersign-ca",
        ],
    );
    assert!(!notes(&[]).contains("WARNING"));
}

#[test]
fn they_speak_of_the_namespaces_and_resources_that_are_served() {
    let set = "watchNamespaces={orders,stock},namespaceOverride=identity,server.ownNamespaceResources=false,\
               server.protectedResources[0].identifier=https://ledger.internal";
    let notes = notes(&["--set", set]);
    assert_says(
        &notes,
        &[
            "in identity, and serves the namespaces orders, stock.",
            "mints for  https://ledger.internal",
            "There is nothing for `helm test`: identity is not among watchNamespaces.",
            "metadata: {namespace: orders, name: billing-worker}",
            "{identifier: \"https://ledger.internal\"",
        ],
    );
    assert!(!notes.contains("https://<service>.<namespace>.svc"), "{notes}");
}

#[test]
fn they_warn_of_what_will_be_missed() {
    let rows = [
        ("server.replicaCount=1", "WARNING: one replica of the server"),
        (
            "server.autoscaling.enabled=true,server.autoscaling.minReplicas=1",
            "Set server.autoscaling.minReplicas to 2.",
        ),
        (
            "controller.replicaCount=1",
            "WARNING: one replica of the controller",
        ),
        (
            "metrics.serviceMonitor.enabled=true",
            "WARNING: no ServiceMonitor was made",
        ),
        (
            "metrics.podMonitor.enabled=true",
            "WARNING: no PodMonitor was made",
        ),
        (
            "metrics.prometheusRule.enabled=true",
            "WARNING: no PrometheusRule was made",
        ),
        ("rbac.create=false", "WARNING: rbac.create is false"),
        ("audit.enabled=false", "WARNING: audit.enabled is false"),
        ("crds.keep=false", "WARNING: crds.keep is false"),
        (
            "tls.mode=secret,tls.secretName=own",
            "The server waits for your Secret own",
        ),
    ];
    for (set, warning) in rows {
        assert_says(&notes(&["--set", set]), &[warning]);
    }
}
