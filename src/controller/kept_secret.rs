//! Writing a Secret of ours so that of two writers one fails and reads again.

use super::owners::Owner;
use super::reconcile::MANAGER;
use super::told::Told;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::{ObjectMeta, PostParams};
use std::collections::BTreeMap;
use std::time::Duration;
use thiserror::Error;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// How long one request may take; the client itself would wait for ever.
const PATIENCE: Duration = Duration::from_secs(10);

/// The label of a Secret of ours.
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// Why a Secret was not written, or nobody knows whether it was.
#[derive(Debug, Error)]
pub(crate) enum WriteError {
    #[error("somebody else wrote the Secret first")]
    Conflict,
    #[error("no answer in time")]
    TimedOut,
    #[error(transparent)]
    Api(#[from] ApiError),
}

/// What the API server said, without a word that it chose: it may quote what it was given.
#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct ApiError(Told);

/// A Secret that does not exist yet.
pub(crate) fn new(name: &str) -> Secret {
    let label = (MANAGED_BY.to_owned(), MANAGER.to_owned());
    Secret {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            labels: Some(BTreeMap::from([label])),
            ..ObjectMeta::default()
        },
        ..Secret::default()
    }
}

/// Whether a controller has made it.
pub(crate) fn is_ours(metadata: &ObjectMeta) -> bool {
    let label = metadata.labels.as_ref().and_then(|labels| labels.get(MANAGED_BY));
    label.is_some_and(|manager| manager == MANAGER)
}

/// Creates the Secret with these entries, or replaces it in the version that was read, as the property of `owner`.
/// Returns it without them; what others put beside them stays.
pub(crate) async fn write(
    secrets: &Api<Secret>,
    mut secret: Secret,
    entries: impl IntoIterator<Item = (&'static str, Zeroizing<Vec<u8>>)>,
    owner: &Owner,
) -> Result<Secret, WriteError> {
    let name = secret.metadata.name.clone().unwrap_or_default();
    let is_new = secret.metadata.resource_version.is_none();
    owner.claim(&mut secret.metadata);
    let mut written = Vec::new();
    for (entry, text) in entries {
        written.push(entry);
        let data = secret.data.get_or_insert_default();
        data.insert(entry.to_owned(), ByteString(text.to_vec()));
    }
    let params = PostParams::default();
    let answer = if is_new {
        timeout(PATIENCE, secrets.create(&params, &secret)).await
    } else {
        timeout(PATIENCE, secrets.replace(&name, &params, &secret)).await
    };
    wipe(&mut secret, &written);
    let mut stored = match answer {
        Ok(Ok(stored)) => stored,
        // 404: deleted since it was read. (For a new one it is the namespace that is missing.)
        Ok(Err(kube::Error::Api(status))) if status.code == 409 || (status.code == 404 && !is_new) => {
            return Err(WriteError::Conflict);
        }
        Ok(Err(error)) => return Err(ApiError(Told::from(&error)).into()),
        Err(_) => return Err(WriteError::TimedOut),
    };
    wipe(&mut stored, &written);
    Ok(stored)
}

/// Takes an entry out of a Secret.
pub(crate) fn take(secret: &mut Secret, entry: &str) -> Option<Zeroizing<Vec<u8>>> {
    let text = secret.data.as_mut()?.remove(entry)?;
    Some(Zeroizing::new(text.0))
}

/// Wipes entries from a Secret that goes on living.
fn wipe(secret: &mut Secret, entries: &[&str]) {
    for entry in entries {
        drop(take(secret, entry));
    }
}
