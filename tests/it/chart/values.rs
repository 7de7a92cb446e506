//! What other values do.

use super::helm::{args, chart, find, ids, objects, rendered, template_with};
use crate::support::command::countersign;
use serde_json::{Value, json};

fn server(set: &str) -> Vec<String> {
    let objects = rendered(&["--set", set]);
    args(find(&objects, "Deployment", "countersign-server"))
        .into_iter()
        .map(str::to_owned)
        .collect()
}

#[track_caller]
fn assert_told(set: &str, expected: &[&str]) {
    let args = server(set);
    for expected in expected {
        assert!(
            args.iter().any(|arg| arg == expected),
            "{set}: {expected} in {args:?}"
        );
    }
}

#[test]
fn the_server_is_told_what_it_serves() {
    assert_told(
        "",
        &[
            "--issuer=https://countersign-server.countersign-system.svc",
            "--own-namespace-resources",
            "--audience=Compat",
            "--append-rate=100",
            "--replay-capacity=1000000",
            "--drain=10",
            "--audit-log=stdout",
            "--name=countersign",
        ],
    );
    assert_told(
        "server.protectedResources[0].identifier=https://a.internal,server.protectedResources[0].algorithm=RS256,\
         server.protectedResources[1].identifier=https://b.internal,server.replayCapacity=100000000",
        &[
            "--resource=https://a.internal=RS256",
            "--resource=https://b.internal",
            "--replay-capacity=100000000",
        ],
    );
    assert_told("audit.enabled=false", &["--audit-log=off"]);
    assert_told(
        "audit.sink=file,audit.file=/audit/log",
        &["--audit-log=/audit/log"],
    );
    assert_told(
        "watchNamespaces={a,b}",
        &["--watch-namespace=a", "--watch-namespace=b"],
    );
    assert!(
        !server("server.ownNamespaceResources=false,server.protectedResources[0].identifier=a:b")
            .contains(&"--own-namespace-resources".to_owned())
    );
}

#[tokio::test]
async fn every_option_that_is_rendered_exists() {
    for component in ["server", "controller"] {
        let help = countersign([component, "--help"]).await;
        let help = help.data();
        for file in super::helm::value_files() {
            let objects = objects(&template_with(&file));
            let deployments = objects.iter().filter(|object| {
                object["kind"] == "Deployment"
                    && object["metadata"]["name"].as_str().unwrap().ends_with(component)
            });
            for arg in deployments
                .flat_map(args)
                .skip(1)
                .filter(|arg| *arg != "--verbose")
            {
                let option = arg.split('=').next().unwrap();
                assert!(
                    help.contains(&format!("{option} ")) || help.contains(&format!("{option}\n")),
                    "{component} has no {option}"
                );
            }
        }
    }
}

#[test]
fn traces_are_the_standard_variables() {
    let objects = objects(&template_with(&chart().join("ci/monitoring.yaml")));
    for component in ["server", "controller"] {
        let deployment = find(&objects, "Deployment", &format!("countersign-{component}"));
        let env = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
            .as_array()
            .unwrap();
        let value = |name: &str| env.iter().find(|one| one["name"] == name).unwrap()["value"].clone();
        assert_eq!(value("OTEL_SERVICE_NAME"), format!("countersign-{component}"));
        assert_eq!(
            value("OTEL_EXPORTER_OTLP_ENDPOINT"),
            "https://collector.example:4317"
        );
        assert_eq!(value("OTEL_EXPORTER_OTLP_PROTOCOL"), "http/protobuf");
        assert_eq!(value("OTEL_TRACES_SAMPLER"), "always_on");
        assert_eq!(value("OTEL_TRACES_SAMPLER_ARG"), "1");
        assert_eq!(
            value("OTEL_RESOURCE_ATTRIBUTES"),
            "k8s.namespace.name=$(POD_NAMESPACE),k8s.pod.name=$(POD_NAME),deployment.environment=test"
        );
    }
    assert!(
        !rendered(&[])
            .iter()
            .any(|object| object.to_string().contains("OTEL_"))
    );
}

#[test]
fn traffic_stays_near_by_the_name_that_the_cluster_knows() {
    let distribution = |version: &str| -> Value {
        let set = "server.service.trafficDistribution=PreferSameZone";
        let objects = rendered(&["--set", set, "--kube-version", version]);
        find(&objects, "Service", "countersign-server")["spec"]["trafficDistribution"].clone()
    };
    assert_eq!(distribution("1.33.0"), "PreferClose");
    assert_eq!(distribution("1.34.4-gke.1"), "PreferClose");
    assert_eq!(distribution("1.35.0"), "PreferSameZone");
    assert_eq!(distribution("1.36.3"), "PreferSameZone");
}

#[test]
fn an_issuer_with_a_path_is_exposed_with_its_well_known_documents() {
    let objects = objects(&template_with(&chart().join("ci/http-route.yaml")));
    let rule = &find(&objects, "HTTPRoute", "countersign-server")["spec"]["rules"][0];
    let paths: Vec<&str> = rule["matches"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["path"]["value"].as_str().unwrap())
        .collect();
    assert_eq!(
        paths,
        [
            "/cluster-1",
            "/.well-known/oauth-authorization-server/cluster-1",
            "/.well-known/openid-configuration/cluster-1"
        ]
    );
    let validation = &find(&objects, "BackendTLSPolicy", "countersign-server")["spec"]["validation"];
    assert_eq!(
        validation["hostname"],
        "countersign-server.countersign-system.svc"
    );
    assert_eq!(validation["caCertificateRefs"][0]["name"], "countersign-ca");
}

