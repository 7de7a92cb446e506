//! Loopback ports for servers that cannot be told to choose one themselves.

use std::hash::{BuildHasher as _, RandomState};
use std::net::TcpListener;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Below the range from which Linux takes the ports of outgoing connections, so that none of them can
/// take a port between the look and the use. Other listeners still can: who uses a port must be ready
/// to try another.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// Where this process starts to look: processes that run at once look in different places.
static NEXT: LazyLock<AtomicU64> = LazyLock::new(|| AtomicU64::new(RandomState::new().hash_one("ports")));

/// A port on 127.0.0.1 that nothing listens on now, and that this process was not given before.
pub(crate) fn free_port() -> u16 {
    (0..COUNT)
        .find_map(|_| {
            let offset = NEXT
                .fetch_add(1, Ordering::Relaxed)
                .checked_rem(u64::from(COUNT))?;
            let port = FIRST.checked_add(u16::try_from(offset).ok()?)?;
            TcpListener::bind(("127.0.0.1", port)).ok().map(|_| port)
        })
        .expect("a free loopback port between 20000 and 32000")
}
