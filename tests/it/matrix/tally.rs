//! The rows of one matrix: how many there were, and which were wrong.

use super::answer::{Expected, problems};
use crate::support::announce;
use crate::support::endpoint::{Endpoint, Reply};
use std::collections::BTreeMap;

/// How many wrong rows a failure shows.
const SHOWN: usize = 60;

/// The rows of one matrix so far.
pub(super) struct Tally {
    name: &'static str,
    granted: usize,
    refused: usize,
    wrong: Vec<String>,
    /// The one body of each code where a JWT is refused: what it says never depends on the fault.
    bodies: BTreeMap<String, String>,
}

impl Tally {
    pub(super) fn new(name: &'static str) -> Self {
        Self {
            name,
            granted: 0,
            refused: 0,
            wrong: Vec::new(),
            bodies: BTreeMap::new(),
        }
    }

    /// Sends a form and checks the answer.
    pub(super) async fn row(
        &mut self,
        endpoint: &Endpoint,
        name: impl FnOnce() -> String,
        form: &[(&str, &str)],
        expected: Expected,
    ) {
        let reply = endpoint.token(form).await;
        let jwts = ["assertion", "client_assertion"];
        let tokens: Vec<&str> = form
            .iter()
            .filter(|(parameter, _)| jwts.contains(parameter))
            .map(|(_, value)| *value)
            .collect();
        self.judge(endpoint, name, &reply, &tokens, false, expected).await;
    }

    /// Checks an answer to a request with these tokens, and an `Authorization` header or none.
    pub(super) async fn judge(
        &mut self,
        endpoint: &Endpoint,
        name: impl FnOnce() -> String,
        reply: &Reply,
        tokens: &[&str],
        authorization: bool,
        expected: Expected,
    ) {
        match expected {
            Expected::Granted => self.granted += 1,
            Expected::Refused(..) => self.refused += 1,
        }
        let mut problems = problems(endpoint, reply, tokens, authorization, expected).await;
        if about_a_jwt(reply) {
            let body = reply.json();
            let (code, body) = (body["error"].to_string(), body.to_string());
            let first = self.bodies.entry(code).or_insert_with(|| body.clone());
            if *first != body {
                problems.push(format!("{body} rather than {first}"));
            }
        }
        if !problems.is_empty() {
            self.wrong.push(format!("{}: {}", name(), problems.join("; ")));
        }
    }

    /// A row that cannot be expressed as an answer.
    pub(super) fn fail(&mut self, what: String) {
        self.wrong.push(what);
    }

    /// Prints the counts. Fails if a row was wrong, or if there were fewer rows than `least`.
    pub(super) fn finish(self, shape: &str, least: usize) {
        let rows = self.granted + self.refused;
        announce(format_args!(
            "{}: {rows} rows ({shape}; {} granted, {} refused), {} wrong",
            self.name,
            self.granted,
            self.refused,
            self.wrong.len()
        ));
        let shown = self.wrong.iter().take(SHOWN).cloned().collect::<Vec<_>>();
        assert!(
            self.wrong.is_empty(),
            "{} wrong rows in {}:\n{}",
            self.wrong.len(),
            self.name,
            shown.join("\n")
        );
        assert!(rows >= least, "{} has {rows} rows, not even {least}", self.name);
    }
}

/// Whether the audit log says that a JWT was refused.
fn about_a_jwt(reply: &Reply) -> bool {
    let audit = reply.audit().unwrap_or_default();
    let reason = audit["reason"].as_str().unwrap_or_default();
    reason.starts_with("assertion_") || reason.starts_with("service_account_")
}
