//! Requests that are made in advance: signing them costs more than answering them.

use anyhow::anyhow;

/// Requests, each handed out once, or in turn if they may be used again.
pub(crate) struct Supply {
    requests: Vec<Vec<u8>>,
    next: usize,
    again: bool,
}

// === impl Supply ===

impl Supply {
    /// Makes `number` requests on all processors, each to be sent once.
    pub(crate) fn make(
        number: usize,
        request: impl Fn(usize) -> anyhow::Result<Vec<u8>> + Sync,
    ) -> anyhow::Result<Self> {
        let threads = std::thread::available_parallelism()?.get();
        let share = number.div_ceil(threads);
        let make = |thread: usize| -> anyhow::Result<Vec<Vec<u8>>> {
            let first = thread.saturating_mul(share);
            let numbers = first..first.saturating_add(share).min(number);
            numbers.map(&request).collect()
        };
        let make = &make;
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
            again: false,
        })
    }

    /// The same requests, to be sent in turn without end.
    pub(crate) fn endless(mut self) -> Self {
        self.again = true;
        self
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
