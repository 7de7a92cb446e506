//! The time between being told to end and closing: nobody is turned away, and everybody is told to go elsewhere.

use super::site::{Raw, Site, statuses};
use countersign::server::limits::Limits;

/// Sends a request that is granted, and reads the head of the answer and its body.
async fn ask(site: &Site, raw: &mut Raw) -> String {
    raw.write(site.request()).await;
    let answer = raw.until("}").await;
    assert_eq!(statuses(&answer), [200], "{answer}");
    answer.to_ascii_lowercase()
}

#[tokio::test]
async fn every_answer_during_the_drain_is_the_last_of_its_connection() {
    let site = Site::start(Limits::default()).await;
    let mut before = site.open().await;
    for _ in 0..2 {
        let answer = ask(&site, &mut before).await;
        assert!(!answer.contains("connection: close"), "{answer}");
    }
    site.tasks.draining().cancel();
    let mut during = site.open().await;
    for raw in [&mut before, &mut during] {
        let answer = ask(&site, raw).await;
        assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
        assert_eq!(raw.rest().await, "", "the connection goes on");
    }
}

/// A connection that was made before the end, and whose request comes after it.
#[tokio::test]
async fn who_has_just_connected_is_answered_although_the_server_closes() {
    let site = Site::start(Limits::default()).await;
    let (mut used, mut new) = (site.open().await, site.open().await);
    ask(&site, &mut used).await;
    site.tasks.draining().cancel();
    site.tasks.shutdown().cancel();
    assert_eq!(used.rest().await, "", "an idle connection goes on");
    let answer = ask(&site, &mut new).await;
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    assert_eq!(new.rest().await, "", "the connection goes on");
}

#[tokio::test]
async fn http2_connections_are_told_to_end_and_new_ones_are_served() {
    let site = Site::start(Limits::default()).await;
    let mut idle = site.open_with(b"h2").await;
    idle.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .await;
    let http = site.http().build().unwrap();
    let token = async || {
        let url = format!("{}/token", site.issuer);
        let form = site.form();
        let request = http
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(form).send().await.unwrap();
        assert_eq!(answer.version(), http::Version::HTTP_2);
        assert!(answer.headers().get("connection").is_none());
        answer.status().as_u16()
    };
    assert_eq!(token().await, 200);
    site.tasks.draining().cancel();
    for _ in 0..20 {
        assert_eq!(token().await, 200);
    }
    // Ends only if it is closed; an idle connection would live for half a minute otherwise.
    idle.rest().await;
    assert!(idle.opened.elapsed() < Limits::default().headers);
}
