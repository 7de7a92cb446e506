use crate::core::client::{
    AssertionRules, AudiencePolicy, Client, GrantedResource, Grants, JwtBearerGrant, VouchedKey, Vouching,
};
use crate::core::ids::{ClientId, ServiceAccountId};
use crate::core::issuer::Issuer;
use crate::core::protected_resource::{Consent, ProtectedResource};
use crate::core::scope::Scopes;
use crate::core::trusted_issuer::{FederatedSubject, ReplayPolicy, TrustedIssuer};
use crate::grants::{self, AssertionFault, Grant, LocalIssuer, Moment, Reason, Refusal, Settings, Slot};
use crate::index::{Index, MintedResources, Others};
use crate::jose::{Algorithm, SigningKey};
use crate::oauth::request::{JWT_BEARER_GRANT, JWT_CLIENT_ASSERTION, TokenRequest};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

pub(super) const ISSUER: &str = "https://tokens.example";
pub(super) const ENDPOINT: &str = "https://tokens.example/token";
pub(super) const CLIENT: &str = "payments/billing";
pub(super) const LEDGER: &str = "https://ledger.internal";
pub(super) const CLUSTER: &str = "https://kubernetes.default.svc.cluster.local";
/// The moment at which everything happens.
pub(super) const NOW: i64 = 1_800_000_000;

/// The client's key, the cluster's key, and somebody else's.
pub(super) static KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate(Algorithm::Es256).unwrap());
pub(super) static CLUSTER_KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate(Algorithm::Rs256).unwrap());
pub(super) static OTHER_KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate(Algorithm::Es256).unwrap());

/// The key of a trusted issuer.
pub(super) static CI_KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate(Algorithm::Es256).unwrap());
/// The trusted issuer, as it calls itself, and the name of its object.
pub(super) const CI: &str = "https://ci.example";
pub(super) const CI_NAME: &str = "github-actions";

pub(super) struct World {
    pub(super) index: Index,
    pub(super) settings: Settings,
    pub(super) moment: Moment,
}

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(super) fn client(id: &str) -> Client {
    let id: ClientId = id.parse().unwrap();
    Client {
        service_accounts: BTreeSet::from([ServiceAccountId {
            namespace: id.namespace().to_owned(),
            name: "billing".to_owned(),
        }]),
        federated: BTreeSet::new(),
        id,
        keys: vec![vouched(&KEY, Vouching::Spec)],
        grants: Grants {
            client_credentials: true,
            jwt_bearer: Some(JwtBearerGrant {
                subjects: BTreeSet::from(["alice".to_owned()]),
                ..JwtBearerGrant::default()
            }),
        },
        resources: vec![resource(LEDGER, &["read", "write"], false)],
        token_lifetime: SignedDuration::from_mins(10),
        assertion: AssertionRules {
            max_lifetime: SignedDuration::from_mins(5),
            algorithms: vec![Algorithm::Rs256, Algorithm::Es256],
            audience: AudiencePolicy::Standard,
        },
    }
}

pub(super) fn vouched(key: &SigningKey, vouched: Vouching) -> VouchedKey {
    VouchedKey {
        key: Arc::new(key.verification_key().unwrap()),
        vouched,
    }
}

pub(super) fn resource(identifier: &str, scopes: &[&str], default: bool) -> GrantedResource {
    GrantedResource {
        identifier: identifier.parse().unwrap(),
        scopes: Scopes::from_tokens(scopes.iter().copied()).unwrap(),
        default,
    }
}

impl World {
    pub(super) fn new() -> Self {
        Self::with(client(CLIENT))
    }

    pub(super) fn with(client: Client) -> Self {
        Self::with_consent(client, Consent::default())
    }

    /// The ledger's owner consents to this.
    pub(super) fn with_consent(client: Client, consent: Consent) -> Self {
        let ledger = ProtectedResource {
            algorithm: Algorithm::Es256,
            consent,
        };
        let resources = [
            (LEDGER, ledger),
            ("https://old.internal", Algorithm::Rs256.into()),
        ];
        let resources = resources.map(|(id, resource)| (id.to_owned(), Arc::new(resource)));
        let index = Index::new(MintedResources {
            listed: resources.into(),
            others: Others::None,
        });
        index.put(client);
        index.set_local_issuer(LocalIssuer {
            issuer: CLUSTER.to_owned(),
            keys: vec![CLUSTER_KEY.verification_key().unwrap()],
            read_at: at(NOW - 10),
        });
        let settings = Settings::new(Issuer::parse(ISSUER).unwrap());
        Self {
            index,
            settings,
            moment: Moment {
                now: at(NOW),
                log_birth: None,
            },
        }
    }

