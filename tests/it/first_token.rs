//! The README's first token in a cluster: the very script, on a control plane of its own, because it
//! installs for the whole cluster.

use crate::support::ports::free_port;
use crate::support::{ControlPlane, Options};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

#[test]
fn the_script_of_the_readme_ends_with_a_token() {
    let plane = ControlPlane::start(&Options::default());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/first-token/run.sh");
    let port = || free_port().to_string();
    let kubectl = plane.program("kubectl");
    let path = format!(
        "{}:{}",
        kubectl.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let ran = Command::new(script)
        .env("PATH", path)
        .env("KUBECONFIG", plane.kubeconfig_admin())
        .env("COUNTERSIGN", env!("CARGO_BIN_EXE_countersign"))
        .envs([
            ("ISSUER_PORT", port()),
            ("CONTROLLER_HEALTH_PORT", port()),
            ("SERVER_HEALTH_PORT", port()),
        ])
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr),
    );
    assert!(ran.status.success(), "{out}\n{err}");
    let (_, answer) = out.rsplit_once("== The access token\n").unwrap();
    let answer: Value = serde_json::from_str(answer).unwrap_or_else(|error| panic!("{error}: {out}\n{err}"));
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["scope"], "read write");
}
