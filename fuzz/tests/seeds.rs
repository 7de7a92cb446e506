//! The seeds, and what is generated, run through the targets without the fuzzing engine: on stable Rust, as
//! part of CI.

use std::fs;
use std::path::Path;

fn each(target: &str, run: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    let mut seeds = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let seed = fs::read(&path).unwrap();
        assert!(seed.len() <= 4096, "{} is large", path.display());
        run(&seed);
        // What a fuzzer does first: shorter inputs, and inputs with one byte changed.
        for end in 0..seed.len() {
            run(&seed[..end]);
            let mut changed = seed.clone();
            changed[end] ^= 1;
            run(&changed);
        }
        seeds += 1;
    }
    assert!(seeds >= 3, "{target} has {seeds} seeds");
}

#[test]
fn compact_jws() {
    each("compact_jws", countersign_fuzz::compact_jws::run);
}

#[test]
fn strict_json() {
    each("strict_json", countersign_fuzz::strict_json::run);
}

#[test]
fn jwks() {
    each("jwks", countersign_fuzz::jwks::run);
    for document in countersign_fuzz::jwks::generated() {
        countersign_fuzz::jwks::run(&document);
    }
}

#[test]
fn form() {
    each("form", countersign_fuzz::form::run);
}

#[test]
fn token_request() {
    each("token_request", countersign_fuzz::token_request::run);
}

#[test]
fn the_seeds_reach_every_kind_of_grant() {
    let granted = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("seeds/token_request")
            .join(name);
        countersign_fuzz::token_request::granted(&fs::read(path).unwrap())
    };
    for (seed, subject) in [
        ("client-credentials", Some("payments/billing")),
        ("jwt-bearer", Some("payments/billing#alice")),
        ("verbatim", Some("carol")),
        ("service-account", Some("payments/billing")),
        ("service-account-grant", Some("payments/billing")),
        ("two-parties", Some("ci#build")),
        ("public", Some("payments/billing")),
        ("federated", Some("payments/billing")),
        ("stranger", None),
    ] {
        assert_eq!(granted(seed).as_deref(), subject, "{seed}");
    }
}
