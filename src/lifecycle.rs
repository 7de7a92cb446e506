//! How the process lives and ends.
//!
//! - Every background task is started here, so that shutdown waits for it and its end is noticed.
//! - When an essential task ends before shutdown, by itself, by an error or by a panic, the whole
//!   process shuts down and [`Tasks::run_until_done`] returns the reason.
//! - The first SIGTERM or SIGINT begins the drain, in which the process goes on while others learn that it ends; after
//!   it every task is asked to finish. The second signal does not wait for either.

use anyhow::anyhow;
use futures::stream::BoxStream;
use futures::{FutureExt, Stream, StreamExt};
use std::any::Any;
use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use thiserror::Error;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The tasks of the process; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    drain: Duration,
    draining: CancellationToken,
    shutdown: CancellationToken,
    /// Cancelled when every task of the tracker has ended.
    finished: CancellationToken,
    supporters: TaskTracker,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    /// How many tasks of each name are running.
    running: BTreeMap<&'static str, usize>,
    /// The first essential task that ended too early.
    failure: Option<LifecycleError>,
}

/// Why the process did not end well.
#[derive(Debug, Error)]
pub enum LifecycleError {
    /// A task without which the process is of no use ended before shutdown.
    #[error("the essential task `{task}` ended: {cause:#}")]
    EssentialTask {
        /// Its name.
        task: &'static str,
        /// Its error, or that it panicked or simply returned.
        cause: anyhow::Error,
    },
    /// Some tasks had not finished when the grace period was over.
    #[error("tasks did not finish within the grace period: {}", .running.join(", "))]
    GraceExpired {
        /// Their names.
        running: Vec<&'static str>,
    },
    /// A second signal came before every task had finished.
    #[error("aborted by a second signal while these tasks ran: {}", .running.join(", "))]
    Aborted {
        /// Their names.
        running: Vec<&'static str>,
    },
    /// The process cannot listen for signals.
    #[error("cannot listen for signals: {0}")]
    Signals(#[source] std::io::Error),
}

/// The signals that tell a process to end: one item for each SIGTERM or SIGINT.
///
/// Listen before anything else is started: until then a signal ends the process at once.
pub struct Signals(BoxStream<'static, ()>);

// === impl Tasks ===

impl Tasks {
    /// No tasks, yet, and no drain.
    pub fn new() -> Self {
        Self::default()
    }

    /// No tasks, yet. After the first signal they go on for as long as `drain`.
    pub fn draining_for(drain: Duration) -> Self {
        Self {
            drain,
            ..Self::default()
        }
    }

    /// Cancelled when the process was told to end; before [`Tasks::shutdown`], by the drain.
    pub fn draining(&self) -> CancellationToken {
        self.draining.clone()
    }

    /// Cancelled when the process is to end. Long-lived tasks select on it.
    pub fn shutdown(&self) -> CancellationToken {
        self.shutdown.clone()
    }

    /// Starts a task whose end, other than after shutdown began, ends the process. After shutdown began,
    /// an error of it is logged only.
    pub fn spawn_essential<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let tasks = self.clone();
        self.start(name, async move {
            let outcome = AssertUnwindSafe(task).catch_unwind().await;
            tasks.essential_ended(name, outcome);
        });
    }

    /// Starts an essential task that others need until they have finished: it is not told to end, but dropped when no
    /// other task is left.
    pub fn spawn_supporting<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let tasks = self.clone();
        let until_needed = self.finished.clone().run_until_cancelled_owned(task);
        drop(self.supporters.spawn(async move {
            match AssertUnwindSafe(until_needed).catch_unwind().await {
                Ok(None) => {}
                Ok(Some(())) => {
                    tasks.essential_ended(name, Ok(Err(anyhow!("it returned although it is needed"))));
                }
                Err(panic) => tasks.essential_ended(name, Err(panic)),
            }
        }));
    }

