//! The two loops. The thread spins: one that slept would cost the server its wake-ups.

use super::connection::{Answer, Connection};
use super::supply::Supply;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How long the last answers may take.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// When requests are sent.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    /// As soon as a connection is free.
    Closed,
    /// At a fixed rate per second, whatever the server does. A request that finds no free connection
    /// waits for one, and its wait counts.
    Open(f64),
}

/// What a loop saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// For each token, when it came (from the start), and how long it took from the moment at which
    /// its request was to be sent.
    pub(crate) tokens: Vec<(Duration, Duration)>,
    /// Everything else, by kind.
    pub(crate) errors: BTreeMap<String, usize>,
    /// From the start to the last answer.
    pub(crate) took: Duration,
}

struct Lane {
    connection: Connection,
    since: Option<Instant>,
}

/// Sends requests over `connections` for `time`, or until there are no more.
pub(crate) fn drive(
    address: SocketAddr,
    connections: u16,
    supply: &mut Supply,
    pace: Pace,
    time: Duration,
) -> anyhow::Result<Seen> {
    let open = || {
        Connection::open(address).map(|connection| Lane {
            connection,
            since: None,
        })
    };
    let mut lanes: Vec<Lane> = (0..connections).map(|_| open()).collect::<Result<_, _>>()?;
    let mut seen = Seen {
        tokens: Vec::with_capacity(1 << 20),
        ..Seen::default()
    };
    let start = Instant::now();
    let mut sent = 0_u32;
    let mut more = true;
    loop {
        let mut waiting = false;
        for lane in &mut lanes {
            if let Some(since) = lane.since {
                waiting = true;
                match lane.connection.look() {
                    Ok(None) => continue,
                    Ok(Some(Answer::Token)) => seen.tokens.push((start.elapsed(), since.elapsed())),
                    Ok(Some(Answer::Other(kind))) => seen.count(kind),
                    Err(error) => {
                        seen.count(format!("connection: {error}"));
                        lane.connection = Connection::open(address)?;
                    }
                }
                lane.since = None;
            }
            let due = match pace {
                Pace::Closed => Instant::now(),
                Pace::Open(rate) => start
                    .checked_add(Duration::from_secs_f64(f64::from(sent) / rate))
                    .unwrap_or(start),
            };
            more = more && due.duration_since(start) < time;
            if more && due <= Instant::now() {
                let Some(request) = supply.next() else {
                    more = false;
                    continue;
                };
                lane.connection.send(request)?;
                lane.since = Some(due);
                sent = sent.saturating_add(1);
                waiting = true;
            }
        }
        let stuck = start.elapsed().saturating_sub(time) > LONGEST_WAIT;
        anyhow::ensure!(!stuck, "answers do not come: {:?}", seen.errors);
        if !more && !waiting {
            seen.took = start.elapsed();
            return Ok(seen);
        }
    }
}

// === impl Seen ===

impl Seen {
    fn count(&mut self, kind: String) {
        let count = self.errors.entry(kind).or_default();
        *count = count.saturating_add(1);
    }
}
