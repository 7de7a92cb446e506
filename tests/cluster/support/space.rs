//! A namespace of a test: it goes when the test ends, and leaves a report if the test failed.

use super::command::{apply, kubectl, kubectl_json, try_kubectl};
use super::{SOON, eventually, report};
use serde_json::{Value, json};

/// A namespace that enforces the restricted Pod Security standard.
#[derive(Debug)]
pub(crate) struct Space {
    name: String,
}

// === impl Space ===

impl Space {
    /// A namespace that was not there, in which pods can be made.
    pub(crate) async fn new(name: &str) -> Self {
        Self::labelled(
            name,
            json!({ "pod-security.kubernetes.io/enforce": "restricted" }),
        )
        .await
    }

    /// The same with these labels.
    pub(crate) async fn labelled(name: &str, labels: Value) -> Self {
        // An earlier run may have been interrupted.
        kubectl(&["delete", "namespace", name, "--ignore-not-found"]);
        let object = json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name, "labels": labels },
        });
        apply(&object.to_string());
        let space = Self {
            name: name.to_owned(),
        };
        eventually(SOON, "the namespace's account", async || {
            space.try_kubectl(&["get", "serviceaccount/default", "configmap/kube-root-ca.crt"])
        })
        .await;
        space
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Runs `kubectl` in the namespace.
    #[track_caller]
    pub(crate) fn kubectl(&self, args: &[&str]) -> String {
        kubectl(&self.located(args))
    }

    /// The same, or everything that it said when it failed.
    pub(crate) fn try_kubectl(&self, args: &[&str]) -> Result<String, String> {
        try_kubectl(&self.located(args))
    }

    /// Applies one object, which gets the namespace.
    #[track_caller]
    pub(crate) fn apply(&self, mut object: Value) {
        object["metadata"]["namespace"] = json!(self.name);
        apply(&object.to_string());
    }

    /// Reads one object, `kind/name`.
    #[track_caller]
    pub(crate) fn get(&self, object: &str) -> Value {
        kubectl_json(&self.located(&["get", object]))
    }

    /// The objects of a kind that have these labels.
    #[track_caller]
    pub(crate) fn list(&self, kind: &str, labels: &str) -> Vec<Value> {
        let list = kubectl_json(&self.located(&["get", kind, "--selector", labels]));
        list["items"].as_array().expect("items of a list").clone()
    }

    /// Waits for what `kubectl wait --for` takes: `condition=Ready`, `delete`, `jsonpath=…`.
    #[track_caller]
    pub(crate) fn wait(&self, until: &str, object: &str) {
        let timeout = format!("--timeout={}s", SOON.as_secs());
        self.kubectl(&["wait", &format!("--for={until}"), object, &timeout]);
    }

    /// Waits until what a Deployment asks for is there, and nothing else.
    #[track_caller]
    pub(crate) fn wait_rollout(&self, deployment: &str) {
        let timeout = format!("--timeout={}s", SOON.as_secs());
        self.kubectl(&["rollout", "status", &format!("deployment/{deployment}"), &timeout]);
    }

    /// What a pod, or the newest of a Deployment, has printed.
    #[track_caller]
    pub(crate) fn logs(&self, object: &str) -> String {
        self.kubectl(&["logs", object, "--all-containers"])
    }

    /// Where pods of the cluster reach a Service of the namespace.
    pub(crate) fn address(&self, service: &str, port: u16) -> String {
        format!("{service}.{}.svc:{port}", self.name)
    }

    fn located<'a>(&'a self, args: &[&'a str]) -> Vec<&'a str> {
        let mut all = vec!["--namespace", &self.name];
        all.extend(args);
        all
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        if std::thread::panicking() {
            report::write(&self.name);
        }
        let args = ["delete", "namespace", &self.name, "--wait=false"];
        if let Err(error) = try_kubectl(&args) {
            report::note(&self.name, &error);
        }
    }
}
