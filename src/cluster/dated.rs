//! Answers of the API server together with its clock.

use http::header::DATE;
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use kube::client::Body;
use kube::core::Status;
use kube::{Client, Error};
use serde::de::DeserializeOwned;

/// What the API server answered, and when by its own clock.
#[derive(Debug)]
pub struct Dated<T> {
    /// The answer.
    pub answer: T,
    /// The moment, in whole seconds, at which the answer began: its `Date` (RFC 9110 §6.6.1). `None` if there
    /// was no answer, or none with exactly one `Date` that can be read.
    pub date: Option<Timestamp>,
}

// === impl Dated ===

impl<T> Dated<T> {
    /// An answer of which nobody knows when it was given.
    pub const fn undated(answer: T) -> Self {
        Self { answer, date: None }
    }
}

/// Sends `request` and waits for the head of the answer. A refusal is an error, and is dated all the same.
pub async fn send(client: &Client, request: Request<Vec<u8>>) -> Dated<kube::Result<Response<Body>>> {
    match client.send(request.map(Body::from)).await {
        Ok(response) => Dated {
            date: date(response.headers()),
            answer: accepted(response).await,
        },
        Err(error) => Dated::undated(Err(error)),
    }
}

/// Sends `request` and reads the whole answer as JSON. A refusal is an error, and is dated all the same.
pub async fn request<T: DeserializeOwned>(
    client: &Client,
    request: Request<Vec<u8>>,
) -> Dated<kube::Result<T>> {
    let Dated { answer, date } = send(client, request).await;
    let answer = match answer {
        Ok(response) => json(response).await,
        Err(error) => Err(error),
    };
    Dated { answer, date }
}

async fn json<T: DeserializeOwned>(response: Response<Body>) -> kube::Result<T> {
    let body = response.into_body().collect().await?.to_bytes();
    serde_json::from_slice(&body).map_err(Error::SerdeError)
}

/// The answer, unless it is a refusal. Not every refusal is a `Status`: a proxy has words of its own.
async fn accepted(response: Response<Body>) -> kube::Result<Response<Body>> {
    let code = response.status();
    if !code.is_client_error() && !code.is_server_error() {
        return Ok(response);
    }
    let body = response.into_body().collect().await?.to_bytes();
    let status = serde_json::from_slice::<Status>(&body)
        .unwrap_or_else(|_| Status::failure("not a Status", "Unknown").with_code(code.as_u16()));
    Err(Error::Api(status.boxed()))
}

/// The one `Date` among `headers`, in the only form that senders may use (RFC 9110 §5.6.7).
pub fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let mut dates = headers.get_all(DATE).iter();
    let (date, None) = (dates.next()?, dates.next()) else {
        return None;
    };
    let date = DateTime::strptime("%a, %d %b %Y %H:%M:%S GMT", date.to_str().ok()?).ok()?;
    Offset::UTC.to_timestamp(date).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use rstest::rstest;
    use tower::service_fn;

    fn dates(texts: &[&'static str]) -> Option<Timestamp> {
        let named = |text: &&'static str| (DATE, HeaderValue::from_static(text));
        date(&texts.iter().map(named).collect::<HeaderMap>())
    }

    #[rstest]
    #[case::a_day(&["Sun, 06 Nov 1994 08:49:37 GMT"], Some(784_111_777))]
    #[case::the_epoch(&["Thu, 01 Jan 1970 00:00:00 GMT"], Some(0))]
    #[case::none(&[], None)]
    #[case::empty(&[""], None)]
    #[case::another_zone(&["Sun, 06 Nov 1994 08:49:37 CET"], None)]
    #[case::an_offset(&["Sun, 06 Nov 1994 08:49:37 +0100"], None)]
    #[case::no_such_day(&["Sun, 31 Nov 1994 08:49:37 GMT"], None)]
    #[case::more(&["Sun, 06 Nov 1994 08:49:37 GMT."], None)]
    #[case::a_time_of_ours(&["1994-11-06T08:49:37Z"], None)]
    #[case::two(&["Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT"], None)]
    fn a_date_is_read_if_there_is_one(#[case] texts: &[&'static str], #[case] expected: Option<i64>) {
        assert_eq!(dates(texts).map(Timestamp::as_second), expected);
    }

    /// What becomes of an answer with this status and body, sent in the first second of 1970.
    async fn answered(code: u16, body: &'static str) -> Dated<kube::Result<u32>> {
        let service = service_fn(move |_: Request<Body>| async move {
            let response = Response::builder().status(code);
            response
                .header(DATE, "Thu, 01 Jan 1970 00:00:01 GMT")
                .body(Body::from(body.as_bytes().to_vec()))
        });
        let client = Client::new(service, "default");
        request(&client, Request::get("/").body(Vec::new()).unwrap()).await
    }

    #[tokio::test]
    async fn an_answer_and_a_refusal_are_dated() {
        let second = Timestamp::from_second(1).ok();
        let good = answered(200, "7").await;
        assert_eq!((good.answer.unwrap(), good.date), (7, second));

        let status = r#"{"kind":"Status","status":"Failure","reason":"Conflict","code":409,"message":"m"}"#;
        for (code, body, reason) in [(409, status, "Conflict"), (502, "<html>", "Unknown")] {
            let refused = answered(code, body).await;
            assert_eq!(refused.date, second, "{body}");
            let Err(Error::Api(status)) = refused.answer else {
                panic!("{body}: {:?}", refused.answer)
            };
            assert_eq!((status.code, status.reason.as_str()), (code, reason));
        }
        let unreadable = answered(200, "{").await;
        assert_eq!(unreadable.date, second);
        assert!(matches!(unreadable.answer, Err(Error::SerdeError(_))));
    }
}
