//! Callers who take their time.

use super::site::{PATIENCE, Raw, Site, TOKEN, short, statuses};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

/// What a busy machine may add to a limit.
const SLACK: Duration = Duration::from_secs(3);

fn assert_between(took: Duration, least: Duration, most: Duration) {
    assert!(
        took >= least && took < most + SLACK,
        "{took:?} instead of {least:?} to {most:?}"
    );
}

#[tokio::test]
async fn headers_that_drip_are_cut_off() {
    let limits = short();
    let site = Site::start(limits).await;
    let mut raw = site.open().await;
    raw.write(TOKEN).await;
    let text = loop {
        raw.write("X").await;
        if let Ok(text) = timeout(Duration::from_millis(50), raw.rest()).await {
            break text;
        }
        assert!(raw.opened.elapsed() < PATIENCE, "still open");
    };
    assert_between(raw.opened.elapsed(), limits.headers, limits.headers);
    assert_eq!(text, "", "nobody was answered");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_a_json_408() {
    let limits = short();
    let site = Site::start(limits).await;
    for framing in [
        "Content-Length: 100\r\n\r\ngrant",
        "Transfer-Encoding: chunked\r\n\r\n5\r\ngrant\r\n",
    ] {
        let mut raw = site.open().await;
        raw.write(format!("{TOKEN}{framing}")).await;
        let answer = raw.rest().await;
        assert_eq!(statuses(&answer), [408], "{answer}");
        assert_between(raw.opened.elapsed(), limits.body, limits.body);
        assert!(answer.contains("content-type: application/json\r\n"), "{answer}");
        let body = answer.split("\r\n\r\n").nth(1).unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["error"], "invalid_request");
        assert_eq!(body["error_description"], "The body did not arrive in time.");
    }
}

#[tokio::test]
async fn a_connection_without_a_request_is_closed_and_so_is_one_after_it() {
    let limits = short();
    let site = Site::start(limits).await;
    let mut silent = site.open().await;
    assert_eq!(silent.rest().await, "");
    assert_between(silent.opened.elapsed(), limits.headers, limits.headers);

    let mut kept = site.open().await;
    kept.write(site.request()).await;
    let answer = kept.until("access_token").await;
    assert_eq!(statuses(&answer), [200]);
    let answered = Instant::now();
    kept.rest().await;
    assert_between(answered.elapsed(), limits.headers / 2, 2 * limits.headers);
}

#[tokio::test]
async fn a_handshake_that_stops_is_cut_off() {
    let limits = short();
    let site = Site::start(limits).await;
    // Nothing; the head of a TLS record whose rest never comes; and something that is no TLS.
    for bytes in [&b""[..], b"\x16\x03\x01\x02\x00\x01", b"\x16\x03\x01"] {
        let started = Instant::now();
        let mut stream = TcpStream::connect(site.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut rest = Vec::new();
        let read = timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
        read.expect("a server that closes").unwrap_or_default();
        assert_between(started.elapsed(), limits.handshake, limits.handshake);
    }
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut rest = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
    read.expect("a server that closes").unwrap_or_default();
    assert!(!rest.starts_with(b"HTTP"), "plain HTTP was answered");
}

#[tokio::test]
async fn an_http2_connection_on_which_nothing_is_said_is_closed() {
    let limits = short();
    let site = Site::start(limits).await;
    let mut silent = site.open_with(b"h2").await;
    silent.rest().await;
    assert_between(
        silent.opened.elapsed(),
        limits.headers,
        2 * limits.headers + 2 * limits.handshake,
    );
}

#[tokio::test]
async fn an_http2_connection_without_requests_is_closed_however_alive_it_is() {
    const GOAWAY: u8 = 7;
    let limits = short();
    let site = Site::start(limits).await;
    let mut raw = site.open_with(b"h2").await;
    raw.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .await;
    let mut seen = Vec::new();
    while let Some(kinds) = answer_frames(&mut raw).await {
        seen.extend(kinds);
        assert!(raw.opened.elapsed() < PATIENCE, "still open after {seen:?}");
    }
    assert!(seen.contains(&GOAWAY), "{seen:?}");
    assert_between(
        raw.opened.elapsed(),
        limits.headers,
        2 * limits.headers + 2 * limits.handshake,
    );
}

/// Reads what has come, acknowledges settings and pings as a living peer does, and tells the kinds of the
/// frames (RFC 9113 §4.1); `None` at the end.
async fn answer_frames(raw: &mut Raw) -> Option<Vec<u8>> {
    const SETTINGS: u8 = 4;
    const PING: u8 = 6;
    let bytes = raw.some().await;
    if bytes.is_empty() {
        return None;
    }
    let (mut rest, mut kinds) = (bytes.as_slice(), Vec::new());
    while rest.len() >= 9 {
        let length = usize::from(rest[1]) << 8 | usize::from(rest[2]);
        let (kind, flags, frame) = (rest[3], rest[4], &rest[9..9 + length]);
        kinds.push(kind);
        if flags & 1 == 0 && kind == SETTINGS {
            raw.write(b"\0\0\0\x04\x01\0\0\0\0").await;
        } else if flags & 1 == 0 && kind == PING {
            raw.write([b"\0\0\x08\x06\x01\0\0\0\0", frame].concat()).await;
        }
        rest = &rest[9 + length..];
    }
    sleep(Duration::from_millis(1)).await;
    Some(kinds)
}