#[test]
fn network_policies_open_what_is_needed_and_no_more() {
    let set = "networkPolicy.enabled=true,tracing.enabled=true,tracing.endpoint=https://collector.example,\
               controller.keyFetching.proxy=http://proxy.example:3128";
    let objects = rendered(&["--set", set]);
    let ports = |component: &str, direction: &str| -> Vec<u64> {
        let policy = find(&objects, "NetworkPolicy", &format!("countersign-{component}"));
        assert_eq!(policy["spec"]["policyTypes"], json!(["Ingress", "Egress"]));
        let rules = policy["spec"][direction].as_array().unwrap();
        let ports = rules.iter().flat_map(|rule| rule["ports"].as_array().unwrap());
        ports.map(|port| port["port"].as_u64().unwrap()).collect()
    };
    assert_eq!(ports("server", "ingress"), [8443, 9402]);
    assert_eq!(ports("server", "egress"), [53, 53, 443, 6443, 443]);
    assert_eq!(ports("controller", "ingress"), [9402]);
    assert_eq!(ports("controller", "egress"), [53, 53, 443, 6443, 443, 443, 3128]);
}

#[test]
fn who_may_ask_for_tokens_is_who_is_named_and_what_helm_test_runs() {
    let named = "networkPolicy.enabled=true,networkPolicy.clients[0].podSelector.matchLabels.app=theirs";
    let callers = |set: &str| -> Vec<Value> {
        let objects = rendered(&["--set", named, "--set", set]);
        let policy = find(&objects, "NetworkPolicy", "countersign-server");
        let callers = policy["spec"]["ingress"][0]["from"].as_array().unwrap().clone();
        if let Some(test) = callers.get(1) {
            let pod = find(&objects, "Pod", "countersign-test");
            for (label, value) in test["podSelector"]["matchLabels"].as_object().unwrap() {
                assert_eq!(&pod["metadata"]["labels"][label], value);
            }
        }
        callers
    };
    assert_eq!(callers("").len(), 2);
    assert_eq!(
        callers("tests.enabled=false"),
        [json!({"podSelector": {"matchLabels": {"app": "theirs"}}})]
    );
}

#[test]
fn our_accounts_have_a_share_of_the_api_server() {
    let objects = rendered(&[]);
    let name = "countersign.countersign-system";
    let schema = &find(&objects, "FlowSchema", name)["spec"];
    assert_eq!(schema["priorityLevelConfiguration"]["name"], name);
    let accounts: Vec<&Value> = schema["rules"][0]["subjects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|subject| &subject["serviceAccount"]["name"])
        .collect();
    assert_eq!(accounts, ["countersign-server", "countersign-controller"]);
    find(&objects, "PriorityLevelConfiguration", name);
}

#[test]
fn more_objects_may_be_maps_or_strings_with_templates_in_them() {
    let objects = objects(&template_with(&chart().join("ci/accounts.yaml")));
    find(&objects, "ConfigMap", "countersign-map");
    find(&objects, "ConfigMap", "countersign-string");
}

#[test]
fn what_helm_test_runs_is_the_product_with_a_token_of_its_own() {
    let objects = rendered(&["--set", "server.issuer=https://tokens.example.com/a"]);
    let pod = &find(&objects, "Pod", "countersign-test")["spec"];
    assert_eq!(
        pod["containers"][0]["args"],
        json!([
            "check",
            "--issuer=https://tokens.example.com/a",
            "--endpoint=https://countersign-server.countersign-system.svc/a",
            "--ca=/var/run/secrets/countersign.dev/ca/ca.crt",
            "--service-account-token=/var/run/secrets/countersign.dev/token",
            "--resource=https://countersign-test.countersign-system.svc",
            "--wait=120"
        ])
    );
    let sources = &pod["volumes"][0]["projected"]["sources"];
    assert_eq!(
        sources[0]["serviceAccountToken"]["audience"],
        "https://tokens.example.com/a"
    );
    assert_eq!(sources[1]["configMap"]["name"], "countersign-ca");
    assert_eq!(sources[1]["configMap"].get("optional"), None);
    let client = find(&objects, "OAuthClient", "countersign-test");
    assert_eq!(
        client["spec"]["resources"][0]["identifier"],
        "https://countersign-test.countersign-system.svc"
    );
    for kind in ["Pod", "OAuthClient", "ServiceAccount"] {
        let annotations = &find(&objects, kind, "countersign-test")["metadata"]["annotations"];
        assert_eq!(annotations["helm.sh/hook"], "test");
        assert_eq!(
            annotations["helm.sh/hook-delete-policy"],
            "before-hook-creation,hook-succeeded"
        );
    }
}

#[test]
fn helm_test_has_nothing_to_run_where_its_client_would_not_be_served() {
    let hooks = |set: &str| -> usize {
        let objects = rendered(&["--set", set]);
        ids(&objects)
            .iter()
            .filter(|id| id.ends_with("/countersign-test"))
            .count()
    };
    assert_eq!(hooks("watchNamespaces={payments}"), 0);
    assert_eq!(hooks("watchNamespaces={payments,countersign-system}"), 3);
    assert_eq!(hooks("tests.enabled=false"), 0);
}
