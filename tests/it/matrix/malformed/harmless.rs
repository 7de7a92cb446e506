//! JWTs that are unusual and good: refusing one of them would be as wrong as taking a malformed one.

use crate::matrix::token::{Draft, fresh, segment, sign};
use crate::matrix::world::{CLIENT, NOW};
use crate::support::endpoint::ISSUER;
use serde_json::json;

type Change = fn(Draft) -> String;

pub(super) fn all() -> Vec<(&'static str, Change)> {
    vec![
        ("nothing", |draft| draft.token()),
        ("no kid", |mut draft| {
            draft.header.remove("kid");
            // The cluster's key and the client's are the only ones of their algorithm.
            draft.token()
        }),
        ("typ JWT", |draft| draft.header("typ", json!("JWT")).token()),
        ("typ jwt", |draft| draft.header("typ", json!("jwt")).token()),
        ("typ application/jwt", |draft| {
            draft.header("typ", json!("application/JWT")).token()
        }),
        ("cty json", |draft| draft.header("cty", json!("json")).token()),
        ("an unknown header member", |draft| {
            draft.header("iv", json!([1, { "a": null }])).token()
        }),
        ("a certificate's thumbprint", |draft| {
            draft.header("x5t#S256", json!("AAAA")).token()
        }),
        ("unknown claims", |draft| {
            draft
                .claim("urn:x", json!({ "alg": "none", "a": [[[]]] }))
                .token()
        }),
        ("names beyond ASCII", |draft| {
            draft.claim("né", json!("\u{1f511}")).token()
        }),
        ("aud as an array of one", |draft| {
            draft.claim("aud", json!([ISSUER])).token()
        }),
        ("aud as a string", |draft| {
            draft.claim("aud", json!(ISSUER)).token()
        }),
        ("fractions of seconds", |draft| {
            let draft = draft.claim("iat", format!("{}.5", NOW - 6));
            let draft = draft.claim("nbf", format!("{}.25", NOW - 6));
            draft.claim("exp", format!("{}.75", NOW + 100)).token()
        }),
        ("exponents", |draft| {
            let draft = draft.claim("iat", "1.8e9").claim("nbf", "18e8");
            draft.claim("exp", "1.8000001E+9").token()
        }),
        ("a zero fraction", |draft| {
            draft.claim("exp", format!("{}.000", NOW + 100)).token()
        }),
        ("nbf of 0", |draft| draft.claim("nbf", 0).token()),
        ("a long jti", |draft| {
            let jti = fresh();
            draft.claim("jti", json!(format!("{jti:j>256}"))).token()
        }),
        ("a jti that is a path", |draft| {
            let jti = fresh();
            draft.claim("jti", json!(format!("../../{jti}\u{0}'"))).token()
        }),
        ("escapes for plain letters", |draft| {
            let text = draft.claims.text().replace("\"iss\"", "\"\\u0069s\\u0073\"");
            let input = format!("{}.{}", segment(draft.header.text()), segment(text));
            sign(draft.signer.key(), &input)
        }),
        ("white space around and inside", |draft| {
            let space = |text: String| segment(format!("\r\n\t {}\n ", text.replace(',', " ,\n\t")));
            let input = format!("{}.{}", space(draft.header.text()), space(draft.claims.text()));
            sign(draft.signer.key(), &input)
        }),
        ("its own name in client_id and azp", |draft| {
            draft
                .claim("client_id", json!(CLIENT))
                .claim("azp", json!(CLIENT))
                .token()
        }),
        ("a scope that it may have", |draft| {
            draft.claim("scope", json!("read")).token()
        }),
        ("the longest lifetime", |draft| {
            let limit = draft.signer.max_lifetime();
            draft.claim("iat", NOW).claim("exp", NOW + limit).token()
        }),
        ("16 levels and many members", |draft| {
            let nested = format!("{}{}", "[".repeat(15), "]".repeat(15));
            let members: Vec<String> = (0..200).map(|name| format!("\"x{name}\":0")).collect();
            draft
                .claim("nested", nested)
                .claim("many", format!("{{{}}}", members.join(",")))
                .token()
        }),
        ("almost too long", |draft| {
            let draft = draft.claim("padding", json!("p".repeat(11_000)));
            draft.token()
        }),
    ]
}
