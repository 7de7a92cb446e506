//! The two loops: closed, and open at a fixed rate. Many connections on one thread.

use super::connection::{Answer, Connection, Target};
use super::supply::Supply;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Registry, Token};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::time::{Duration, Instant};

/// How long the last answers may take.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// After so long without a request the server may have closed a connection: it is opened anew.
const LONGEST_IDLE: Duration = Duration::from_secs(10);
/// The operating system waits for answers in whole steps of this.
const STEP: Duration = Duration::from_millis(1);

/// When requests are sent.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    /// As soon as a connection is free.
    Closed,
    /// At a fixed rate per second, whatever the server does. A request that finds no free connection
    /// waits for one, and its wait counts.
    Open(f64),
}

/// What the thread does while there is nothing to read or to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Between {
    /// It looks again and again: the server is spared its wake-ups, and nobody else gets the processor.
    Spin,
    /// It leaves the processor to others.
    Sleep,
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
    registry: &'a Registry,
    /// Its number, among those of this run.
    number: usize,
    lanes: Vec<Lane<'a>>,
    /// The lanes that wait for nothing, the longest idle first.
    free: VecDeque<usize>,
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
    between: Between,
) -> anyhow::Result<Vec<Seen>> {
    let mut poll = Poll::new()?;
    let registry = poll.registry().try_clone()?;
    let mut events = Events::with_capacity(1024);
    let flows = streams.into_iter().enumerate();
    let mut flows: Vec<_> = flows
        .map(|(number, stream)| Flow::open(number, stream, &registry))
        .collect::<Result<_, _>>()?;
    let start = Instant::now();
    loop {
        let mut next = start.checked_add(time.saturating_add(LONGEST_WAIT));
        let mut under_way = false;
        for flow in &mut flows {
            let due = flow.send(start, time)?;
            under_way |= due.is_some() || flow.free.len() < flow.lanes.len();
            next = next.min(due.or(next));
        }
        if !under_way {
            return Ok(flows.into_iter().map(|flow| flow.seen).collect());
        }
        let stuck = start.elapsed().saturating_sub(time) > LONGEST_WAIT;
        let errors = || flows.iter().map(|flow| &flow.seen.errors).collect::<Vec<_>>();
        anyhow::ensure!(!stuck, "answers do not come: {:?}", errors());
        let mut wait = Duration::ZERO;
        if between == Between::Sleep {
            wait = next.map_or(STEP, |next| next.saturating_duration_since(Instant::now()));
            if wait < STEP {
                std::thread::sleep(wait);
                wait = Duration::ZERO;
            }
        }
        poll.poll(&mut events, Some(wait))?;
        for event in &events {
            let (lane, flow) = (event.token().0 >> 8, event.token().0 & 0xff);
            if let Some(flow) = flows.get_mut(flow) {
                flow.answered(lane, start)?;
            }
        }
    }
}

// === impl Flow ===

impl<'a> Flow<'a> {
    fn open(number: usize, stream: Stream<'a>, registry: &'a Registry) -> io::Result<Self> {
        let Stream {
            targets,
            connections,
            supply,
            pace,
        } = stream;
        let targets = targets.iter().cycle().take(usize::from(connections)).enumerate();
        let lanes = targets
            .map(|(lane, target)| Lane::open(target, registry, token(number, lane)))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            registry,
            number,
            free: (0..lanes.len()).collect(),
            lanes,
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

    /// Sends what is due, and says when the next request is that has a free lane.
    fn send(&mut self, start: Instant, time: Duration) -> io::Result<Option<Instant>> {
        while let Some(free) = self.free.front().copied() {
            let now = Instant::now();
            let due = match self.pace {
                Pace::Closed => now,
                Pace::Open(rate) => start
                    .checked_add(Duration::from_secs_f64(f64::from(self.sent) / rate))
                    .unwrap_or(start),
            };
            self.more = self.more && due.duration_since(start) < time;
            if !self.more {
                return Ok(None);
            }
            if due > now {
                return Ok(Some(due));
            }
            let (Some(request), Some(lane)) = (self.supply.next(), self.lanes.get_mut(free)) else {
                self.more = false;
                return Ok(None);
            };
            if now.duration_since(lane.last_use) > LONGEST_IDLE {
                *lane = Lane::open(lane.target, self.registry, token(self.number, free))?;
            }
            lane.connection.send(request)?;
            lane.last_use = now;
            lane.since = Some(due);
            self.free.pop_front();
            self.seen.late.push(now.duration_since(due));
            self.sent = self.sent.saturating_add(1);
        }
        Ok(None)
    }

    /// Something came on a lane.
    fn answered(&mut self, number: usize, start: Instant) -> io::Result<()> {
        let Some(lane) = self.lanes.get_mut(number) else {
            return Ok(());
        };
        let Some(since) = lane.since else { return Ok(()) };
        match lane.connection.look() {
            Ok(None) => return Ok(()),
            Ok(Some(Answer::Token)) => self.seen.tokens.push((start.elapsed(), since.elapsed())),
            Ok(Some(Answer::Other(kind))) => self.seen.count(kind),
            Err(error) => {
                self.seen.count(format!("connection: {error}"));
                *lane = Lane::open(lane.target, self.registry, token(self.number, number))?;
            }
        }
        lane.since = None;
        self.free.push_back(number);
        self.seen.took = start.elapsed();
        Ok(())
    }
}

/// Names a lane of a flow; there are few flows.
const fn token(flow: usize, lane: usize) -> Token {
    Token((lane << 8) | (flow & 0xff))
}

// === impl Lane ===

impl<'a> Lane<'a> {
    fn open(target: &'a Target, registry: &Registry, token: Token) -> io::Result<Self> {
        let connection = Connection::open(target)?;
        registry.register(&mut SourceFd(&connection.descriptor()), token, Interest::READABLE)?;
        Ok(Self {
            target,
            connection,
            since: None,
            last_use: Instant::now(),
        })
    }
}

// === impl Seen ===

impl Seen {
    fn count(&mut self, kind: String) {
        let count = self.errors.entry(kind).or_default();
        *count = count.saturating_add(1);
    }
}
