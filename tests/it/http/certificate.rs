//! A certificate that is replaced on disk.

use super::site::{Site, short, statuses};
use crate::support::eventually;
use countersign::server::limits::Limits;
use countersign::server::tls::RELOAD_EVERY;
use std::time::Duration;

#[tokio::test]
async fn a_new_certificate_is_served_and_open_connections_go_on() {
    // Longer headers' time than the reload takes, so that the open connection may wait for it.
    let limits = Limits {
        headers: 4 * RELOAD_EVERY,
        ..short()
    };
    let site = Site::start(limits).await;
    let old = site.http().build().unwrap();
    let jwks = format!("{}/jwks", site.issuer);
    let before = old.get(&jwks).send().await.unwrap().bytes().await.unwrap();
    let mut open = site.open().await;
    open.write("GET /jwks HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(statuses(&open.until("\r\n\r\n").await), [200]);

    site.replace_certificate();
    let patience = RELOAD_EVERY + Duration::from_secs(5);
    let after = eventually(patience, "the new certificate", async || {
        // A client of its own each time: an open connection would say nothing.
        let http = site.http().build().unwrap();
        http.get(&jwks).send().await.map_err(|error| format!("{error:?}"))
    })
    .await;
    assert_eq!(
        after.bytes().await.unwrap(),
        before,
        "the signing keys have nothing to do with it"
    );
    open.write(site.request()).await;
    assert!(
        open.until("\"token_type\"").await.contains("HTTP/1.1 200"),
        "the open connection"
    );
    assert_eq!(
        old.get(&jwks).send().await.unwrap().status(),
        200,
        "the old client's open connection"
    );
}
