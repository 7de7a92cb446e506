//! Whatever the policy says and whatever is asked, what is granted is within the policy.

use super::super::world::*;
use crate::core::client::{Client, GrantedResource, Grants, JwtBearerGrant, UnauthenticatedRule};
use crate::core::protected_resource::Consent;
use crate::core::scope::Scopes;
use crate::core::trusted_issuer::FederatedSubject;
use crate::grants::authorize::Terms;
use crate::oauth::request::{JWT_BEARER_GRANT, JWT_CLIENT_ASSERTION};
use jiff::SignedDuration;
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use std::cell::Cell;
use std::collections::BTreeSet;

const OLD: &str = "https://old.internal";

/// One JWT of a request.
#[derive(Debug, Clone)]
struct Presented {
    signer: Signer,
    subject: &'static str,
    scope: Option<String>,
    /// Seconds until it expires.
    lives: i64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Signer {
    Client,
    Cluster,
    Ci,
}

/// What is asked.
#[derive(Debug, Clone)]
struct Asked {
    bearer: bool,
    client_assertion: Option<Presented>,
    assertion: Option<Presented>,
    scope: Option<String>,
    resources: Vec<&'static str>,
}

fn resources() -> impl Strategy<Value = Vec<GrantedResource>> {
    let scopes = vec(btree_set("[a-d]", 2..5), 3);
    let which = prop_oneof![
        2 => Just(vec![LEDGER]),
        1 => subsequence(vec![LEDGER, OLD, "https://unknown.internal"], 0..=3),
    ];
    (which, scopes, 0..4_usize).prop_map(|(which, scopes, default)| {
        let granted = which.into_iter().zip(scopes).enumerate();
        let granted = granted.map(|(position, (identifier, scopes))| GrantedResource {
            scopes: Scopes::from_tokens(scopes).unwrap(),
            ..resource(identifier, &[], position == default)
        });
        granted.collect()
    })
}

fn subjects(most: usize) -> impl Strategy<Value = BTreeSet<FederatedSubject>> {
    subsequence(vec!["build", "deploy"], 0..=most).prop_map(|of| of.into_iter().map(of_ci).collect())
}

fn policies() -> impl Strategy<Value = (Client, Consent)> {
    let delegated = subsequence(vec!["alice", "bob"], 0..=2);
    let rule = option::weighted(0.8, (subjects(2), resources()));
    let bearer = option::weighted(0.8, (delegated, subjects(2), rule));
    let consent = (
        prop::bool::weighted(0.8),
        prop::bool::weighted(0.8),
        subsequence(vec!["alice", "build"], 0..=2),
    );
    (
        resources(),
        subjects(1),
        any::<bool>(),
        bearer,
        consent,
        1..1200_i64,
    )
        .prop_map(
            |(resources, federated, client_credentials, bearer, (public, from, verbatim), lifetime)| {
                let jwt_bearer = bearer.map(|(subjects, federated_subjects, rule)| JwtBearerGrant {
                    subjects: subjects.into_iter().map(str::to_owned).collect(),
                    federated_subjects,
                    unauthenticated: rule
                        .map(|(subjects, resources)| UnauthenticatedRule { subjects, resources }),
                });
                let client = Client {
                    resources,
                    federated,
                    grants: Grants {
                        client_credentials,
                        jwt_bearer,
                    },
                    token_lifetime: SignedDuration::from_secs(lifetime),
                    ..client(CLIENT)
                };
                let id = client.id.clone();
                let consent = Consent {
                    public_clients: public,
                    federated_subjects_from: from.then(|| id.clone()).into_iter().collect(),
                    // Another client's subjects are nobody else's.
                    verbatim_subjects: verbatim
                        .into_iter()
                        .map(|subject| (id.clone(), subject.to_owned()))
                        .chain(
                            ["alice", "bob"]
                                .map(|subject| ("shop/cart".parse().unwrap(), subject.to_owned())),
                        )
                        .collect(),
                };
                (client, consent)
            },
        )
}

fn presented() -> impl Strategy<Value = Presented> {
    let scope = option::weighted(0.3, btree_set("[a-d]", 1..4).prop_map(text));
    let who = select(vec![
        (Signer::Client, CLIENT),
        (Signer::Client, CLIENT),
        (Signer::Client, "alice"),
        (Signer::Client, "bob"),
        (Signer::Cluster, "system:serviceaccount:payments:billing"),
        (Signer::Ci, "build"),
        (Signer::Ci, "deploy"),
    ]);
    (who, scope, 1..290_i64).prop_map(|((signer, subject), scope, lives)| Presented {
        signer,
        subject,
        scope,
        lives,
    })
}

/// One JWT that authenticates, one that is a grant, both, or any of them.
fn requests() -> impl Strategy<Value = Asked> {
    let own = presented().prop_map(|jwt| Presented {
        signer: Signer::Client,
        subject: CLIENT,
        ..jwt
    });
    let jwts = prop_oneof![
        2 => presented().prop_map(|jwt| (false, Some(jwt), None)),
        3 => presented().prop_map(|jwt| (true, None, Some(jwt))),
        2 => (own, presented()).prop_map(|(own, jwt)| (true, Some(own), Some(jwt))),
        1 => (any::<bool>(), option::of(presented()), option::of(presented())),
    ];
    let scope = option::weighted(0.3, btree_set("[a-e]", 1..3).prop_map(text));
    let resources = prop_oneof![3 => Just(vec![]), 2 => vec(select(vec![LEDGER, LEDGER, OLD]), 1..=2)];
    (jwts, scope, resources).prop_map(
        |((bearer, client_assertion, assertion), scope, resources)| Asked {
            bearer,
            client_assertion,
            assertion: assertion.filter(|_| bearer),
            scope,
            resources,
        },
    )
}

fn text(tokens: BTreeSet<String>) -> String {
    tokens.into_iter().collect::<Vec<_>>().join(" ")
}

impl Presented {
    fn token(&self, jwt_id: &str) -> String {
        let mut claims = json!({
            "sub": self.subject, "iat": NOW - 5, "nbf": NOW - 5, "exp": NOW.strict_add(self.lives), "jti": jwt_id,
        });
        if let Some(scope) = &self.scope {
            claims["scope"] = Value::from(scope.as_str());
        }
        match self.signer {
            Signer::Client => signed(claims),
            Signer::Cluster => pod_token(claims),
            Signer::Ci => ci_token(claims),
        }
    }
}

impl Asked {
    fn grant(&self, world: &World) -> Option<Terms> {
        let client_assertion = self.client_assertion.as_ref().map(|jwt| jwt.token("one"));
        let assertion = self.assertion.as_ref().map(|jwt| jwt.token("two"));
        let grant = if self.bearer {
            JWT_BEARER_GRANT
        } else {
            "client_credentials"
        };
        let mut form = vec![("grant_type", grant)];
        if let Some(token) = &client_assertion {
            form.extend([
                ("client_assertion_type", JWT_CLIENT_ASSERTION),
                ("client_assertion", token),
            ]);
        }
        form.extend(assertion.as_deref().map(|token| ("assertion", token)));
        form.extend(self.scope.as_deref().map(|scope| ("scope", scope)));
        form.extend(self.resources.iter().map(|resource| ("resource", *resource)));
        let grant = world.grant(&form).ok()?;
        let expected: Vec<_> = [&self.client_assertion, &self.assertion]
            .into_iter()
            .flatten()
            .collect();
        let once = expected
            .iter()
            .filter(|jwt| jwt.signer != Signer::Cluster)
            .count();
        assert_eq!(
            grant.uses().len(),
            once,
            "each JWT that is honoured once is recorded"
        );
        Some(grant.terms().clone())
    }
}

/// The policy, read once more from the request's point of view.
fn check(terms: &Terms, asked: &Asked, client: &Client, consent: &Consent) {
    let bearer = client.grants.jwt_bearer.as_ref();
    assert!(if asked.bearer {
        bearer.is_some()
    } else {
        client.grants.client_credentials
    });
    assert!(asked.client_assertion.is_some() || asked.assertion.is_some());
    let lists = |set: &BTreeSet<FederatedSubject>, jwt: &Presented| set.contains(&of_ci(jwt.subject));
    let identity = |jwt: &Presented| match jwt.signer {
        Signer::Client | Signer::Cluster => true,
        Signer::Ci => lists(&client.federated, jwt),
    };

    // Who asks.
    if let Some(jwt) = &asked.client_assertion {
        assert!(identity(jwt) && (jwt.signer != Signer::Client || jwt.subject == CLIENT));
    }
    let rule = bearer.and_then(|bearer| bearer.unauthenticated.as_ref());
    let public = asked.client_assertion.is_none() && !asked.assertion.as_ref().is_some_and(identity);
    assert_eq!(terms.public, public);
    if public {
        assert!(lists(&rule.unwrap().subjects, asked.assertion.as_ref().unwrap()));
    }

    // For what.
    let resources = if public {
        &rule.unwrap().resources
    } else {
        &client.resources
    };
    let audience = terms.audience.as_str();
    let granted = resources
        .iter()
        .find(|resource| resource.identifier == terms.audience)
        .unwrap();
    assert!(asked.resources.iter().all(|resource| *resource == audience) && asked.resources.len() < 2);
    assert!(!asked.resources.is_empty() || resources.len() == 1 || granted.default);
    assert!(
        [LEDGER, OLD].contains(&audience),
        "no tokens are minted for others"
    );
    let none = Consent::default();
    let consent = if audience == LEDGER { consent } else { &none };
    assert!(!public || consent.public_clients);

    // About whom.
    let verbatim = |subject: &str| {
        consent
            .verbatim_subjects
            .contains(&(client.id.clone(), subject.to_owned()))
    };
    let name_of = |whose: &str, subject: &str| {
        if verbatim(subject) {
            subject.to_owned()
        } else {
            format!("{whose}#{subject}")
        }
    };
    let subject = match &asked.assertion {
        Some(jwt) if jwt.signer == Signer::Client && jwt.subject != CLIENT => {
            assert!(bearer.unwrap().subjects.contains(jwt.subject));
            name_of(CLIENT, jwt.subject)
        }
        Some(jwt) if !identity(jwt) && !public => {
            assert!(lists(&bearer.unwrap().federated_subjects, jwt));
            assert!(consent.federated_subjects_from.contains(&client.id));
            name_of(CI_NAME, jwt.subject)
        }
        _ => CLIENT.to_owned(),
    };
    assert_eq!(
        (terms.subject.as_str(), terms.client.as_str()),
        (subject.as_str(), CLIENT)
    );

    // To do what, and for how long.
    assert!(terms.scopes.is_subset(&granted.scopes));
    let presented = [&asked.client_assertion, &asked.assertion];
    let claims = presented
        .into_iter()
        .flatten()
        .filter_map(|jwt| jwt.scope.as_ref());
    for limit in claims.chain(&asked.scope) {
        assert!(terms.scopes.is_subset(&limit.parse().unwrap()));
    }
    let mut end = NOW.strict_add(client.token_lifetime.as_secs());
    for (jwt, is_grant) in presented.into_iter().zip([false, true]) {
        if let Some(jwt) = jwt
            .as_ref()
            .filter(|jwt| is_grant || jwt.signer != Signer::Client)
        {
            end = end.min(NOW.strict_add(jwt.lives).strict_add(60));
        }
    }
    assert_eq!(terms.not_after, at(end));
}

#[test]
fn is_what_is_granted() {
    let granted = [const { Cell::new(0_usize) }; 4];
    let mut runner = TestRunner::new(Config {
        cases: 2000,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(&(policies(), requests()), |((client, consent), asked)| {
        let world = World::with_consent(client.clone(), consent.clone());
        world.index.set_trusted_issuers([ci()]);
        if let Some(terms) = asked.grant(&world) {
            check(&terms, &asked, &client, &consent);
            for (count, kind) in granted
                .iter()
                .zip([true, terms.public, terms.delegated(), !asked.bearer])
            {
                count.set(count.get().strict_add(usize::from(kind)));
            }
        }
        Ok(())
    });
    outcome.unwrap();
    let granted = granted.map(Cell::into_inner);
    assert!(
        granted.iter().all(|count| *count > 0),
        "all, public, delegated, client_credentials: {granted:?}"
    );
}
