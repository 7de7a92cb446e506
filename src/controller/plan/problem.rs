//! What keeps a client's keys from being published as its owner meant it, in sentences for the owner.

use super::state::{Missing, Unreadable};
use crate::api::installation::{Account, Installation};
use crate::core::source::KeySource;
use crate::jose::{KeyFault, RefusedKey, SetFault};
use jiff::Timestamp;
use std::fmt::{self, Write as _};

/// The longest message of a condition or note of an Event, in bytes (events.k8s.io allows 1024).
pub const MAX_MESSAGE: usize = 1000;

/// The most that is shown of a source's name.
const SHOWN_SOURCE: usize = 160;

/// One problem, at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: a source, or the field of an inline set.
    pub place: String,
    /// What.
    pub what: What,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It cannot be read; the keys last read of it stay until the time given, if there are any.
    Unreadable(Unreadable, Option<Timestamp>),
    /// It is not there.
    Missing(Missing),
    /// It is there, and is no set of keys.
    Malformed(SetFault),
    /// It is a set, of no key.
    NoKeys,
    /// Keys beyond what one client may have, so many of them.
    TooMany(usize),
    /// One of its keys cannot be used.
    Refused(RefusedKey),
    /// The key of this `kid` cannot be told from another one, in another place.
    Clash(String),
}

// === impl Problem ===

impl Problem {
    /// A problem with `source`.
    pub fn with(source: &KeySource, what: What) -> Self {
        Self {
            place: source.to_string(),
            what,
        }
    }

    /// The `reason` of a condition.
    pub fn reason(&self) -> &'static str {
        match &self.what {
            What::Unreadable(Unreadable::NoPermission, _) => "NoPermission",
            What::Unreadable(Unreadable::NoController, _) => "NotFetched",
            What::Unreadable(Unreadable::Fetch(_), _) => "FetchFailed",
            What::Missing(_) => "SourceMissing",
            What::Malformed(_) => "Malformed",
            What::NoKeys => "NoKeys",
            What::TooMany(_) => "TooManyKeys",
            What::Refused(_) | What::Clash(_) => "KeysRefused",
        }
    }

    /// What is told first: what makes the most keys unusable, and needs somebody to act.
    fn rank(&self) -> u8 {
        match &self.what {
            What::Unreadable(Unreadable::NoPermission, _) => 0,
            What::Missing(_) => 1,
            What::Malformed(_) => 2,
            What::Unreadable(Unreadable::NoController | Unreadable::Fetch(_), _) => 3,
            What::NoKeys => 4,
            What::TooMany(_) => 5,
            What::Refused(_) | What::Clash(_) => 6,
        }
    }

    fn sentence(&self, namespace: &str, home: &Installation) -> String {
        let mut text = format!("{}: {}", shortened(&self.place, SHOWN_SOURCE), self.what);
        if matches!(self.what, What::Unreadable(Unreadable::NoPermission, _)) {
            let role = home.key_reader_role();
            let account = home.service_account(Account::Controller);
            write!(
                text,
                "; to allow it, run: kubectl create rolebinding {role} --namespace={namespace} \
                 --clusterrole={role} --serviceaccount={}:{account}",
                home.namespace,
            )
            .unwrap_or_default();
        }
        text
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why, until) => {
                write!(f, "{why}")?;
                match until {
                    Some(until) => write!(f, " (the keys last read are good until {until})"),
                    None => Ok(()),
                }
            }
            Self::Missing(why) => write!(f, "{why}"),
            Self::Malformed(fault) => write!(f, "{fault}"),
            Self::NoKeys => f.write_str("the set has no keys"),
            Self::TooMany(dropped) => write!(f, "{dropped} keys are more than one client may have"),
            Self::Refused(RefusedKey { position, kid, fault }) => {
                write!(f, "key {position}")?;
                if let Some(kid) = kid {
                    write!(f, " (kid {kid})")?;
                }
                refusal(f, *fault)
            }
            Self::Clash(kid) => write!(
                f,
                "the key with kid {kid} is refused: another source has another key with the same kid and algorithm"
            ),
        }
    }
}

