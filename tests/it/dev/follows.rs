//! Changes of the folder, as they are seen at the token endpoint.

use super::inline;
use crate::support::dev::Dev;
use crate::support::workloads::key;

#[tokio::test]
async fn d6_a_client_comes_changes_its_key_and_goes() {
    let (first, second, neighbour) = (key(), key(), key());
    let dev = Dev::start(&[("neighbour.yaml", &inline("neighbour", &[&neighbour]))]).await;
    dev.until(&neighbour, "payments/neighbour", true).await;
    dev.until(&first, "payments/billing", false).await;

    dev.write("billing.json", &inline("billing", &[&first]));
    dev.until(&first, "payments/billing", true).await;
    dev.write("billing.json", &inline("billing", &[&second]));
    dev.until(&first, "payments/billing", false).await;
    dev.until(&second, "payments/billing", true).await;
    dev.delete("billing.json");
    dev.until(&second, "payments/billing", false).await;

    dev.until(&neighbour, "payments/neighbour", true).await;
    assert!(
        dev.told().starts_with("clients          1 from "),
        "{}",
        dev.told()
    );
}

#[tokio::test]
async fn two_documents_of_one_file_are_two_objects_and_a_nameless_namespace_is_default() {
    let (here, there) = (key(), key());
    let by_default = inline("here", &[&here]).replace(",\"namespace\":\"payments\"", "");
    let both = format!(
        "# a comment\n---\n{by_default}\n---\n{}\n---\n",
        inline("there", &[&there])
    );
    let dev = Dev::start(&[("both.yml", &both)]).await;
    dev.until(&here, "default/here", true).await;
    dev.until(&there, "payments/there", true).await;
    dev.until(&here, "payments/here", false).await;
    assert_eq!(dev.told().lines().count(), 1, "{}", dev.told());
}

#[tokio::test]
async fn what_is_no_manifest_is_left_alone() {
    let key = key();
    let text = inline("billing", &[&key]);
    let dev = Dev::start(&[
        ("README.md", "# hello"),
        ("billing.yaml~", &text),
        ("key.pem", "x"),
    ])
    .await;
    dev.until(&key, "payments/billing", false).await;
    assert!(
        dev.told().starts_with("clients          0 from "),
        "{}",
        dev.told()
    );
    assert_eq!(dev.told().lines().count(), 1, "{}", dev.told());
}
