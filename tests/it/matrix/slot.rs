//! Where in a token request a JWT can stand.

use countersign::oauth::request::{JWT_BEARER_GRANT, JWT_CLIENT_ASSERTION};

/// A place for a JWT; what is in the other place, if there is one, is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// `client_assertion` of the grant `client_credentials`.
    ClientAssertion,
    /// `client_assertion` beside a good `assertion`.
    ClientAssertionBesideGrant,
    /// `assertion`, without client authentication.
    Assertion,
    /// `assertion` beside a good `client_assertion`.
    AssertionBesideClient,
}

impl Slot {
    pub(super) const ALL: [Self; 4] = [
        Self::ClientAssertion,
        Self::ClientAssertionBesideGrant,
        Self::Assertion,
        Self::AssertionBesideClient,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::ClientAssertion => "client_assertion",
            Self::ClientAssertionBesideGrant => "client_assertion beside a grant",
            Self::Assertion => "assertion",
            Self::AssertionBesideClient => "assertion beside a client",
        }
    }

    /// Whether the JWT authenticates the client; otherwise it is the grant.
    pub(super) const fn authenticates(self) -> bool {
        matches!(self, Self::ClientAssertion | Self::ClientAssertionBesideGrant)
    }

    /// The code of a JWT that is not valid here (RFC 7521 §4.2.1, §4.1.1).
    pub(super) const fn error(self) -> &'static str {
        if self.authenticates() {
            "invalid_client"
        } else {
            "invalid_grant"
        }
    }

    /// The request with `token` here and `other` in the other place, if there is one.
    pub(super) fn form<'t>(self, token: &'t str, other: &'t str) -> Vec<(&'static str, &'t str)> {
        let (client, grant) = match self {
            Self::ClientAssertion => (Some(token), None),
            Self::ClientAssertionBesideGrant => (Some(token), Some(other)),
            Self::Assertion => (None, Some(token)),
            Self::AssertionBesideClient => (Some(other), Some(token)),
        };
        let mut form = Vec::new();
        if let Some(token) = client {
            form.push(("client_assertion_type", JWT_CLIENT_ASSERTION));
            form.push(("client_assertion", token));
        }
        match grant {
            None => form.push(("grant_type", "client_credentials")),
            Some(token) => form.extend([("grant_type", JWT_BEARER_GRANT), ("assertion", token)]),
        }
        form
    }
}
