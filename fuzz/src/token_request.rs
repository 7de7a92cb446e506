//! The token endpoint's decisions from bytes to token. An input has up to three lines: the body of a request;
//! the claims of a `client_assertion`; those of an `assertion`. Claims are signed by whoever `iss` names and
//! put into the body; without them the body is what a stranger sends, who has none of the keys.

use crate::world::{CI, CI_NAME, CLIENT, CLUSTER, ISSUER, LEDGER, NOW, WORLD, now};
use countersign::grants::{self, Grant, Moment, Refusal};
use countersign::jose::UnverifiedJws;
use countersign::oauth::request::{JWT_CLIENT_ASSERTION, TokenRequest};
use countersign::replay::Outcome;
use serde_json::Value;
use url::form_urlencoded;

/// Any bytes.
pub fn run(input: &[u8]) {
    granted(input);
}

/// The `sub` of the token that the input gets.
pub fn granted(input: &[u8]) -> Option<String> {
    let mut lines = input.splitn(3, |byte| *byte == b'\n');
    let mut body = lines.next().unwrap_or_default().to_vec();
    let claims = |line: Option<&[u8]>| line.filter(|line| !line.is_empty()).map(sign);
    let (client_assertion, assertion) = (claims(lines.next()), claims(lines.next()));
    let stranger = client_assertion.is_none() && assertion.is_none();
    let mut add = |name: &str, value: &str| {
        let pair = form_urlencoded::Serializer::new(String::new())
            .append_pair(name, value)
            .finish();
        body.extend_from_slice(b"&");
        body.extend_from_slice(pair.as_bytes());
    };
    if let Some(token) = client_assertion {
        add("client_assertion_type", JWT_CLIENT_ASSERTION);
        add("client_assertion", &token);
    }
    if let Some(token) = assertion {
        add("assertion", &token);
    }
    assert!(decide(&body, true).is_err(), "with an Authorization header");
    match decide(&body, false) {
        Ok(grant) => {
            assert!(!stranger, "granted to somebody without a key");
            let subject = grant.terms().subject.clone();
            check(grant);
            Some(subject)
        }
        Err(refusal) => {
            assert!(refusal.error.status() < 500, "{refusal:?}");
            None
        }
    }
}

fn decide(body: &[u8], authorization_header: bool) -> Result<Grant, Refusal> {
    let request = TokenRequest::parse(body, authorization_header)?;
    let moment = Moment {
        now: now(),
        log_birth: None,
    };
    let authenticated = grants::authenticate(request, &WORLD.index, &WORLD.settings, moment)?;
    grants::authorize(&authenticated, &WORLD.index, &WORLD.settings, moment.now)
}

/// A JWT of these claims; the bytes themselves if they are none.
fn sign(claims: &[u8]) -> String {
    let issuer = serde_json::from_slice::<Value>(claims).ok();
    let key = match issuer
        .as_ref()
        .and_then(|claims| claims.get("iss"))
        .and_then(Value::as_str)
    {
        Some(CLUSTER) => &WORLD.cluster_key,
        Some(CI) => &WORLD.ci_key,
        _ => &WORLD.client_key,
    };
    key.sign_jws(None, claims)
        .unwrap_or_else(|_| String::from_utf8_lossy(claims).into_owned())
}

/// What was granted is within the policy of the world, and becomes a token that says the same.
fn check(grant: Grant) {
    let terms = grant.terms().clone();
    let federated = format!("{CI_NAME}#build");
    let delegated = format!("{CLIENT}#alice");
    let subjects = [CLIENT, &delegated, "carol", &federated];
    assert_eq!((terms.client.as_str(), terms.audience.as_str()), (CLIENT, LEDGER));
    assert!(subjects.contains(&terms.subject.as_str()), "{terms:?}");
    let most = if terms.public { "read" } else { "read write" };
    assert!(terms.scopes.is_subset(&most.parse().unwrap()), "{terms:?}");
    let lifetime = terms.not_after.as_second() - NOW;
    assert!((1..=600).contains(&lifetime), "{terms:?}");
    assert!(
        grant
            .uses()
            .iter()
            .all(|this| this.client == terms.client && this.until > now())
    );

    let settled = grant
        .settle(Outcome::Owned, now())
        .expect("nothing has expired since");
    let issued = grants::issue(&settled, &WORLD.settings.issuer, &WORLD.our_key, "id", now()).unwrap();
    let jws = UnverifiedJws::parse(&issued.access_token).expect("our own tokens are well-formed");
    let claims = jws.verify(&WORLD.our_key.verification_key().unwrap()).unwrap();
    assert_eq!(
        (claims.issuer(), claims.subject()),
        (Ok(ISSUER), Ok(terms.subject.as_str()))
    );
    assert_eq!(claims.get("act").is_some(), terms.delegated());
    assert_eq!(claims.expiry().unwrap().as_second(), terms.not_after.as_second());
}
