//! What was last seen of labelled Secrets or `ConfigMaps`, by the scope of the watch that sees them.
//!
//! Pure bookkeeping: of each object only its data is kept. A scope is either known (its last complete
//! list and what the watch said since), forbidden, or not read yet.

use crate::controller::plan::state::{Document, Missing, SourceState, Unreadable};
use bytes::Bytes;
use jiff::Timestamp;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// An object that carries documents in its data.
pub(crate) trait Carrier {
    /// Its documents by key; everything else is dropped.
    fn documents(self) -> BTreeMap<String, Document>;
}

/// The namespaces of one watch.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// All of them.
    Cluster,
    /// One of them.
    Namespace(String),
}

/// An object's namespace and name.
pub(crate) type Place = (String, String);

/// The objects of one watch.
#[derive(Debug, Default)]
pub(crate) struct Labelled {
    view: View,
    /// A list that is not complete yet.
    incoming: Objects,
}

/// Objects by place; without their contents in `Debug`.
#[derive(Default, Clone, PartialEq, Eq)]
struct Objects(BTreeMap<Place, BTreeMap<String, Document>>);

#[derive(Debug, Default)]
enum View {
    /// No list has been completed.
    #[default]
    Pending,
    /// Known, up to the last event.
    Known(Objects),
    /// Forbidden since then; with what was known before.
    Forbidden {
        since: Timestamp,
        before: Option<Objects>,
    },
}

// === impl Labelled ===

impl Labelled {
    /// A new list begins.
    pub(crate) fn begin(&mut self) {
        self.incoming = Objects::default();
    }

    /// An object of the list that has begun.
    pub(crate) fn listed(&mut self, place: Place, documents: BTreeMap<String, Document>) {
        self.incoming.0.insert(place, documents);
    }

    /// The list is complete: what does not stand in it is gone. Returns the places that changed, or none
    /// if everything may have changed.
    pub(crate) fn complete(&mut self) -> Option<BTreeSet<Place>> {
        let now = std::mem::take(&mut self.incoming);
        let changed = match &self.view {
            View::Known(before) => Some(before.differing(&now)),
            View::Pending | View::Forbidden { .. } => None,
        };
        self.view = View::Known(now);
        changed
    }

    /// An object appeared or changed; returns whether its documents did.
    pub(crate) fn applied(&mut self, place: Place, documents: BTreeMap<String, Document>) -> bool {
        match &mut self.view {
            View::Known(objects) => objects.0.insert(place, documents.clone()) != Some(documents),
            View::Pending | View::Forbidden { .. } => false,
        }
    }

    /// An object is gone, or its label is.
    pub(crate) fn deleted(&mut self, place: &Place) -> bool {
        match &mut self.view {
            View::Known(objects) => objects.0.remove(place).is_some(),
            View::Pending | View::Forbidden { .. } => false,
        }
    }

    /// The API server forbids the watch, as of `now`; returns whether that is news.
    pub(crate) fn forbidden(&mut self, now: Timestamp) -> bool {
        let before = match std::mem::take(&mut self.view) {
            forbidden @ View::Forbidden { .. } => {
                self.view = forbidden;
                return false;
            }
            View::Known(objects) => Some(objects),
            View::Pending => None,
        };
        self.view = View::Forbidden { since: now, before };
        true
    }

    /// Whether the API server forbids the watch.
    pub(crate) fn is_forbidden(&self) -> bool {
        matches!(self.view, View::Forbidden { .. })
    }

    /// The state of the document `key` of the object at `place`.
    ///
    /// A watch that was forbidden after it had worked was last good when it was forbidden: until then
    /// its events came.
    pub(crate) fn state(&self, place: &Place, key: &str) -> SourceState {
        match &self.view {
            View::Pending => SourceState::Pending,
            View::Known(objects) => objects
                .document(place, key)
                .map_or_else(SourceState::Missing, |document| {
                    SourceState::Read(document.clone())
                }),
            View::Forbidden { since, before } => SourceState::Unreadable {
                why: Unreadable::NoPermission,
                since: *since,
                last_good: before
                    .as_ref()
                    .and_then(|objects| objects.document(place, key).ok())
                    .map(|document| (document.clone(), *since)),
            },
        }
    }
}

// === impl Objects ===

impl Objects {
    fn document(&self, place: &Place, key: &str) -> Result<&Document, Missing> {
        let documents = self.0.get(place).ok_or(Missing::Object)?;
        documents.get(key).ok_or(Missing::Key)
    }

