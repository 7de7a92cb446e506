//! What an authenticated request gets: the one place of policy. A [`Grant`] never exceeds it.

use crate::core::client::{Client, GrantedResource, JwtBearerGrant};
use crate::core::clock::after;
use crate::core::ids::ClientId;
use crate::core::protected_resource::{Consent, ProtectedResource};
use crate::core::resource::ResourceId;
use crate::core::scope::Scopes;
use crate::core::trusted_issuer::FederatedSubject;
use crate::grants::assertion::{Credential, Party};
use crate::grants::service_account::Workload;
use crate::grants::{AssertionFault, Reason, Refusal, Slot};
use crate::grants::{Authenticated, Directory, Settings};
use crate::jose::Algorithm;
use crate::replay::{Outcome, Use};
use jiff::Timestamp;
use std::sync::Arc;

/// What will be granted if the request's assertions turn out to be used for the first time.
#[derive(Debug)]
pub struct Grant {
    terms: Terms,
    uses: Vec<(Slot, Use)>,
    /// The moments from which the credentials are refused as expired.
    refused_from: Vec<(Slot, Timestamp)>,
}

/// A grant whose assertions are this request's alone. Only [`Grant::settle`] makes one.
#[derive(Debug)]
pub struct Settled(Terms);

/// The terms of a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The client that the token is for.
    pub client: ClientId,
    /// The `sub` of the token: the client; or a delegated subject as `<client_id>#<subject>`, one of a trusted
    /// issuer as `<its object's name>#<subject>`, and either as it is where the resource's owner says so.
    pub subject: String,
    /// Whether nobody authenticated: the token says so.
    pub public: bool,
    /// The one `aud`.
    pub audience: ResourceId,
    /// The granted scopes.
    pub scopes: Scopes,
    /// The algorithm to sign with.
    pub algorithm: Algorithm,
    /// The `exp` of the token at the latest.
    pub not_after: Timestamp,
    /// The workload that the local cluster attested.
    pub workload: Option<Workload>,
}

/// Decides what `request` gets, answering the first fault in this order: the assertion's limits, the
/// target, the scope.
pub fn authorize(
    request: &Authenticated,
    directory: &dyn Directory,
    settings: &Settings,
    now: Timestamp,
) -> Result<Grant, Refusal> {
    let client = &request.client;
    let represented = match &request.assertion {
        None => None,
        Some(assertion) => represented(assertion, request)?,
    };
    let (granted, minted) = target(request, directory)?;
    require_consent(&minted.consent, client, request.public, represented.as_ref())?;
    let scopes = scopes(request, granted)?;
    let credentials = [
        (Slot::ClientAssertion, &request.client_assertion),
        (Slot::Assertion, &request.assertion),
    ];
    let credentials = credentials
        .into_iter()
        .filter_map(|(slot, c)| c.as_ref().map(|credential| (slot, credential)));

    let mut not_after = after(now, client.token_lifetime);
    let (mut uses, mut refused_from, mut workload) = (Vec::new(), Vec::new(), None);
    for (slot, credential) in credentials {
        if bounds_the_token(slot, credential) {
            not_after = not_after.min(after(credential.expires, settings.slack));
        }
        refused_from.push((slot, credential.refused_from));
        uses.extend(credential.single_use.map(|key| {
            let this = Use {
                key,
                client: client.id.clone(),
                until: credential.refused_from,
            };
            (slot, this)
        }));
        if let Party::Workload(attested) = &credential.party {
            workload = Some(attested.clone());
        }
    }
    let terms = Terms {
        client: client.id.clone(),
        subject: represented.map_or_else(
            || client.id.to_string(),
            |subject| subject.name(&client.id, &minted.consent),
        ),
        public: request.public,
        audience: granted.identifier.clone(),
        scopes,
        algorithm: minted.algorithm,
        not_after,
        workload,
    };
    Ok(Grant {
        terms,
        uses,
        refused_from,
    })
}

/// The token lives no longer than the grant behind it, or than what an issuer says of a workload in any slot;
/// a self-signed `client_assertion` only says who asks, and often lives a minute.
fn bounds_the_token(slot: Slot, credential: &Credential) -> bool {
    slot == Slot::Assertion || !matches!(credential.party, Party::Client { .. })
}

/// Somebody that a client acts for.
enum Represented<'a> {
    /// Its own keys name this subject.
    Delegated(&'a str),
    /// A trusted issuer does.
    Federated(&'a FederatedSubject),
}

/// Whom the client acts for, if not for itself.
fn represented<'a>(
    assertion: &'a Credential,
    request: &Authenticated,
) -> Result<Option<Represented<'a>>, Refusal> {
    let client = &request.client;
    let refuse = |fault| Err(Slot::Assertion.refuse(fault));
    if assertion
        .named_clients
        .iter()
        .any(|named| named != client.id.as_str())
    {
        return refuse(AssertionFault::OtherClient);
    }
    match &assertion.party {
        Party::Workload(_) => Ok(None),
        Party::Federated(subject) if request.public || client.federated.contains(subject) => Ok(None),
        Party::Federated(subject) => Ok(Some(Represented::Federated(subject))),
        Party::Client { subject, .. } if subject == client.id.as_str() => Ok(None),
        Party::Client { subject, .. } => {
            let rule = client.grants.jwt_bearer.as_ref();
            if rule.is_some_and(|rule| rule.subjects.contains(subject)) {
                Ok(Some(Represented::Delegated(subject)))
            } else {
                refuse(AssertionFault::SubjectNotDelegated)
            }
        }
    }
}

