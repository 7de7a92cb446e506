//! Looking at one client: plan, write the status, tell of changes.

use super::desk::Desk;
use super::observed::Observed;
use super::plan::Plan;
use super::plan::conditions::Announcement;
use super::queue::Next;
use super::sources::labelled::Place;
use super::told::Told;
use crate::api::v1alpha1::{ConditionType, OAuthClient};
use crate::core::clock::Clock;
use jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use kube::{Api, Client, Resource};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tracing::{info, warn};

/// The field manager of the status.
pub const MANAGER: &str = "countersign-controller";

/// The time that one call to the API server may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// Looks at clients, one at a time.
pub(crate) struct Reconciler<'d> {
    client: Client,
    desk: &'d Desk,
    recorder: Recorder,
    clock: &'d dyn Clock,
}

/// Why a client could not be brought up to date.
#[derive(Debug, Error)]
pub(crate) enum ReconcileError {
    /// The API server did not take the status.
    #[error("the status could not be written: {0}")]
    Write(Told),
    /// The API server did not answer.
    #[error("the API server did not answer within {} s", CALL_TIMEOUT.as_secs())]
    Timeout,
}

// === impl Reconciler ===

impl<'d> Reconciler<'d> {
    pub(crate) fn new(client: Client, desk: &'d Desk, recorder: Recorder, clock: &'d dyn Clock) -> Self {
        Self {
            client,
            desk,
            recorder,
            clock,
        }
    }

    /// Brings the status of the client at `place` up to date.
    pub(crate) async fn reconcile(&self, place: &Place) -> Result<Next, ReconcileError> {
        let now = self.clock.now();
        let Some((observed, plan)) = self.desk.plan(place, now) else {
            return Ok(Next::Rest);
        };
        let written = if plan.changed {
            self.write(place, &observed, &plan).await
        } else {
            Ok(true)
        };
        // What failed is tried again by itself; the first pass does not wait for it.
        let settled = plan.settled || written.is_err();
        self.desk
            .with_clients(|clients| clients.judged(place, settled, ready(&plan)));
        if written? {
            self.announce(&observed, &plan.announcements).await;
        }
        Ok(plan
            .again
            .map_or(Next::Rest, |again| Next::After(until(again, now))))
    }

    /// Writes the status; returns whether there still is such a client.
    async fn write(
        &self,
        place: &Place,
        observed: &Arc<Observed>,
        plan: &Plan,
    ) -> Result<bool, ReconcileError> {
        let (namespace, name) = place;
        let mut body = json!({
            "apiVersion": OAuthClient::api_version(&()),
            "kind": OAuthClient::kind(&()),
            // The UID keeps the status of a deleted client from an object of the same name.
            "metadata": {"name": name, "namespace": namespace, "uid": observed.metadata.uid},
            "status": plan.status,
        });
        let applied = if observed.spec.is_ok() {
            let params = PatchParams::apply(MANAGER).force();
            Some(self.patch(place, &params, &Patch::Apply(&body)).await?)
        } else {
            None
        };
        // Apply wants an object that has the form of its schema, in parts that are not applied too, and in
        // parts that we do not decode. It fails with 500 if that is not so.
        let answer = match applied {
            Some(answer) if !is_internal(&answer) => answer,
            _ => {
                if let Some(status) = body.get_mut("status").and_then(Value::as_object_mut) {
                    status.entry("keys").or_insert(Value::Null);
                }
                let params = PatchParams {
                    field_manager: Some(MANAGER.to_owned()),
                    ..PatchParams::default()
                };
                self.patch(place, &params, &Patch::Merge(&body)).await?
            }
        };
        match answer {
            Ok(_) => {
                self.desk
                    .with_clients(|clients| clients.written(place, observed, plan.status.clone()));
                Ok(true)
            }
            // Gone, or another object by now: the watch will say so.
            Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(false),
            // An object that the API server no longer takes, whatever we write into it. Its owner is told
            // by Events alone; nothing gets better before the object changes.
            Err(kube::Error::Api(status)) if status.code == 422 || observed.spec.is_err() => {
                let code = status.code;
                info!(
                    namespace,
                    name, code, "the object is not valid, so that its status cannot be written"
                );
                Ok(true)
            }
            Err(error) => Err(ReconcileError::Write(Told::from(&error))),
        }
    }

    async fn patch(
        &self,
        (namespace, name): &Place,
        params: &PatchParams,
        patch: &Patch<&Value>,
    ) -> Result<kube::Result<Observed>, ReconcileError> {
        let api: Api<Observed> = Api::namespaced(self.client.clone(), namespace);
        tokio::time::timeout(CALL_TIMEOUT, api.patch_status(name, params, patch))
            .await
            .map_err(|_| ReconcileError::Timeout)
    }

    /// Publishes Events. They are a convenience: what cannot be published is logged.
    async fn announce(&self, observed: &Observed, announcements: &[Announcement]) {
        for said in announcements {
            let event = Event {
                type_: if said.warning {
                    EventType::Warning
                } else {
                    EventType::Normal
                },
                reason: said.reason.clone(),
                note: Some(said.note.clone()),
                action: said.action.to_owned(),
                secondary: None,
            };
            let reference = observed.object_ref(&());
            match tokio::time::timeout(CALL_TIMEOUT, self.recorder.publish(&event, &reference)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => warn!(error = %Told::from(&error), "an Event could not be published"),
                Err(_) => warn!("an Event could not be published in time"),
            }
        }
    }
}

/// Who publishes Events, in the name of this replica.
pub(crate) fn recorder(client: Client, instance: String) -> Recorder {
    let reporter = Reporter {
        controller: MANAGER.to_owned(),
        instance: Some(instance),
    };
    Recorder::new(client, reporter)
}

fn is_internal(answer: &kube::Result<Observed>) -> bool {
    matches!(answer, Err(kube::Error::Api(status)) if status.code == 500)
}

/// The status of `Ready`, as one of a fixed set.
fn ready(plan: &Plan) -> Option<&'static str> {
    let ready = ConditionType::Ready.as_str();
    let condition = plan
        .status
        .conditions
        .iter()
        .find(|condition| condition.type_ == ready)?;
    match condition.status.as_str() {
        "True" => Some("True"),
        "False" => Some("False"),
        _ => Some("Unknown"),
    }
}

/// The time from `now` to `when`, and a moment more, so that it is over then.
fn until(when: Timestamp, now: Timestamp) -> Duration {
    let wait = when.duration_since(now).unsigned_abs();
    if when > now {
        wait.saturating_add(Duration::from_millis(50))
    } else {
        Duration::from_millis(50)
    }
}
