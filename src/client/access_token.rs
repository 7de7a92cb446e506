//! What a resource server looks at in an access token.

use crate::jose::{self, Claims, UnverifiedJws, VerificationKey};
use jiff::Timestamp;
use thiserror::Error;

/// Why an API would not take an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotAccepted {
    /// Not a signed JWT.
    #[error("it is not a signed JWT")]
    NotJwt,
    /// Another kind of JWT (RFC 9068 §4).
    #[error("its typ is not at+jwt")]
    Type,
    /// No published key is for it.
    #[error("no published key is for it")]
    Key,
    /// The signature is wrong.
    #[error("its signature does not verify")]
    Signature,
    /// Another issuer's.
    #[error("its iss is not the issuer")]
    Issuer,
    /// For another API, or for more than one.
    #[error("its aud is not the resource alone")]
    Audience,
    /// It has expired, or does not say when it will.
    #[error("it has expired")]
    Expired,
}

/// Verifies an access token as an API must that is known as `resource` (RFC 9068 §4): kind, key, signature, issuer,
/// audience, expiry.
pub fn verify(
    token: &str,
    keys: &[VerificationKey],
    issuer: &str,
    resource: &str,
    now: Timestamp,
) -> Result<Claims, NotAccepted> {
    let jws = UnverifiedJws::parse(token).map_err(|_| NotAccepted::NotJwt)?;
    if jws.typ() != Some("at+jwt") {
        return Err(NotAccepted::Type);
    }
    let key = jose::select(keys.iter(), jws.kid(), jws.algorithm()).map_err(|_| NotAccepted::Key)?;
    let claims = jws.verify(key).map_err(|_| NotAccepted::Signature)?;
    if claims.issuer() != Ok(issuer) {
        return Err(NotAccepted::Issuer);
    }
    let sole = claims
        .audience()
        .map(|audience| audience.sole() == Some(resource));
    if sole != Ok(true) {
        return Err(NotAccepted::Audience);
    }
    match claims.expiry() {
        Ok(expiry) if expiry > now => Ok(claims),
        _ => Err(NotAccepted::Expired),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::{Algorithm, SigningKey};
    use rstest::rstest;
    use serde_json::{Value, json};

    const ISSUER: &str = "https://tokens.example";
    const API: &str = "https://ledger.internal";
    const NOW: i64 = 1_800_000_000;

    fn claims() -> Value {
        json!({"iss": ISSUER, "aud": API, "exp": NOW + 1})
    }

    fn with(name: &str, value: Value) -> Value {
        let mut claims = claims();
        claims[name] = value;
        claims
    }

    #[rstest]
    #[case::good("at+jwt", claims(), Ok(()))]
    #[case::sole_of_a_list("at+jwt", with("aud", json!([API])), Ok(()))]
    #[case::kind("JWT", claims(), Err(NotAccepted::Type))]
    #[case::issuer("at+jwt", with("iss", json!("https://other.example")), Err(NotAccepted::Issuer))]
    #[case::audience("at+jwt", with("aud", json!("https://other.internal")), Err(NotAccepted::Audience))]
    #[case::two_audiences("at+jwt", with("aud", json!([API, "https://b"])), Err(NotAccepted::Audience))]
    #[case::expired("at+jwt", with("exp", json!(NOW)), Err(NotAccepted::Expired))]
    #[case::endless("at+jwt", with("exp", Value::Null), Err(NotAccepted::Expired))]
    fn an_api_takes_what_is_for_it(
        #[case] typ: &str,
        #[case] claims: Value,
        #[case] expected: Result<(), NotAccepted>,
    ) {
        let key = SigningKey::generate(Algorithm::Es256).unwrap();
        let token = key
            .sign_jws(Some(typ), &serde_json::to_vec(&claims).unwrap())
            .unwrap();
        assert_eq!(judged(&token, &key), expected);
    }

    #[test]
    fn an_api_takes_nothing_that_a_published_key_did_not_sign() {
        let (key, other) = (
            SigningKey::generate(Algorithm::Es256).unwrap(),
            SigningKey::generate(Algorithm::Es256).unwrap(),
        );
        let token = key
            .sign_jws(Some("at+jwt"), &serde_json::to_vec(&claims()).unwrap())
            .unwrap();
        assert_eq!(judged(&token, &other), Err(NotAccepted::Key));
        let (head, _) = token.rsplit_once('.').unwrap();
        let forged = format!("{head}.{}", "A".repeat(86));
        assert_eq!(judged(&forged, &key), Err(NotAccepted::Signature));
        assert_eq!(judged("x", &key), Err(NotAccepted::NotJwt));
    }

    fn judged(token: &str, published: &SigningKey) -> Result<(), NotAccepted> {
        let set = json!({"keys": [published.public_jwk()]});
        let keys = jose::judge_jwks_value(&set, &Algorithm::ALL).unwrap().keys;
        let now = Timestamp::from_second(NOW).unwrap();
        verify(token, &keys, ISSUER, API, now).map(|_| ())
    }
}
