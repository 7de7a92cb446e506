//! Headers that choose their own algorithm, bring their own key, or mean something else (S-8725-01 to -05,
//! S-7515-01 to -05, S-7519-01). All of it is signed, where there is something to sign with.

use super::corpus::{Malformed, because};
use crate::matrix::token::{Draft, Signer, segment, sign};
use aws_lc_rs::hmac;
use countersign::jose::{Algorithm, SigningKey};
use countersign::oauth::reason::ReasonCode;
use serde_json::{Value, json};

pub(super) fn corpus() -> Vec<Malformed> {
    use ReasonCode::{JwtAlgorithm, JwtHeader, JwtSegments, JwtType, JwtUnsigned, KeyUnknown, Signature};
    because(&[JwtAlgorithm, JwtHeader, JwtType, KeyUnknown], members())
        .chain(because(&[JwtAlgorithm, JwtSegments, JwtUnsigned], unsigned()))
        .chain(because(&[JwtAlgorithm, Signature], shared_secrets()))
        .chain(because(&[KeyUnknown, Signature], other_algorithms()))
        .chain(because(&[KeyUnknown, Signature], keys()))
        .collect()
}

/// Header members that are refused whatever the rest says.
fn members() -> Vec<Malformed> {
    let own = SigningKey::generate(Algorithm::Es256).unwrap().public_jwk();
    let rows: Vec<(&str, Vec<Value>)> = vec![
        (
            "alg",
            vec![
                json!(null),
                json!(256),
                json!(true),
                json!(["RS256", "ES256"]),
                json!({ "name": "ES256" }),
                json!(""),
                json!(" ES256"),
                json!("ES256 "),
                json!("es256"),
                json!("rs256"),
                json!("RS256\u{0}"),
                json!("ES256K"),
                json!("ES256, RS256"),
                json!("RSA"),
                json!("RSA-OAEP"),
                json!("A128KW"),
                json!("dir"),
                json!("ML-DSA-44"),
                json!("Ed448"),
                json!("https://www.w3.org/2001/04/xmldsig-more#rsa-sha256"),
            ],
        ),
        (
            "crit",
            vec![
                json!(["x"]),
                json!([]),
                json!("x"),
                json!(null),
                json!({}),
                json!(["alg"]),
                json!(["exp"]),
                json!([1]),
                json!(["b64"]),
                json!(["x", "x"]),
                json!(["http://openbanking.org.uk/iat"]),
            ],
        ),
        (
            "jwk",
            vec![json!(own), json!(Signer::Ecdsa.key().public_jwk()), json!(null)],
        ),
        (
            "jku",
            vec![
                json!("https://keys.example/jwks"),
                json!("http://127.0.0.1/jwks"),
                json!(""),
            ],
        ),
        (
            "x5u",
            vec![
                json!("https://keys.example/x509"),
                json!("file:///etc/passwd"),
                json!(null),
            ],
        ),
        ("x5c", vec![json!(["MIIB"]), json!([])]),
        ("b64", vec![json!(false), json!(true)]),
        ("zip", vec![json!("DEF"), json!(null)]),
        ("enc", vec![json!("A256GCM")]),
        (
            "cty",
            vec![
                json!("JWT"),
                json!("jwt"),
                json!("application/jwt"),
                json!(1),
                json!(null),
            ],
        ),
        (
            "kid",
            vec![
                json!(null),
                json!(1),
                json!(true),
                json!([Signer::Ecdsa.key().kid()]),
                json!({ "kid": "x" }),
                json!(""),
                json!("k".repeat(257)),
                json!("k".repeat(8000)),
                json!("unknown"),
                json!("../../../../dev/null"),
                json!("' or '1'='1"),
                json!("*"),
                json!("\u{0}"),
                json!(format!("{}\u{0}", Signer::Ecdsa.key().kid())),
                json!(format!(" {}", Signer::Ecdsa.key().kid())),
                json!(Signer::Ecdsa.key().kid().to_ascii_uppercase()),
            ],
        ),
        (
            "typ",
            vec![
                json!(null),
                json!(1),
                json!(["JWT"]),
                json!({}),
                json!(""),
                json!("JWT "),
                json!(" JWT"),
                json!("JWT;charset=utf-8"),
                json!("JWT\u{0}"),
                json!("application/"),
                json!("application/application/jwt"),
                json!("text/jwt"),
                json!("x".repeat(129)),
                json!("JWS"),
                json!("JOSE"),
                json!("JOSE+JSON"),
                json!("JWE"),
            ],
        ),
    ];
    let rows = rows.into_iter().flat_map(|(member, values)| {
        values.into_iter().enumerate().map(move |(number, value)| {
            let shown: String = value.to_string().chars().take(40).collect();
            Malformed::new(format!("header: {member} {number}: {shown}"), move |draft| {
                draft.header(member, &value).token()
            })
        })
    });
    let mut corpus: Vec<Malformed> = rows.collect();
    corpus.push(Malformed::new("header: no alg", |mut draft: Draft| {
        draft.header.remove("alg");
        draft.token()
    }));
    corpus.push(Malformed::new("header: crit names what is there", |draft| {
        draft.header("crit", json!(["x"])).header("x", 1).token()
    }));
    corpus.push(Malformed::new("header: crit and b64", |draft| {
        draft.header("crit", json!(["b64"])).header("b64", false).token()
    }));
    corpus
}

