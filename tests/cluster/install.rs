//! What a platform engineer does in the first ten minutes, and the last.

use crate::support::command::{helm, kubectl};
use crate::support::release::{HOME, NAME, Release, everything};
use crate::support::{SOON, Space, eventually, leaks};
use serde_json::Value;
use std::collections::BTreeSet;

const LEDGER: &str = "https://ledger.payments.svc";
/// The README's example.
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/quickstart/payments.yaml");

#[tokio::test]
async fn from_nothing_to_a_first_token_and_back() {
    let before = everything();
    let release = Release::install(&[]).await;
    eprintln!("every pod was ready {:.1?} after `helm install`", release.took);
    release.upgrade(&["--set", "global.logLevel=trace"]).await;

    kubectl(&["apply", "--filename", EXAMPLE]);
    let payments = Space::existing("payments");
    payments.wait("condition=Complete", "job/first-token");
    let told = payments.logs("job/first-token");
    assert!(told.contains("✓ verification"), "{told}");

    payments.serve("ledger", 1, 8080, &Space::ledger(LEDGER));
    let calls = [
        "-ledger",
        "http://ledger.payments.svc:8080/",
        "-rate",
        "20",
        "-for",
        "5s",
    ];
    let caller = Space::workload("billing-worker", "caller", LEDGER, &calls);
    let report: Value = serde_json::from_str(&payments.run("caller", &caller).await).unwrap();
    assert_eq!(report["failed"], 0, "{report}");
    assert!(report["requests"].as_u64() >= Some(90), "{report}");

    let told = helm(&["test", NAME, "--namespace", HOME, "--logs"]);
    assert!(told.contains("✓ verification"), "{told}");
    leaks::assert_none(&[&release.space, &payments], &[]);

    drop(payments);
    kubectl(&["delete", "namespace", "payments", "--ignore-not-found"]);
    helm(&["uninstall", NAME, "--namespace", HOME, "--wait"]);
    // What `keep` keeps: definitions and signing keys; and with the definitions the replay log.
    let kept = |name: &String| {
        name.starts_with("customresourcedefinitions")
            || name.starts_with(&format!("replaysegments.countersign.dev {HOME}/"))
            || *name == format!("secrets {HOME}/countersign-signing-keys")
    };
    let made_by_kubernetes = |name: &String| {
        *name == format!("namespaces -/{HOME}")
            || *name == format!("serviceaccounts {HOME}/default")
            || *name == format!("configmaps {HOME}/kube-root-ca.crt")
    };
    let before: BTreeSet<&String> = before.iter().collect();
    eventually(SOON, "nothing left", async || {
        let now = everything();
        let left: Vec<&String> = now
            .iter()
            .filter(|name| !before.contains(name) && !kept(name) && !made_by_kubernetes(name))
            .collect();
        if left.is_empty() {
            Ok(())
        } else {
            Err(format!("{left:#?}"))
        }
    })
    .await;
    let secrets = release.space.kubectl(&["get", "secrets", "--output=name"]);
    assert_eq!(
        secrets.trim(),
        "secret/countersign-signing-keys",
        "what keep keeps"
    );
}
