//! A token request in the making: good until faults are put into it.

use crate::matrix::token::{Draft, Signer};
use crate::matrix::world::{self, LIMITED};
use crate::support::endpoint::{Endpoint, FORM, Reply};
use axum::body::Body;
use countersign::oauth::request::{JWT_BEARER_GRANT, JWT_CLIENT_ASSERTION};
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use serde_json::json;
use url::form_urlencoded::Serializer;

/// Which JWTs a request has, and who signs them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) client: Option<Signer>,
    pub(super) grant: Option<Signer>,
}

/// A JWT of a request.
pub(super) struct Jwt {
    pub(super) signer: Signer,
    /// What is wrong with it.
    pub(super) spoil: Option<fn(Draft) -> String>,
    /// Whether its `jti` was used before.
    pub(super) used: bool,
}

/// What is going to be sent.
pub(super) struct Request {
    pub(super) method: &'static str,
    pub(super) query: &'static str,
    pub(super) content_types: Vec<&'static str>,
    pub(super) encoding: Option<&'static str>,
    pub(super) authorization: Option<&'static str>,
    pub(super) grant_type: Option<&'static str>,
    pub(super) assertion_type: Option<&'static str>,
    pub(super) client_assertion: Option<Jwt>,
    pub(super) assertion: Option<Jwt>,
    /// Whether `assertion` is the `client_assertion` again.
    pub(super) same_jwt: bool,
    /// Whether the client is the one that may use no grant.
    pub(super) limited: bool,
    pub(super) further: Vec<(&'static str, &'static str)>,
    /// Parameters that stand twice.
    pub(super) repeated: Vec<&'static str>,
    /// What stands behind the form, as it is.
    pub(super) behind: String,
}

/// What was sent, and the answer.
pub(super) struct Sent {
    pub(super) reply: Reply,
    pub(super) tokens: Vec<String>,
    pub(super) authorization: bool,
}

// === impl Shape ===

impl Shape {
    pub(super) const fn new(client: Option<Signer>, grant: Option<Signer>) -> Self {
        Self { client, grant }
    }

    /// Which JWTs there are, whoever signs.
    pub(super) const fn kind(self) -> (bool, bool) {
        (self.client.is_some(), self.grant.is_some())
    }

    /// Whether an `assertion` alone has to say who the client is.
    pub(super) const fn is_unauthenticated(self) -> bool {
        self.client.is_none()
    }
}

// === impl Jwt ===

impl Jwt {
    pub(super) fn new(signer: Signer) -> Self {
        Self {
            signer,
            spoil: None,
            used: false,
        }
    }

    async fn token(&self, endpoint: &Endpoint, limited: bool) -> String {
        let draft = Draft::good(self.signer);
        if self.used {
            let form = crate::matrix::slot::Slot::ClientAssertion;
            let reply = endpoint.token(&form.form(&draft.token(), "")).await;
            assert_eq!(reply.status, 200, "it must be used up");
        }
        let draft = if limited { of_limited(draft) } else { draft };
        self.spoil
            .map_or_else(|| draft.token(), |spoil| spoil(draft.clone()))
    }
}

/// The same JWT for the client that may use no grant.
pub(super) fn of_limited(draft: Draft) -> Draft {
    let subject = match draft.signer {
        Signer::Rsa | Signer::Ecdsa => {
            return draft.claim("iss", json!(LIMITED)).claim("sub", json!(LIMITED));
        }
        Signer::Cluster => world::LIMITED_SERVICE_ACCOUNT,
        Signer::Trusted => world::LIMITED_IDENTITY,
    };
    let kubernetes = draft.claims.value("kubernetes.io");
    let draft = draft.claim("sub", json!(subject));
    match kubernetes {
        Some(claim) => draft.claim("kubernetes.io", claim.replace("\"billing\"", "\"limited\"")),
        None => draft,
    }
}

// === impl Request ===

impl Request {
    /// What is granted.
    pub(super) fn new(shape: Shape) -> Self {
        Self {
            method: "POST",
            query: "",
            content_types: vec![FORM],
            encoding: None,
            authorization: None,
            grant_type: Some(shape.grant.map_or("client_credentials", |_| JWT_BEARER_GRANT)),
            assertion_type: shape.client.map(|_| JWT_CLIENT_ASSERTION),
            client_assertion: shape.client.map(Jwt::new),
            assertion: shape.grant.map(Jwt::new),
            same_jwt: false,
            limited: false,
            further: Vec::new(),
            repeated: Vec::new(),
            behind: String::new(),
        }
    }

    pub(super) async fn send(self, endpoint: &Endpoint) -> Sent {
        let client = match &self.client_assertion {
            Some(jwt) => Some(jwt.token(endpoint, self.limited).await),
            None => None,
        };
        let grant = match &self.assertion {
            Some(_) if self.same_jwt => client.clone(),
            Some(jwt) => Some(jwt.token(endpoint, self.limited).await),
            None => None,
        };
        let mut form: Vec<(&str, &str)> = Vec::new();
        form.extend(self.grant_type.map(|value| ("grant_type", value)));
        form.extend(self.assertion_type.map(|value| ("client_assertion_type", value)));
        form.extend(client.as_deref().map(|token| ("client_assertion", token)));
        form.extend(grant.as_deref().map(|token| ("assertion", token)));
        form.extend(&self.further);
        for name in self.repeated {
            let found = form.iter().find(|(known, _)| *known == name).copied();
            form.extend(found.map_or_else(|| vec![(name, "x"); 2], |again| vec![again]));
        }
        let body = Serializer::new(String::new()).extend_pairs(form).finish() + &self.behind;

        let mut request = http::Request::builder()
            .method(self.method)
            .uri(format!("/token{}", self.query));
        for content_type in self.content_types {
            request = request.header(CONTENT_TYPE, content_type);
        }
        if let Some(encoding) = self.encoding {
            request = request.header(CONTENT_ENCODING, encoding);
        }
        if let Some(authorization) = self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        Sent {
            reply: endpoint.send(request.body(Body::from(body)).unwrap()).await,
            tokens: client.into_iter().chain(grant).collect(),
            authorization: self.authorization.is_some(),
        }
    }
}