/// Every spelling of "none", with and without something in the place of the signature.
fn unsigned() -> Vec<Malformed> {
    let spellings = ["none", "None", "NONE", "nOnE", "none ", "null", "\u{ff4e}one"];
    let rows = spellings.into_iter().flat_map(|spelling| {
        let empty = Malformed::new(format!("alg {spelling} without signature"), move |draft| {
            format!("{}.", draft.header("alg", json!(spelling)).input())
        });
        let signed = Malformed::new(format!("alg {spelling} with signature"), move |draft| {
            draft.header("alg", json!(spelling)).token()
        });
        [empty, signed]
    });
    let mut corpus: Vec<Malformed> = rows.collect();
    corpus.push(Malformed::new("alg none, two segments", |draft| {
        draft.header("alg", json!("none")).input()
    }));
    corpus
}

/// Something of a key that everybody knows.
type Secret = fn(Signer) -> Vec<u8>;

/// The public key, in the forms in which it is published, as the secret of a MAC (S-8725-05).
fn shared_secrets() -> Vec<Malformed> {
    let algorithms = [
        ("HS256", hmac::HMAC_SHA256),
        ("HS384", hmac::HMAC_SHA384),
        ("HS512", hmac::HMAC_SHA512),
    ];
    let secrets: [(&str, Secret); 4] = [
        ("the JWK", |signer| {
            serde_json::to_vec(&signer.key().public_jwk()).unwrap()
        }),
        ("the kid", |signer| signer.key().kid().as_bytes().to_vec()),
        ("the modulus or point", |signer| {
            let jwk = signer.key().public_jwk();
            let half = jwk.get("n").or(jwk.get("x")).unwrap();
            half.as_str().unwrap().as_bytes().to_vec()
        }),
        ("nothing", |_| Vec::new()),
    ];
    let rows = algorithms.into_iter().flat_map(move |(name, algorithm)| {
        secrets.into_iter().flat_map(move |(what, secret)| {
            let tag = move |draft: &Draft| {
                let input = draft.input();
                let key = hmac::Key::new(algorithm, &secret(draft.signer));
                format!("{input}.{}", segment(hmac::sign(&key, input.as_bytes())))
            };
            let named = Malformed::new(format!("{name} with {what} as secret"), move |draft| {
                tag(&draft.header("alg", json!(name)))
            });
            let hidden = Malformed::new(
                format!("a MAC of {name} with {what} under the key's own alg"),
                move |draft| tag(&draft),
            );
            [named, hidden]
        })
    });
    rows.collect()
}

/// Algorithms that we know, but that are not the key's (S-8725-02, -03).
fn other_algorithms() -> Vec<Malformed> {
    let named = Algorithm::ALL.into_iter().map(|other| {
        Malformed::some(format!("header: alg {other} of another key"), move |draft, _| {
            let differs = draft.signer.key().algorithm() != other;
            differs.then(|| draft.header("alg", json!(other.as_str())).token())
        })
    });
    // The same RSA key, with the hash or the padding of another algorithm.
    let rsa = [
        Algorithm::Rs384,
        Algorithm::Rs512,
        Algorithm::Ps256,
        Algorithm::Ps384,
        Algorithm::Ps512,
    ];
    let used = rsa.into_iter().flat_map(|other| {
        [true, false].map(|said| {
            let says = if said { "says" } else { "does not say" };
            let name = format!("the RSA key used with {other}, and the header {says} so");
            Malformed::some(name, move |draft, _| {
                let key = repurposed(draft.signer, other)?;
                let alg = if said { other } else { Algorithm::Rs256 };
                Some(sign(&key, &draft.header("alg", json!(alg.as_str())).input()))
            })
        })
    });
    named.chain(used).collect()
}

/// The signer's RSA key for another algorithm.
fn repurposed(signer: Signer, other: Algorithm) -> Option<SigningKey> {
    let key = signer.key();
    let rsa = key.algorithm() == Algorithm::Rs256;
    rsa.then(|| SigningKey::from_pkcs8(other, &key.to_pkcs8().unwrap()).unwrap())
}

/// Keys that are not the signer's: unknown ones under the right name, and right ones of others.
fn keys() -> Vec<Malformed> {
    let mut corpus = vec![
        Malformed::some("the kid of the client's other key", |draft, _| {
            let other = match draft.signer {
                Signer::Rsa => Signer::Ecdsa,
                Signer::Ecdsa => Signer::Rsa,
                Signer::Cluster | Signer::Trusted => return None,
            };
            Some(draft.header("kid", json!(other.key().kid())).token())
        }),
        Malformed::client("the kid of the cluster's key", |draft| {
            draft.header("kid", json!(Signer::Cluster.key().kid())).token()
        }),
        Malformed::cluster("the kid of the client's key", |draft| {
            draft.header("kid", json!(Signer::Rsa.key().kid())).token()
        }),
    ];
    for named in [true, false] {
        let what = if named {
            "under the right kid"
        } else {
            "without kid"
        };
        corpus.push(Malformed::some(
            format!("signed by an unknown key {what}"),
            move |draft, _| {
                let unknown = SigningKey::generate(draft.signer.key().algorithm()).unwrap();
                Some(sign(&unknown, &keyed(draft, named).input()))
            },
        ));
        corpus.push(Malformed::some(
            format!("the client's claims signed by the cluster {what}"),
            move |draft, _| {
                let client = draft.signer == Signer::Rsa;
                client.then(|| sign(Signer::Cluster.key(), &keyed(draft, named).input()))
            },
        ));
        corpus.push(Malformed::some(
            format!("the cluster's claims signed by the client {what}"),
            move |draft, _| {
                let cluster = draft.signer == Signer::Cluster;
                cluster.then(|| sign(Signer::Rsa.key(), &keyed(draft, named).input()))
            },
        ));
    }
    corpus
}

fn keyed(mut draft: Draft, named: bool) -> Draft {
    if !named {
        draft.header.remove("kid");
    }
    draft
}
