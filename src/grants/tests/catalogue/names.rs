//! Names that are empty (B10), and names that only look like others (B11).

use super::*;
use crate::core::ids::ServiceAccountId;
use crate::grants::service_account::WorkloadFault;
use crate::grants::{Reason, Slot};
use crate::oauth::error::ErrorCode;
use crate::oauth::request::RequestFault;

/// B10: a subject that is nobody, whoever signed.
#[rstest]
#[case::absent(json!("REMOVED"), missing("sub"))]
#[case::null(json!(null), malformed("sub"))]
#[case::empty(json!(""), malformed("sub"))]
#[case::blank(json!(" "), malformed("sub"))]
#[case::unicode_blank(json!("\u{a0}\u{2003}\u{3000}"), malformed("sub"))]
#[case::newline(json!("\n"), malformed("sub"))]
#[case::nul(json!("\0"), malformed("sub"))]
#[case::number(json!(0), malformed("sub"))]
#[case::no(json!(false), malformed("sub"))]
#[case::array(json!([]), malformed("sub"))]
#[case::object(json!({}), malformed("sub"))]
fn b10_subjects_that_are_nobody(
    #[case] sub: Value,
    #[case] expected: AssertionFault,
    #[values(BY_KEY, BY_CLUSTER, BY_ISSUER)] sign: Sign,
) {
    assert_eq!(
        everybody().fault_in_both_slots(&sign(json!({ "sub": sub }))),
        expected
    );
}

/// B10: words for nobody are names like others, and nobody has them here.
#[rstest]
fn b10_subjects_that_are_words_for_nobody(
    #[values(
        "null",
        "undefined",
        "nil",
        "None",
        "0",
        "false",
        "{}",
        "[]",
        "anonymous",
        "system:anonymous"
    )]
    sub: &str,
) {
    let world = everybody();
    let refused = |form: &[(&str, &str)], slot: Slot, fault: AssertionFault| {
        assert_eq!(world.grant(form).unwrap_err(), slot.refuse(fault));
    };
    let changes = json!({ "sub": sub });
    let token = signed(changes.clone());
    refused(
        &client_credentials(&token),
        Slot::ClientAssertion,
        AssertionFault::SubjectIsNotIssuer,
    );
    refused(
        &bearer(&token),
        Slot::Assertion,
        AssertionFault::SubjectNotDelegated,
    );
    assert_eq!(
        world.fault_in_both_slots(&pod_token(changes.clone())),
        AssertionFault::Workload(WorkloadFault::Subject)
    );
    assert_eq!(
        world.fault_in_both_slots(&ci_token(changes)),
        AssertionFault::ClientNotChosen
    );
}

/// B10: a workload without a name, or with half of one.
#[rstest]
#[case::no_namespace(json!({"namespace": ""}))]
#[case::null_namespace(json!({"namespace": null}))]
#[case::no_account(json!({"serviceaccount": {"name": "", "uid": "u"}}))]
#[case::no_account_uid(json!({"serviceaccount": {"name": "billing", "uid": ""}}))]
#[case::null_account(json!({"serviceaccount": null}))]
#[case::no_pod_name(json!({"pod": {"name": "", "uid": "u"}}))]
#[case::no_pod_uid(json!({"pod": {"name": "p", "uid": ""}}))]
#[case::null_pod(json!({"pod": null}))]
#[case::empty_pod(json!({"pod": {}}))]
fn b10_workloads_without_a_name(#[case] changes: Value) {
    assert_eq!(
        everybody().fault_in_both_slots(&pod_token(kubernetes(changes))),
        AssertionFault::Workload(WorkloadFault::KubernetesClaim)
    );
}

/// B10: an empty token is no token, and never somebody's.
#[test]
fn b10_empty_tokens() {
    let refused = |form: &[(&str, &str)]| {
        let refusal = everybody().grant(form).unwrap_err();
        (refusal.error, refusal.reason)
    };
    let not_authenticated = (ErrorCode::InvalidClient, Reason::NotAuthenticated);
    let none = |name| {
        (
            ErrorCode::InvalidRequest,
            Reason::Request(RequestFault::Missing(name)),
        )
    };
    for client_id in ["", CLIENT] {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_assertion", ""),
            ("client_id", client_id),
        ];
        assert_eq!(refused(&form), not_authenticated);
        let mut form = client_credentials("").to_vec();
        form.push(("client_id", client_id));
        assert_eq!(refused(&form), none("client_assertion"), "its type announces it");
        let mut form = bearer("");
        form.push(("client_id", client_id));
        assert_eq!(refused(&form), none("assertion"));
    }
    for token in [" ", "null", "undefined", "..", "e30..", "e30.e30."] {
        assert!(
            matches!(everybody().fault_in_both_slots(token), AssertionFault::Jws(_)),
            "{token:?}"
        );
    }
}

