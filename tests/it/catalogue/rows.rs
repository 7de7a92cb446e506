//! The rows of the catalogue: what went wrong elsewhere, and what we do about it. The tests of a row are found by
//! their names.

/// One failure of other products.
pub(super) struct Row {
    /// Tests of the row begin with this in lower case and `_`.
    pub(super) id: &'static str,
    /// What went wrong, and where that is published.
    pub(super) failure: &'static str,
    /// What happens here.
    pub(super) ours: &'static str,
}

const fn row(id: &'static str, failure: &'static str, ours: &'static str) -> Row {
    Row { id, failure, ours }
}

/// Signatures and headers (A), claims (B), replay (C), keys (D), and HTTP (F).
pub(super) const ROWS: [Row; 50] = [
    row(
        "A1",
        "An unsigned token (`alg` of `none`, in any letter case) counted as signed.",
        "`none` is no algorithm; a token has three segments, the last of which is not empty.",
    ),
    row(
        "A2",
        "A published key served as the secret of an HMAC: PyJWT (CVE-2017-11424, CVE-2022-29217), python-jose (CVE-2024-33663), Authlib (CVE-2024-37568), MinIO (CVE-2026-33322), Keycloak (CVE-2026-11800).",
        "No symmetric algorithm exists here, and no symmetric key is loaded.",
    ),
    row(
        "A3",
        "ECDSA signatures of zeros verified.",
        "r and s are checked against the group's order; all ECDSA vectors of Wycheproof hold.",
    ),
    row(
        "A4",
        "A token in JSON with several signatures, of which one was checked and another used: go-jose (CVE-2016-9122).",
        "Only the compact form; a brace, quote or comma is refused before anything is decoded.",
    ),
    row(
        "A5",
        "A text that is a compact token to one parser and JSON to the other: python-jwt (CVE-2022-39227).",
        "The same.",
    ),
    row(
        "A6",
        "The key that verifies came out of the token: distribution (CVE-2025-24976).",
        "`jwk` and `x5c` in a header are refused, known `kid` or not.",
    ),
    row(
        "A7",
        "An address in an unverified token was fetched: Octo-STS (CVE-2025-52477), Centrifugo (CVE-2026-32301).",
        "`jku` and `x5u` are refused; nothing on the way to a token makes a connection.",
    ),
    row(
        "A8",
        "`kid` became part of a path, a query or a URL.",
        "`kid` is a string of at most 256 bytes to look a key up by.",
    ),
    row(
        "A9",
        "`crit` named an extension that nobody implements, and was overlooked: the Rust crate jsonwebtoken among others.",
        "Every `crit` is refused, the ill-formed ones as well.",
    ),
    row(
        "A10",
        "A shortened signature was compared as far as it went; other encodings passed.",
        "One length and one form for each algorithm.",
    ),
    row(
        "A11",
        "The token chose the algorithm for a key that leaves it open.",
        "A key has one algorithm from the moment that it is loaded.",
    ),
    row(
        "A12",
        "Weak or ambiguous keys were loaded (the key vectors of Wycheproof).",
        "RSA from 2048 to 4096 bits with e ≥ 65537, no small factors, no structure of a broken generator; no Ed25519 point of small order; one key and one name once in a set.",
    ),
    row(
        "A13",
        "A key of an unexpected type ended the process: apko (CVE-2026-42576).",
        "Each key of a set is judged by itself; the others stay.",
    ),
    row(
        "A14",
        "A token of dots filled the memory: golang-jwt (CVE-2025-30204).",
        "The length is looked at first: 16 KiB.",
    ),
    row(
        "A15",
        "`null` for an object, lax Base64, and members of `aud` that are no strings: node-oidc-provider.",
        "Objects only; one spelling of each byte string; a claim has its type or is a fault.",
    ),
    row(
        "A16",
        "A token that failed, or was not verified yet, decided something: golang-jwt (CVE-2024-51744), Keycloak (CVE-2026-16093).",
        "Unverified claims select the key and nothing else; claims are only handed out by the verification.",
    ),
    row(
        "A17",
        "A token made for one purpose served another: nuts-node (CVE-2026-41164).",
        "`typ` belongs to a slot; access tokens are `at+jwt`, which no slot of assertions takes.",
    ),
    row(
        "B1",
        "What an outside oracle calls wrong was accepted somewhere.",
        "All vectors of Wycheproof for our algorithms, and the tokens of RFC 7515; each deviation is in the test by name. Every small change of a good token is tried in both slots.",
    ),
    row(
        "B2",
        "A part of the issuer, or one that looks like it, was enough: telemeter (CVE-2024-5037).",
        "Issuers are compared byte by byte, and each has its own keys.",
    ),
    row(
        "B3",
        "No audience was configured or present, and so none was checked: Vault (CVE-2024-5798), OpenFGA (CVE-2026-55689), Oxia (CVE-2026-40946), OliveTin (CVE-2026-30223), ZITADEL (CVE-2026-55669).",
        "`aud` is required and is our issuer, without which no server starts.",
    ),
    row(
        "B4",
        "A token for the API server, or for several, was taken: MinIO operator (CVE-2025-32963), MCP registry (CVE-2026-44428).",
        "What the cluster or a trusted issuer signs is for us alone; a client shares its own assertions only under `Compat`, only as a grant, and never with the API server.",
    ),
    row(
        "B5",
        "A date of the wrong type counted as absent: the Rust crate jsonwebtoken.",
        "A date is a number that is an instant, or the token is refused.",
    ),
    row(
        "B6",
        "A token without an end: SPIRE, ZITADEL.",
        "`exp` is required everywhere.",
    ),
    row(
        "B7",
        "An end far away made the memory of used tokens grow without bounds.",
        "`exp` − `iat` is bounded for each kind of issuer, and so is what is remembered.",
    ),
    row(
        "B8",
        "Claims written by a tenant replaced the issuer's own: ZITADEL (CVE-2024-29892), GO-2026-6228.",
        "No claim of an assertion or an object reaches the access token.",
    ),
    row(
        "B9",
        "A member that stands twice was read differently by two parsers: ruby-jwt.",
        "Duplicates are refused at every depth, however they are escaped.",
    ),
    row(
        "B10",
        "Nobody became somebody: Fleet (CVE-2026-23990), Note Mark (CVE-2026-41571), capsule-proxy (CVE-2023-48312).",
        "Empty and blank names are faults; `null` is a name like any other; an empty token is none.",
    ),
    row(
        "B11",
        "A name was read as a pattern, or normalised: Istio (CVE-2026-39350), Kyverno (CVE-2025-29778), aad-pod-identity (CVE-2022-23551).",
        "Names are compared byte by byte, and there are no patterns.",
    ),
    row(
        "C1",
        "A used assertion was honoured again: Hydra (CVE-2020-5300), fosite (CVE-2020-15222).",
        "Recorded before the token is signed, until the moment from which it is refused as expired.",
    ),
    row(
        "C2",
        "Two requests at once both found the assertion unused, and both were granted: Duende's check and then add; SPIRE's join tokens, where a deletion of nothing was no error.",
        "The first append in the order of the store owns it, whichever replica sent it; a second request for a waiting one joins the first.",
    ),
    row(
        "C3",
        "Forgotten when it expired, while the leeway of the clocks still let it in: node-oidc-provider, Hydra.",
        "Remembered until no clock within the skew honours it, by the API server's clock.",
    ),
    row(
        "C4",
        "One party's `jti` used up another's: fosite, Hydra.",
        "The record is of the issuer, by whom it is trusted and the `jti`; the slot takes no part.",
    ),
    row(
        "C5",
        "A new format of the record's keys opened a window while old and new replicas ran together: Keycloak (issue 50193).",
        "A new format takes two releases, of which the first writes both; whoever knows a segment in no format of its own grants nothing.",
    ),
    row(
        "C6",
        "Something else could delete from the record: Keycloak (CVE-2026-4325).",
        "The API server refuses everybody but the controller, and the controller deletes what nobody honours; a new log refuses what is older.",
    ),
    row(
        "C7",
        "A full or restarted memory had forgotten: nebula-mesh.",
        "What is full refuses and forgets nothing; the record is in the cluster.",
    ),
    row(
        "C8",
        "A request that failed afterwards had used its assertion up: fosite.",
        "Recording is the last check.",
    ),
    row(
        "C9",
        "etcd lost what it had acknowledged, or a watch went back in time (issues 14370, 15271, 20418).",
        "Nothing is decided from an answer or a list; what is not later than what is known is refused.",
    ),
    row(
        "C10",
        "`jti` was a number, empty, huge, or part of a key: node-oidc-provider.",
        "A string of 1 to 256 bytes, kept as a hash.",
    ),
    row(
        "D5",
        "Keys were kept by `kid` alone: Centrifugo (CVE-2026-49998).",
        "Keys are looked up with their owner.",
    ),
    row(
        "D6",
        "A refresh added keys and never removed any: jwkset (CVE-2025-22149).",
        "What is known of a client or an issuer is replaced as a whole; the next request sees it.",
    ),
    row(
        "F1",
        "Of a repeated parameter the first or the last counted (RFC 6749 §3.2).",
        "A known parameter stands once, in the body.",
    ),
    row(
        "F2",
        "Two ways of client authentication, or credentials in the URL: Portainer (CVE-2026-44883).",
        "One way, in the body of a POST of a form.",
    ),
    row(
        "F3",
        "Headers of proxies were believed.",
        "The issuer is configured; no header says who we are or who asks.",
    ),
    row(
        "F4",
        "Two readers saw the end of a request in different places: hyper (RUSTSEC-2021-0020, -0078, -0079).",
        "Ambiguous framing is refused and the connection closed.",
    ),
    row(
        "F8",
        "Tokens and bodies that unpack to something huge, or ask for many iterations: go-jose (CVE-2026-34986), OpenBao (CVE-2026-39396), CVE-2024-28122, CVE-2025-63811.",
        "No encryption, no compression, no `Content-Encoding`.",
    ),
    row(
        "F9",
        "Tokens and secrets in logs: secrets-store-csi-driver (CVE-2023-2878), Vault (CVE-2024-8365), OpenBao (CVE-2025-52893), Rancher (CVE-2025-62879).",
        "Types that hold secrets do not show them; the logs of every process are searched at level trace.",
    ),
    row(
        "F10",
        "Answers told who exists: Vault (CVE-2023-3462, CVE-2025-6011), OpenBao (CVE-2025-54999).",
        "One answer for each slot, whatever is wrong; unknown parties cost a verification, too.",
    ),
    row(
        "F11",
        "A cryptographic library leaked private keys by its timing: the Rust crate rsa (RUSTSEC-2023-0071).",
        "It is not among our dependencies, nor is OpenSSL, and the gate refuses both.",
    ),
    row(
        "F13",
        "A port for administrators did more than it should, or a missing setting meant open: Linkerd (CVE-2024-40632), Traefik (CVE-2026-54762), oauth2-proxy (CVE-2026-34457).",
        "The second port has health and metrics only; without its settings a process ends with a sentence.",
    ),
    row(
        "F14",
        "Private keys were registered as public ones: Istio.",
        "Such a key is refused by itself, its owner is told to revoke it, and nothing of it is shown.",
    ),
];
