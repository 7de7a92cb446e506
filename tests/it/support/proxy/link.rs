//! One connection through the proxy.

use super::Shared;
use bytes::{Bytes, BytesMut};
use std::future::pending;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

/// Pieces that wait to be written, each of at most [`PIECE`].
const QUEUE: usize = 64;
/// Bytes.
const PIECE: usize = 64 * 1024;
/// The turns of a client that are its handshake, at most: hello, finished.
const HANDSHAKE: u32 = 2;

/// What the proxy can do to a connection while it is there.
#[derive(Debug)]
pub(super) struct Link {
    frozen: watch::Sender<bool>,
    closed: watch::Sender<bool>,
    course: Mutex<Course>,
}

/// What has gone through.
#[derive(Debug)]
struct Course {
    /// When the client last said something.
    said: Instant,
    /// Bytes from the server since then.
    brought: u64,
    /// How often the client has begun to speak.
    turns: u32,
    /// Whether the server's next bytes are to be swallowed.
    doomed: bool,
}

/// Bytes and when they may go on.
type Due = (Instant, Bytes);

// === impl Link ===

impl Link {
    pub(super) fn new(frozen: bool) -> Self {
        Self {
            frozen: watch::Sender::new(frozen),
            closed: watch::Sender::new(false),
            course: Mutex::new(Course {
                said: Instant::now(),
                brought: 0,
                turns: 0,
                doomed: false,
            }),
        }
    }

    pub(super) fn freeze(&self, frozen: bool) {
        self.frozen.send_replace(frozen);
    }

    pub(super) fn close(&self) {
        self.closed.send_replace(true);
    }

    /// The bytes from the server since the client said something, if that was `quiet` ago, and any came.
    pub(super) fn brought(&self, quiet: Duration) -> Option<u64> {
        let course = self.course();
        (course.said.elapsed() >= quiet && course.brought > 0).then_some(course.brought)
    }

    /// Carries bytes until one side closes, or the proxy does.
    pub(super) async fn carry(&self, shared: &Shared, client: TcpStream, server: TcpStream) {
        for socket in [&client, &server] {
            socket.set_nodelay(true).unwrap_or_default();
        }
        let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
        let ((up, rising), (down, falling)) = (mpsc::channel(QUEUE), mpsc::channel(QUEUE));
        let client_speaks = |_| {
            self.client_spoke(shared);
            true
        };
        let server_speaks = |length| self.server_spoke(shared, length);
        let reading = async {
            tokio::join!(
                self.read(shared, from_client, up, client_speaks),
                self.read(shared, from_server, down, server_speaks),
            );
            // What they read is still to be written, and that is the end.
            pending::<()>().await;
        };
        let mut closed = self.closed.subscribe();
        tokio::select! {
            () = self.write(to_server, rising) => {}
            () = self.write(to_client, falling) => {}
            _ = closed.wait_for(|closed| *closed) => {}
            () = reading => {}
        }
    }

    /// Reads until the end, or until `heard`, told how many bytes have come, wants the connection closed.
    async fn read(
        &self,
        shared: &Shared,
        mut from: OwnedReadHalf,
        queue: mpsc::Sender<Due>,
        heard: impl Fn(usize) -> bool,
    ) {
        loop {
            self.thawed().await;
            let mut piece = BytesMut::with_capacity(PIECE);
            let length = from.read_buf(&mut piece).await.unwrap_or_default();
            if length == 0 {
                return;
            }
            if !heard(length) {
                self.close();
                return;
            }
            let due = Instant::now() + shared.delay();
            if queue.send((due, piece.freeze())).await.is_err() {
                return;
            }
        }
    }

    /// Writes all there is, each piece when it is due.
    async fn write(&self, mut to: OwnedWriteHalf, mut queue: mpsc::Receiver<Due>) {
        while let Some((due, piece)) = queue.recv().await {
            sleep_until(due).await;
            self.thawed().await;
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
    }

    async fn thawed(&self) {
        let mut frozen = self.frozen.subscribe();
        // It cannot fail: the sender is here.
        frozen
            .wait_for(|frozen| !*frozen)
            .await
            .map(drop)
            .unwrap_or_default();
    }

    fn client_spoke(&self, shared: &Shared) {
        let mut course = self.course();
        let begins = course.turns == 0 || course.brought > 0;
        course.said = Instant::now();
        course.brought = 0;
        if begins {
            course.turns += 1;
            course.doomed = course.turns > HANDSHAKE && shared.cuts_next();
        }
    }

    /// Whether the client may hear it.
    fn server_spoke(&self, shared: &Shared, length: usize) -> bool {
        let mut course = self.course();
        course.brought += u64::try_from(length).unwrap_or_default();
        if course.doomed {
            shared.cuts.fetch_add(1, Ordering::Relaxed);
        }
        !course.doomed
    }

    fn course(&self) -> MutexGuard<'_, Course> {
        self.course.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
