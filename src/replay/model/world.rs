//! The state of a case.

use super::case::{Case, Troubles, bit};
use super::fingerprint::Fingerprint;
use super::server::Server;
use super::store::{Packet, Store};
use crate::replay::key::ReplayKey;
use crate::replay::segment::Entry;
use std::sync::Arc;

/// The API server, the servers, the controller, and what the clients have done. Copies share what they have in common.
#[derive(Debug, Clone)]
pub(super) struct World {
    /// Which of the case's times it is.
    pub(super) time: usize,
    pub(super) store: Printed<Store>,
    pub(super) servers: Vec<Printed<Server>>,
    /// The segment that the controller read last, and its version.
    pub(super) read: Option<(String, u32)>,
    /// Requests that wait or have their final verdict.
    pub(super) closed: u32,
    /// How many requests may have recorded each use.
    pub(super) uses: Vec<u8>,
    /// The assertions that were granted.
    pub(super) granted: u32,
    /// The troubles that are left.
    pub(super) left: Troubles,
}

/// A shared value with its fingerprint.
#[derive(Debug)]
pub(super) struct Printed<T>(Arc<(T, u64)>);

/// What has a fingerprint.
pub(super) trait Prints: Clone {
    fn print(&self) -> u64;
}

// === impl World ===

impl World {
    pub(super) fn new(case: &Case) -> Self {
        let store = Store::new();
        let servers = 0..case.servers.len();
        Self {
            time: 0,
            servers: servers
                .map(|number| Printed::new(Server::new(case, number, &store)))
                .collect(),
            store: Printed::new(store),
            read: None,
            closed: 0,
            uses: vec![0; case.assertions.len()],
            granted: 0,
            left: case.troubles,
        }
    }

    pub(super) fn fingerprint(&self) -> u64 {
        let prints: Vec<u64> = self.servers.iter().map(|server| server.0.1).collect();
        Fingerprint::of(&(
            self.time,
            self.store.0.1,
            prints,
            &self.read,
            self.closed,
            &self.uses,
            self.granted,
            self.left,
        ))
    }

    /// A request was answered with a 503: it may be made again, if that is left.
    pub(super) fn may_retry(&mut self, number: usize) {
        if let Some(left) = self.left.retries.checked_sub(1) {
            self.left.retries = left;
            self.closed &= !bit(number);
        }
    }

    /// Drops events that every watch has shown, and late writes of none of the keys that are `used`.
    pub(super) fn tidy(&mut self, used: &[&ReplayKey]) {
        let shown = self.servers.iter().filter_map(|server| server.get().watch).min();
        if self.store.get().may_drop(shown) {
            self.store.change(|store| store.drop_events(shown));
        }
        let store = self.store.clone();
        let matters = |packet: &Packet| {
            let entries = Entry::read(&packet.write.keys).unwrap();
            store.get().may_take(packet) && entries.iter().any(|entry| used.contains(&&entry.key))
        };
        for server in &mut self.servers {
            if !server.get().late.iter().all(matters) {
                server.change(|server| server.late.retain(matters));
            }
        }
    }
}

// === impl Printed ===

impl<T: Prints> Printed<T> {
    fn new(value: T) -> Self {
        let print = value.print();
        Self(Arc::new((value, print)))
    }

    pub(super) fn get(&self) -> &T {
        &self.0.0
    }

    pub(super) fn change<R>(&mut self, change: impl FnOnce(&mut T) -> R) -> R {
        let mut value = self.get().clone();
        let result = change(&mut value);
        *self = Self::new(value);
        result
    }
}

impl<T> Clone for Printed<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

// === impl Prints ===

impl Prints for Store {
    fn print(&self) -> u64 {
        Fingerprint::of(self)
    }
}

impl Prints for Server {
    fn print(&self) -> u64 {
        self.fingerprint()
    }
}