fn refusal(f: &mut fmt::Formatter<'_>, fault: KeyFault) -> fmt::Result {
    write!(f, " is refused: {fault}")
}

/// The reason and the message for `problems`, of which there is at least one: worst first, the same for
/// the same problems, and never longer than [`MAX_MESSAGE`].
pub fn summary(
    mut problems: Vec<Problem>,
    namespace: &str,
    home: &Installation,
) -> Option<(&'static str, String)> {
    problems.sort_by_key(Problem::rank);
    let reason = problems.first()?.reason();
    let sentences = problems.iter().map(|problem| problem.sentence(namespace, home));
    Some((reason, joined(sentences)))
}

/// The sentences in a row, as many as fit; then, how many more there are.
pub fn joined(sentences: impl ExactSizeIterator<Item = String>) -> String {
    let total = sentences.len();
    let mut message = String::new();
    for (told, sentence) in sentences.enumerate() {
        let left = total.saturating_sub(told);
        let reserve = 24;
        if told > 0
            && message
                .len()
                .saturating_add(sentence.len())
                .saturating_add(reserve)
                > MAX_MESSAGE
        {
            write!(message, "; and {left} more").unwrap_or_default();
            return message;
        }
        if told > 0 {
            message.push_str("; ");
        }
        message.push_str(shortened(&sentence, MAX_MESSAGE.saturating_sub(reserve)).as_ref());
    }
    message
}

/// `text`, or as much of its beginning as fits into `most` bytes with a sign that it goes on.
fn shortened(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let room = most.saturating_sub('…'.len_utf8());
    let mut cut = String::new();
    for c in text.chars() {
        if cut.len().saturating_add(c.len_utf8()) > room {
            break;
        }
        cut.push(c);
    }
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::fault::FetchFault;

    fn refused(place: &str, position: usize) -> Problem {
        Problem {
            place: place.to_owned(),
            what: What::Refused(RefusedKey {
                position,
                kid: Some("k".to_owned()),
                fault: KeyFault::ModulusTooShort,
            }),
        }
    }

    #[test]
    fn the_worst_is_told_first() {
        let source = KeySource::Uri("https://ci.example/".to_owned());
        let unreadable = What::Unreadable(
            Unreadable::Fetch(FetchFault::Status(500)),
            Some(Timestamp::UNIX_EPOCH),
        );
        let problems = vec![refused("Inline", 3), Problem::with(&source, unreadable)];
        let (reason, message) = summary(problems, "ns", &Installation::default()).unwrap();
        assert_eq!(reason, "FetchFailed");
        assert_eq!(
            message,
            "https://ci.example/: the host answered with status 500 instead of 200 \
             (the keys last read are good until 1970-01-01T00:00:00Z); \
             Inline: key 3 (kid k) is refused: its RSA modulus is shorter than 2048 bits"
        );
        assert_eq!(summary(Vec::new(), "ns", &Installation::default()), None);
    }

    #[test]
    fn a_missing_permission_comes_with_the_command_that_gives_it() {
        let source = KeySource::secret("keys", "jwks.json").unwrap();
        let problem = Problem::with(&source, What::Unreadable(Unreadable::NoPermission, None));
        let (reason, message) = summary(vec![problem], "payments", &Installation::default()).unwrap();
        assert_eq!(reason, "NoPermission");
        assert_eq!(
            message,
            "Secret/keys/jwks.json: the controller may not read it; to allow it, run: \
             kubectl create rolebinding countersign-key-reader --namespace=payments \
             --clusterrole=countersign-key-reader \
             --serviceaccount=countersign-system:countersign-controller"
        );
    }

    #[test]
    fn a_message_is_bounded_and_says_what_it_leaves_out() {
        let long = format!("https://ci.example/{}", "é".repeat(600));
        let problems: Vec<Problem> = (0..256).map(|position| refused(&long, position)).collect();
        let (_, message) = summary(problems, "ns", &Installation::default()).unwrap();
        assert!(message.len() <= MAX_MESSAGE, "{}", message.len());
        assert!(message.ends_with("; and 252 more"), "{message}");
        assert!(joined([long.repeat(3)].into_iter()).len() <= MAX_MESSAGE);
    }
}
