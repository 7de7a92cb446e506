//! The chart renders: strictly, with each of its value files, and the same bytes each time.

use super::helm::{chart, helm, template, template_with, value_files};
use std::fs;

#[test]
fn it_is_without_blemish_for_every_file_of_values() {
    let chart = chart();
    let chart = chart.to_str().unwrap();
    helm(["lint", "--strict", chart]).unwrap();
    for file in value_files() {
        let file = file.to_str().unwrap();
        helm(["lint", "--strict", chart, "--values", file]).unwrap_or_else(|error| panic!("{file}: {error}"));
    }
}

#[test]
fn the_same_values_give_the_same_bytes() {
    assert_eq!(template(&[]), template(&[]));
    for file in value_files() {
        assert_eq!(template_with(&file), template_with(&file), "{}", file.display());
    }
}

#[test]
fn what_tests_it_is_not_in_the_package() {
    let folder = tempfile::tempdir().unwrap();
    let chart = chart();
    helm([
        "package",
        chart.to_str().unwrap(),
        "--destination",
        folder.path().to_str().unwrap(),
    ])
    .unwrap();
    let package = folder
        .path()
        .join(format!("countersign-{}.tgz", env!("CARGO_PKG_VERSION")));
    let listed = std::process::Command::new("tar")
        .arg("-tzf")
        .arg(&package)
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains("countersign/values-production.yaml"), "{listed}");
    assert!(!listed.contains("/ci/"), "{listed}");
}

#[test]
fn its_version_is_the_crates() {
    let text = fs::read_to_string(chart().join("Chart.yaml")).unwrap();
    for line in ["version", "appVersion"] {
        let line = format!("\n{line}: {}\n", env!("CARGO_PKG_VERSION"));
        assert!(text.contains(&line), "{line}");
    }
}

#[test]
fn clusters_that_are_too_old_are_refused_and_versions_of_vendors_are_not() {
    for version in ["1.33.0", "1.33.4-gke.1", "1.34.2-eks-1a2b", "1.37.0"] {
        template(&["--kube-version", version]).unwrap_or_else(|error| panic!("{version}: {error}"));
    }
    for version in ["1.32.9", "1.32.9-gke.1"] {
        let error = template(&["--kube-version", version]).unwrap_err();
        assert!(
            error.contains("incompatible with Kubernetes"),
            "{version}: {error}"
        );
    }
}
