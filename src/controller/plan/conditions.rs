//! Conditions as `metav1.Condition` has them, and the announcements of their changes.
//!
//! `lastTransitionTime` moves only when `status` flips. Pure.

use super::problem::joined;
use crate::api::v1alpha1::ConditionType;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

/// What is to be said of one aspect of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Which aspect.
    pub aspect: ConditionType,
    /// Whether it holds.
    pub status: Status,
    /// Why, as one word.
    pub reason: String,
    /// Why, as a sentence.
    pub message: String,
    /// Whether somebody should look at it although it holds.
    pub caution: bool,
}

/// Whether something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It does.
    True,
    /// It does not.
    False,
    /// That is not known yet.
    Unknown,
}

/// A change worth an Event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Whether somebody should look at it.
    pub warning: bool,
    /// The reason of the condition that changed.
    pub reason: String,
    /// The aspect that was judged.
    pub action: &'static str,
    /// The message of the condition that changed.
    pub note: String,
}

// === impl Status ===

impl Status {
    /// The `status` of a condition.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }

    fn parse(text: &str) -> Self {
        match text {
            "True" => Self::True,
            "False" => Self::False,
            _ => Self::Unknown,
        }
    }
}

// === impl Judgement ===

impl Judgement {
    /// A judgement; a message that is too long is cut.
    pub fn new(aspect: ConditionType, status: Status, reason: &str, message: &str) -> Self {
        Self {
            aspect,
            status,
            reason: reason.to_owned(),
            message: joined([message.to_owned()].into_iter()),
            caution: false,
        }
    }

    /// The same, for somebody to look at.
    #[must_use]
    pub fn with_caution(self) -> Self {
        Self {
            caution: true,
            ..self
        }
    }

    /// What was said before, if it was said about the same generation and was more than a guess.
    pub fn standing(aspect: ConditionType, before: &[Condition], generation: Option<i64>) -> Option<Self> {
        let condition = find(before, aspect)?;
        let status = Status::parse(&condition.status);
        let same = condition.observed_generation == generation && status != Status::Unknown;
        same.then(|| Self {
            aspect,
            status,
            reason: condition.reason.clone(),
            message: condition.message.clone(),
            caution: false,
        })
    }

    /// The condition to write, after those that stood `before`.
    pub fn condition(&self, before: &[Condition], generation: Option<i64>, now: Timestamp) -> Condition {
        let since = find(before, self.aspect)
            .filter(|condition| condition.status == self.status.as_str())
            .map_or_else(
                || Time(whole_seconds(now)),
                |condition| condition.last_transition_time.clone(),
            );
        Condition {
            type_: self.aspect.as_str().to_owned(),
            status: self.status.as_str().to_owned(),
            reason: self.reason.clone(),
            message: self.message.clone(),
            observed_generation: generation,
            last_transition_time: since,
        }
    }
}

/// The announcements of what `judgements` change: where the status or the reason is another than before.
/// `Ready` sums up the others, so that it is silent where one of them says the same; and that nothing is
/// known yet is no news.
pub fn announcements(judgements: &[Judgement], before: &[Condition]) -> Vec<Announcement> {
    let changed = |judgement: &&Judgement| {
        find(before, judgement.aspect).is_none_or(|condition| {
            condition.status != judgement.status.as_str() || condition.reason != judgement.reason
        })
    };
    let repeated = |judgement: &Judgement| {
        judgement.aspect == ConditionType::Ready
            && judgements
                .iter()
                .any(|other| other.aspect != ConditionType::Ready && other.reason == judgement.reason)
    };
    judgements
        .iter()
        .filter(|judgement| judgement.status != Status::Unknown && !repeated(judgement))
        .filter(changed)
        .map(|judgement| Announcement {
            warning: judgement.status == Status::False || judgement.caution,
            reason: judgement.reason.clone(),
            action: judgement.aspect.as_str(),
            note: judgement.message.clone(),
        })
        .collect()
}

/// `time` without its fraction, which the API does not keep.
pub fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

fn find(conditions: &[Condition], aspect: ConditionType) -> Option<&Condition> {
    conditions
        .iter()
        .find(|condition| condition.type_ == aspect.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_000, 5);

    fn judgement(status: Status, reason: &str) -> Judgement {
        Judgement::new(ConditionType::Accepted, status, reason, "why")
    }

    #[test]
    fn the_transition_time_moves_only_with_the_status() {
        let first = judgement(Status::False, "A").condition(&[], Some(1), NOW);
        assert_eq!(first.last_transition_time.0.as_second(), 1_000);
        assert_eq!(first.last_transition_time.0.subsec_nanosecond(), 0);
        let later = Timestamp::from_second(2_000).unwrap();
        let before = [first];
        let same = judgement(Status::False, "B").condition(&before, Some(2), later);
        assert_eq!(same.last_transition_time, before[0].last_transition_time);
        assert_eq!((same.reason.as_str(), same.observed_generation), ("B", Some(2)));
        let flipped = judgement(Status::True, "B").condition(&before, Some(2), later);
        assert_eq!(flipped.last_transition_time.0, later);
    }

    #[test]
    fn a_change_of_status_or_reason_is_announced_once() {
        let said = |status, reason, before: &[Condition]| announcements(&[judgement(status, reason)], before);
        assert_eq!(said(Status::True, "A", &[]).len(), 1);
        let before = [judgement(Status::True, "A").condition(&[], Some(1), NOW)];
        assert!(said(Status::True, "A", &before).is_empty());
        assert_eq!(said(Status::True, "B", &before).len(), 1);
        let bad = said(Status::False, "A", &before);
        assert!(bad[0].warning);
        assert!(said(Status::Unknown, "Pending", &before).is_empty());
    }

    #[test]
    fn the_summary_does_not_repeat_what_it_sums_up() {
        let of = |aspect, reason| Judgement::new(aspect, Status::False, reason, "why");
        let both = [of(ConditionType::KeysSynced, "A"), of(ConditionType::Ready, "A")];
        assert_eq!(announcements(&both, &[]).len(), 1);
        let two = [
            of(ConditionType::KeysSynced, "A"),
            of(ConditionType::Ready, "Suspended"),
        ];
        assert_eq!(announcements(&two, &[]).len(), 2);
    }

    #[test]
    fn what_was_said_stands_only_for_its_own_generation() {
        let before = [judgement(Status::False, "A").condition(&[], Some(1), NOW)];
        let standing = |generation| Judgement::standing(ConditionType::Accepted, &before, Some(generation));
        assert_eq!(standing(1), Some(judgement(Status::False, "A")));
        assert_eq!(standing(2), None);
        let unknown = [judgement(Status::Unknown, "Pending").condition(&[], Some(1), NOW)];
        assert_eq!(
            Judgement::standing(ConditionType::Accepted, &unknown, Some(1)),
            None
        );
    }
}
