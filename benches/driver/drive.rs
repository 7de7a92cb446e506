//! The two loops. The thread spins: one that slept would cost the server its wake-ups.

use super::connection::{Answer, Connection, Target};
use super::supply::Supply;
use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

/// How long the last answers may take.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// After so long without a request the server may have closed a connection: it is opened anew.
const LONGEST_IDLE: Duration = Duration::from_secs(10);

/// When requests are sent.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    /// As soon as a connection is free.
    Closed,
    /// At a fixed rate per second, whatever the server does. A request that finds no free connection
    /// waits for one, and its wait counts.
    Open(f64),
}

/// Requests that are sent at their own pace over connections of their own.
pub(crate) struct Stream<'a> {
    /// The servers, which the connections go to in turn.
    pub(crate) targets: &'a [Target],
    /// How many connections.
    pub(crate) connections: u16,
    /// The requests.
    pub(crate) supply: &'a mut Supply,
    /// When they are sent.
    pub(crate) pace: Pace,
}

/// What became of a stream.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// For each token, when it came (from the start), and how long it took from the moment at which
    /// its request was to be sent.
    pub(crate) tokens: Vec<(Duration, Duration)>,
    /// How much later than it was to be each request was sent.
    pub(crate) late: Vec<Duration>,
    /// Everything else, by kind.
    pub(crate) errors: BTreeMap<String, usize>,
    /// From the start to the last answer.
    pub(crate) took: Duration,
}

/// A stream under way.
struct Flow<'a> {
    lanes: Vec<Lane<'a>>,
    supply: &'a mut Supply,
    pace: Pace,
    seen: Seen,
    sent: u32,
    more: bool,
}

struct Lane<'a> {
    target: &'a Target,
    connection: Connection,
    /// When the request that is under way was to be sent.
    since: Option<Instant>,
    last_use: Instant,
}

/// Sends the requests of `streams`, all on this thread, for `time` or until there are no more.
pub(crate) fn drive<'a>(
    streams: impl IntoIterator<Item = Stream<'a>>,
    time: Duration,
) -> anyhow::Result<Vec<Seen>> {
    let flows = streams.into_iter().map(Flow::open);
    let mut flows: Vec<_> = flows.collect::<Result<_, _>>()?;
    let start = Instant::now();
    loop {
        let mut under_way = false;
        for flow in &mut flows {
            under_way |= flow.sweep(start, time)?;
        }
        if !under_way {
            return Ok(flows.into_iter().map(|flow| flow.seen).collect());
        }
        let stuck = start.elapsed().saturating_sub(time) > LONGEST_WAIT;
        let errors = || flows.iter().map(|flow| &flow.seen.errors).collect::<Vec<_>>();
        anyhow::ensure!(!stuck, "answers do not come: {:?}", errors());
    }
}

// === impl Flow ===

impl<'a> Flow<'a> {
    fn open(stream: Stream<'a>) -> io::Result<Self> {
        let Stream {
            targets,
            connections,
            supply,
            pace,
        } = stream;
        let targets = targets.iter().cycle();
        let lanes = targets.take(usize::from(connections)).map(Lane::open);
        Ok(Self {
            lanes: lanes.collect::<Result<_, _>>()?,
            supply,
            pace,
            seen: Seen {
                tokens: Vec::with_capacity(1 << 20),
                ..Seen::default()
            },
            sent: 0,
            more: true,
        })
    }

    /// Looks once at every connection, and sends what is due. Says whether there will be more to do.
    fn sweep(&mut self, start: Instant, time: Duration) -> io::Result<bool> {
        let mut waiting = false;
        for lane in &mut self.lanes {
            if let Some(since) = lane.since {
                match lane.connection.look() {
                    Ok(None) => {
                        waiting = true;
                        continue;
                    }
                    Ok(Some(Answer::Token)) => {
                        self.seen.tokens.push((start.elapsed(), since.elapsed()));
                    }
                    Ok(Some(Answer::Other(kind))) => self.seen.count(kind),
                    Err(error) => {
                        self.seen.count(format!("connection: {error}"));
                        lane.connection = Connection::open(lane.target)?;
                    }
                }
                lane.since = None;
                self.seen.took = start.elapsed();
            }
            let now = Instant::now();
            let due = match self.pace {
                Pace::Closed => now,
                Pace::Open(rate) => start
                    .checked_add(Duration::from_secs_f64(f64::from(self.sent) / rate))
                    .unwrap_or(start),
            };
            self.more = self.more && due.duration_since(start) < time;
            if self.more && due <= now {
                let Some(request) = self.supply.next() else {
                    self.more = false;
                    continue;
                };
                lane.send(request, now)?;
                lane.since = Some(due);
                self.seen.late.push(now.duration_since(due));
                self.sent = self.sent.saturating_add(1);
                waiting = true;
            }
        }
        Ok(waiting || self.more)
    }
}

// === impl Lane ===

impl<'a> Lane<'a> {
    fn open(target: &'a Target) -> io::Result<Self> {
        Ok(Self {
            target,
            connection: Connection::open(target)?,
            since: None,
            last_use: Instant::now(),
        })
    }

    fn send(&mut self, request: &[u8], now: Instant) -> io::Result<()> {
        if now.duration_since(self.last_use) > LONGEST_IDLE {
            self.connection = Connection::open(self.target)?;
        }
        self.last_use = now;
        self.connection.send(request)
    }
}

// === impl Seen ===

impl Seen {
    fn count(&mut self, kind: String) {
        let count = self.errors.entry(kind).or_default();
        *count = count.saturating_add(1);
    }
}
