//! How the parts work together; the tables of rules are beside the parts.

use super::*;
use serde_json::json;

#[test]
fn every_algorithm_signs_what_its_public_half_verifies() {
    for algorithm in Algorithm::ALL {
        let key = SigningKey::generate(algorithm).unwrap();
        let again = SigningKey::from_pkcs8(algorithm, &key.to_pkcs8().unwrap()).unwrap();
        assert_eq!(again.kid(), key.kid());
        let claims = json!({ "iss": "a", "n": 1 }).to_string();
        let token = again.sign_jws(Some("at+jwt"), claims.as_bytes()).unwrap();
        let jwk = serde_json::to_vec(&json!({ "keys": [key.public_jwk()] })).unwrap();
        let judged = judge_jwks(&jwk, &Algorithm::ALL).unwrap();
        assert_eq!(judged.refused, []);
        let jws = UnverifiedJws::parse(&token).unwrap();
        assert_eq!(jws.typ(), Some("at+jwt"));
        let public = select(judged.keys.iter(), jws.kid(), jws.algorithm()).unwrap();
        assert_eq!(jws.verify(public).unwrap().issuer(), Ok("a"));
    }
}
