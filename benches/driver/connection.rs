//! One keep-alive connection: a client of HTTP/1.1 that knows one request and one kind of answer, and
//! costs next to nothing.

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use serde::Deserialize;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;

/// Where a server listens, and how.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// The address.
    pub(crate) address: SocketAddr,
    /// TLS with these roots; plain HTTP without.
    pub(crate) tls: Option<Arc<ClientConfig>>,
}

/// A connection without a thread: whoever owns it looks when something came.
pub(crate) struct Connection {
    descriptor: RawFd,
    socket: Box<dyn Socket>,
    received: Vec<u8>,
}

/// A socket that never blocks.
trait Socket: Read + Write + Send {}

impl<T: Read + Write + Send> Socket for T {}

/// What an answer turned out to be.
pub(crate) enum Answer {
    /// A token.
    Token,
    /// Anything else: the status, and the `error` if there was one.
    Other(String),
}

#[derive(Deserialize)]
struct Members<'a> {
    access_token: Option<&'a str>,
    error: Option<&'a str>,
}

// === impl Connection ===

impl Connection {
    /// Connects; the handshake is over when this returns.
    pub(crate) fn open(target: &Target) -> io::Result<Self> {
        let mut stream = TcpStream::connect(target.address)?;
        stream.set_nodelay(true)?;
        let descriptor = stream.as_raw_fd();
        let socket: Box<dyn Socket> = if let Some(tls) = &target.tls {
            let name = ServerName::IpAddress(target.address.ip().into());
            let mut connection = ClientConnection::new(Arc::clone(tls), name).map_err(io::Error::other)?;
            while connection.is_handshaking() {
                connection.complete_io(&mut stream)?;
            }
            stream.set_nonblocking(true)?;
            Box::new(StreamOwned::new(connection, stream))
        } else {
            stream.set_nonblocking(true)?;
            Box::new(stream)
        };
        Ok(Self {
            descriptor,
            socket,
            received: Vec::with_capacity(4096),
        })
    }

    /// Sends a request; the answer to the one before must have come.
    pub(crate) fn send(&mut self, mut request: &[u8]) -> io::Result<()> {
        self.received.clear();
        while !request.is_empty() {
            match self.socket.write(request) {
                Ok(sent) => request = request.get(sent..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The file descriptor of its socket, to be told when something comes.
    pub(crate) const fn descriptor(&self) -> RawFd {
        self.descriptor
    }

    /// The answer, if all of it is there; if not, everything that came was read.
    pub(crate) fn look(&mut self) -> io::Result<Option<Answer>> {
        let mut chunk = [0; 4096];
        loop {
            match self.socket.read(&mut chunk) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(length) => self
                    .received
                    .extend_from_slice(chunk.get(..length).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error),
            }
            if let Some((status, body)) = whole(&self.received) {
                return Ok(Some(judge(status, body)));
            }
        }
    }
}

/// The status line and the body, if all of the body is there.
fn whole(received: &[u8]) -> Option<(&str, &[u8])> {
    let end = received.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, rest) = received.split_at_checked(end)?;
    let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
    let status = lines.next()?;
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?
        .1;
    let body = rest.get(4..)?;
    (body.len() == length.trim().parse::<usize>().ok()?).then_some((status, body))
}

fn judge(status: &str, body: &[u8]) -> Answer {
    let members = serde_json::from_slice::<Members<'_>>(body).ok();
    let token = members.as_ref().and_then(|members| members.access_token);
    let signed = token.is_some_and(|token| token.bytes().filter(|b| *b == b'.').count() == 2);
    if status == "HTTP/1.1 200 OK" && signed {
        return Answer::Token;
    }
    let code = status.split(' ').nth(1).unwrap_or("no status");
    let error = members
        .and_then(|members| members.error)
        .unwrap_or("no error member");
    Answer::Other(format!("{code} {error}"))
}
