//! Issuers that are almost somebody (B2).

use super::*;

/// Spellings that are not `url`, which somebody took for it.
fn look_alikes(url: &str) -> Vec<String> {
    let host = url.strip_prefix("https://").unwrap();
    let appended = [
        ".evil",
        ".evil.example",
        "@evil.example",
        ":443",
        "/",
        "//",
        "/.",
        "/x",
        "?",
        "?x",
        "#",
        "#x",
        ".",
        "%2e",
        " ",
        "%20",
        "\\",
        ",https://evil.example",
        " https://evil.example",
        "\u{200b}",
        "\u{2024}",
    ];
    let prepended = [
        " ",
        "x",
        "https://evil.example/?",
        "https://evil.example#",
        "\u{feff}",
        "url:",
        "https://evil.example@",
    ];
    let mut spellings: Vec<String> = appended.iter().map(|more| format!("{url}{more}")).collect();
    spellings.extend(prepended.iter().map(|more| format!("{more}{url}")));
    spellings.extend([
        format!("http://{host}"),
        format!("HTTPS://{host}"),
        format!("https:/{host}"),
        format!("https:{host}"),
        format!("https:\\\\{host}"),
        format!("//{host}"),
        format!("https://user@{host}"),
        format!("https://x.{host}"),
        format!("https://{}", host.to_uppercase()),
        // Cut at either end.
        host.to_owned(),
        url.split_at(url.len() - 1).0.to_owned(),
        "https://".to_owned(),
        "h".to_owned(),
        // Where the dots are any character, or another dot.
        url.replace('.', "x"),
        url.replace('.', "\u{3002}"),
        url.replace('.', "\u{ff0e}"),
        url.replace('.', "%2e"),
        url.replace('.', "*"),
        "*".to_owned(),
        "https://*".to_owned(),
        // Letters that look the same, as they are and in Punycode.
        url.replace('e', "\u{435}"),
        url.replace('c', "\u{441}"),
        url.replace("https://", "https://xn--"),
        url.replace("example", "xn--xample-9uf")
            .replace("default", "xn--default-9uf"),
        url.replace('l', "1"),
        url.replace('s', "\u{17f}"),
    ]);
    spellings.retain(|spelling| spelling != url);
    spellings
}

/// B2: signed with the very key of the issuer that it looks like.
/// S-7523-11
#[rstest]
#[case::trusted_issuer(ci_token, CI)]
#[case::cluster(pod_token, CLUSTER)]
fn b2_issuers_that_look_like_a_known_one(#[case] sign: Sign, #[case] issuer: &str) {
    let (world, spellings) = (everybody(), look_alikes(issuer));
    assert!(spellings.len() > 45, "{}", spellings.len());
    for spelling in spellings {
        let fault = world.fault_in_both_slots(&sign(json!({"iss": spelling})));
        assert_eq!(fault, AssertionFault::UnknownIssuer, "{spelling:?}");
    }
    world.grant(&bearer(&sign(json!({})))).unwrap();
}

/// B2: the same of clients, whose issuer is their `client_id`.
#[rstest]
#[case::slash("payments/billing/", AssertionFault::UnknownIssuer)]
#[case::two_slashes("payments//billing", AssertionFault::UnknownIssuer)]
#[case::slash_before("/payments/billing", AssertionFault::UnknownIssuer)]
#[case::below("payments/billing/x", AssertionFault::UnknownIssuer)]
#[case::other_case("Payments/billing", AssertionFault::UnknownIssuer)]
#[case::other_case_of_the_name("payments/Billing", AssertionFault::UnknownIssuer)]
#[case::escaped("payments%2fbilling", AssertionFault::UnknownIssuer)]
#[case::backslash("payments\\billing", AssertionFault::UnknownIssuer)]
#[case::space_after("payments/billing ", AssertionFault::UnknownIssuer)]
#[case::space_before(" payments/billing", AssertionFault::UnknownIssuer)]
#[case::wildcard("payments/*", AssertionFault::UnknownIssuer)]
#[case::namespace_alone("payments", AssertionFault::UnknownIssuer)]
#[case::name_alone("billing", AssertionFault::UnknownIssuer)]
#[case::cyrillic("p\u{430}yments/billing", AssertionFault::UnknownIssuer)]
#[case::punycode("xn--pyments-8fg/billing", AssertionFault::UnknownClient)]
#[case::invisible("payments/billing\u{200b}", AssertionFault::UnknownIssuer)]
#[case::service_account("system:serviceaccount:payments:billing", AssertionFault::UnknownIssuer)]
#[case::as_a_url("https://payments/billing", AssertionFault::UnknownIssuer)]
#[case::below_us("https://tokens.example/payments/billing", AssertionFault::UnknownIssuer)]
#[case::ourselves(ISSUER, AssertionFault::UnknownIssuer)]
#[case::cut("payments/billin", AssertionFault::UnknownClient)]
#[case::longer("payments/billing.evil", AssertionFault::UnknownClient)]
#[case::one_more("payments/billing-2", AssertionFault::UnknownClient)]
#[case::other_namespace("payment/billing", AssertionFault::UnknownClient)]
#[case::the_other_way_round("billing/payments", AssertionFault::UnknownClient)]
#[case::null("null", AssertionFault::UnknownIssuer)]
fn b2_issuers_that_look_like_a_client(#[case] iss: &str, #[case] expected: AssertionFault) {
    let token = signed(json!({"iss": iss, "sub": iss}));
    assert_eq!(everybody().fault_in_both_slots(&token), expected);
}

/// B2: what is no string has no issuer in it, whoever signed.
#[rstest]
fn b2_issuers_that_are_no_string(
    #[values(BY_KEY, BY_CLUSTER, BY_ISSUER)] sign: Sign,
    #[values(
        json!([CLIENT]), json!([CI]), json!([CLUSTER]), json!(["evil", CI]), json!([CI, "evil"]), json!([[CLIENT]]),
        json!({CI: 1}), json!(1), json!(true), json!(null), json!([]), json!("")
    )]
    iss: Value,
) {
    let token = sign(json!({ "iss": iss }));
    assert_eq!(everybody().fault_in_both_slots(&token), malformed("iss"));
}

/// B2: a known issuer, and the key of another that is known as well.
/// S-8725-20
#[rstest]
#[case::cluster_by_a_client(&KEY, CLUSTER)]
#[case::cluster_by_a_trusted_issuer(&CI_KEY, CLUSTER)]
#[case::trusted_issuer_by_a_client(&KEY, CI)]
#[case::client_by_a_trusted_issuer(&CI_KEY, CLIENT)]
#[case::client_by_nobody(&OTHER_KEY, CLIENT)]
fn b2_the_key_of_one_issuer_does_not_speak_for_another(#[case] key: &SigningKey, #[case] iss: &str) {
    let token = key.sign_jws(
        None,
        &claims(good_assertion(), json!({"iss": iss, "sub": "build"})),
    );
    let fault = everybody().fault_in_both_slots(&token.unwrap());
    assert_eq!(fault, AssertionFault::Key(crate::jose::NoKey::Unknown));
}
