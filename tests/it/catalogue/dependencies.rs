//! Dependencies that we do not have (F11).

use std::fs;

/// Packages whose private-key operations leak, or that bring a second cryptographic library along. Whether `ring`,
/// which `Cargo.lock` has as an option of others, is used is for the gate to say.
const BANNED: [&str; 7] = [
    "rsa",
    "openssl",
    "openssl-sys",
    "openssl-src",
    "native-tls",
    "mbedtls",
    "boring",
];

fn file(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn f11_no_private_key_is_used_by_code_that_leaks_it() {
    let lock = file("Cargo.lock");
    let packages: Vec<&str> = lock
        .lines()
        .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
        .collect();
    assert!(
        packages.contains(&"aws-lc-rs") && packages.len() > 100,
        "{}",
        packages.len()
    );
    for banned in BANNED {
        assert!(!packages.contains(&banned), "{banned} is in Cargo.lock");
    }
}

/// And the gate of CI knows of those that other crates like to bring along.
#[test]
fn f11_the_gate_bans_them() {
    let deny = file("deny.toml");
    for banned in ["rsa", "openssl", "openssl-sys", "native-tls", "ring"] {
        assert!(
            deny.contains(&format!("{{ crate = \"{banned}\", reason = ")),
            "{banned}"
        );
    }
    assert!(
        file(".ci/run").contains("cargo deny --locked check bans"),
        "CI asks the gate"
    );
}
