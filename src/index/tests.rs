use super::*;
use crate::core::client::{AssertionRules, AudiencePolicy, Grants};
use jiff::SignedDuration;
use std::collections::BTreeSet;

fn client(id: &str, service_accounts: &[&str]) -> Client {
    let id: ClientId = id.parse().unwrap();
    Client {
        service_accounts: service_accounts
            .iter()
            .map(|name| ServiceAccountId {
                namespace: id.namespace().to_owned(),
                name: (*name).to_owned(),
            })
            .collect(),
        federated: BTreeSet::new(),
        id,
        keys: Vec::new(),
        grants: Grants::default(),
        resources: Vec::new(),
        token_lifetime: SignedDuration::from_mins(10),
        assertion: AssertionRules {
            max_lifetime: SignedDuration::from_mins(5),
            algorithms: vec![Algorithm::Rs256],
            audience: AudiencePolicy::Standard,
        },
    }
}

fn names(index: &Index, service_account: &str) -> Vec<String> {
    let id = ServiceAccountId::from_user_name(service_account).unwrap();
    index
        .clients_of(&id)
        .iter()
        .map(|client| client.id.to_string())
        .collect()
}

#[test]
fn a_client_is_found_by_its_id_and_by_its_service_accounts_until_it_is_removed() {
    let index = Index::new(MintedResources::any(Algorithm::Es256));
    index.put(client("a/one", &["worker", "other"]));
    index.put(client("a/two", &["worker"]));
    assert_eq!(
        names(&index, "system:serviceaccount:a:worker"),
        ["a/one", "a/two"]
    );
    assert_eq!(
        names(&index, "system:serviceaccount:b:worker"),
        [""; 0],
        "same name, another namespace"
    );

    index.put(client("a/one", &["other"]));
    assert_eq!(
        names(&index, "system:serviceaccount:a:worker"),
        ["a/two"],
        "an identity that was taken away"
    );
    assert_eq!(names(&index, "system:serviceaccount:a:other"), ["a/one"]);

    index.remove(&"a/two".parse().unwrap());
    assert_eq!(names(&index, "system:serviceaccount:a:worker"), [""; 0]);
    assert!(index.client(&"a/two".parse().unwrap()).is_none());
    assert_eq!(index.len(), 1);
}

#[test]
fn a_reset_forgets_whoever_is_not_in_it() {
    let index = Index::new(MintedResources::any(Algorithm::Es256));
    index.put(client("a/one", &["worker"]));
    index.put(client("b/one", &["worker"]));
    index.reset(Some("a"), [client("a/two", &["other"])]);
    assert_eq!(index.len(), 2, "another namespace is not touched");
    index.reset(None, [client("a/two", &["other"])]);
    assert!(index.client(&"a/one".parse().unwrap()).is_none());
    assert!(index.client(&"a/two".parse().unwrap()).is_some());
    assert_eq!(names(&index, "system:serviceaccount:a:worker"), [""; 0]);
    index.reset(None, []);
    assert!(index.is_empty());
}

#[test]
fn only_listed_resources_are_minted() {
    let listed = [("https://r".to_owned(), Algorithm::Rs256)];
    let id = |text: &str| text.parse::<ResourceId>().unwrap();
    let client = "a/one".parse().unwrap();
    let index = Index::new(MintedResources::listed(listed));
    let minted = index.protected_resource(&id("https://r"), &client).unwrap();
    assert_eq!(*minted, Algorithm::Rs256.into());
    assert_eq!(index.protected_resource(&id("https://r/"), &client), None);
}

/// D-10
#[test]
fn nobody_can_be_called_unknown_before_every_list_has_come() {
    let index = Arc::new(Index::new(MintedResources::any(Algorithm::Es256)));
    assert!(index.is_complete(), "nothing is awaited");
    let (one, other) = (index.await_list(), index.await_list());
    assert!(!index.is_complete());
    drop(other);
    assert!(!index.is_complete());
    drop(one);
    assert!(index.is_complete());
}
