//! A client, its sources, and its status over time.

use crate::api::installation::Installation;
use crate::api::v1alpha1::{ConditionType, OAuthClientStatus};
use crate::controller::observed::Observed;
use crate::controller::plan::state::{Document, SourceState, Unreadable};
use crate::controller::plan::{Plan, plan};
use crate::core::source::KeySource;
use crate::fetch::fault::FetchFault;
use crate::jose::{Algorithm, SigningKey};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) const URL: &str = "https://ci.example/jwks.json";
pub(super) const SECRET: &str = "Secret/keys/jwks.json";
pub(super) const MAP: &str = "ConfigMap/keys/jwks.json";

/// One client, its sources, and its status as the last plan left it.
pub(super) struct World {
    pub(super) identities: Vec<Value>,
    pub(super) extra: Value,
    pub(super) generation: i64,
    pub(super) states: BTreeMap<String, SourceState>,
    pub(super) status: Option<OAuthClientStatus>,
}

impl World {
    pub(super) fn new(identities: &[&str]) -> Self {
        Self {
            identities: identities.iter().map(|place| identity(place)).collect(),
            extra: json!({}),
            generation: 1,
            states: BTreeMap::new(),
            status: None,
        }
    }

    pub(super) fn set(&mut self, place: &str, state: SourceState) {
        self.states.insert(place.to_owned(), state);
    }

    pub(super) fn observed(&self) -> Observed {
        let mut spec = json!({"identities": self.identities});
        for (key, value) in self.extra.as_object().unwrap() {
            spec[key] = value.clone();
        }
        serde_json::from_value(json!({
            "metadata": {"namespace": "payments", "name": "worker", "generation": self.generation},
            "spec": spec,
            "status": self.status,
        }))
        .unwrap()
    }

    /// Plans at `second`, and takes the status as written.
    pub(super) fn plan(&mut self, second: i64) -> Plan {
        let state = |source: &KeySource| {
            self.states
                .get(&source.to_string())
                .cloned()
                .unwrap_or(SourceState::Pending)
        };
        let plan = plan(&self.observed(), &state, &Installation::default(), at(second));
        self.status = Some(plan.status.clone());
        plan
    }
}

pub(super) fn identity(place: &str) -> Value {
    match place.split('/').collect::<Vec<_>>().as_slice() {
        ["Secret", name, key] => json!({"keys": {"secretRef": {"name": name, "key": key}}}),
        ["ConfigMap", name, key] => json!({"keys": {"configMapRef": {"name": name, "key": key}}}),
        ["serviceAccount", name] => json!({"serviceAccount": {"name": name}}),
        _ => json!({"keys": {"jwksURI": place}}),
    }
}

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(super) fn key(kid: &str) -> Value {
    let mut jwk = SigningKey::generate(Algorithm::Es256).unwrap().public_jwk();
    jwk.insert("kid".to_owned(), kid.into());
    Value::Object(jwk)
}

pub(super) fn document(keys: &[Value]) -> Document {
    Document(Bytes::from(json!({"keys": keys}).to_string()))
}

pub(super) fn read(keys: &[Value]) -> SourceState {
    SourceState::Read(document(keys))
}

pub(super) fn failing(since: i64, last_good: Option<(Document, i64)>) -> SourceState {
    SourceState::Unreadable {
        why: Unreadable::Fetch(FetchFault::Unreachable),
        since: at(since),
        last_good: last_good.map(|(document, second)| (document, at(second))),
    }
}

pub(super) fn forbidden(since: i64, last_good: Option<(Document, i64)>) -> SourceState {
    SourceState::Unreadable {
        why: Unreadable::NoPermission,
        since: at(since),
        last_good: last_good.map(|(document, second)| (document, at(second))),
    }
}

/// Each published key as `source kid notAfter`.
pub(super) fn keys(plan: &Plan) -> Vec<String> {
    plan.status
        .keys
        .iter()
        .map(|key| {
            let end = key
                .not_after
                .as_ref()
                .map_or("-".to_owned(), |time| time.0.as_second().to_string());
            format!("{} {} {end}", key.source, key.kid.clone().unwrap_or_default())
        })
        .collect()
}

/// A condition as `status reason`.
pub(super) fn condition(plan: &Plan, aspect: ConditionType) -> String {
    let found = plan
        .status
        .conditions
        .iter()
        .find(|condition| condition.type_ == aspect.as_str())
        .unwrap();
    format!("{} {}", found.status, found.reason)
}

pub(super) fn message(plan: &Plan, aspect: ConditionType) -> &str {
    let found = plan
        .status
        .conditions
        .iter()
        .find(|condition| condition.type_ == aspect.as_str());
    &found.unwrap().message
}

pub(super) fn synced(plan: &Plan) -> String {
    condition(plan, ConditionType::KeysSynced)
}

pub(super) fn is_ready(plan: &Plan) -> String {
    condition(plan, ConditionType::Ready)
}
