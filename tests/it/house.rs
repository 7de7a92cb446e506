//! The order of the house: pure modules touch no edge, and no file is outside the build.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Modules whose decisions are functions of values and `now`.
const PURE: [&str; 15] = [
    "src/core",
    "src/jose",
    "src/oauth",
    "src/grants",
    "src/keys",
    "src/certificates",
    "src/replay",
    "src/api/accept.rs",
    "src/api/serve.rs",
    "src/api/rights",
    "src/api/policy",
    "src/controller/plan",
    "src/controller/lease.rs",
    "src/controller/replay_log/due.rs",
    "src/fetch/addresses.rs",
];

/// What stands for an edge in a pure module.
const EDGES: [&str; 12] = [
    "kube::Client",
    "kube::Api",
    "kube::runtime",
    "axum::",
    "hyper::",
    "reqwest::",
    "tokio::",
    "std::fs",
    "std::env",
    "std::net::Tcp",
    "SystemTime",
    "SystemClock",
];

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(place: &Path, found: &mut Vec<PathBuf>) {
    if place.is_file() {
        found.push(place.to_owned());
        return;
    }
    for entry in fs::read_dir(place).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() || path.extension().is_some_and(|extension| extension == "rs") {
            sources(&path, found);
        }
    }
}

/// The source files of a file or folder.
pub(crate) fn below(place: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    sources(&root().join(place), &mut found);
    assert!(!found.is_empty(), "{place} has no source file");
    found
}

/// S-7515-02, S-7515-07
#[test]
fn pure_modules_touch_no_edge() {
    for file in PURE.iter().flat_map(|place| below(place)) {
        let text = fs::read_to_string(&file).unwrap();
        for (number, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            for edge in EDGES {
                assert!(
                    !line.contains(edge),
                    "{}:{}: {edge} in a pure module",
                    file.display(),
                    number + 1
                );
            }
        }
    }
}

#[test]
fn every_file_is_compiled() {
    for place in [
        "src",
        "tests/it",
        "tests/cluster",
        "tests/interop",
        "tests/faults",
        "tests/observability",
        "benches",
    ] {
        let files = below(place);
        let declared: BTreeSet<PathBuf> = files.iter().flat_map(|file| modules(file)).collect();
        for file in files.iter().filter(|file| !is_crate_root(file)) {
            assert!(declared.contains(file), "no module declares {}", file.display());
        }
    }
}

/// Whether Cargo compiles `file` without any module that declares it.
fn is_crate_root(file: &Path) -> bool {
    let parent = file.parent().unwrap();
    let of_binary = ["src/bin", "benches"]
        .iter()
        .any(|place| parent == root().join(place));
    let roots = [
        "src/lib.rs",
        "tests/it/main.rs",
        "tests/cluster/main.rs",
        "tests/interop/main.rs",
        "tests/faults/main.rs",
        "tests/observability/main.rs",
        "benches/load/main.rs",
        "benches/replay_log/main.rs",
    ];
    of_binary || roots.iter().any(|path| file == root().join(path))
}

/// The files that the `mod` lines of `file` stand for, and those that its `#[path]` lines name.
fn modules(file: &Path) -> Vec<PathBuf> {
    let folder = if is_crate_root(file) || file.ends_with("mod.rs") {
        file.parent().unwrap().to_owned()
    } else {
        file.with_extension("")
    };
    let text = fs::read_to_string(file).unwrap();
    let names = text.lines().filter_map(|line| {
        let (visibility, name) = line.trim().split_once("mod ")?;
        let declares = visibility.is_empty() || visibility.starts_with("pub");
        name.strip_suffix(';').filter(|_| declares).map(str::to_owned)
    });
    let elsewhere = text.lines().filter_map(|line| {
        let path = line.trim().strip_prefix("#[path = \"")?.strip_suffix("\"]")?;
        match path.strip_prefix("../") {
            Some(beside) => Some(file.parent()?.with_file_name(beside)),
            None => Some(file.with_file_name(path)),
        }
    });
    names
        .flat_map(|name| {
            [
                folder.join(format!("{name}.rs")),
                folder.join(&name).join("mod.rs"),
            ]
        })
        .chain(elsewhere)
        .collect()
}
