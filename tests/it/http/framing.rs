//! Requests that two readers would take to end in different places. What is behind the first request is a
//! token request that would be granted: it must never be processed.

use super::site::{Site, TOKEN, short, statuses};
use rstest::rstest;

/// How the first request is framed: its headers and body, around the request that is to be smuggled in.
/// The answer is one refusal, and the end of the connection.
#[rstest]
#[case::both("Content-Length: {inner}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}")]
#[case::both_the_other_way(
    "Transfer-Encoding: chunked\r\nContent-Length: {inner}\r\n\r\n0\r\n\r\n{smuggled}"
)]
#[case::two_lengths("Content-Length: 0\r\nContent-Length: {inner}\r\n\r\n{smuggled}")]
#[case::two_lengths_the_other_way("Content-Length: {inner}\r\nContent-Length: 0\r\n\r\n{smuggled}")]
#[case::list_of_lengths("Content-Length: 0, {inner}\r\n\r\n{smuggled}")]
#[case::signed_length("Content-Length: +0\r\n\r\n{smuggled}")]
#[case::signed_length_of_the_rest("Content-Length: +{inner}\r\n\r\n{smuggled}")]
#[case::length_with_a_comma("Content-Length: 0,\r\n\r\n{smuggled}")]
#[case::empty_length("Content-Length:\r\n\r\n{smuggled}")]
#[case::negative_length("Content-Length: -1\r\n\r\n{smuggled}")]
#[case::hexadecimal_length("Content-Length: 0x0\r\n\r\n{smuggled}")]
#[case::huge_length("Content-Length: 18446744073709551616\r\n\r\n{smuggled}")]
#[case::chunked_is_not_last("Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{smuggled}")]
#[case::unknown_coding("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{smuggled}")]
#[case::tab("Transfer-Encoding:\tchunked\r\nContent-Length: {inner}\r\n\r\n0\r\n\r\n{smuggled}")]
#[case::space_before_the_colon(
    "Transfer-Encoding : chunked\r\nContent-Length: {inner}\r\n\r\n0\r\n\r\n{smuggled}"
)]
#[case::identity("Transfer-Encoding: identity\r\nContent-Length: {inner}\r\n\r\n0\r\n\r\n{smuggled}")]
#[case::two_codings("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n{smuggled}")]
#[case::bare_line_feed_between_headers(
    "Content-Length: 0\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"
)]
#[case::bare_carriage_return("X: y\rContent-Length: 0\r\n\r\n{smuggled}")]
#[case::folded_coding("Transfer-Encoding:\r\n chunked\r\nContent-Length: {inner}\r\n\r\n0\r\n\r\n{smuggled}")]
#[case::folded("X: y\r\n Transfer-Encoding: chunked\r\n\r\n{smuggled}")]
#[case::bare_line_feed_in_a_size("Transfer-Encoding: chunked\r\n\r\n0\n\r\n{smuggled}")]
#[case::negative_size("Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n{smuggled}")]
#[case::huge_size("Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n\r\n{smuggled}")]
#[case::size_with_a_sign("Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n{smuggled}")]
#[case::size_with_a_prefix("Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n{smuggled}")]
#[case::no_size("Transfer-Encoding: chunked\r\n\r\n;x\r\n\r\n{smuggled}")]
#[case::endless_extension("Transfer-Encoding: chunked\r\n\r\n0;{long}\r\n\r\n{smuggled}")]
#[tokio::test]
async fn f4_nothing_behind_an_ambiguous_request_is_processed(#[case] framing: &str) {
    let site = Site::start(short()).await;
    let smuggled = site.request();
    let framed = framing
        .replace("{inner}", &(smuggled.len() + 5).to_string())
        .replace("{long}", &"x".repeat(20_000))
        .replace("{smuggled}", &smuggled);
    let mut raw = site.open().await;
    raw.write(format!("{TOKEN}{framed}")).await;
    let answer = raw.rest().await;
    let refused = statuses(&answer);
    assert!(matches!(refused[..], [400 | 408]), "{framing:?}: {answer}");
    assert!(!answer.contains("access_token"), "{framing:?}: {answer}");
    // It was not honoured without being answered, either.
    let mut other = site.open().await;
    other.write(smuggled).await;
    assert_eq!(statuses(&other.until("\r\n\r\n").await), [200], "{framing:?}");
}

#[rstest]
#[case::no_version("POST /token\r\n\r\n")]
#[case::version_2("POST /token HTTP/2.0\r\n\r\n")]
#[case::control_character("GET /jwks HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n")]
#[case::control_character_in_the_path("GET /jw\x01ks HTTP/1.1\r\nHost: a\r\n\r\n")]
#[case::empty_name("GET /jwks HTTP/1.1\r\n: a\r\n\r\n")]
#[case::chunked_in_http_1_0("POST /token HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
#[tokio::test]
async fn f4_what_is_no_http_is_refused_and_closed(#[case] request: &str) {
    let site = Site::start(short()).await;
    let mut raw = site.open().await;
    raw.write(request).await;
    let answer = raw.rest().await;
    assert!(matches!(statuses(&answer)[..], [400]), "{request:?}: {answer}");
}

#[tokio::test]
async fn f4_requests_in_a_row_are_answered_in_order_on_one_connection() {
    let site = Site::start(short()).await;
    let mut raw = site.open().await;
    let chunked = format!("{TOKEN}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    let last = site
        .request()
        .replace("\r\nHost", "\r\nConnection: close\r\nHost");
    raw.write(format!(
        "{}{chunked}GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n{last}{}",
        site.request(),
        site.request()
    ))
    .await;
    let answers = raw.rest().await;
    assert_eq!(statuses(&answers), [200, 400, 404, 200], "{answers}");
}