    fn differing(&self, other: &Self) -> BTreeSet<Place> {
        let places: BTreeSet<&Place> = self.0.keys().chain(other.0.keys()).collect();
        places
            .into_iter()
            .filter(|place| self.0.get(*place) != other.0.get(*place))
            .cloned()
            .collect()
    }
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

// === impl Carrier ===

impl Carrier for Secret {
    fn documents(self) -> BTreeMap<String, Document> {
        binary(self.data).collect()
    }
}

impl Carrier for ConfigMap {
    fn documents(self) -> BTreeMap<String, Document> {
        let text = self.data.unwrap_or_default().into_iter();
        text.map(|(key, value)| (key, Document(Bytes::from(value))))
            .chain(binary(self.binary_data))
            .collect()
    }
}

fn binary(data: Option<BTreeMap<String, ByteString>>) -> impl Iterator<Item = (String, Document)> {
    data.unwrap_or_default()
        .into_iter()
        .map(|(key, value)| (key, Document(Bytes::from(value.0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str) -> Place {
        ("ns".to_owned(), name.to_owned())
    }

    fn documents(text: &'static str) -> BTreeMap<String, Document> {
        BTreeMap::from([("jwks".to_owned(), Document(Bytes::from_static(text.as_bytes())))])
    }

    fn read(text: &'static str) -> SourceState {
        SourceState::Read(Document(Bytes::from_static(text.as_bytes())))
    }

    fn known() -> Labelled {
        let mut labelled = Labelled::default();
        labelled.begin();
        labelled.listed(place("a"), documents("1"));
        labelled.listed(place("b"), documents("1"));
        assert_eq!(labelled.complete(), None);
        labelled
    }

    #[test]
    fn nothing_is_known_before_the_first_list_is_complete() {
        let mut labelled = Labelled::default();
        assert_eq!(labelled.state(&place("a"), "jwks"), SourceState::Pending);
        labelled.begin();
        labelled.listed(place("a"), documents("1"));
        assert_eq!(labelled.state(&place("a"), "jwks"), SourceState::Pending);
        labelled.complete();
        assert_eq!(labelled.state(&place("a"), "jwks"), read("1"));
        assert_eq!(
            labelled.state(&place("a"), "other"),
            SourceState::Missing(Missing::Key)
        );
        assert_eq!(
            labelled.state(&place("b"), "jwks"),
            SourceState::Missing(Missing::Object)
        );
    }

    #[test]
    fn events_are_news_only_if_they_change_a_document() {
        let mut labelled = known();
        assert!(!labelled.applied(place("a"), documents("1")));
        assert!(labelled.applied(place("a"), documents("2")));
        assert_eq!(labelled.state(&place("a"), "jwks"), read("2"));
        assert!(labelled.deleted(&place("a")));
        assert!(!labelled.deleted(&place("a")));
        assert_eq!(
            labelled.state(&place("a"), "jwks"),
            SourceState::Missing(Missing::Object)
        );
    }

    #[test]
    fn a_new_list_drops_what_it_does_not_hold_and_only_when_complete() {
        let mut labelled = known();
        labelled.begin();
        labelled.listed(place("b"), documents("2"));
        assert_eq!(labelled.state(&place("a"), "jwks"), read("1"));
        assert_eq!(
            labelled.complete(),
            Some(BTreeSet::from([place("a"), place("b")]))
        );
        assert_eq!(
            labelled.state(&place("a"), "jwks"),
            SourceState::Missing(Missing::Object)
        );
    }

    #[test]
    fn a_list_that_is_begun_again_forgets_its_first_half() {
        let mut labelled = known();
        labelled.begin();
        labelled.listed(place("a"), documents("1"));
        labelled.begin();
        labelled.listed(place("b"), documents("1"));
        assert_eq!(labelled.complete(), Some(BTreeSet::from([place("a")])));
    }

    #[test]
    fn a_forbidden_watch_keeps_what_it_knew_and_since_when() {
        let second = |second| Timestamp::from_second(second).unwrap();
        let unreadable = |last_good| SourceState::Unreadable {
            why: Unreadable::NoPermission,
            since: second(10),
            last_good,
        };
        let mut labelled = known();
        assert!(labelled.forbidden(second(10)));
        assert!(!labelled.forbidden(second(20)));
        assert!(labelled.is_forbidden());
        let document = Document(Bytes::from_static(b"1"));
        assert_eq!(
            labelled.state(&place("a"), "jwks"),
            unreadable(Some((document, second(10))))
        );
        assert_eq!(labelled.state(&place("c"), "jwks"), unreadable(None));

        let mut never = Labelled::default();
        assert!(never.forbidden(second(10)));
        assert_eq!(never.state(&place("a"), "jwks"), unreadable(None));
        never.begin();
        never.listed(place("a"), documents("3"));
        assert_eq!(never.complete(), None);
        assert_eq!(never.state(&place("a"), "jwks"), read("3"));
    }

    #[test]
    fn of_an_object_only_its_data_is_kept() {
        let secret: Secret = serde_json::from_value(serde_json::json!({
            "metadata": {"name": "a", "annotations": {"x": "y"}}, "data": {"jwks": "eA=="},
        }))
        .unwrap();
        assert_eq!(secret.documents(), documents("x"));
        let map: ConfigMap = serde_json::from_value(serde_json::json!({
            "metadata": {"name": "a"}, "data": {"jwks": "x"}, "binaryData": {"more": "eQ=="},
        }))
        .unwrap();
        let found = map.documents();
        assert_eq!(found.get("jwks"), documents("x").get("jwks"));
        assert_eq!(found.get("more"), Some(&Document(Bytes::from_static(b"y"))));
        assert!(!format!("{:?}", known()).contains('1'));
    }
}
