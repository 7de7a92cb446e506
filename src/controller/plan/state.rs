//! What is known of a source of keys at the moment of a decision.

use crate::fetch::fault::FetchFault;
use bytes::Bytes;
use jiff::Timestamp;
use thiserror::Error;

/// The state of one source.
///
/// The important line is between a source that is *known* to hold no such keys, whose keys go at once,
/// and one that cannot be *read*, whose keys stay for a while: an owner who deletes a key means it, a
/// network that fails means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceState {
    /// It has not been tried yet since the controller started.
    Pending,
    /// It was read, and holds this document.
    Read(Document),
    /// It was looked for, and is not there.
    Missing(Missing),
    /// It cannot be read.
    Unreadable {
        /// Why not.
        why: Unreadable,
        /// Since when this controller knows.
        since: Timestamp,
        /// What was last read of it and when, if this controller ever read it.
        last_good: Option<(Document, Timestamp)>,
    },
}

/// The bytes of a source: a JWK set, or PEM. They may be anything, secrets too, and are never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Document(pub Bytes);

/// Why a source is definitely not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Error)]
pub enum Missing {
    /// No such object carries the label. (Only labelled ones are asked for, so that nothing can be said
    /// about others.)
    #[error("there is no such object in this namespace with the label countersign.dev/keys=true")]
    Object,
    /// The object has no such key.
    #[error("the object has no such key in its data")]
    Key,
}

/// Why a source cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// The API server forbids it.
    #[error("the controller may not read it")]
    NoPermission,
    /// There is no controller that would read it: only a cluster has one.
    #[error(
        "it is not fetched here, but by the controller of a cluster: for now, put the keys into the object, or into a labelled ConfigMap or Secret"
    )]
    NoController,
    /// The host of a URL did not deliver.
    #[error("{0}")]
    Fetch(FetchFault),
}

// === impl Document ===

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Document({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_never_shows_its_bytes() {
        let document = Document(Bytes::from_static(b"canary"));
        assert_eq!(format!("{document:?}"), "Document(6 bytes)");
    }
}
