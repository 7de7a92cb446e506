//! Claims that are missing, of the wrong type or out of range (RFC 7523 §3 rules 1 to 8; S-7523-10 to -19,
//! S-7519-10 to -16). All of it is signed.

use super::corpus::{Malformed, because};
use crate::matrix::slot::Slot;
use crate::matrix::token::Signer;
use crate::matrix::world::{
    CLIENT, CLUSTER, DELEGATED, LIMITED, NEIGHBOUR, NOW, REDEEMABLE, SERVICE_ACCOUNT, TRUSTED,
};
use crate::support::endpoint::{ISSUER, TOKEN_ENDPOINT};
use countersign::oauth::reason::ReasonCode;
use serde_json::json;

/// From a lifetime in seconds to an `exp`, in raw JSON.
type Exp = fn(i64) -> String;

/// What no claim may be, in raw JSON.
const NO_NAME: [&str; 10] = [
    "null",
    "1",
    "true",
    "{}",
    "[]",
    "[\"payments/billing\"]",
    "\"\"",
    "\" \"",
    "\"\\u0000\"",
    "\"payments/billing\\n\"",
];
/// What no date is, in raw JSON.
const NO_DATE: [&str; 20] = [
    "null",
    "true",
    "\"1800000100\"",
    "\"2027-01-15T08:00:00Z\"",
    "\"\"",
    "[]",
    "{}",
    "[1800000100]",
    "-1",
    "-1800000100",
    "-0.5",
    "-1e300",
    "253402300800",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e19",
    "1.7976931348623157e308",
];

pub(super) fn corpus() -> Vec<Malformed> {
    use ReasonCode::{
        Audience, ClaimMalformed, ClaimMissing, ClientNotChosen, ClientUnknown, Expired, IssuedAtMissing,
        IssuedInTheFuture, IssuerUnknown, JwtIdMissing, KeyUnknown, Lifetime, NotYetValid, OtherClient,
        ScopeClaim, Signature, SubjectNotDelegated, SubjectNotIssuer, WorkloadSubject,
    };
    because(&[ClaimMissing, IssuedAtMissing, JwtIdMissing], missing())
        .chain(because(&[ClaimMalformed], types()))
        .chain(because(&[ScopeClaim], scopes()))
        .chain(because(
            &[IssuerUnknown, ClientUnknown, KeyUnknown, Signature],
            issuers(),
        ))
        .chain(because(
            &[
                SubjectNotIssuer,
                SubjectNotDelegated,
                WorkloadSubject,
                ClientNotChosen,
            ],
            subjects(),
        ))
        .chain(because(&[ClaimMalformed, Audience], audiences()))
        .chain(because(
            &[Expired, Lifetime, IssuedInTheFuture, NotYetValid, ClaimMalformed],
            times(),
        ))
        .chain(because(&[OtherClient, ClientNotChosen], limits()))
        .collect()
}

fn missing() -> Vec<Malformed> {
    let mut rows: Vec<Malformed> = ["iss", "sub", "aud", "exp", "iat"]
        .into_iter()
        .map(|claim| Malformed::new(format!("no {claim}"), move |draft| draft.without(claim).token()))
        .collect();
    // The cluster's are not used once only.
    rows.push(Malformed::some("no jti", |draft, _| {
        let once = draft.signer != Signer::Cluster;
        once.then(|| draft.without("jti").token())
    }));
    rows
}

fn types() -> Vec<Malformed> {
    let mut rows = Vec::new();
    for claim in ["iss", "sub", "aud"] {
        let values = NO_NAME
            .into_iter()
            .filter(|value| claim != "aud" || !value.starts_with("[\""));
        rows.extend(values.map(|value| raw(claim, value)));
        rows.push(text(claim, "x".repeat(2049)));
    }
    for claim in ["exp", "nbf", "iat"] {
        rows.extend(NO_DATE.into_iter().map(|value| raw(claim, value)));
    }
    for value in ["null", "1", "true", "\"\"", "{}", "[\"x\"]"] {
        rows.push(raw("jti", value));
    }
    rows.push(text("jti", "j".repeat(257)));
    rows
}

/// `scope` claims that are no scope (RFC 6749 §3.3).
fn scopes() -> Vec<Malformed> {
    let values = [
        "null",
        "1",
        "[\"read\"]",
        "{}",
        "\" read\"",
        "\"read  write\"",
        "\"r\\\"d\"",
        "\"ré\"",
    ];
    values.into_iter().map(|value| raw("scope", value)).collect()
}

fn raw(claim: &'static str, value: &str) -> Malformed {
    let value = value.to_owned();
    let shown: String = value.chars().take(60).collect();
    Malformed::new(format!("{claim} is {shown}"), move |draft| {
        draft.claim(claim, &value).token()
    })
}

fn text(claim: &'static str, value: impl Into<String>) -> Malformed {
    raw(claim, &json!(value.into()).to_string())
}

