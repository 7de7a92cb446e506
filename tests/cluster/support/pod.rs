//! Pods of the tests: one container, as the restricted Pod Security standard wants it.

use super::{SOON, Space, eventually};
use serde_json::{Value, json};

/// Where projected files are in a container.
pub(crate) const PROJECTED: &str = "/var/run/secrets/countersign";

/// A pod to be, of one image with its arguments.
#[derive(Debug, Clone)]
pub(crate) struct Pod {
    labels: Value,
    spec: Value,
}

// === impl Pod ===

impl Pod {
    /// A pod that runs the image once with these arguments, under the default account of its namespace.
    pub(crate) fn of<A: AsRef<str>>(image: &str, args: &[A]) -> Self {
        let args: Vec<&str> = args.iter().map(AsRef::as_ref).collect();
        let spec = json!({
            "restartPolicy": "Never",
            "automountServiceAccountToken": false,
            "securityContext": {
                "runAsNonRoot": true, "runAsUser": 65532, "runAsGroup": 65532, "fsGroup": 65532,
                "seccompProfile": { "type": "RuntimeDefault" },
            },
            "containers": [{
                "name": "main", "image": image, "imagePullPolicy": "IfNotPresent", "args": args,
                "securityContext": {
                    "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
                    "capabilities": { "drop": ["ALL"] },
                },
            }],
        });
        Self {
            labels: json!({}),
            spec,
        }
    }

    /// With a label.
    pub(crate) fn labelled(mut self, name: &str, value: &str) -> Self {
        self.labels[name] = json!(value);
        self
    }

    /// Under this account.
    pub(crate) fn account(mut self, name: &str) -> Self {
        self.spec["serviceAccountName"] = json!(name);
        self
    }

    /// With a token for this audience in [`PROJECTED`]`/token`, and more sources beside it: those of a projected volume.
    pub(crate) fn projecting(mut self, audience: &str, more: &[Value]) -> Self {
        let token = json!({ "serviceAccountToken": { "path": "token", "audience": audience, "expirationSeconds": 3600 } });
        let sources: Vec<Value> = std::iter::once(token).chain(more.iter().cloned()).collect();
        self.spec["volumes"] = json!([{ "name": "projected", "projected": { "sources": sources } }]);
        self.spec["containers"][0]["volumeMounts"] =
            json!([{ "name": "projected", "mountPath": PROJECTED, "readOnly": true }]);
        self
    }

    /// With a port on which it answers HTTP at this path as soon as it is ready.
    pub(crate) fn serving(mut self, port: u16, path: &str) -> Self {
        let container = &mut self.spec["containers"][0];
        container["ports"] = json!([{ "containerPort": port }]);
        container["readinessProbe"] =
            json!({ "httpGet": { "port": port, "path": path }, "periodSeconds": 1 });
        self
    }

    /// With a volume from this source at this path.
    pub(crate) fn mounting(mut self, name: &str, path: &str, source: Value) -> Self {
        let mut volume = source;
        volume["name"] = json!(name);
        let mount = json!({ "name": name, "mountPath": path });
        push(&mut self.spec["volumes"], volume);
        push(&mut self.spec["containers"][0]["volumeMounts"], mount);
        self
    }

    /// With these variables.
    pub(crate) fn with_env(mut self, variables: &[(&str, &str)]) -> Self {
        for (name, value) in variables {
            push(
                &mut self.spec["containers"][0]["env"],
                json!({ "name": name, "value": value }),
            );
        }
        self
    }

    /// With a token for the API server.
    pub(crate) fn with_api_token(mut self) -> Self {
        self.spec["automountServiceAccountToken"] = json!(true);
        self
    }

    /// Run again until it ends well.
    pub(crate) fn until_it_succeeds(mut self) -> Self {
        self.spec["restartPolicy"] = json!("OnFailure");
        self
    }

    /// The pod as an object.
    pub(crate) fn object(&self, name: &str) -> Value {
        json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": { "name": name, "labels": self.labels }, "spec": self.spec,
        })
    }
}

/// Appends to a list, which may not be there yet.
fn push(list: &mut Value, item: Value) {
    if list.is_null() {
        *list = json!([]);
    }
    list.as_array_mut().expect("a list").push(item);
}

// === impl Space ===

impl Space {
    /// Starts a pod, and does not wait.
    #[track_caller]
    pub(crate) fn start(&self, name: &str, pod: &Pod) {
        self.apply(pod.object(name));
    }

    /// Waits until a pod has ended well, and returns what it printed; fails with that when it ended badly.
    pub(crate) async fn ended(&self, name: &str) -> String {
        let phase = eventually(SOON, &format!("the end of the pod {name}"), async || {
            let pod = self.get(&format!("pod/{name}"));
            match pod["status"]["phase"].as_str() {
                Some(phase @ ("Succeeded" | "Failed")) => Ok(phase.to_owned()),
                _ => Err(pod["status"].to_string()),
            }
        })
        .await;
        let said = self.logs(name);
        let last = said.lines().rev().take(20).collect::<Vec<_>>();
        assert_eq!(
            phase, "Succeeded",
            "the last lines of the pod {name}, backwards: {last:#?}"
        );
        said
    }

    /// Runs a pod to its end, and returns what it printed.
    pub(crate) async fn run(&self, name: &str, pod: &Pod) -> String {
        self.start(name, pod);
        self.ended(name).await
    }

    /// Starts as many of a pod behind a Service of the same name, and waits until all are ready.
    pub(crate) fn serve(&self, name: &str, replicas: u32, port: u16, pod: &Pod) {
        let mut template = pod.clone().labelled("app", name).object(name);
        template["spec"]["restartPolicy"] = json!("Always");
        let selector = json!({ "app": name });
        self.apply(json!({
            "apiVersion": "v1", "kind": "Service", "metadata": { "name": name },
            "spec": { "selector": selector, "ports": [{ "port": port }] },
        }));
        self.apply(json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": name },
            "spec": {
                "replicas": replicas,
                "selector": { "matchLabels": selector },
                "template": { "metadata": { "labels": template["metadata"]["labels"] }, "spec": template["spec"] },
            },
        }));
        self.wait_rollout(name);
    }
}
