//! `countersign crds`, `rbac` and `policies`: what an administrator applies.

use crate::support::command::countersign;
use std::path::Path;

#[tokio::test]
async fn the_printed_manifests_are_those_in_the_repository() {
    for (command, files) in [
        (
            "crds",
            &["crds/oauthclients.yaml", "crds/replaysegments.yaml"][..],
        ),
        ("rbac", &["deploy/rbac.yaml"]),
        ("policies", &["deploy/policies.yaml"]),
    ] {
        let read = |file| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        let checked_in: Vec<String> = files.iter().map(read).collect();
        let ran = countersign([command]).await;
        assert!(
            ran.data() == checked_in.join("---\n"),
            "`countersign {command}` does not print {files:?}"
        );
        assert_eq!(ran.stderr, "", "{command}");
    }
}

/// What is applied as a folder must be what is printed.
#[test]
fn every_definition_in_the_repository_is_printed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crds");
    let names = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["oauthclients.yaml", "replaysegments.yaml"]);
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
        let cluster_wide = countersign(&args[..3]).await;
        assert_ne!(
            text,
            cluster_wide.data(),
            "the watched namespace counts: {command}"
        );
    }
}
