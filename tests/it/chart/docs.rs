//! What the pages on installing show works, and leads somewhere.

use super::helm::{objects, template};
use crate::house::root;
use serde_json::Value;
use std::fs;

const PAGES: [&str; 6] = [
    "docs/install.md",
    "docs/upgrade.md",
    "docs/uninstall.md",
    "docs/hardening.md",
    "docs/gitops.md",
    "deploy/README.md",
];

fn text(page: &str) -> String {
    fs::read_to_string(root().join(page)).unwrap()
}

/// The YAML that a page shows.
fn examples(page: &str) -> Vec<Value> {
    let text = text(page);
    let blocks = text.split("\n```yaml\n").skip(1);
    blocks
        .flat_map(|rest| objects(rest.split_once("\n```").unwrap().0))
        .collect()
}

/// The objects that the pages show.
pub(crate) fn shown() -> Vec<Value> {
    let examples = PAGES.iter().flat_map(|page| examples(page));
    examples
        .filter(|example| example.get("apiVersion").is_some())
        .collect()
}

#[test]
fn the_chart_takes_every_value_that_is_shown() {
    let mut taken = 0;
    for page in PAGES {
        for example in examples(page) {
            // Objects, and parts of a pod.
            if example.get("apiVersion").is_some() || example.get("volumes").is_some() {
                continue;
            }
            let file = tempfile::NamedTempFile::new().unwrap();
            fs::write(file.path(), example.to_string()).unwrap();
            template(&["--values", file.path().to_str().unwrap()])
                .unwrap_or_else(|error| panic!("{page}: {example}: {error}"));
            taken += 1;
        }
    }
    assert!(taken >= 5, "{taken}");
}

/// The values that a page names in backquotes, or sets with `name: value`.
fn named(page: &str) -> Vec<String> {
    let text = text(page);
    let spans = text.split('`').skip(1).step_by(2);
    let tops = [
        "global.",
        "image.",
        "crds.",
        "rbac.",
        "server.",
        "controller.",
        "tls.",
        "signingKeys.",
        "metrics.",
        "tracing.",
        "audit.",
        "networkPolicy.",
        "flowSchema.",
        "tests.",
    ];
    spans
        .map(|span| span.split([':', ' ']).next().unwrap())
        .filter(|span| tops.iter().any(|top| span.starts_with(top)) && !span.contains(".yaml"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_value_that_is_named_exists() {
    let defaults = super::documented::defaults();
    let mut seen = 0;
    for page in PAGES {
        for name in named(page) {
            assert!(
                super::documented::at(&defaults, &name).is_some(),
                "{page}: {name}"
            );
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn every_link_leads_somewhere() {
    for page in PAGES.iter().copied().chain(["README.md"]) {
        let folder = root().join(page).parent().unwrap().to_owned();
        let text = text(page);
        for link in text
            .split("](")
            .skip(1)
            .map(|rest| rest.split_once(')').unwrap().0)
        {
            let file = link.split('#').next().unwrap();
            let elsewhere = file.is_empty() || link.contains("://");
            assert!(elsewhere || folder.join(file).exists(), "{page}: {link}");
        }
    }
}
