//! What one caller may take of the server.

use std::time::Duration;

/// The limits on connections and requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Open connections; further ones wait in the kernel's queue.
    pub connections: usize,
    /// For a TLS handshake.
    pub handshake: Duration,
    /// From the moment the server waits for a request until its headers are there. Idle connections are
    /// closed after it, or at most twice that.
    pub headers: Duration,
    /// From the headers to the end of the body.
    pub body: Duration,
    /// Bytes of a token request's body.
    pub body_size: usize,
    /// Bytes of a request's headers.
    pub header_size: usize,
    /// Concurrent streams of one HTTP/2 connection.
    pub streams: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            handshake: Duration::from_secs(5),
            headers: Duration::from_secs(20),
            body: Duration::from_secs(5),
            body_size: 64 * 1024,
            header_size: 32 * 1024,
            streams: 128,
        }
    }
}
