//! A typo, and a value of the wrong form, fail with the path of the value.

use super::helm::template;

/// What is set, and what the error says.
const REFUSED: &[(&str, &str)] = &[
    ("serverr.replicaCount=2", "at '': additional properties 'serverr'"),
    (
        "server.replicas=2",
        "at '/server': additional properties 'replicas'",
    ),
    (
        "controller.issuer=https://a",
        "at '/controller': additional properties 'issuer'",
    ),
    ("image.tags=1", "at '/image': additional properties 'tags'"),
    ("crds.install=true", "at '/crds': additional properties 'install'"),
    (
        "rbac.namespaced=true",
        "at '/rbac': additional properties 'namespaced'",
    ),
    (
        "tls.certManager.issuer=a",
        "at '/tls/certManager': additional properties 'issuer'",
    ),
    (
        "tls.certManager.issuerRef.names=a",
        "at '/tls/certManager/issuerRef': additional properties 'names'",
    ),
    (
        "signingKeys.algs={ES256}",
        "at '/signingKeys': additional properties 'algs'",
    ),
    (
        "metrics.enabled=true",
        "at '/metrics': additional properties 'enabled'",
    ),
    (
        "metrics.serviceMonitor.additionalLabels.a=b",
        "at '/metrics/serviceMonitor': additional properties 'additionalLabels'",
    ),
    (
        "metrics.prometheusRule.overrides.CountersignDown.fore=1m",
        "at '/metrics/prometheusRule/overrides/CountersignDown': additional properties 'fore'",
    ),
    (
        "networkPolicy.server.egress={}",
        "at '/networkPolicy/server': additional properties 'egress'",
    ),
    (
        "server.service.port=8443",
        "at '/server/service': additional properties 'port'",
    ),
    (
        "server.serviceAccount.automount=true",
        "at '/server/serviceAccount': additional properties 'automount'",
    ),
    (
        "server.resources.request.cpu=1",
        "at '/server/resources': additional properties 'request'",
    ),
    (
        "server.livenessProbe.httpGet.path=/",
        "at '/server/livenessProbe': additional properties 'httpGet'",
    ),
    (
        "server.protectedResources[0].identifer=a:b",
        "at '/server/protectedResources/0': missing property 'identifier'",
    ),
    (
        "global.compatibility.openshift.enabled=true",
        "at '/global/compatibility/openshift': additional properties 'enabled'",
    ),
    (
        "server.replicaCount=two",
        "at '/server/replicaCount': got string, want integer",
    ),
    ("server.replicaCount=-1", "at '/server/replicaCount': minimum"),
    (
        "server.ownNamespaceResources=yes",
        "at '/server/ownNamespaceResources': got string, want boolean",
    ),
    (
        "server.issuer=http://tokens.example.com",
        "at '/server/issuer': 'http://tokens.example.com' does not match",
    ),
    (
        "server.issuer=https://tokens.example.com/",
        "at '/server/issuer': 'https://tokens.example.com/' does not match",
    ),
    (
        "server.issuer=https://a@b",
        "at '/server/issuer': 'https://a@b' does not match",
    ),
    (
        "server.audience=strict",
        "at '/server/audience': value must be one of 'Compat', 'Standard', 'Strict', 'Fapi'",
    ),
    ("server.appendRate=9", "at '/server/appendRate': minimum"),
    (
        "server.protectedResources[0].identifier=ledger",
        "at '/server/protectedResources/0/identifier'",
    ),
    (
        "server.extraEnv[0].value=a",
        "at '/server/extraEnv/0': missing property 'name'",
    ),
    (
        "server.topologySpreadConstraints[0].maxSkew=1",
        "at '/server/topologySpreadConstraints/0': missing properties",
    ),
    (
        "server.podDisruptionBudget.maxUnavailable=half",
        "at '/server/podDisruptionBudget/maxUnavailable'",
    ),
    (
        "server.podDisruptionBudget.unhealthyPodEvictionPolicy=Always",
        "at '/server/podDisruptionBudget/unhealthyPodEvictionPolicy'",
    ),
    (
        "server.resources.requests.memory=1GB",
        "at '/server/resources/requests/memory'",
    ),
    (
        "server.gatewayAPI.kind=GRPCRoute",
        "at '/server/gatewayAPI/kind': value must be one of",
    ),
    (
        "controller.keyFetching.intervalSeconds=1",
        "at '/controller/keyFetching/intervalSeconds': minimum",
    ),
    (
        "controller.keyFetching.allowedRanges={10.0.0.0}",
        "at '/controller/keyFetching/allowedRanges/0'",
    ),
    (
        "controller.keyFetching.proxy=proxy:3128",
        "at '/controller/keyFetching/proxy'",
    ),
    (
        "controller.hostUsers=no",
        "at '/controller/hostUsers': got string, want boolean",
    ),
    (
        "image.digest=sha256:abc",
        "at '/image/digest': 'sha256:abc' does not match",
    ),
    ("image.tag=a b", "at '/image/tag'"),
    (
        "image.pullPolicy=always",
        "at '/image/pullPolicy': value must be one of",
    ),
    (
        "global.imageRegistry=https://registry.example",
        "at '/global/imageRegistry'",
    ),
    (
        "global.logFormat=logfmt",
        "at '/global/logFormat': value must be one of",
    ),
    ("global.bindAddress=::", "at '/global/bindAddress'"),
    (
        "watchNamespaces={Payments}",
        "at '/watchNamespaces/0': 'Payments' does not match",
    ),
    (
        "watchNamespaces={a,a}",
        "at '/watchNamespaces': items at 0 and 1 are equal",
    ),
    (
        "watchNamespaces=payments",
        "at '/watchNamespaces': got string, want array",
    ),
    ("fullnameOverride=Countersign", "at '/fullnameOverride'"),
    ("namespaceOverride=a.b", "at '/namespaceOverride'"),
    (
        "tls.mode=certmanager",
        "at '/tls/mode': value must be one of 'auto', 'certManager', 'secret'",
    ),
    ("tls.caBundle=ca.crt", "at '/tls/caBundle'"),
    ("tls.extraDNSNames={a_b}", "at '/tls/extraDNSNames/0'"),
    (
        "tls.certManager.duration=90",
        "at '/tls/certManager/duration': got number, want string",
    ),
    (
        "signingKeys.algorithms={HS256}",
        "at '/signingKeys/algorithms/0': value must be one of",
    ),
    ("metrics.port=0", "at '/metrics/port': minimum"),
    ("metrics.port=8443", "at '/metrics/port': 'not' failed"),
    (
        "metrics.serviceMonitor.renderMode=skip",
        "at '/metrics/serviceMonitor/renderMode': value must be one of",
    ),
    (
        "metrics.prometheusRule.excludeRules={down}",
        "at '/metrics/prometheusRule/excludeRules/0'",
    ),
    (
        "metrics.prometheusRule.overrides.down.for=1m",
        "invalid propertyName 'down'",
    ),
    (
        "tracing.protocol=http",
        "at '/tracing/protocol': value must be one of",
    ),
    ("tracing.endpoint=collector:4317", "at '/tracing/endpoint'"),
    (
        "audit.sink=syslog",
        "at '/audit/sink': value must be one of 'stdout', 'file'",
    ),
    ("audit.file=log.json", "at '/audit/file'"),
    (
        "flowSchema.lendablePercent=101",
        "at '/flowSchema/lendablePercent': maximum",
    ),
    (
        "networkPolicy.apiServer.ports={https}",
        "at '/networkPolicy/apiServer/ports/0': got string, want integer",
    ),
    (
        "networkPolicy.apiServer.ports[0]=65536",
        "at '/networkPolicy/apiServer/ports/0': maximum",
    ),
    ("commonLabels.a=b c", "at '/commonLabels/a'"),
    ("tests.waitSeconds=0", "at '/tests/waitSeconds': minimum"),
    (
        "extraObjects[0]=1",
        "at '/extraObjects/0': got number, want object or string",
    ),
];

