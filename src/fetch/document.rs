//! What a host answered, read under the caps and judged as far as its shape goes.

use super::fault::FetchFault;
use crate::jose::{Algorithm, MAX_KEYS, SetFault, judge_jwks};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use std::time::Duration;

/// The most bytes that are read of an answer.
pub const MAX_BYTES: usize = 256 * 1024;

/// Judges the status and the headers of an answer, before its body is read.
///
/// The media type may be absent; else it must be JSON, or JSON under another name (`+json`).
pub(super) fn judge_head(status: http::StatusCode, headers: &HeaderMap) -> Result<(), FetchFault> {
    if status.is_redirection() {
        return Err(FetchFault::Redirect(status.as_u16()));
    }
    if status != http::StatusCode::OK {
        return Err(FetchFault::Status(status.as_u16()));
    }
    if headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
    {
        return Err(FetchFault::Encoded);
    }
    headers
        .get_all(header::CONTENT_TYPE)
        .iter()
        .all(is_json)
        .then_some(())
        .ok_or(FetchFault::ContentType)
}

fn is_json(value: &header::HeaderValue) -> bool {
    let text = value.to_str().unwrap_or_default();
    let media = text.split(';').next().unwrap_or_default().trim();
    let Some(subtype) = media
        .to_ascii_lowercase()
        .strip_prefix("application/")
        .map(str::to_owned)
    else {
        return false;
    };
    subtype == "json" || subtype.ends_with("+json")
}

/// How long an answer may be kept: `max-age` of its `Cache-Control`; not at all with `no-store` or `no-cache`
/// (RFC 9111 §5.2.2). Of several the shortest counts.
pub(super) fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let lists = headers.get_all(header::CACHE_CONTROL).into_iter();
    let directives = lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','));
    directives
        .filter_map(|directive| {
            let directive = directive.trim().to_ascii_lowercase();
            match directive.split_once('=') {
                Some(("max-age", seconds)) => {
                    let seconds = seconds.trim_matches('"').parse();
                    Some(Duration::from_secs(seconds.unwrap_or(0)))
                }
                None if matches!(directive.as_str(), "no-store" | "no-cache") => Some(Duration::ZERO),
                _ => None,
            }
        })
        .min()
}

/// Reads the body while it stays under [`MAX_BYTES`], whatever its announced length.
pub(super) async fn read(mut response: reqwest::Response) -> Result<Bytes, FetchFault> {
    let announced = response.content_length().unwrap_or(0);
    if announced > u64::try_from(MAX_BYTES).unwrap_or(u64::MAX) {
        return Err(FetchFault::TooLarge(MAX_BYTES));
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| FetchFault::Broken)? {
        if body.len().saturating_add(chunk.len()) > MAX_BYTES {
            return Err(FetchFault::TooLarge(MAX_BYTES));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Judges that `body` is a JWK set, of whatever keys: bad ones are refused one by one by those who know
/// the client. A set without keys is a set: its owner has withdrawn them all.
pub(super) fn judge_body(body: &[u8]) -> Result<(), FetchFault> {
    match judge_jwks(body, &Algorithm::ALL) {
        Ok(_) => Ok(()),
        Err(SetFault::TooMany) => Err(FetchFault::TooManyKeys(MAX_KEYS)),
        Err(SetFault::TooLarge) => Err(FetchFault::TooLarge(MAX_BYTES)),
        Err(SetFault::NotKeys | SetFault::NoKeysMember | SetFault::NoPemKey) => Err(FetchFault::NotJwks),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderValue, StatusCode};
    use rstest::rstest;

    /// S-7517-04
    #[rstest]
    #[case(None, Ok(()))]
    #[case(Some("application/json"), Ok(()))]
    #[case(Some("application/json; charset=utf-8"), Ok(()))]
    #[case(Some("Application/JWK-set+json"), Ok(()))]
    #[case(Some("text/html"), Err(FetchFault::ContentType))]
    #[case(Some("text/plain"), Err(FetchFault::ContentType))]
    #[case(Some("application/jsonp"), Err(FetchFault::ContentType))]
    #[case(Some(""), Err(FetchFault::ContentType))]
    fn media_types(#[case] media: Option<&'static str>, #[case] expected: Result<(), FetchFault>) {
        let mut headers = HeaderMap::new();
        if let Some(media) = media {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
        }
        assert_eq!(judge_head(StatusCode::OK, &headers), expected);
    }

    #[rstest]
    #[case(&[], None)]
    #[case(&["public"], None)]
    #[case(&["public, max-age=3600"], Some(3600))]
    #[case(&["Max-Age=60, must-revalidate"], Some(60))]
    #[case(&["max-age=\"60\""], Some(60))]
    #[case(&["max-age=600", "max-age=60"], Some(60))]
    #[case(&["max-age=600, no-cache"], Some(0))]
    #[case(&["no-store"], Some(0))]
    #[case(&["max-age=soon"], Some(0))]
    #[case(&["max-age=-1"], Some(0))]
    #[case(&["s-maxage=10"], None)]
    fn ages(#[case] lines: &[&'static str], #[case] seconds: Option<u64>) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::CACHE_CONTROL, HeaderValue::from_static(line));
        }
        assert_eq!(max_age(&headers), seconds.map(Duration::from_secs));
    }

    #[rstest]
    #[case(204, FetchFault::Status(204))]
    #[case(206, FetchFault::Status(206))]
    #[case(302, FetchFault::Redirect(302))]
    #[case(404, FetchFault::Status(404))]
    #[case(500, FetchFault::Status(500))]
    fn statuses(#[case] status: u16, #[case] expected: FetchFault) {
        let status = StatusCode::from_u16(status).unwrap();
        assert_eq!(judge_head(status, &HeaderMap::new()), Err(expected));
    }

    /// S-7517-01
    #[rstest]
    #[case(r#"{"keys":[]}"#, Ok(()))]
    #[case(r#"{"keys":[{"kty":"new"}, 7],"more":{}}"#, Ok(()))]
    #[case("", Err(FetchFault::NotJwks))]
    #[case("[]", Err(FetchFault::NotJwks))]
    #[case("{}", Err(FetchFault::NotJwks))]
    #[case(r#"{"keys":{}}"#, Err(FetchFault::NotJwks))]
    #[case(r#"{"keys":[]} x"#, Err(FetchFault::NotJwks))]
    #[case(r#"{"keys":[],"keys":[]}"#, Err(FetchFault::NotJwks))]
    #[case("-----BEGIN PUBLIC KEY-----", Err(FetchFault::NotJwks))]
    #[case("<html>", Err(FetchFault::NotJwks))]
    fn bodies(#[case] body: &str, #[case] expected: Result<(), FetchFault>) {
        assert_eq!(judge_body(body.as_bytes()), expected);
    }

    /// S-7517-04
    #[test]
    fn seventeen_keys_and_deep_nesting_are_refused() {
        let keys = vec!["{}"; MAX_KEYS + 1].join(",");
        assert_eq!(
            judge_body(format!("{{\"keys\":[{keys}]}}").as_bytes()),
            Err(FetchFault::TooManyKeys(MAX_KEYS))
        );
        let deep = format!("{{\"keys\":{}", "[".repeat(100_000));
        assert_eq!(judge_body(deep.as_bytes()), Err(FetchFault::NotJwks));
    }
}
