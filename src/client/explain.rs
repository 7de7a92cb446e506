//! What to do about a refusal.

/// Advice for a developer whose request was refused with this `error` code.
pub fn advice(error: &str) -> &'static [&'static str] {
    match error {
        "invalid_client" | "invalid_grant" => &[
            "Is the OAuthClient there, Ready and not suspended?   kubectl get oauthclient -n NAMESPACE NAME",
            "Is the assertion's key among its keys, under the same kid?   see .status.keys of the object",
            "Are iss and sub exactly <namespace>/<name>, and is aud exactly the issuer?",
            "Has it iat and jti, is exp at most spec.assertion.maxLifetime after iat, and is the clock right?",
            "Was this assertion sent before? Each is honoured once: sign a new one for every request.",
            "A service-account token must be bound to a pod, have the issuer as its only audience, and be of a service account in spec.identities. With several clients for it, send client_id.",
        ],
        "unauthorized_client" => &["Add the grant to spec.grants of the OAuthClient."],
        "invalid_scope" => &[
            "Ask for scopes that spec.resources[].scopes has for this resource (and the assertion's own scope claim).",
        ],
        "invalid_target" => &[
            "Name one of spec.resources[].identifier, byte by byte, with --resource; or mark one of them as the default.",
            "The server must mint tokens for it too: see its --resource options.",
        ],
        "invalid_request" => &["A parameter is missing, repeated or malformed: see error_description."],
        "unsupported_grant_type" => {
            &["Use client_credentials or urn:ietf:params:oauth:grant-type:jwt-bearer."]
        }
        "temporarily_unavailable" => &[
            "Nothing is wrong with the request: wait (Retry-After says how long), sign a new assertion, try again.",
        ],
        "slow_down" => &["This client has used up its share: wait, and reuse tokens until they expire."],
        _ => &["Look for the request id in the server's audit log."],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::error::ErrorCode;

    #[test]
    fn every_error_but_our_own_failure_has_advice_of_its_own() {
        for code in ErrorCode::ALL {
            assert_eq!(
                advice(code.as_str()) == advice("unknown"),
                code == ErrorCode::ServerError,
                "{code:?}"
            );
        }
    }
}
