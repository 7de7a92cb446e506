//! URLs that lead to where a tenant has no business. Nobody is called.

use super::bad::{Bad, How, Says, spec};
use serde_json::json;

/// `host` is a JWKS host on this machine, which no administrator has allowed.
pub(super) fn rows(host: &str) -> Vec<Bad> {
    const SPECIAL: &str = "the host has no address that may be fetched from";
    let urls = [
        ("url-host", host),
        ("url-redirect", &format!("{host}?redirect")),
        ("url-closed-port", "https://127.0.0.1:1024/jwks.json"),
        ("url-localhost", "https://localhost:8443/jwks.json"),
        ("url-decimal", "https://2130706433:8443/jwks.json"),
        ("url-hexadecimal", "https://0x7f000001:8443/jwks.json"),
        ("url-octal", "https://0177.0.0.1:8443/jwks.json"),
        ("url-short", "https://127.1:8443/jwks.json"),
        ("url-loopback-v6", "https://[::1]:8443/jwks.json"),
        ("url-mapped", "https://[::ffff:127.0.0.1]:8443/jwks.json"),
        ("url-nat64", "https://[64:ff9b::7f00:1]:8443/jwks.json"),
        ("url-unspecified", "https://0.0.0.0:8443/jwks.json"),
        ("url-private-10", "https://10.96.0.1/jwks.json"),
        ("url-private-172", "https://172.16.0.1/jwks.json"),
        ("url-private-192", "https://192.168.1.1/jwks.json"),
        ("url-shared", "https://100.64.0.1/jwks.json"),
        ("url-metadata", "https://169.254.169.254/latest/meta-data/"),
        ("url-metadata-v6", "https://[fd00:ec2::254]/latest/meta-data/"),
        ("url-link-local-v6", "https://[fe80::1]/jwks.json"),
        ("url-multicast", "https://224.0.0.1/jwks.json"),
        ("url-broadcast", "https://255.255.255.255/jwks.json"),
    ];
    urls.into_iter()
        .map(|(name, url)| Bad {
            name: name.to_owned(),
            spec: spec(&json!({ "keys": { "jwksURI": url } })),
            beside: Vec::new(),
            how: How::Created,
            says: Says::Condition(
                "KeysSynced",
                "FetchFailed",
                vec![format!("{url}: "), SPECIAL.to_owned()],
            ),
        })
        .collect()
}