    /// Starts a task that may end at any time. A panic in it is logged and ends that task only.
    pub fn spawn<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.start(name, async move {
            if AssertUnwindSafe(task).catch_unwind().await.is_err() {
                tracing::error!(task = name, "a background task panicked");
            }
        });
    }

    /// Runs until the process is told to end or an essential task ends, then gives every task `grace` to
    /// finish.
    pub async fn run_until_done(self, signals: Signals, grace: Duration) -> Result<(), LifecycleError> {
        self.run_with(signals.0, grace).await
    }

    async fn run_with(self, signals: impl Stream<Item = ()>, grace: Duration) -> Result<(), LifecycleError> {
        let mut signals = std::pin::pin!(signals.fuse());
        let mut impatient = false;
        tokio::select! {
            () = self.shutdown.cancelled() => {}
            Some(()) = signals.next() => {
                tracing::info!(drain = ?self.drain, "told to end: finishing what is under way");
                self.draining.cancel();
                impatient = tokio::select! {
                    () = tokio::time::sleep(self.drain) => false,
                    () = self.shutdown.cancelled() => false,
                    Some(()) = signals.next() => true,
                };
            }
        }
        self.draining.cancel();
        self.shutdown.cancel();
        self.tracker.close();
        let finished = tokio::select! {
            () = async {}, if impatient => Err(LifecycleError::Aborted { running: self.running() }),
            () = self.tracker.wait() => Ok(()),
            () = tokio::time::sleep(grace) => Err(LifecycleError::GraceExpired { running: self.running() }),
            Some(()) = signals.next() => Err(LifecycleError::Aborted { running: self.running() }),
        };
        self.finished.cancel();
        match self.lock().failure.take() {
            Some(failure) => Err(failure),
            None => finished,
        }
    }

    fn start(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        {
            let mut shared = self.lock();
            let count = shared.running.entry(name).or_default();
            *count = count.saturating_add(1);
        }
        let tasks = self.clone();
        drop(self.tracker.spawn(async move {
            task.await;
            tasks.forget(name);
        }));
    }

    fn forget(&self, name: &'static str) {
        let mut shared = self.lock();
        if let Some(count) = shared.running.get_mut(name) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                shared.running.remove(name);
            }
        }
    }

    fn running(&self) -> Vec<&'static str> {
        self.lock().running.keys().copied().collect()
    }

    fn essential_ended(&self, name: &'static str, outcome: Result<anyhow::Result<()>, Box<dyn Any + Send>>) {
        let asked_to_end = self.shutdown.is_cancelled();
        let cause = match outcome {
            Ok(Ok(())) if asked_to_end => return,
            Ok(Ok(())) => anyhow!("it returned although nobody asked it to"),
            Ok(Err(error)) if asked_to_end => {
                tracing::warn!(
                    task = name,
                    error = format!("{error:#}"),
                    "failed during shutdown"
                );
                return;
            }
            Ok(Err(error)) => error,
            Err(_) => anyhow!("it panicked"),
        };
        self.lock()
            .failure
            .get_or_insert(LifecycleError::EssentialTask { task: name, cause });
        self.shutdown.cancel();
    }

    /// Every change under the lock is a single step, so that a panic elsewhere leaves nothing half done.
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Signals ===

impl Signals {
    /// Listens from now on: a signal that comes before anybody waits for it is not lost.
    pub fn listen() -> Result<Self, LifecycleError> {
        let terminate = signal(SignalKind::terminate()).map_err(LifecycleError::Signals)?;
        let interrupt = signal(SignalKind::interrupt()).map_err(LifecycleError::Signals)?;
        let both = futures::stream::unfold((terminate, interrupt), |(mut terminate, mut interrupt)| async {
            let got = tokio::select! {
                got = terminate.recv() => got,
                got = interrupt.recv() => got,
            };
            got.map(|()| ((), (terminate, interrupt)))
        });
        Ok(Self(both.boxed()))
    }
}

impl std::fmt::Debug for Signals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signals").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
