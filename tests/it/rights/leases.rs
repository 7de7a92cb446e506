//! What the leases of an installation say.

use super::scene::Scene;
use k8s_openapi::api::coordination::v1::Lease;

/// The lease of the leader.
pub(super) const LEASE: &str = "countersign-controller";

/// Who leads, once somebody does.
pub(super) async fn leader(scene: &Scene) -> String {
    scene.until(async || holder(scene, LEASE).await).await
}

async fn holder(scene: &Scene, lease: &str) -> Result<String, String> {
    let lease = scene
        .home::<Lease>()
        .get(lease)
        .await
        .map_err(|error| error.to_string())?;
    let holder = lease
        .spec
        .and_then(|spec| spec.holder_identity)
        .unwrap_or_default();
    if holder.is_empty() {
        Err("nobody".to_owned())
    } else {
        Ok(holder)
    }
}

/// Whose heart beats, once one does.
pub(super) async fn beat(scene: &Scene) -> String {
    scene
        .until(async || holder(scene, "countersign-heartbeat").await)
        .await
}

/// The leader has renewed its lease.
pub(super) async fn renewed(scene: &Scene) {
    scene
        .until(async || {
            let lease = scene
                .home::<Lease>()
                .get(LEASE)
                .await
                .map_err(|error| error.to_string())?;
            let spec = lease.spec.unwrap_or_default();
            if spec.renew_time > spec.acquire_time {
                Ok(())
            } else {
                Err("as it was made".to_owned())
            }
        })
        .await;
}

/// The leader is whose heart beats.
pub(super) async fn beats_on(scene: &Scene) {
    scene
        .until(async || {
            let (leader, beating) = (holder(scene, LEASE).await, beat(scene).await);
            if leader.as_deref() == Ok(beating.as_str()) {
                Ok(())
            } else {
                Err((leader, beating))
            }
        })
        .await;
}
