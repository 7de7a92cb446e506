//! Scopes (RFC 6749 §3.3).

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// A set of scope tokens; order does not matter, repetitions collapse, letter case counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scopes(BTreeSet<String>);

/// The text does not follow `scope-token *( SP scope-token )` of RFC 6749 §3.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "a scope is made of printable ASCII characters without space, double quote and backslash; scopes are separated by one space"
)]
pub struct InvalidScope;

/// Whether `text` is one scope token: 1 or more of `%x21 / %x23-5B / %x5D-7E`.
pub fn is_scope_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| matches!(b, 0x21 | 0x23..=0x5B | 0x5D..=0x7E))
}

impl Scopes {
    /// No scope at all. It never means "every scope".
    pub fn none() -> Self {
        Self::default()
    }

    /// A set of the given tokens.
    pub fn from_tokens<I: IntoIterator<Item = S>, S: Into<String>>(tokens: I) -> Result<Self, InvalidScope> {
        let set: BTreeSet<String> = tokens.into_iter().map(Into::into).collect();
        if set.iter().all(|token| is_scope_token(token)) {
            Ok(Self(set))
        } else {
            Err(InvalidScope)
        }
    }

    /// Whether every token here is also in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// The tokens that are in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    /// Whether there is no token.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tokens in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl FromStr for Scopes {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, InvalidScope> {
        Self::from_tokens(text.split(' '))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, token) in self.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(token)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    /// S-6749-55
    #[rstest]
    #[case::empty("")]
    #[case::double_space("read  write")]
    #[case::leading_space(" read")]
    #[case::trailing_space("read ")]
    #[case::tab("read\twrite")]
    #[case::quote("re\"ad")]
    #[case::backslash("re\\ad")]
    #[case::non_ascii("lire\u{e9}")]
    #[case::control("read\u{7f}")]
    fn bad_scopes_are_refused(#[case] text: &str) {
        assert_eq!(text.parse::<Scopes>(), Err(InvalidScope));
    }

    /// S-6749-55
    #[test]
    fn order_and_repetition_do_not_matter_but_case_does() {
        let scopes: Scopes = "write read write".parse().unwrap();
        assert_eq!(scopes, "read write".parse().unwrap());
        assert_ne!(scopes, "Read write".parse().unwrap());
        assert_eq!(scopes.to_string(), "read write");
    }

    proptest! {
        #[test]
        fn printed_scopes_parse_to_the_same(tokens in proptest::collection::btree_set("[!#-\\[\\]-~]{1,6}", 1..6)) {
            let scopes = Scopes::from_tokens(tokens).unwrap();
            prop_assert_eq!(scopes.to_string().parse::<Scopes>(), Ok(scopes));
        }
    }
}