/// Names that a pattern, a normalisation or a lax comparison would take for `{name}`.
fn almost(name: &str) -> Vec<String> {
    let mut names = vec![
        name.replace('.', "x"),
        name.replace('.', "\u{2024}"),
        name.replace('.', "\\."),
        name.replace('.', "%2e"),
        name.replace('/', "%2f"),
        name.replace('/', "%2F"),
        name.replace('/', "\\"),
        name.replace('/', "//"),
        name.replace('/', "/./"),
        name.replace('/', "\u{2215}"),
        name.replace('a', "\u{430}"),
        name.replace('a', "a\u{301}"),
        name.replace('i', "\u{131}"),
        name.to_uppercase(),
        format!("{name} "),
        format!(" {name}"),
        format!("{name}/"),
        format!("{name}/../x"),
        format!("{name}*"),
        format!("{name}$"),
        format!("^{name}$"),
        format!("{name}\u{200b}"),
        format!("{name}#x"),
        name.split_at(name.len() - 1).0.to_owned(),
        "*".to_owned(),
        ".*".to_owned(),
    ];
    names.retain(|other| other != name && !other.is_empty());
    names
}

/// B11: the subject of a trusted issuer is its bytes, in rules as in tokens.
/// D-08
#[rstest]
#[case::dots("repo:acme/api.v1:ref:main")]
#[case::wildcard("repo:acme/*")]
#[case::everything("*")]
#[case::pattern(".*")]
#[case::class("repo:[a-z]+/api")]
#[case::escaped("repo%2facme")]
#[case::backslash("acme\\build")]
fn b11_federated_subjects_are_compared_byte_by_byte(#[case] name: &str) {
    let mut client = client(CLIENT);
    client.federated = BTreeSet::from([of_ci(name)]);
    let world = trusting(client, ci());
    world.grant(&bearer(&ci_token(json!({ "sub": name })))).unwrap();
    let mut others = almost(name);
    others.extend(
        [
            "repo:acme/api",
            "repo:acme/api-v1:ref:main",
            "repo:x/api",
            "repo/acme",
            "x",
        ]
        .map(str::to_owned),
    );
    for sub in others.iter().filter(|sub| *sub != name) {
        let fault = world.fault_in_both_slots(&ci_token(json!({ "sub": sub })));
        assert_eq!(fault, AssertionFault::ClientNotChosen, "{sub:?}");
    }
}

/// B11: so is a delegated subject.
#[rstest]
#[case("alice.a/b")]
#[case("*")]
fn b11_delegated_subjects_are_compared_byte_by_byte(#[case] name: &str) {
    let mut client = client(CLIENT);
    client.grants.jwt_bearer.as_mut().unwrap().subjects = BTreeSet::from([name.to_owned()]);
    let world = World::with(client);
    world.grant(&bearer(&signed(json!({ "sub": name })))).unwrap();
    for sub in almost(name).iter().filter(|sub| *sub != name) {
        let refusal = world.grant(&bearer(&signed(json!({ "sub": sub })))).unwrap_err();
        assert_eq!(
            refusal,
            Slot::Assertion.refuse(AssertionFault::SubjectNotDelegated),
            "{sub:?}"
        );
    }
}

/// B11: and a service account, whose name may have dots in it. Names that Kubernetes does not give are nobody's.
/// D-08
#[test]
fn b11_service_accounts_are_compared_byte_by_byte() {
    let mut client = client(CLIENT);
    client.service_accounts = BTreeSet::from([ServiceAccountId {
        namespace: "payments".to_owned(),
        name: "bill.ng".to_owned(),
    }]);
    let world = World::with(client);
    let of = |namespace: &str, name: &str| {
        let mut changes =
            kubernetes(json!({"namespace": namespace, "serviceaccount": {"name": name, "uid": "u"}}));
        changes["sub"] = json!(format!("system:serviceaccount:{namespace}:{name}"));
        pod_token(changes)
    };
    world.grant(&bearer(&of("payments", "bill.ng"))).unwrap();
    for (namespace, name) in [
        ("payments", "billing"),
        ("payments", "bill-ng"),
        ("payments", "bill.ng2"),
        ("payment", "bill.ng"),
    ] {
        assert_eq!(
            world.fault_in_both_slots(&of(namespace, name)),
            AssertionFault::ClientNotChosen,
            "{name}"
        );
    }
    let nobody = AssertionFault::Workload(WorkloadFault::Subject);
    for name in almost("bill.ng")
        .iter()
        .filter(|name| *name != "billxng" && *name != "bill.n")
    {
        assert_eq!(
            world.fault_in_both_slots(&of("payments", name)),
            nobody,
            "{name:?}"
        );
    }
    for namespace in [
        "",
        "*",
        ".",
        "pay.ments",
        "payments\\x",
        "payments%2f",
        "p\u{430}yments",
        "Payments",
        "payments:x",
    ] {
        assert_eq!(
            world.fault_in_both_slots(&of(namespace, "bill.ng")),
            nobody,
            "{namespace:?}"
        );
    }
}

/// B11: a resource is its bytes, too.
/// S-8707-06
#[test]
fn b11_resources_are_compared_byte_by_byte() {
    let token = signed(json!({}));
    for resource in almost(LEDGER) {
        let mut form = client_credentials(&token).to_vec();
        form.push(("resource", &resource));
        let refusal = World::new().grant(&form).unwrap_err();
        let expected = (ErrorCode::InvalidTarget, Reason::TargetNotAllowed);
        assert_eq!((refusal.error, refusal.reason), expected, "{resource:?}");
    }
}
