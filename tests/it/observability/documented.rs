//! `docs/metrics.md` has every metric as it is.
//!
//! `COUNTERSIGN_REGENERATE=1 cargo test --test it observability::documented` writes the tables; what stands before them
//! is written by hand.

use super::families::{self, Family};
use super::files::path;
use prometheus::Registry;
use std::fmt::Write as _;
use std::fs;

/// Everything after this line is generated.
const MARK: &str = "<!-- The rest is generated. -->\n";

/// Labels whose values are too many to be listed, or not the same everywhere.
const DESCRIBED: [(&str, &str, &str); 9] = [
    ("countersign_build_info", "version", "as built"),
    ("countersign_build_info", "commit", "as built"),
    ("countersign_build_info", "rustc", "as built"),
    (
        "countersign_refusals_total",
        "reason",
        "every [reason](errors/README.md)",
    ),
    (
        "countersign_client_auth_failures_total",
        "reason",
        "[reasons](errors/README.md) of `invalid_client`",
    ),
    (
        "countersign_jwks_fetch_total",
        "result",
        "`ok`, or what was wrong: `tls`, `timeout`, `status`, …",
    ),
    ("countersign_signing_key_info", "kid", "the keys of the key set"),
    (
        "countersign_signing_key_not_after_timestamp_seconds",
        "kid",
        "the keys of the key set",
    ),
    (
        "countersign_signing_key_info",
        "state",
        "`published`, `active`, `retiring`",
    ),
];

fn labels(name: &str, family: &Family) -> String {
    let labels = family.labels.iter().filter(|(label, _)| *label != "le");
    let cells = labels.map(|(label, values)| {
        let described = DESCRIBED
            .iter()
            .find(|(of, which, _)| *of == name && which == label);
        if let Some((.., text)) = described {
            return format!("`{label}`: {text}");
        }
        let values: Vec<String> = values
            .iter()
            .map(|value| format!("`{value}`").replace("``", "(empty)"))
            .collect();
        assert!(values.len() <= 12, "{name}: describe the values of {label}");
        // The algorithms are those of the resources.
        let more = if label == "alg" { ", …" } else { "" };
        format!("`{label}`: {}{more}", values.join(", "))
    });
    let cells: Vec<String> = cells.collect();
    if cells.is_empty() {
        "–".to_owned()
    } else {
        cells.join("<br>")
    }
}

fn table(registry: &Registry) -> String {
    let mut text = "| metric | type | labels | meaning |\n|---|---|---|---|\n".to_owned();
    for (name, family) in families::of(registry) {
        if name.starts_with("process_") {
            continue;
        }
        let Family { kind, help, .. } = &family;
        let labels = labels(&name, &family);
        writeln!(text, "| `{name}` | {kind} | {labels} | {help} |").unwrap();
    }
    text
}

#[test]
fn every_metric_is_documented_as_it_is() {
    let file = path("docs/metrics.md");
    let found = fs::read_to_string(&file).unwrap();
    let (prose, _) = found.split_once(MARK).expect("a line before what is generated");
    let expected = format!(
        "{prose}{MARK}\n## Server\n\n{}\n## Controller\n\n{}",
        table(&families::server()),
        table(&families::controller())
    );
    if std::env::var_os("COUNTERSIGN_REGENERATE").is_some() {
        fs::write(&file, expected).unwrap();
    } else {
        assert!(
            found == expected,
            "docs/metrics.md: run `COUNTERSIGN_REGENERATE=1 cargo test --test it observability::documented`"
        );
    }
}