#[test]
fn what_is_not_a_value_is_refused_with_its_path() {
    for (set, expected) in REFUSED {
        let error = template(&["--set", set]).expect_err(set);
        assert!(error.contains(expected), "{set}: {error}");
        assert!(
            error.contains("values don't meet the specifications of the schema"),
            "{set}: {error}"
        );
    }
}

#[test]
fn a_parent_chart_may_have_a_condition_and_globals_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let parent = folder.path();
    let chart = super::helm::chart();
    let manifest = format!(
        "apiVersion: v2\nname: parent\nversion: 1.0.0\ndependencies:\n- name: countersign\n  version: {}\n  condition: countersign.enabled\n",
        env!("CARGO_PKG_VERSION")
    );
    std::fs::write(parent.join("Chart.yaml"), manifest).unwrap();
    std::fs::write(
        parent.join("values.yaml"),
        "global: {storageClass: fast}\ncountersign: {enabled: true}\n",
    )
    .unwrap();
    std::fs::create_dir(parent.join("charts")).unwrap();
    std::os::unix::fs::symlink(&chart, parent.join("charts/countersign")).unwrap();
    let rendered = super::helm::template_of(parent, &[]).unwrap();
    assert!(rendered.contains("name: \"countersign-server\""));
    let alone = template(&["--set", "global.storageClass=fast"]).unwrap_err();
    assert!(
        alone.contains("global.storageClass: there is no such value"),
        "{alone}"
    );
}
