//! The audience table, as the standards' document has it, with every near miss that could be taken for us.

use crate::matrix::world::{AGREED, CLIENT, CLUSTER, LEDGER, SERVICE_ACCOUNT, TRUSTED};
use crate::support::endpoint::{ISSUER, TOKEN_ENDPOINT};
use serde_json::{Value, json};

/// What a policy does with a self-signed JWT of some audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Taken,
    Refused,
    /// Taken as `assertion`, refused as `client_assertion`.
    AsGrant,
}

/// One audience.
pub(super) struct Row {
    pub(super) audience: Value,
    /// Under `Fapi`, `Strict`, `Standard` and `Compat`.
    pub(super) policies: [Mark; 4],
    /// Whether a service-account token may have it, and a trusted issuer's JWT.
    pub(super) cluster: bool,
    pub(super) trusted: bool,
}

const OTHER: &str = "https://other.example";

/// Who verifies service-account tokens in a cluster.
const API_SERVERS: [&str; 5] = [
    CLUSTER,
    "https://kubernetes.default.svc",
    "https://kubernetes.default.svc.cluster.local",
    "https://kubernetes.default.svc.cluster.internal",
    "https://kubernetes.default.svc:443",
];

/// `+` is taken, `-` refused, `g` taken as a grant only; then the cluster and the trusted issuer.
fn row(audience: Value, marks: &str) -> Row {
    let mut marks = marks.bytes().filter(|mark| *mark != b' ').map(|mark| match mark {
        b'+' => Mark::Taken,
        b'g' => Mark::AsGrant,
        _ => Mark::Refused,
    });
    let mut next = || marks.next().unwrap();
    let policies = [next(), next(), next(), next()];
    Row {
        audience,
        policies,
        cluster: next() == Mark::Taken,
        trusted: next() == Mark::Taken,
    }
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = vec![
        row(json!(ISSUER), "++++ ++"),
        row(json!([ISSUER]), "-+++ ++"),
        row(json!(TOKEN_ENDPOINT), "--++ --"),
        row(json!([TOKEN_ENDPOINT]), "--++ --"),
        row(json!([ISSUER, TOKEN_ENDPOINT]), "--++ --"),
        row(json!([TOKEN_ENDPOINT, ISSUER]), "--++ --"),
        row(json!([ISSUER, ISSUER]), "--++ --"),
        row(json!([ISSUER, OTHER]), "---g --"),
        row(json!([OTHER, ISSUER]), "---g --"),
        row(json!([ISSUER, TOKEN_ENDPOINT, OTHER]), "---g --"),
        row(json!([TOKEN_ENDPOINT, OTHER]), "---- --"),
        row(json!([ISSUER, AGREED]), "---g --"),
        row(json!([AGREED]), "---- -+"),
        row(json!(AGREED), "---- -+"),
        row(json!([AGREED, AGREED]), "---- --"),
        row(json!([AGREED, OTHER]), "---- --"),
    ];
    for near in near_misses() {
        rows.push(row(json!(near), "---- --"));
        rows.push(row(json!([near]), "---- --"));
        // Whoever that is: it is not us.
        rows.push(row(json!([ISSUER, near]), "---g --"));
        rows.push(row(json!([TOKEN_ENDPOINT, near]), "---- --"));
    }
    for api_server in API_SERVERS {
        rows.push(row(json!(api_server), "---- --"));
        rows.push(row(json!([api_server]), "---- --"));
        rows.push(row(json!([ISSUER, api_server]), "---- --"));
        rows.push(row(json!([OTHER, ISSUER, api_server]), "---- --"));
    }
    rows
}

/// What is not us: other endpoints of ours, other spellings of us, and others.
fn near_misses() -> Vec<String> {
    let near: [&str; 26] = [
        OTHER,
        "https://tokens.example/revoke",
        "https://tokens.example/introspect",
        "https://tokens.example/jwks",
        "https://tokens.example/par",
        "https://mtls.tokens.example/token",
        "https://tokens.example/",
        "https://tokens.example:443",
        "https://tokens.example:8443",
        "https://tokens.example?x=1",
        "https://tokens.example#x",
        "https://tokens.example.",
        "https://user@tokens.example",
        "https://tokens.exampl%65",
        "https://TOKENS.example",
        "HTTPS://tokens.example",
        "http://tokens.example",
        "tokens.example",
        "//tokens.example",
        "https://tokens.example.other.example",
        "https://tokens.example/token/",
        "https://tokens.example/token?x=1",
        "https://tokens.example/Token",
        "https://tokens.example//token",
        "https://tokens.example:443/token",
        " https://tokens.example",
    ];
    let others = [CLIENT, LEDGER, SERVICE_ACCOUNT, TRUSTED, "*"];
    near.into_iter().chain(others).map(str::to_owned).collect()
}

// === impl Row ===

impl Row {
    fn names(&self) -> Vec<&str> {
        let several = self.audience.as_array().into_iter().flatten();
        several
            .chain([&self.audience])
            .filter_map(Value::as_str)
            .collect()
    }

    /// Whether others stand in it.
    pub(super) fn shared(&self) -> bool {
        let ours = |name: &&str| [ISSUER, TOKEN_ENDPOINT].contains(name);
        !self.names().iter().all(ours)
    }

    /// Whether the token endpoint stands in it, and nobody else.
    pub(super) fn endpoint(&self) -> bool {
        !self.shared() && self.names().contains(&TOKEN_ENDPOINT)
    }
}
