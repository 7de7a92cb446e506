//! From an `OAuthClient` as it travels to a spec that cannot be bad.
//!
//! The schema says the same, but an object may be older than its rules or have been written past them;
//! so nothing here relies on it. The controller and every server judge with this one function.

use crate::api::fault::{Cause, Fault, Faults};
use crate::api::v1alpha1::{self as wire, OAuthClient};
use crate::core::client::{AssertionRules, AudiencePolicy, GrantedResource, Grants, JwtBearerGrant};
use crate::core::duration::parse_duration;
use crate::core::ids::{ClientId, InvalidId, ServiceAccountId, is_dns_subdomain};
use crate::core::scope::Scopes;
use crate::core::source::KeySource;
use crate::jose::{self, Algorithm, Judged};
use jiff::SignedDuration;
use std::collections::BTreeSet;

/// A spec without faults.
#[derive(Debug)]
pub struct AcceptedSpec {
    /// The client that the object declares.
    pub id: ClientId,
    /// Whether it is stopped.
    pub suspended: bool,
    /// The service accounts that may authenticate; all in the client's own namespace.
    pub service_accounts: BTreeSet<ServiceAccountId>,
    /// The sets of keys in the spec itself, judged one by one.
    pub inline: Vec<InlineKeys>,
    /// The places that the controller reads keys from: never [`KeySource::Inline`].
    pub sources: BTreeSet<KeySource>,
    /// What the client may ask for.
    pub grants: Grants,
    /// The resources it may get tokens for.
    pub resources: Vec<GrantedResource>,
    /// How long its tokens live at the most.
    pub token_lifetime: SignedDuration,
    /// What its assertions must look like.
    pub assertion: AssertionRules,
}

/// A JWK Set in the spec.
#[derive(Debug)]
pub struct InlineKeys {
    /// The field that it stands in, such as `spec.identities[0].keys.jwks`.
    pub path: String,
    /// Its keys: the good ones, and what is wrong with the others.
    pub judged: Judged,
}

/// Judges the spec of `object`; every fault that it has is told.
///
/// A key that cannot be used is not a fault of the spec: see [`InlineKeys::judged`].
pub fn accept(object: &OAuthClient) -> Result<AcceptedSpec, Vec<Fault>> {
    let spec = &object.spec;
    let namespace = object.metadata.namespace.as_deref().unwrap_or_default();
    let name = object.metadata.name.as_deref().unwrap_or_default();
    let mut faults = Faults::default();

    let id = faults.note("metadata", ClientId::new(namespace, name));
    let token_lifetime = lifetime(&mut faults, "spec.token.lifetime", &spec.token.lifetime, &TOKEN);
    let assertion = assertion(&mut faults, &spec.assertion);
    let grants = grants(&mut faults, &spec.grants);
    let resources = resources(&mut faults, &spec.resources);
    let allowed = assertion.as_ref().map(|rules| rules.algorithms.as_slice());
    let identities = identities(
        &mut faults,
        namespace,
        &spec.identities,
        allowed.unwrap_or_default(),
    );

    let fapi = assertion
        .as_ref()
        .is_some_and(|rules| rules.audience == AudiencePolicy::Fapi);
    if fapi && !identities.service_accounts.is_empty() {
        faults.add("spec.assertion.audience", Cause::FapiIdentity);
    }

    match (faults.0.is_empty(), id, token_lifetime, assertion) {
        (true, Some(id), Some(token_lifetime), Some(assertion)) => Ok(AcceptedSpec {
            id,
            suspended: spec.suspended,
            service_accounts: identities.service_accounts,
            inline: identities.inline,
            sources: identities.sources,
            grants,
            resources,
            token_lifetime,
            assertion,
        }),
        _ => Err(faults.0),
    }
}

#[derive(Default)]
struct Identities {
    service_accounts: BTreeSet<ServiceAccountId>,
    inline: Vec<InlineKeys>,
    sources: BTreeSet<KeySource>,
}

fn identities(
    faults: &mut Faults,
    namespace: &str,
    identities: &[wire::Identity],
    allowed: &[Algorithm],
) -> Identities {
    let mut found = Identities::default();
    for (index, identity) in faults
        .at_most("spec.identities", identities, 16)
        .iter()
        .enumerate()
    {
        let path = format!("spec.identities[{index}]");
        match (&identity.service_account, &identity.keys) {
            (Some(account), None) if is_dns_subdomain(&account.name) => {
                found.service_accounts.insert(ServiceAccountId {
                    namespace: namespace.to_owned(),
                    name: account.name.clone(),
                });
            }
            (Some(_), None) => faults.add(format!("{path}.serviceAccount.name"), InvalidId::Name.into()),
            (None, Some(keys)) => source(faults, &mut found, &format!("{path}.keys"), keys, allowed),
            (Some(_), Some(_)) | (None, None) => faults.add(path, Cause::Identity),
        }
    }
    found
}

