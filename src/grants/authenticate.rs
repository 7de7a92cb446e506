//! From a token request to the client behind it: every JWT that was presented is verified.

use crate::core::client::Client;
use crate::grants::assertion::{Credential, Party, verify};
use crate::grants::{AssertionFault, Reason, Refusal, Slot};
use crate::grants::{Directory, Moment, Settings};
use crate::oauth::request::{GrantType, RequestFault, TokenRequest};
use std::sync::Arc;

/// A request whose client is known, and may use the grant.
#[derive(Debug)]
pub struct Authenticated {
    /// The client.
    pub client: Arc<Client>,
    /// Whether the client was only reached by its rule for unauthenticated requests: the `assertion` is good,
    /// but no identity of the client's.
    pub public: bool,
    /// The grant.
    pub grant: GrantType,
    /// The verified `client_assertion`.
    pub client_assertion: Option<Credential>,
    /// The verified `assertion`.
    pub assertion: Option<Credential>,
    /// The targets asked for.
    pub resources: Vec<String>,
    /// The scope asked for.
    pub scope: Option<String>,
}

/// Verifies what was presented and finds the client, answering the first fault in this order: client
/// authentication, whether the client may use the grant, missing parameters, the assertion.
///
/// Without a `client_assertion`, everything before a verified and mapped `assertion` is the same
/// `invalid_grant`, whatever `client_id` says.
pub fn authenticate(
    request: TokenRequest<'_>,
    directory: &dyn Directory,
    settings: &Settings,
    moment: Moment,
) -> Result<Authenticated, Refusal> {
    let TokenRequest {
        grant,
        client_assertion,
        assertion,
        client_id,
        resources,
        scope,
    } = request;
    let hint = client_id.as_deref();
    let verify = |token: &str, slot: Slot| {
        verify(token, slot, directory, settings, moment).map_err(|fault| slot.refuse(fault))
    };
    let authenticated = match &client_assertion {
        None => None,
        Some(token) => {
            let credential = verify(token, Slot::ClientAssertion)?;
            let client = identified(&credential.party, hint, directory)
                .map_err(|fault| Slot::ClientAssertion.refuse(fault))?;
            require_grant(&client, grant)?;
            Some((client, credential))
        }
    };
    let (client, public, client_assertion, assertion) = match (grant, authenticated, assertion) {
        (GrantType::ClientCredentials, None, _) => {
            return Err(Refusal::from(Reason::NotAuthenticated));
        }
        (GrantType::ClientCredentials, Some(_), Some(_)) => {
            return Err(Refusal::from(Reason::UnexpectedAssertion));
        }
        (GrantType::ClientCredentials, Some((client, credential)), None) => {
            (client, false, Some(credential), None)
        }
        (GrantType::JwtBearer, _, None) => return Err(RequestFault::Missing("assertion").into()),
        (GrantType::JwtBearer, Some((client, credential)), Some(token)) => {
            if client_assertion.as_ref() == Some(&token) {
                return Err(Slot::Assertion.refuse(AssertionFault::BothSlots));
            }
            let grant_credential = verify(&token, Slot::Assertion)?;
            require_redeemable(&grant_credential.party, &client)
                .map_err(|fault| Slot::Assertion.refuse(fault))?;
            (client, false, Some(credential), Some(grant_credential))
        }
        (GrantType::JwtBearer, None, Some(token)) => {
            let credential = verify(&token, Slot::Assertion)?;
            let client =
                reached(&credential.party, hint, directory).map_err(|fault| Slot::Assertion.refuse(fault))?;
            require_grant(&client, grant)?;
            let public = !is_identity(&credential.party, &client);
            (client, public, None, Some(credential))
        }
    };
    Ok(Authenticated {
        client,
        public,
        grant,
        client_assertion,
        assertion,
        resources,
        scope,
    })
}

/// The one client that the verified party may authenticate as and that the hint, if there is one, names.
fn identified(
    party: &Party,
    hint: Option<&str>,
    directory: &dyn Directory,
) -> Result<Arc<Client>, AssertionFault> {
    let mut candidates = candidates(party, directory);
    candidates.retain(|client| is_identity(party, client));
    choose(candidates, hint)
}

/// The same, or the one client that takes the party's assertions without authentication.
fn reached(
    party: &Party,
    hint: Option<&str>,
    directory: &dyn Directory,
) -> Result<Arc<Client>, AssertionFault> {
    choose(candidates(party, directory), hint)
}

fn candidates(party: &Party, directory: &dyn Directory) -> Vec<Arc<Client>> {
    match party {
        Party::Client { client, .. } => vec![Arc::clone(client)],
        Party::Workload(workload) => directory.clients_of(&workload.service_account),
        Party::Federated(subject) => directory.clients_naming(subject),
    }
}

fn choose(candidates: Vec<Arc<Client>>, hint: Option<&str>) -> Result<Arc<Client>, AssertionFault> {
    let mut chosen = candidates
        .into_iter()
        .filter(|client| hint.is_none_or(|hint| hint == client.id.as_str()));
    match (chosen.next(), chosen.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(AssertionFault::ClientNotChosen),
    }
}

/// Whether the party is registered as an identity of the client.
fn is_identity(party: &Party, client: &Client) -> bool {
    match party {
        Party::Client { client: signer, .. } => signer.id == client.id,
        Party::Workload(workload) => client.service_accounts.contains(&workload.service_account),
        Party::Federated(subject) => client.federated.contains(subject),
    }
}

/// An authenticated client may redeem its own assertions, and those of trusted issuers about subjects that its
/// rule lists (RFC 7523 §2.1 with two parties). What another client or workload holds is theirs.
fn require_redeemable(party: &Party, client: &Client) -> Result<(), AssertionFault> {
    if is_identity(party, client) {
        return Ok(());
    }
    let rule = client.grants.jwt_bearer.as_ref();
    match party {
        Party::Federated(subject) if rule.is_some_and(|rule| rule.federated_subjects.contains(subject)) => {
            Ok(())
        }
        Party::Federated(_) => Err(AssertionFault::SubjectNotDelegated),
        Party::Client { .. } | Party::Workload(_) => Err(AssertionFault::OtherClient),
    }
}

fn require_grant(client: &Client, grant: GrantType) -> Result<(), Refusal> {
    let allowed = match grant {
        GrantType::ClientCredentials => client.grants.client_credentials,
        GrantType::JwtBearer => client.grants.jwt_bearer.is_some(),
    };
    if allowed {
        Ok(())
    } else {
        Err(Refusal::from(Reason::GrantNotAllowed))
    }
}
