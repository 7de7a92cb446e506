//! Requests that are made in advance: signing them costs more than answering them.

use crate::server::Server;
use crate::shared::kind::{Kind, Presented};
use anyhow::anyhow;
use countersign::clock::SystemClock;
use countersign::core::clock::Clock;

/// How many service-account tokens take turns.
const POD_TOKENS: usize = 400;

/// Requests, each handed out once, or in turn if they may be used again.
pub(crate) struct Supply {
    requests: Vec<Vec<u8>>,
    next: usize,
    again: bool,
}

// === impl Supply ===

impl Supply {
    /// Makes `number` requests on all processors.
    pub(crate) fn make(server: &Server, kind: Kind, number: usize) -> anyhow::Result<Self> {
        let again = kind.presented == Presented::ServiceAccountToken;
        let number = if again { number.min(POD_TOKENS) } else { number };
        let threads = std::thread::available_parallelism()?.get();
        let share = number.div_ceil(threads);
        let make = |thread: usize| -> anyhow::Result<Vec<Vec<u8>>> {
            let first = thread.saturating_mul(share);
            let numbers = first..first.saturating_add(share).min(number);
            numbers
                .map(|number| server.request(kind, number, SystemClock.now().as_second()))
                .collect()
        };
        let shares = std::thread::scope(|scope| {
            let makers: Vec<_> = (0..threads)
                .map(|thread| scope.spawn(move || make(thread)))
                .collect();
            let joined = makers
                .into_iter()
                .map(|maker| maker.join().map_err(|_| anyhow!("a maker panicked"))?);
            joined.collect::<anyhow::Result<Vec<_>>>()
        })?;
        Ok(Self {
            requests: shares.into_iter().flatten().collect(),
            next: 0,
            again,
        })
    }

    /// Takes `number` requests off, each to be sent once.
    pub(crate) fn take(&mut self, number: usize) -> Self {
        let requests = std::iter::from_fn(|| self.next().map(<[u8]>::to_vec))
            .take(number)
            .collect();
        Self {
            requests,
            next: 0,
            again: false,
        }
    }

    /// The next request, if there is one.
    pub(crate) fn next(&mut self) -> Option<&[u8]> {
        if self.again && self.next >= self.requests.len() {
            self.next = 0;
        }
        let request = self.requests.get(self.next)?;
        self.next = self.next.saturating_add(1);
        Some(request)
    }
}
