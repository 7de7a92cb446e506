//! The end of the process, on the real binary.

use super::site::{TOKEN, statuses};
use crate::support::dev::Dev;
use crate::support::eventually;
use crate::support::workloads::{assertion, client_object, jwks, key};
use countersign::jose::SigningKey;
use serde_json::json;
use std::io::ErrorKind;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Shorter than a body may take.
const SOON: Duration = Duration::from_secs(4);

struct World {
    dev: Dev,
    key: SigningKey,
}

/// A request whose headers the server has read and whose body it waits for.
struct UnderWay {
    stream: TcpStream,
    body: String,
}

impl World {
    async fn start() -> Self {
        let key = key();
        let object = client_object(
            "payments",
            "billing",
            json!([{ "keys": { "jwks": jwks(&[&key]) } }]),
        );
        let dev = Dev::start(&[("billing.json", &object.to_string())]).await;
        Self { dev, key }
    }

    async fn connect(&self) -> std::io::Result<TcpStream> {
        TcpStream::connect(self.dev.issuer.strip_prefix("http://").unwrap()).await
    }

    async fn begin(&self) -> UnderWay {
        let mut stream = self.connect().await.unwrap();
        let assertion = assertion(&self.key, "payments/billing", &self.dev.issuer);
        let body = format!("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion={assertion}");
        let head = format!(
            "{TOKEN}Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = [0; 25];
        let read = timeout(SOON, stream.read_exact(&mut answer)).await;
        read.unwrap().unwrap();
        assert_eq!(&answer, b"HTTP/1.1 100 Continue\r\n\r\n");
        UnderWay { stream, body }
    }

    /// Waits until the server takes no more connections.
    async fn closed(&self) {
        eventually(SOON, "a closed port", async || match self.connect().await {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .await;
    }
}

impl UnderWay {
    /// Sends the body, and reads until the server closes.
    async fn finish(mut self) -> String {
        self.stream.write_all(self.body.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let read = timeout(SOON, self.stream.read_to_string(&mut answer)).await;
        read.expect("a closed connection").unwrap();
        answer
    }
}

#[tokio::test]
async fn requests_under_way_are_answered_and_nobody_else_is_let_in() {
    let mut world = World::start().await;
    let mut idle = world.connect().await.unwrap();
    let mut under_way = Vec::new();
    for _ in 0..8 {
        under_way.push(world.begin().await);
    }
    world.dev.process.terminate();
    world.closed().await;
    let mut rest = Vec::new();
    timeout(SOON, idle.read_to_end(&mut rest))
        .await
        .expect("an idle connection is closed")
        .unwrap();
    for request in under_way {
        let answer = request.finish().await;
        assert_eq!(statuses(&answer), [200], "{answer}");
        assert!(answer.contains("connection: close\r\n"), "{answer}");
    }
    assert_eq!(world.dev.process.wait(SOON).await.code(), Some(0));
}

#[tokio::test]
async fn who_stalls_does_not_hold_up_the_end() {
    let mut world = World::start().await;
    let mut half = world.connect().await.unwrap();
    half.write_all(TOKEN.as_bytes()).await.unwrap();
    let unfinished = world.begin().await;
    world.dev.process.terminate();
    let ended = world.dev.process.wait(3 * SOON).await;
    assert_eq!(ended.code(), Some(0), "{}", world.dev.process.stderr());
    drop(unfinished);
}

#[tokio::test]
async fn a_second_signal_does_not_wait() {
    for second in ["TERM", "INT"] {
        let mut world = World::start().await;
        let unfinished = world.begin().await;
        world.dev.process.terminate();
        world.closed().await;
        world.dev.process.signal(second);
        let ended = world.dev.process.wait(Duration::from_secs(2)).await;
        assert_eq!(ended.code(), Some(1), "{second}");
        let told = world.dev.process.stderr();
        assert!(
            told.contains("error: aborted by a second signal while these tasks ran: public port\n"),
            "{second}: {told}"
        );
        drop(unfinished);
    }
}
