//! A TCP proxy on loopback that loses what it is told to lose. What passes through is not looked at: TLS
//! goes from end to end.

mod link;

use link::Link;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What becomes of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Bytes go through.
    Pass,
    /// New connections are closed at once; others go on.
    Refuse,
    /// Bytes go through, each this much later.
    Delay(Duration),
    /// One of so many requests reaches the server, and its answer is swallowed and the connection closed.
    /// The first exchanges of a connection (its TLS handshake) are spared.
    CutAnswers(u32),
    /// Nothing goes through any connection, old or new, and none is closed.
    Freeze,
}

/// A running proxy. Its connections end with the value.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    _acceptor: JoinSet<()>,
}

/// What the connections share.
#[derive(Debug)]
struct Shared {
    upstream: SocketAddr,
    mode: Mutex<Mode>,
    links: Mutex<Vec<Weak<Link>>>,
    /// Requests that [`Mode::CutAnswers`] has counted.
    requests: AtomicU32,
    cuts: AtomicU32,
}

// === impl Proxy ===

impl Proxy {
    /// Listens on a port of its own, and passes everything on to `upstream`.
    pub(crate) async fn start(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            upstream,
            mode: Mutex::new(Mode::Pass),
            links: Mutex::default(),
            requests: AtomicU32::new(0),
            cuts: AtomicU32::new(0),
        });
        let mut acceptor = JoinSet::new();
        acceptor.spawn(accept(listener, Arc::clone(&shared)));
        Self {
            address,
            shared,
            _acceptor: acceptor,
        }
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes what becomes of connections. Frozen ones stay frozen.
    pub(crate) fn set(&self, mode: Mode) {
        *self.shared.mode.lock().unwrap_or_else(PoisonError::into_inner) = mode;
        if mode == Mode::Freeze {
            for link in self.shared.links() {
                link.freeze(true);
            }
        }
    }

    /// Lets all connections go on, with everything that they were sent meanwhile.
    pub(crate) fn thaw(&self) {
        self.set(Mode::Pass);
        for link in self.shared.links() {
            link.freeze(false);
        }
    }

    /// Freezes the watch that brings most: of the connections on which the client has said nothing for
    /// `quiet`, the one that has brought most bytes since. Tells whether there is one.
    pub(crate) fn freeze_watch(&self, quiet: Duration) -> bool {
        let links = self.shared.links();
        let watches = links.iter().filter_map(|link| Some((link.brought(quiet)?, link)));
        let busiest = watches.max_by_key(|(bytes, _)| *bytes);
        busiest.inspect(|(_, link)| link.freeze(true)).is_some()
    }

    /// Closes every connection.
    pub(crate) fn sever(&self) {
        for link in self.shared.links() {
            link.close();
        }
    }

    /// How many connections there are.
    pub(crate) fn connections(&self) -> usize {
        self.shared.links().len()
    }

    /// How many answers [`Mode::CutAnswers`] has swallowed.
    pub(crate) fn cuts(&self) -> u32 {
        self.shared.cuts.load(Ordering::Relaxed)
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut running = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await.expect("accept a connection");
        while running.try_join_next().is_some() {}
        if shared.mode() == Mode::Refuse {
            continue;
        }
        let shared = Arc::clone(&shared);
        running.spawn(async move {
            // Nobody there: the client sees its connection closed.
            if let Ok(server) = TcpStream::connect(shared.upstream).await {
                let link = shared.link();
                link.carry(&shared, client, server).await;
            }
        });
    }
}

// === impl Shared ===

impl Shared {
    fn mode(&self) -> Mode {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn links(&self) -> Vec<Arc<Link>> {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        links.retain(|link| link.strong_count() > 0);
        links.iter().filter_map(Weak::upgrade).collect()
    }

    /// A new connection.
    fn link(&self) -> Arc<Link> {
        // Under the lock of the mode, so that a change of it finds this one, or is found.
        let mode = self.mode.lock().unwrap_or_else(PoisonError::into_inner);
        let link = Arc::new(Link::new(*mode == Mode::Freeze));
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        links.push(Arc::downgrade(&link));
        link
    }

    /// Whether the answer to a request that now begins is to be swallowed.
    fn cuts_next(&self) -> bool {
        match self.mode() {
            Mode::CutAnswers(every) => self.requests.fetch_add(1, Ordering::Relaxed) % every == every - 1,
            Mode::Pass | Mode::Refuse | Mode::Delay(_) | Mode::Freeze => false,
        }
    }

    /// How much later the bytes that now come are to go on.
    fn delay(&self) -> Duration {
        match self.mode() {
            Mode::Delay(delay) => delay,
            Mode::Pass | Mode::Refuse | Mode::CutAnswers(_) | Mode::Freeze => Duration::ZERO,
        }
    }
}