fn source(faults: &mut Faults, found: &mut Identities, path: &str, keys: &wire::Keys, allowed: &[Algorithm]) {
    let referenced = match (&keys.jwks, &keys.jwks_uri, &keys.secret_ref, &keys.config_map_ref) {
        (Some(jwks), None, None, None) => {
            let path = format!("{path}.jwks");
            let judged = jose::judge_jwks_value(&jwks.to_value(), allowed);
            if let Some(judged) = faults.note(&path, judged) {
                found.inline.push(InlineKeys { path, judged });
            }
            return;
        }
        (None, Some(uri), None, None) => faults.note(&format!("{path}.jwksURI"), KeySource::uri(uri)),
        (None, None, Some(of), None) => {
            faults.note(&format!("{path}.secretRef"), KeySource::secret(&of.name, &of.key))
        }
        (None, None, None, Some(of)) => faults.note(
            &format!("{path}.configMapRef"),
            KeySource::config_map(&of.name, &of.key),
        ),
        _ => {
            faults.add(path, Cause::Keys);
            None
        }
    };
    found.sources.extend(referenced);
}

fn grants(faults: &mut Faults, grants: &wire::Grants) -> Grants {
    let jwt_bearer = grants.jwt_bearer.as_ref().map(|bearer| {
        let path = "spec.grants.jwtBearer.subjects";
        let subjects = faults.at_most(path, &bearer.subjects, 64);
        for (index, subject) in subjects.iter().enumerate() {
            let length = subject.chars().count();
            let bad = |c: char| c == '#' || c.is_control();
            if !(1..=256).contains(&length) || subject.contains(bad) {
                faults.add(format!("{path}[{index}]"), Cause::Subject);
            }
        }
        JwtBearerGrant {
            subjects: subjects.iter().cloned().collect(),
            ..JwtBearerGrant::default()
        }
    });
    Grants {
        client_credentials: grants.client_credentials.is_some(),
        jwt_bearer,
    }
}

fn resources(faults: &mut Faults, resources: &[wire::Resource]) -> Vec<GrantedResource> {
    let mut found: Vec<GrantedResource> = Vec::new();
    for (index, resource) in faults.at_most("spec.resources", resources, 32).iter().enumerate() {
        let path = format!("spec.resources[{index}]");
        let tokens = faults.at_most(&format!("{path}.scopes"), &resource.scopes, 64);
        let scopes = faults.note(&format!("{path}.scopes"), Scopes::from_tokens(tokens));
        let identifier = faults.note(&format!("{path}.identifier"), resource.identifier.parse());
        if let (Some(identifier), Some(scopes)) = (identifier, scopes) {
            if found.iter().any(|other| other.identifier == identifier) {
                faults.add(format!("{path}.identifier"), Cause::DuplicateResource);
            }
            found.push(GrantedResource {
                identifier,
                scopes,
                default: resource.default,
            });
        }
    }
    if found.iter().filter(|resource| resource.default).count() > 1 {
        faults.add("spec.resources", Cause::SeveralDefaults);
    }
    found
}

fn assertion(faults: &mut Faults, policy: &wire::AssertionPolicy) -> Option<AssertionRules> {
    let path = "spec.assertion.algorithms";
    let mut algorithms: Vec<Algorithm> = Vec::new();
    for (index, name) in faults.at_most(path, &policy.algorithms, 11).iter().enumerate() {
        match name.parse() {
            Ok(algorithm) if !algorithms.contains(&algorithm) => algorithms.push(algorithm),
            Ok(_) => {}
            Err(_) => faults.add(format!("{path}[{index}]"), Cause::Algorithm),
        }
    }
    if policy.algorithms.is_empty() {
        faults.add(path, Cause::NoAlgorithm);
    }
    let audience = faults.note("spec.assertion.audience", policy.audience.parse());
    let max_lifetime = lifetime(
        faults,
        "spec.assertion.maxLifetime",
        &policy.max_lifetime,
        &ASSERTION,
    );
    Some(AssertionRules {
        max_lifetime: max_lifetime?,
        algorithms,
        audience: audience?,
    })
}

/// The bounds of a duration, and how they are written.
struct Bounds {
    shortest: (SignedDuration, &'static str),
    longest: (SignedDuration, &'static str),
}

const TOKEN: Bounds = Bounds {
    shortest: (SignedDuration::from_secs(60), "1m"),
    longest: (SignedDuration::from_secs(3600), "1h"),
};
const ASSERTION: Bounds = Bounds {
    shortest: (SignedDuration::from_secs(10), "10s"),
    longest: (SignedDuration::from_secs(900), "15m"),
};

fn lifetime(faults: &mut Faults, path: &str, text: &str, bounds: &Bounds) -> Option<SignedDuration> {
    let duration = faults.note(path, parse_duration(text))?;
    let (from, to) = (bounds.shortest, bounds.longest);
    if (from.0..=to.0).contains(&duration) {
        return Some(duration);
    }
    faults.add(
        path,
        Cause::Lifetime {
            from: from.1,
            to: to.1,
        },
    );
    None
}

#[cfg(test)]
mod tests;
