//! Callers who are many.

use super::site::{PATIENCE, Site, TOKEN, short, statuses};
use countersign::server::limits::Limits;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

async fn is_served(site: &Site) {
    let mut raw = site.open().await;
    raw.write(site.request()).await;
    assert_eq!(statuses(&raw.until("\r\n\r\n").await), [200]);
}

#[tokio::test]
async fn two_hundred_who_stall_do_not_stop_one_who_does_not() {
    // With the product's own limits: none of them is closed before the end of the test.
    let site = Site::start(Limits::default()).await;
    let (mut half_shaken, mut half_asked) = (Vec::new(), Vec::new());
    for _ in 0..100 {
        half_shaken.push(TcpStream::connect(site.address).await.unwrap());
        let mut raw = site.open().await;
        raw.write(format!("{TOKEN}Content-Length: 100\r\n\r\ngrant"))
            .await;
        half_asked.push(raw);
    }
    let started = Instant::now();
    is_served(&site).await;
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn when_every_place_is_taken_by_the_slow_the_next_is_served_after_their_time() {
    let limits = Limits {
        connections: 8,
        ..short()
    };
    let site = Site::start(limits).await;
    let mut stalled = Vec::new();
    for _ in 0..limits.connections {
        let mut raw = site.open().await;
        raw.write(TOKEN).await;
        stalled.push(raw);
    }
    let started = Instant::now();
    timeout(PATIENCE, is_served(&site)).await.unwrap();
    assert!(
        started.elapsed() >= limits.headers / 4,
        "there was no place before: {:?}",
        started.elapsed()
    );
}
