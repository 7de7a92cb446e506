//! The image and the node are of the versions that everything else is of.

use crate::house::root;
use std::fs;

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("cannot read {path}: {error}"))
}

/// What stands in the first line that begins so, up to the next space or quote.
fn after(text: &str, start: &str) -> String {
    let line = text.lines().find_map(|line| line.trim().strip_prefix(start));
    let rest = line.unwrap_or_else(|| panic!("no line begins with {start}"));
    rest.trim_matches('"').to_owned()
}

#[test]
fn the_image_is_built_with_our_toolchain_and_says_our_version() {
    let image = read("Dockerfile");
    let channel = after(&read("rust-toolchain.toml"), "channel = ");
    let builder = after(&image, "ARG RUST_IMAGE=docker.io/library/rust:");
    assert_eq!(builder.split('-').next(), Some(channel.as_str()));
    assert_eq!(after(&image, "ARG VERSION="), env!("CARGO_PKG_VERSION"));
}

#[test]
fn the_image_is_one_binary_for_a_user_that_is_not_root() {
    let image = read("Dockerfile");
    let last = image.rsplit_once("\nFROM ").unwrap().1;
    let copied = last.lines().filter(|line| line.starts_with("COPY ")).count();
    assert!(last.starts_with("scratch\n"), "{last}");
    assert_eq!(copied, 2, "{last}");
    assert!(last.contains("\nUSER 65532:65532\n"), "{last}");
}

#[test]
fn the_node_is_of_the_version_of_the_control_plane() {
    let of = |module: &str| after(&read(&format!("tests/{module}/go.mod")), "k8s.io/kubernetes ");
    assert_eq!(of("cluster/node"), of("controlplane"));
}