/// Issuers that are somebody else, or not quite the right one (S-7523-11).
fn issuers() -> Vec<Malformed> {
    let mut corpus: Vec<Malformed> = [
        "payments/nobody".to_owned(),
        "other/billing".to_owned(),
        NEIGHBOUR.to_owned(),
        CLIENT.to_ascii_uppercase(),
        format!("{CLIENT}/"),
        format!("/{CLIENT}"),
        format!("{CLIENT} "),
        CLIENT.replace('/', "%2F"),
        CLIENT.replace('/', "//"),
        "payments/billin\u{0261}".to_owned(),
        "payments/bi\u{200d}lling".to_owned(),
        SERVICE_ACCOUNT.to_owned(),
        ISSUER.to_owned(),
        TOKEN_ENDPOINT.to_owned(),
        format!("{CLUSTER}/"),
        format!("{CLUSTER}:443"),
        format!("{TRUSTED}/"),
        format!("{TRUSTED}:443"),
        TRUSTED.to_ascii_uppercase(),
        TRUSTED.replace("https", "http"),
        CLUSTER.replace("https", "HTTPS"),
        CLUSTER.replace("kubernetes", "Kubernetes"),
        CLUSTER.replace("default", "%64efault"),
        "kubernetes/serviceaccount".to_owned(),
    ]
    .into_iter()
    .map(|issuer| text("iss", issuer))
    .collect();
    corpus.push(Malformed::client("iss is the cluster's", |draft| {
        draft.claim("iss", json!(CLUSTER)).token()
    }));
    corpus.push(Malformed::some("iss is the trusted issuer's", |draft, _| {
        let other = draft.signer != Signer::Trusted;
        other.then(|| draft.claim("iss", json!(TRUSTED)).token())
    }));
    corpus.push(Malformed::cluster("iss is the client", |draft| {
        draft.claim("iss", json!(CLIENT)).token()
    }));
    corpus
}

/// Subjects that the signer may not name (S-7523-13).
fn subjects() -> Vec<Malformed> {
    let subjects = [
        "payments/nobody",
        LIMITED,
        "payments/Billing",
        "payments/billing ",
        "payments/billing/",
        "mallory",
        "Alice",
        "alice ",
        "*",
    ];
    let mut corpus: Vec<Malformed> = subjects.into_iter().map(|subject| text("sub", subject)).collect();
    // The client's keys may speak for this subject, but never authenticate as it.
    corpus.push(Malformed::some("sub is delegated", |draft, slot: Slot| {
        let authenticates = slot.authenticates() && draft.signer.is_client();
        authenticates.then(|| draft.claim("sub", json!(DELEGATED)).token())
    }));
    // The client may redeem what the trusted issuer says of it, and never be it.
    corpus.push(Malformed::some("sub is redeemable", |draft, slot: Slot| {
        let fits = slot != Slot::AssertionBesideClient && draft.signer == Signer::Trusted;
        fits.then(|| draft.claim("sub", json!(REDEEMABLE)).token())
    }));
    corpus.push(Malformed::client("sub is the service account", |draft| {
        draft.claim("sub", json!(SERVICE_ACCOUNT)).token()
    }));
    corpus.push(Malformed::cluster("sub is the client", |draft| {
        draft.claim("sub", json!(CLIENT)).token()
    }));
    corpus
}

/// Audiences with an element that is none (S-7523-14); which audience is ours is M-3's.
fn audiences() -> Vec<Malformed> {
    [
        json!([ISSUER, null]),
        json!([ISSUER, 1]),
        json!([ISSUER, ""]),
        json!([ISSUER, [ISSUER]]),
        json!([null]),
        json!([[ISSUER]]),
        json!({ "0": ISSUER }),
        json!(format!("{ISSUER} {TOKEN_ENDPOINT}")),
    ]
    .into_iter()
    .map(|audience| raw("aud", &audience.to_string()))
    .collect()
}

/// Times that are dates, but not acceptable ones (S-7523-16 to -19); their edges are M-5's.
fn times() -> Vec<Malformed> {
    const DAY: i64 = 86_400;
    let mut corpus = vec![
        Malformed::new("expired a day ago", |draft| {
            draft.claim("iat", NOW - DAY - 60).claim("exp", NOW - DAY).token()
        }),
        Malformed::new("expired in 1970", |draft| {
            draft.claim("iat", 0).claim("exp", 1).token()
        }),
        Malformed::new("exp in milliseconds", |draft| {
            draft.claim("exp", (NOW + 60) * 1000).token()
        }),
        Malformed::new("iat in milliseconds", |draft| {
            draft.claim("iat", NOW * 1000).token()
        }),
        Malformed::new("exp before iat", |draft| {
            draft.claim("iat", NOW).claim("exp", NOW - 1).token()
        }),
        Malformed::new("nbf tomorrow", |draft| draft.claim("nbf", NOW + DAY).token()),
        Malformed::new("iat tomorrow", |draft| {
            draft.claim("iat", NOW + DAY).claim("exp", NOW + DAY + 60).token()
        }),
        Malformed::new("iat in 1970", |draft| draft.claim("iat", 0).token()),
        Malformed::new("exp in the year 9999", |draft| {
            draft.claim("exp", 253_402_300_799_i64).token()
        }),
    ];
    let too_long: [(&str, Exp); 3] = [
        ("a second", |limit| (NOW + limit + 1).to_string()),
        ("a fraction of a second", |limit| format!("{}.25", NOW + limit)),
        ("as long again", |limit| (NOW + 2 * limit).to_string()),
    ];
    corpus.extend(too_long.map(|(name, exp)| {
        Malformed::new(format!("lives {name} too long"), move |draft| {
            let exp = exp(draft.signer.max_lifetime());
            draft.claim("iat", NOW).claim("exp", exp).token()
        })
    }));
    corpus
}

/// What an `assertion` says of the client that it is for (D-20).
fn limits() -> Vec<Malformed> {
    let claims = ["client_id", "azp"].into_iter().flat_map(|claim| {
        let values = [
            json!(LIMITED),
            json!("payments/nobody"),
            json!(""),
            json!([CLIENT]),
            json!(null),
            json!(1),
        ];
        values.into_iter().map(move |value| {
            Malformed::some(format!("{claim} is {value}"), move |draft, slot| {
                (!slot.authenticates()).then(|| draft.claim(claim, &value).token())
            })
        })
    });
    claims.collect()
}