/// The resource that the token is for. A request that nobody authenticated has resources of its own.
fn target<'c>(
    request: &'c Authenticated,
    directory: &dyn Directory,
) -> Result<(&'c GrantedResource, Arc<ProtectedResource>), Refusal> {
    let refuse = Refusal::from;
    let client = &request.client;
    let granted = match (&client.grants.jwt_bearer, request.public) {
        (_, false) => client.resources.as_slice(),
        (
            Some(JwtBearerGrant {
                unauthenticated: Some(rule),
                ..
            }),
            true,
        ) => rule.resources.as_slice(),
        (_, true) => &[],
    };
    let resource = match request.resources.as_slice() {
        [] => default_target(granted).ok_or_else(|| refuse(Reason::NoTarget))?,
        [one] => granted
            .iter()
            .find(|resource| resource.identifier.as_str() == one)
            .ok_or_else(|| refuse(Reason::TargetNotAllowed))?,
        _ => return Err(refuse(Reason::SeveralTargets)),
    };
    match directory.protected_resource(&resource.identifier, &client.id) {
        Some(minted) => Ok((resource, minted)),
        None => Err(refuse(Reason::TargetNotMinted)),
    }
}

/// The target of a request that names none: the only one, else the one marked as default.
fn default_target(granted: &[GrantedResource]) -> Option<&GrantedResource> {
    match granted {
        [only] => Some(only),
        several => several.iter().find(|resource| resource.default),
    }
}

/// What goes beyond a client that acts for itself or its own subjects takes the resource's consent, too.
fn require_consent(
    consent: &Consent,
    client: &Client,
    public: bool,
    represented: Option<&Represented<'_>>,
) -> Result<(), Refusal> {
    let refuse = |reason| Err(Refusal::from(reason));
    if public && !consent.public_clients {
        return refuse(Reason::TargetNotPublic);
    }
    match represented {
        Some(Represented::Federated(_)) if !consent.federated_subjects_from.contains(&client.id) => {
            refuse(Reason::TargetNotForSubject)
        }
        _ => Ok(()),
    }
}

/// The requested scopes; none requested means those that the assertion names, or else every scope
/// that the client has for the resource.
fn scopes(request: &Authenticated, resource: &GrantedResource) -> Result<Scopes, Refusal> {
    let refuse = |reason| Err(Refusal::from(reason));
    let asked = match request.scope.as_deref().map(str::parse::<Scopes>) {
        None => None,
        Some(Ok(scopes)) => Some(scopes),
        Some(Err(_)) => return refuse(Reason::ScopeSyntax),
    };
    let limits: Vec<&Scopes> = [&request.client_assertion, &request.assertion]
        .into_iter()
        .filter_map(|credential| {
            credential
                .as_ref()
                .and_then(|credential| credential.scope.as_ref())
        })
        .collect();
    let granted = match (asked, limits.split_first()) {
        (Some(asked), _) => asked,
        (None, None) => resource.scopes.clone(),
        (None, Some((first, rest))) => rest
            .iter()
            .fold((*first).clone(), |all, limit| all.intersection(limit)),
    };
    if granted.is_subset(&resource.scopes) && limits.iter().all(|limit| granted.is_subset(limit)) {
        Ok(granted)
    } else {
        refuse(Reason::ScopeExceeded)
    }
}

// === impl Represented ===

impl Represented<'_> {
    /// The `sub` of a token: nobody's own choice, but where the resource's owner lists that very string for
    /// the client.
    fn name(&self, client: &ClientId, consent: &Consent) -> String {
        let (whose, subject) = match self {
            Self::Delegated(subject) => (client.as_str(), *subject),
            Self::Federated(of) => (of.issuer.as_str(), of.subject.as_str()),
        };
        let listed = consent
            .verbatim_subjects
            .iter()
            .any(|(listed, verbatim)| listed == client && verbatim == subject);
        if listed {
            subject.to_owned()
        } else {
            format!("{whose}#{subject}")
        }
    }
}

// === impl Grant ===

impl Grant {
    /// What is granted if it can be settled.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The uses to record. With none, the outcome is [`Outcome::Owned`] without asking.
    pub fn uses(&self) -> Vec<Use> {
        self.uses.iter().map(|(_, this)| this.clone()).collect()
    }

    /// Takes the replay log's word, and looks at the times again: an assertion that expired while it
    /// waited is refused as expired.
    pub fn settle(self, outcome: Outcome, now: Timestamp) -> Result<Settled, Refusal> {
        match outcome {
            Outcome::Owned => {}
            Outcome::Replayed(position) => {
                return Err(match self.uses.get(position) {
                    Some((slot, _)) => slot.refuse(AssertionFault::Replayed),
                    None => Refusal::from(Reason::Bug("a replay of nothing that was recorded")),
                });
            }
            Outcome::ClientFull => return Err(Refusal::from(Reason::ClientShareUsed)),
            Outcome::LogFull => return Err(Refusal::from(Reason::ReplayLogFull)),
            Outcome::Unavailable => return Err(Refusal::from(Reason::ReplayLogUnavailable)),
            Outcome::Unknown => return Err(Refusal::from(Reason::ReplayOutcomeUnknown)),
        }
        match self.refused_from.iter().find(|(_, end)| now >= *end) {
            Some((slot, _)) => Err(slot.refuse(AssertionFault::Expired)),
            None => Ok(Settled(self.terms)),
        }
    }
}

// === impl Terms ===

impl Terms {
    /// Whether the client acts for somebody else, and is named in `act` (RFC 8693 §4.1).
    pub fn delegated(&self) -> bool {
        self.subject != self.client.as_str()
    }
}

// === impl Settled ===

impl Settled {
    /// What is granted.
    pub fn terms(&self) -> &Terms {
        &self.0
    }
}
