//! What may be said of an error of the API server.
//!
//! Its messages quote what it was given: a private key that somebody put where a list belongs comes back
//! in the refusal of a status that has nothing to do with it (tried).

use kube::runtime::watcher;
use std::fmt;

/// An error, without a word that the API server chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// The API server refused, with this status code and reason.
    Refused { code: u16, reason: String },
    /// The API server could not be reached, or did not answer to the end.
    Unreachable,
    /// Anything else: an answer that is no object of the API.
    Unintelligible,
}

// === impl Told ===

impl From<&kube::Error> for Told {
    fn from(error: &kube::Error) -> Self {
        if let kube::Error::Api(status) = error {
            return Self::Refused {
                code: status.code,
                reason: status.reason.clone(),
            };
        }
        let unreachable = matches!(
            error,
            kube::Error::HyperError(_) | kube::Error::Service(_) | kube::Error::ReadEvents(_)
        );
        if unreachable {
            Self::Unreachable
        } else {
            Self::Unintelligible
        }
    }
}

impl From<&watcher::Error> for Told {
    fn from(error: &watcher::Error) -> Self {
        match error {
            watcher::Error::InitialListFailed(error)
            | watcher::Error::WatchStartFailed(error)
            | watcher::Error::WatchFailed(error) => Self::from(error),
            watcher::Error::WatchError(status) => Self::Refused {
                code: status.code,
                reason: status.reason.clone(),
            },
            watcher::Error::NoResourceVersion => Self::Unintelligible,
        }
    }
}

impl Told {
    /// Whether it says that we may not.
    pub(crate) fn is_forbidden(&self) -> bool {
        matches!(self, Self::Refused { code: 403, .. })
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { code, reason } => write!(f, "the API server answered {code} {reason}"),
            Self::Unreachable => f.write_str("the API server could not be reached"),
            Self::Unintelligible => f.write_str("the API server's answer could not be read"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::core::Status;

    #[test]
    fn the_words_of_the_api_server_are_not_repeated() {
        let status = Status::failure("expected list, got &{canary}", "InternalError").with_code(500);
        let told = Told::from(&kube::Error::Api(Box::new(status)));
        assert_eq!(told.to_string(), "the API server answered 500 InternalError");
        assert!(!format!("{told:?}").contains("canary"));
        assert!(!told.is_forbidden());
        let forbidden = Status::failure("", "Forbidden").with_code(403);
        assert!(Told::from(&watcher::Error::WatchError(Box::new(forbidden))).is_forbidden());
    }
}
