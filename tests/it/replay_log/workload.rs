//! A pod with a projected token, and what needs no replay log.

use super::history::{Outcome, Slot};
use super::load::PATIENT;
use super::site::Site;
use crate::support::workloads::client_object;
use serde_json::json;
use std::time::Duration;

/// Longer than any run.
const HOUR: Duration = Duration::from_hours(1);

impl Site {
    /// A client that is a pod, and the pod's token.
    pub(super) async fn workload(&self) -> String {
        let (plane, namespace) = (self.plane, self.release.namespace());
        plane.create_service_account(namespace, "robot").await;
        let pod = plane.create_pod(namespace, "robot-0", "robot").await;
        let identities = json!([{ "serviceAccount": { "name": "robot" } }]);
        plane.apply(&client_object(namespace, "robot", identities)).await;
        plane
            .token_request(namespace, "robot", &[&self.issuer], HOUR, Some(&pod))
            .await
    }

    /// Exchanges a workload's token.
    pub(super) async fn exchange(&self, replica: usize, token: &str) -> Result<(), String> {
        let form = format!("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion={token}");
        let answer = self.post(replica, form, Slot::Grant, PATIENT).await;
        let granted = answer.outcome == Outcome::Granted;
        granted.then_some(()).ok_or(answer.said)
    }

    /// What of that which needs no log a replica does not do.
    pub(super) async fn unserved(&self, replica: usize, token: &str) -> Vec<String> {
        let mut found = Vec::new();
        if let Err(said) = self.exchange(replica, token).await {
            found.push(format!("replica {replica}: a service-account token: {said}"));
        }
        let place = &self.replicas[replica];
        for path in ["/jwks", "/.well-known/oauth-authorization-server"] {
            let answer = place.http.get(format!("{}{path}", place.seat.url)).send().await;
            match answer {
                Ok(answer) if answer.status() == 200 => {}
                other => found.push(format!("replica {replica}: {path}: {other:?}")),
            }
        }
        if let Err(why) = place.is_ready().await {
            found.push(format!("replica {replica} is not ready: {why}"));
        }
        found
    }
}
