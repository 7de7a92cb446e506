//! Workloads of a tenant: a client, and pods that use it.

use super::Space;
use super::pod::{PROJECTED, Pod};
use super::release::{ISSUER, trust};
use super::{SOON, WORKLOADS, eventually};
use serde_json::{Value, json};
use std::process::{Child, Command, Stdio};

/// A pod that sends requests until it is told to end, and what it prints then.
#[derive(Debug)]
pub(crate) struct Load<'s> {
    space: &'s Space,
    name: String,
    /// Follows its output: with the pod, that would be gone.
    output: Child,
}

/// What a load counts.
#[derive(Debug)]
pub(crate) struct Report(Value);

// === impl Space ===

impl Space {
    /// Declares a client for the service account of the same name, which it makes; waits until it is ready.
    pub(crate) fn client(&self, name: &str, resource: &str) {
        self.kubectl(&["create", "serviceaccount", name]);
        self.apply(json!({
            "apiVersion": "countersign.dev/v1alpha1", "kind": "OAuthClient", "metadata": { "name": name },
            "spec": {
                "identities": [{ "serviceAccount": { "name": name } }],
                "grants": { "clientCredentials": {}, "jwtBearer": {} },
                "resources": [{ "identifier": resource, "scopes": ["read", "write"] }],
            },
        }));
        self.wait("condition=Ready", &format!("oauthclient/{name}"));
    }

    /// A pod of the client's, which runs a program that asks for tokens, with these further arguments.
    pub(crate) fn workload(client: &str, program: &str, resource: &str, args: &[&str]) -> Pod {
        let (ca, token) = (format!("{PROJECTED}/ca.crt"), format!("{PROJECTED}/token"));
        let fixed = [
            program,
            "-issuer",
            ISSUER,
            "-ca",
            &ca,
            "-token",
            &token,
            "-resource",
            resource,
        ];
        Pod::of(WORKLOADS, &[&fixed[..], args].concat())
            .account(client)
            .projecting(ISSUER, &[trust()])
    }

    /// An API that verifies access tokens with the published keys, and keeps those for as long as it may.
    pub(crate) fn ledger(resource: &str) -> Pod {
        let ca = format!("{PROJECTED}/ca.crt");
        Pod::of(
            WORKLOADS,
            &["ledger", "-issuer", ISSUER, "-ca", &ca, "-audience", resource],
        )
        .projecting(ISSUER, &[trust()])
        .serving(8080, "/stats")
    }

    /// Starts a pod that sends requests until [`Load::end`].
    pub(crate) fn load(&self, name: &str, pod: &Pod) -> Load<'_> {
        self.start(name, pod);
        self.wait("condition=Ready", &format!("pod/{name}"));
        let output = Command::new("kubectl")
            .args(["--namespace", self.name(), "logs", "--follow", name])
            .stdout(Stdio::piped())
            .spawn()
            .expect("run kubectl");
        Load {
            space: self,
            name: name.to_owned(),
            output,
        }
    }
}

// === impl Load ===

impl Load<'_> {
    /// Ends it, and returns what it counted. It must have run until now.
    pub(crate) fn end(self) -> Report {
        let pod = self.space.get(&format!("pod/{}", self.name));
        assert_eq!(
            pod["status"]["phase"], "Running",
            "{} has ended by itself",
            self.name
        );
        self.space.kubectl(&["delete", "pod", &self.name]);
        let output = self.output.wait_with_output().expect("wait for kubectl");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let report = text
            .lines()
            .last()
            .and_then(|line| serde_json::from_str(line).ok());
        Report(report.unwrap_or_else(|| panic!("{} reported {text:?}", self.name)))
    }
}

// === impl Report ===

impl Report {
    /// How many requests there were, none of which failed.
    ///
    /// # Panics
    /// When one failed, with the kinds of failures and some examples.
    #[track_caller]
    pub(crate) fn without_failures(&self) -> u64 {
        assert_eq!(self.0["failed"], 0, "{}", self.0);
        self.0["requests"].as_u64().expect("a count of requests")
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The number of samples whose line begins with `series` in what a pod says of itself, added up.
pub(crate) async fn sampled(pod: &Value, series: &str) -> f64 {
    let address = pod["status"]["podIP"].as_str().expect("a pod with an address");
    let url = format!("http://{address}:9402/metrics");
    let text = eventually(SOON, &url, async || {
        let answer = reqwest::get(&url).await.map_err(|error| error.to_string())?;
        answer.text().await.map_err(|error| error.to_string())
    })
    .await;
    let value = |line: &str| {
        line.rsplit(' ')
            .next()
            .and_then(|value| value.parse::<f64>().ok())
    };
    text.lines()
        .filter(|line| line.starts_with(series))
        .filter_map(value)
        .sum()
}
