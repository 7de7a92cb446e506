//! `countersign dev` on the real binary: a server that follows a folder.

mod follows;
mod problems;
mod sources;
mod starts;

use crate::support::dev::{Dev, SOON};
use crate::support::eventually;
use crate::support::release::Answer;
use crate::support::workloads::{assertion, client_object, jwks};
use countersign::jose::SigningKey;
use serde_json::{Value, json};

/// An object of the client `payments/<name>` with these keys inline.
fn inline(name: &str, keys: &[&SigningKey]) -> String {
    client_object("payments", name, json!([{ "keys": { "jwks": jwks(keys) } }])).to_string()
}

/// An object of the client `payments/<name>` with one identity of this kind of source.
fn referring(name: &str, source: &Value) -> String {
    client_object("payments", name, json!([{ "keys": source }])).to_string()
}

impl Dev {
    /// What the token endpoint answers to an assertion that `key` signs for `client`.
    async fn asks(&self, key: &SigningKey, client: &str) -> Answer {
        let assertion = assertion(key, client, &self.issuer);
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", &assertion),
        ];
        let request = reqwest::Client::new().post(format!("{}/token", self.issuer));
        Answer::read(request.form(&form).send().await.unwrap()).await
    }

    /// Waits until `key` is taken as `client`'s, or until it is not.
    async fn until(&self, key: &SigningKey, client: &str, accepted: bool) {
        let what = format!("{client} {}", if accepted { "accepted" } else { "refused" });
        eventually(SOON, &what, async || {
            let answer = self.asks(key, client).await;
            let as_wanted = if accepted {
                answer.status == 200
            } else {
                answer.refusal() == (400, "invalid_grant")
            };
            if as_wanted {
                Ok(())
            } else {
                Err(format!("{answer:?}\n{}", self.process.stderr()))
            }
        })
        .await;
    }

    /// What was told of the folder's state, last.
    fn told(&self) -> String {
        let stderr = self.process.stderr();
        let last = stderr.rfind("clients ").expect("a state of the folder");
        stderr.split_at(last).1.to_owned()
    }

    /// Waits until the last state told has this line in it, and returns the whole.
    async fn tells(&self, line: &str) -> String {
        eventually(SOON, line, async || {
            let told = self.told();
            let found = told.lines().any(|told| told.trim_start().ends_with(line));
            if found { Ok(told) } else { Err(told) }
        })
        .await
    }
}
