//! Which segments of the replay log may go.

use crate::api::v1alpha1::ANCHOR_PREFIX;
use crate::replay::retention::forgettable_from;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A segment as a list shows it: all that matters for its end, and not its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its name.
    pub name: String,
    /// Its identity: another object of the same name has another.
    pub uid: String,
    /// Its state. An append makes another.
    pub resource_version: String,
    /// When nothing in it is honoured any more.
    pub expires: Timestamp,
}

/// A part of a list of segments.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    pub(super) metadata: PageMeta,
    pub(super) items: Vec<Item>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PageMeta {
    /// Where the list goes on; nothing if it does not.
    #[serde(default, rename = "continue")]
    pub(super) next: Option<String>,
}

/// A segment, or nothing if it cannot be read: one bad object is no reason to leave the others.
#[derive(Debug)]
pub(super) struct Item(pub(super) Option<Segment>);

/// Those of `segments` that servers need not remember any more, by `date`: what the API server's clock showed when it
/// listed them. Without it none is due. An anchor never is.
pub fn due(
    segments: &[Segment],
    date: Option<Timestamp>,
    skew: SignedDuration,
) -> impl Iterator<Item = &Segment> {
    segments.iter().filter(move |segment| {
        let past = date.is_some_and(|date| forgettable_from(segment.expires, skew) < date);
        past && !is_anchor(segment)
    })
}

/// Whether it carries the log's birth.
pub(super) fn is_anchor(segment: &Segment) -> bool {
    segment.name.starts_with(ANCHOR_PREFIX)
}

// === impl Item ===

impl<'de> Deserialize<'de> for Item {
    /// Holds the text of one segment at a time, and drops it.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Self(
            serde_json::from_str(text.get()).ok().map(Stored::into_segment),
        ))
    }
}

/// The members of a stored segment that are read.
#[derive(Deserialize)]
struct Stored {
    metadata: StoredMeta,
    spec: StoredSpec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredMeta {
    name: String,
    uid: String,
    resource_version: String,
}

#[derive(Deserialize)]
struct StoredSpec {
    expires: Timestamp,
}

impl Stored {
    fn into_segment(self) -> Segment {
        Segment {
            name: self.metadata.name,
            uid: self.metadata.uid,
            resource_version: self.metadata.resource_version,
            expires: self.spec.expires,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::v1alpha1::ANCHOR_EXPIRES;
    use rstest::rstest;
    use serde_json::json;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn segment(name: &str, expires: Timestamp) -> Segment {
        Segment {
            name: name.to_owned(),
            uid: "u".to_owned(),
            resource_version: "1".to_owned(),
            expires,
        }
    }

    /// Two skews of 30 s and a minute after its end at 1,000.
    #[rstest]
    #[case::long_past("a", Some(9_000), true)]
    #[case::just_past("a", Some(1_121), true)]
    #[case::not_past_yet("a", Some(1_120), false)]
    #[case::expired_only("a", Some(1_001), false)]
    #[case::to_come("a", Some(0), false)]
    #[case::nobody_knows_when("a", None, false)]
    #[case::an_anchor("anchor-a", Some(9_000), false)]
    #[case::named_alike("anchora", Some(9_000), true)]
    fn a_segment_is_due_when_no_clock_honours_it(
        #[case] name: &str,
        #[case] date: Option<i64>,
        #[case] expected: bool,
    ) {
        let segments = [segment(name, at(1_000))];
        let found = due(&segments, date.map(at), SignedDuration::from_secs(30)).count();
        assert_eq!(found, usize::from(expected));
    }

    #[test]
    fn each_is_judged_by_itself() {
        let segments = [
            segment("a", at(1_000)),
            segment("b", at(2_000)),
            segment("anchor-c", ANCHOR_EXPIRES),
            segment("d", at(500)),
            segment("e", Timestamp::MAX),
        ];
        let names: Vec<&str> = due(&segments, Some(at(1_500)), SignedDuration::from_secs(30))
            .map(|segment| segment.name.as_str())
            .collect();
        assert_eq!(names, ["a", "d"]);
    }

    #[test]
    fn a_list_is_read_without_its_keys_and_despite_what_cannot_be_read() {
        let good = json!({
            "metadata": {"name": "a", "uid": "u", "resourceVersion": "7", "managedFields": [{}]},
            "spec": {"expires": "1970-01-01T00:16:40Z", "keys": "AAAA", "writer": "1", "formats": ["v1"]},
        });
        let mut items = vec![good.clone()];
        for (part, value) in [
            ("/metadata/uid", json!(1)),
            ("/spec/expires", json!("soon")),
            ("/spec", json!("none")),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(part).unwrap() = value;
            items.push(bad);
        }
        items.push(good);
        let list = json!({"metadata": {"continue": "next", "resourceVersion": "9"}, "items": items});
        let page: Page = serde_json::from_str(&list.to_string()).unwrap();
        assert_eq!(page.metadata.next.as_deref(), Some("next"));
        let read: Vec<Option<Segment>> = page.items.into_iter().map(|item| item.0).collect();
        let segment = Segment {
            resource_version: "7".to_owned(),
            ..segment("a", at(1_000))
        };
        assert_eq!(read, [Some(segment.clone()), None, None, None, Some(segment)]);
    }
}
