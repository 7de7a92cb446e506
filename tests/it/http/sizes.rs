//! Callers who send much.

use super::site::{Site, TOKEN, short, statuses};
use countersign::server::limits::Limits;

const LIMIT: usize = 64 * 1024;

fn assert_too_large(answer: &str) {
    assert_eq!(statuses(answer), [413], "{answer}");
    assert!(answer.contains("content-type: application/json\r\n"), "{answer}");
    assert!(
        answer.ends_with('}') && answer.contains("\"error\":\"invalid_request\""),
        "{answer}"
    );
}

/// S-6749-12
#[tokio::test]
async fn a_body_that_says_it_is_too_large_is_not_even_read() {
    assert_eq!(Limits::default().body_size, LIMIT);
    let site = Site::start(Limits::default()).await;
    let mut raw = site.open().await;
    raw.write(format!("{TOKEN}Content-Length: {}\r\n\r\n", LIMIT + 1))
        .await;
    assert_too_large(&raw.until("}").await);
}

/// S-6749-12
#[tokio::test]
async fn a_body_that_grows_too_large_is_cut_off() {
    let site = Site::start(short()).await;
    let mut raw = site.open().await;
    raw.write(format!("{TOKEN}Transfer-Encoding: chunked\r\n\r\n"))
        .await;
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
    for _ in 0..=LIMIT / 0x1000 {
        raw.write(&chunk).await;
    }
    assert_too_large(&raw.rest().await);
}

#[tokio::test]
async fn the_largest_body_that_is_allowed_is_read() {
    let site = Site::start(short()).await;
    let form = site.form();
    let padding = "x".repeat(LIMIT - form.len() - "&pad=".len());
    let body = format!("{form}&pad={padding}");
    let mut raw = site.open().await;
    raw.write(format!("{TOKEN}Content-Length: {}\r\n\r\n{body}", body.len()))
        .await;
    let answer = raw.until("}").await;
    assert_eq!(statuses(&answer), [200], "{answer}");
    let (mut raw, form) = (site.open().await, site.form());
    let (head, tail) = form.split_at(100);
    let chunks = format!(
        "{:x}\r\n{head}\r\n{:x}\r\n{tail}\r\n0\r\n\r\n",
        head.len(),
        tail.len()
    );
    raw.write(format!("{TOKEN}Transfer-Encoding: chunked\r\n\r\n{chunks}"))
        .await;
    let answer = raw.rest().await;
    assert_eq!(statuses(&answer), [200], "in chunks: {answer}");
}

/// S-6749-12
#[tokio::test]
async fn headers_without_end_are_a_431() {
    let site = Site::start(short()).await;
    let mut raw = site.open().await;
    raw.write(format!("{TOKEN}X: {}\r\n\r\n", "x".repeat(40_000)))
        .await;
    assert_eq!(statuses(&raw.rest().await), [431], "one long header");
    let mut raw = site.open().await;
    let many: String = "X: y\r\n".repeat(300);
    raw.write(format!("{TOKEN}{many}\r\n")).await;
    assert_eq!(statuses(&raw.rest().await), [431], "many headers");
    let mut raw = site.open().await;
    raw.write(format!("GET /{} HTTP/1.1\r\n", "x".repeat(70_000)))
        .await;
    let refused = statuses(&raw.rest().await);
    assert!(matches!(refused[..], [414 | 431]), "a long path: {refused:?}");

    let http = site.http().http2_prior_knowledge().build().unwrap();
    let request = http
        .get(format!("{}/jwks", site.issuer))
        .header("x", "x".repeat(40_000));
    match request.send().await {
        Ok(answer) => assert_eq!(answer.status(), 431, "HTTP/2"),
        Err(error) => assert!(error.is_request(), "HTTP/2: {error:?}"),
    }
    let answer = http.get(format!("{}/jwks", site.issuer)).send().await.unwrap();
    assert_eq!(answer.status(), 200, "the next one");
}

#[tokio::test]
async fn a_caller_who_asks_first_is_told_to_go_on_or_not_to() {
    let site = Site::start(short()).await;
    let (mut raw, form) = (site.open().await, site.form());
    raw.write(format!(
        "{TOKEN}Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        form.len()
    ))
    .await;
    assert_eq!(raw.until("\r\n\r\n").await, "HTTP/1.1 100 Continue\r\n\r\n");
    raw.write(form).await;
    assert_eq!(statuses(&raw.until("}").await), [200]);

    for refused in [
        format!(
            "{TOKEN}Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
            LIMIT + 1
        ),
        "POST /nowhere HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n".to_owned(),
    ] {
        let mut raw = site.open().await;
        raw.write(&refused).await;
        let answer = statuses(&raw.until("\r\n\r\n").await);
        assert!(matches!(answer[..], [413 | 404]), "{refused}: {answer:?}");
    }
}