    /// What `form` is granted, up to the replay log.
    pub(super) fn grant(&self, form: &[(&str, &str)]) -> Result<Grant, Refusal> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let request = TokenRequest::parse(body.as_bytes(), false)?;
        let authenticated = grants::authenticate(request, &self.index, &self.settings, self.moment)?;
        grants::authorize(&authenticated, &self.index, &self.settings, self.moment.now)
    }

    /// The fault found in `token` as `assertion`, after checking that the other slot finds the same
    /// under its own error code.
    pub(super) fn fault_in_both_slots(&self, token: &str) -> AssertionFault {
        let grant = self.grant(&[("grant_type", JWT_BEARER_GRANT), ("assertion", token)]);
        let client = self.grant(&client_credentials(token));
        let (grant, client) = (grant.unwrap_err(), client.unwrap_err());
        let Reason::Assertion {
            slot: Slot::Assertion,
            fault,
        } = grant.reason
        else {
            panic!("{grant:?}")
        };
        assert_eq!(
            client.reason,
            Reason::Assertion {
                slot: Slot::ClientAssertion,
                fault: fault.clone()
            }
        );
        let unavailable = matches!(
            fault,
            AssertionFault::BeforeTheLog | AssertionFault::IssuerUnavailable
        );
        let codes = (grant.error.as_str(), client.error.as_str());
        let expected = if unavailable {
            ("temporarily_unavailable", "temporarily_unavailable")
        } else {
            ("invalid_grant", "invalid_client")
        };
        assert_eq!(codes, expected);
        fault
    }
}

pub(super) fn client_credentials(assertion: &str) -> [(&str, &str); 3] {
    [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", JWT_CLIENT_ASSERTION),
        ("client_assertion", assertion),
    ]
}

/// Claims with some replaced; `null` takes one away.
pub(super) fn claims(base: Value, changes: Value) -> Vec<u8> {
    let (Value::Object(mut claims), Value::Object(changes)) = (base, changes) else {
        panic!("objects")
    };
    for (name, value) in changes {
        if value == json!("REMOVED") {
            claims.remove(&name);
        } else {
            claims.insert(name, value);
        }
    }
    serde_json::to_vec(&claims).unwrap()
}

/// A client's assertion that everybody would accept.
pub(super) fn good_assertion() -> Value {
    json!({
        "iss": CLIENT, "sub": CLIENT, "aud": ISSUER,
        "iat": NOW - 5, "exp": NOW + 55, "jti": "one",
    })
}

/// A projected service-account token as the API server writes them.
pub(super) fn good_pod_token() -> Value {
    json!({
        "iss": CLUSTER, "sub": "system:serviceaccount:payments:billing", "aud": [ISSUER],
        "iat": NOW - 60, "nbf": NOW - 60, "exp": NOW + 3540, "jti": "b0c4",
        "kubernetes.io": {
            "namespace": "payments",
            "serviceaccount": { "name": "billing", "uid": "sa-uid" },
            "pod": { "name": "billing-0", "uid": "pod-uid" },
            "node": { "name": "n1", "uid": "node-uid" },
        },
    })
}

/// The trusted issuer.
pub(super) fn ci() -> TrustedIssuer {
    TrustedIssuer {
        name: CI_NAME.to_owned(),
        issuer: CI.to_owned(),
        keys: vec![vouched(&CI_KEY, Vouching::Spec)],
        audience: None,
        replay: ReplayPolicy::Once,
        max_lifetime: SignedDuration::from_mins(10),
    }
}

/// One of its subjects, as rules name them.
pub(super) fn of_ci(subject: &str) -> FederatedSubject {
    FederatedSubject {
        issuer: CI_NAME.to_owned(),
        subject: subject.to_owned(),
    }
}

/// A JWT of the trusted issuer about the subject `build`.
pub(super) fn ci_token(changes: Value) -> String {
    let base = json!({
        "iss": CI, "sub": "build", "aud": ISSUER,
        "iat": NOW - 5, "exp": NOW + 295, "jti": "ci-one",
    });
    CI_KEY.sign_jws(None, &claims(base, changes)).unwrap()
}

pub(super) fn signed(changes: Value) -> String {
    KEY.sign_jws(None, &claims(good_assertion(), changes)).unwrap()
}

pub(super) fn pod_token(changes: Value) -> String {
    CLUSTER_KEY
        .sign_jws(None, &claims(good_pod_token(), changes))
        .unwrap()
}

/// The `kubernetes.io` claim with some members replaced.
pub(super) fn kubernetes(changes: Value) -> Value {
    let base = good_pod_token().get("kubernetes.io").cloned().unwrap();
    let claim: Map<String, Value> = serde_json::from_slice(&claims(base, changes)).unwrap();
    json!({ "kubernetes.io": claim })
}
