//! `countersign crds`, `rbac` and `policies`: what an administrator applies.

use crate::support::command::countersign;
use std::path::Path;

#[tokio::test]
async fn the_printed_manifests_are_those_in_the_repository() {
    for (command, file) in [
        ("crds", "crds/oauthclients.yaml"),
        ("rbac", "deploy/rbac.yaml"),
        ("policies", "deploy/policies.yaml"),
    ] {
        let checked_in = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        let ran = countersign([command]).await;
        assert!(
            ran.data() == checked_in,
            "`countersign {command}` does not print {file}"
        );
        assert_eq!(ran.stderr, "", "{command}");
    }
}

#[tokio::test]
async fn an_installation_of_ones_own_is_named_in_its_manifests() {
    for command in ["rbac", "policies"] {
        let args = [command, "--namespace", "tokens", "--watch-namespace", "payments"];
        let ran = countersign(args).await;
        let text = ran.data();
        assert!(text.contains("tokens"), "{command}: {text}");
        assert!(!text.contains("countersign-system"), "{command}: {text}");
        assert_ne!(text, countersign([command]).await.data(), "{command}");
    }
}
