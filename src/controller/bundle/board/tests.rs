use super::*;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use serde_json::{Value, json};

fn map(namespace: &str, bundle: &str, manager: &str, more: &Value) -> ConfigMap {
    let mut object = json!({
        "metadata": {
            "name": "countersign-ca", "namespace": namespace,
            "managedFields": [{"manager": manager, "operation": "Apply", "fieldsType": "FieldsV1",
                "fieldsV1": {"f:data": {"f:ca.crt": {}}}}],
        },
        "data": {"ca.crt": bundle},
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        object["metadata"][name] = value.clone();
    }
    serde_json::from_value(object).unwrap()
}

fn ours(namespace: &str, bundle: &str) -> ConfigMap {
    map(namespace, bundle, MANAGER, &json!({}))
}

fn namespace(name: &str, going: bool) -> Namespace {
    let when = going.then_some("2026-01-01T00:00:00Z");
    serde_json::from_value(json!({"metadata": {"name": name, "deletionTimestamp": when}})).unwrap()
}

fn reference(uid: &str) -> OwnerReference {
    OwnerReference {
        uid: uid.to_owned(),
        ..OwnerReference::default()
    }
}

fn board(clients: &[&str]) -> Board {
    let mut board = Board::new(["home".to_owned()]);
    board.set_clients(clients.iter().map(|name| (*name).to_owned()).collect());
    board
}

fn look(board: &Board, namespace: &str) -> Verdict {
    board.look(namespace, "bundle", &Owner::Nobody)
}

#[test]
fn it_stands_at_home_where_clients_are_and_where_the_label_is() {
    let mut board = board(&["a"]);
    board.namespaces_begin();
    for (name, going) in [("b", false), ("leaving", true)] {
        board.namespace_listed(&namespace(name, going));
    }
    board.namespaces_complete();
    board.namespace_applied(&namespace("c", false));
    assert_eq!(board.wanted(), ["a", "b", "c", "home"].map(str::to_owned).into());
    board.namespace_applied(&namespace("b", true));
    board.namespace_deleted(&namespace("c", false));
    assert_eq!(board.wanted(), ["a", "home"].map(str::to_owned).into());
    assert_eq!(look(&board, "a"), Verdict::Absent);
    assert_eq!(look(&board, "elsewhere"), Verdict::Good);
}

#[test]
fn what_we_left_is_kept_up_to_date_and_what_others_made_is_not_ours() {
    let mut board = board(&[]);
    board.applied(ours("left", "older"));
    board.applied(map("elsewhere", "theirs", "kubectl", &json!({})));
    assert_eq!(board.wanted(), ["home", "left"].map(str::to_owned).into());
    assert!(matches!(look(&board, "left"), Verdict::Old(_)));
    assert_eq!(look(&board, "elsewhere"), Verdict::Good);
    board.deleted("left");
    assert_eq!(look(&board, "left"), Verdict::Good);
}

#[test]
fn only_what_we_wrote_last_is_believed() {
    let mut board = board(&["a"]);
    board.applied(ours("a", "bundle"));
    assert_eq!(look(&board, "a"), Verdict::Good);
    board.applied(map("a", "bundle", "kubectl", &json!({})));
    assert!(
        matches!(look(&board, "a"), Verdict::Foreign(_)),
        "the text alone proves nothing"
    );
    board.applied(ours("a", "older"));
    assert!(matches!(look(&board, "a"), Verdict::Old(_)));
}

#[test]
fn the_owner_is_the_present_one() {
    let mut board = board(&["a"]);
    let with =
        |references: &[OwnerReference]| map("a", "bundle", MANAGER, &json!({"ownerReferences": references}));
    let look = |board: &Board, owner: &Owner| board.look("a", "bundle", owner);
    let owner = Owner::Known(reference("2"));
    board.applied(with(&[reference("1")]));
    assert!(matches!(look(&board, &owner), Verdict::Old(_)));
    assert_eq!(look(&board, &Owner::Missing), Verdict::Good);
    board.applied(with(&[reference("2"), reference("theirs")]));
    assert_eq!(look(&board, &owner), Verdict::Good);
    let managed = json!({"managedFields": [{"manager": MANAGER, "fieldsV1": {
        "f:data": {"f:ca.crt": {}}, "f:metadata": {"f:ownerReferences": {}}}}]});
    board.applied(map("a", "bundle", MANAGER, &managed));
    assert!(matches!(look(&board, &Owner::Nobody), Verdict::Old(_)));
}

#[test]
fn a_complete_list_drops_the_rest_of_its_scope_only() {
    let mut board = board(&["a", "b"]);
    let scope = Scope::Namespace("a".to_owned());
    for namespace in ["a", "b"] {
        board.applied(ours(namespace, "bundle"));
    }
    board.begin(&scope);
    board.complete(&scope);
    assert_eq!(
        (look(&board, "a"), look(&board, "b")),
        (Verdict::Absent, Verdict::Good)
    );
    board.begin(&Scope::Cluster);
    board.listed(&Scope::Cluster, ours("a", "bundle"));
    assert_eq!(look(&board, "a"), Verdict::Absent, "not before it is complete");
    board.complete(&Scope::Cluster);
    assert_eq!(
        (look(&board, "a"), look(&board, "b")),
        (Verdict::Good, Verdict::Absent)
    );
}
