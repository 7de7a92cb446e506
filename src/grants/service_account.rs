//! What a projected service-account token says of its workload.
//!
//! The token is reused by the kubelet until it is rotated: it is never recorded for replay.

use crate::core::ids::ServiceAccountId;
use crate::jose::Claims;
use crate::oauth::reason::ReasonCode;
use jiff::Timestamp;
use serde_json::{Map, Value};
use thiserror::Error;

/// The workload behind a service-account token that is bound to a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// The service account.
    pub service_account: ServiceAccountId,
    /// Its UID.
    pub service_account_uid: String,
    /// The pod's name.
    pub pod_name: String,
    /// The pod's UID.
    pub pod_uid: String,
}

/// Why a service-account token is not good enough, although its issuer signed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WorkloadFault {
    /// `sub` is not `system:serviceaccount:<namespace>:<name>`.
    #[error("sub is not a service account")]
    Subject,
    /// The `kubernetes.io` claim is missing or not of the known form.
    #[error("the kubernetes.io claim is missing or malformed")]
    KubernetesClaim,
    /// `kubernetes.io` and `sub` name different service accounts.
    #[error("sub and the kubernetes.io claim name different service accounts")]
    Contradiction,
    /// Not bound to a pod (bound to a Secret, a node, or nothing).
    #[error("the token is not bound to a pod")]
    NotBoundToPod,
    /// Past `warnafter`: a token that the API server only extends for old clients.
    #[error("the token is past its warnafter time")]
    PastWarnAfter,
}

// === impl WorkloadFault ===

impl WorkloadFault {
    /// Its code in the audit log and the metrics.
    pub const fn code(self) -> ReasonCode {
        match self {
            Self::Subject => ReasonCode::WorkloadSubject,
            Self::KubernetesClaim => ReasonCode::WorkloadClaim,
            Self::Contradiction => ReasonCode::WorkloadContradiction,
            Self::NotBoundToPod => ReasonCode::WorkloadNotBound,
            Self::PastWarnAfter => ReasonCode::WorkloadPastWarnAfter,
        }
    }
}

// === impl Workload ===

impl Workload {
    /// Reads the workload from verified claims; `sub` is their subject.
    pub fn from_claims(claims: &Claims, sub: &str, now: Timestamp) -> Result<Self, WorkloadFault> {
        let service_account = ServiceAccountId::from_user_name(sub).map_err(|_| WorkloadFault::Subject)?;
        let kubernetes = claims
            .get("kubernetes.io")
            .and_then(Value::as_object)
            .ok_or(WorkloadFault::KubernetesClaim)?;
        let namespace = text(kubernetes, "namespace").ok_or(WorkloadFault::KubernetesClaim)?;
        let (name, service_account_uid) =
            named(kubernetes, "serviceaccount").ok_or(WorkloadFault::KubernetesClaim)?;
        if namespace != service_account.namespace || name != service_account.name {
            return Err(WorkloadFault::Contradiction);
        }
        let pod = match (kubernetes.get("pod"), kubernetes.get("secret")) {
            (Some(_), None) => named(kubernetes, "pod").ok_or(WorkloadFault::KubernetesClaim)?,
            _ => return Err(WorkloadFault::NotBoundToPod),
        };
        match kubernetes.get("warnafter").map(Value::as_i64) {
            None => {}
            Some(Some(second)) if now.as_second() <= second => {}
            Some(Some(_)) => return Err(WorkloadFault::PastWarnAfter),
            Some(None) => return Err(WorkloadFault::KubernetesClaim),
        }
        Ok(Self {
            service_account_uid: service_account_uid.to_owned(),
            pod_name: pod.0.to_owned(),
            pod_uid: pod.1.to_owned(),
            service_account,
        })
    }
}

fn text<'c>(object: &'c Map<String, Value>, member: &str) -> Option<&'c str> {
    object
        .get(member)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

fn named<'c>(object: &'c Map<String, Value>, member: &str) -> Option<(&'c str, &'c str)> {
    let named = object.get(member)?.as_object()?;
    Some((text(named, "name")?, text(named, "uid")?))
}
