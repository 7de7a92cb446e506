//! What is left of a namespace whose test failed: `target/cluster/report/<namespace>/`.

use super::command::try_kubectl;
use std::fs;
use std::path::{Path, PathBuf};

/// What to keep of a namespace, by file.
const KEPT: [(&str, &[&str]); 4] = [
    (
        "objects.txt",
        &[
            "get",
            "all,configmaps,secrets,leases,endpointslices",
            "--output",
            "wide",
        ],
    ),
    ("events.txt", &["get", "events", "--sort-by=.lastTimestamp"]),
    ("pods.txt", &["describe", "pods"]),
    ("clients.yaml", &["get", "oauthclients", "--output", "yaml"]),
];

/// Keeps what explains a failure: objects (of Secrets the names), events, and the logs of all pods.
pub(crate) fn write(namespace: &str) {
    for (file, args) in KEPT {
        keep(namespace, file, args);
    }
    let pods = try_kubectl(&["--namespace", namespace, "get", "pods", "--output", "name"]);
    for pod in pods.unwrap_or_default().lines() {
        let file = format!("{}.log", pod.trim_start_matches("pod/"));
        let now = ["logs", pod, "--all-containers", "--prefix", "--timestamps"];
        keep(namespace, &file, &now);
        let before = [now.as_slice(), &["--previous"]].concat();
        keep(namespace, &format!("previous-{file}"), &before);
    }
}

/// Keeps a remark.
pub(crate) fn note(namespace: &str, text: &str) {
    put(namespace, "remarks.txt", text);
}

fn keep(namespace: &str, file: &str, args: &[&str]) {
    let mut all = vec!["--namespace", namespace];
    all.extend(args);
    // That there is none of something explains, too.
    let text = try_kubectl(&all).unwrap_or_else(|error| error);
    put(namespace, file, &text);
}

/// A test that fails already is not to fail for its report.
fn put(namespace: &str, file: &str, text: &str) {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target"),
        PathBuf::from,
    );
    let folder = target.join("cluster/report").join(namespace);
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(folder.join(file), text))
        .unwrap_or_default();
}
