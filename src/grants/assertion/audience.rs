//! Rule 3 of RFC 7523 §3: whether `aud` names us.

use super::Scene;
use crate::core::client::AudiencePolicy;
use crate::grants::{AssertionFault, Slot};
use crate::jose::{Audience, Claims};

/// How an accepted `aud` named us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Addressed {
    /// By our issuer identifier, or by the name that was agreed upon with a trusted issuer.
    Issuer,
    /// By the token endpoint: `Strict` would refuse it.
    Endpoint,
    /// Beside others that are not us: only `Compat` takes it.
    Shared,
}

// === impl Addressed ===

impl Addressed {
    /// A word for the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Endpoint => "endpoint",
            Self::Shared => "shared",
        }
    }
}

/// Checks the `aud` of a self-signed JWT: `policy`, or what the server asks of every client if that is
/// stricter.
pub(super) fn check(
    claims: &Claims,
    policy: AudiencePolicy,
    scene: &Scene<'_>,
) -> Result<Addressed, AssertionFault> {
    let audience = claims.audience()?;
    let issuer = scene.settings.issuer.as_str();
    let ours = |value: &str| value == issuer || value == scene.settings.token_endpoint;
    let accepted = match policy.max(scene.settings.audience_floor) {
        AudiencePolicy::Fapi => audience == Audience::One(issuer),
        AudiencePolicy::Strict => audience.sole() == Some(issuer),
        AudiencePolicy::Standard => audience.values().all(ours),
        AudiencePolicy::Compat => audience.values().all(ours) || may_be_shared(&audience, scene),
    };
    if !accepted {
        return Err(AssertionFault::Audience);
    }
    Ok(if !audience.values().all(ours) {
        Addressed::Shared
    } else if audience.values().any(|value| value != issuer) {
        Addressed::Endpoint
    } else {
        Addressed::Issuer
    })
}

/// Checks the `aud` of an issuer's JWT: it names us alone, under every policy, for no other party may be able
/// to use what was made for us, nor we what was made for others. `agreed` is another name of ours.
pub(super) fn check_alone(
    claims: &Claims,
    agreed: Option<&str>,
    scene: &Scene<'_>,
) -> Result<(), AssertionFault> {
    let sole = claims.audience()?.sole();
    if sole.is_some() && (sole == Some(scene.settings.issuer.as_str()) || sole == agreed) {
        Ok(())
    } else {
        Err(AssertionFault::Audience)
    }
}

/// Whether others may stand beside our issuer in `aud`: in a grant only, for a client's own authentication is
/// what somebody else could use against it; and never the API server, for which it would be a credential.
fn may_be_shared(audience: &Audience<'_>, scene: &Scene<'_>) -> bool {
    let issuer = scene.settings.issuer.as_str();
    let api_server = |value: &str| {
        value.starts_with("https://kubernetes.default.svc")
            || scene.local.is_some_and(|local| local.issuer == value)
    };
    scene.slot == Slot::Assertion
        && audience.values().any(|value| value == issuer)
        && !audience.values().any(api_server)
}
