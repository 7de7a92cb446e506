//! What a case of the model has: servers, assertions, requests, and how much may go wrong.

use super::mistake::Mistake;
use crate::replay::key::{Purpose, ReplayKey};
use crate::replay::replica::Recorded;
use crate::replay::segment::{Bucket, Entry};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// What clocks may be apart for, and the leeway.
pub(super) const SKEW: SignedDuration = SignedDuration::from_secs(30);

/// A small world.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) servers: Vec<Setup>,
    pub(super) assertions: Vec<Assertion>,
    pub(super) requests: Vec<Request>,
    /// What the API server's clock shows, one after the other.
    pub(super) times: Vec<i64>,
    pub(super) troubles: Troubles,
    /// Whether the controller deletes segments.
    pub(super) collects: bool,
    /// Whether servers end every wait before much time has passed.
    pub(super) gives_up: bool,
    /// Whether the network may bring a write to the store a second time, later.
    pub(super) sent_twice: bool,
    /// Whether every life names its segments alike. Only with requests that come after the deletion.
    pub(super) names_again: bool,
    pub(super) mistake: Option<Mistake>,
}

/// How often something may go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Troubles {
    /// A write is refused before it is stored, or its answer is lost, cut, or a 5xx; stored or not.
    pub(super) faults: u8,
    /// A watch has to start anew from a list.
    pub(super) breaks: u8,
    /// A server dies and another life of it begins.
    pub(super) crashes: u8,
    /// A server's clock is set.
    pub(super) settings: u8,
    /// A request is made again after a 503, or because its server died.
    pub(super) retries: u8,
}

/// A server.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    /// How far its clock is ahead of the API server's, at first and whenever it is set.
    pub(super) clocks: Vec<i64>,
    /// What its lives run; the last one for all that follow.
    pub(super) releases: Vec<Release>,
}

/// A release of the servers: the formats of keys that it writes and checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Release {
    /// Writes and checks the first format.
    First,
    /// Both, as the one between two formats has to.
    Both,
    /// Writes and checks the second format.
    Second,
}

/// An assertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Assertion {
    pub(super) client: u8,
    pub(super) jti: u8,
    /// Refused from this moment on.
    pub(super) until: i64,
}

/// A request of a client. It may be made once, and again after it was answered with a 503.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) server: usize,
    /// The assertions that it uses.
    pub(super) uses: Vec<usize>,
    /// Whether it is made only after the server has seen that a segment was deleted.
    pub(super) after_deletion: bool,
}

// === impl Case ===

impl Case {
    /// `servers` servers with a right clock, and nothing to do.
    pub(super) fn of(servers: usize) -> Self {
        let server = Setup {
            clocks: vec![0],
            releases: vec![Release::First],
        };
        Self {
            servers: vec![server; servers],
            assertions: Vec::new(),
            requests: Vec::new(),
            times: vec![0],
            troubles: Troubles::default(),
            collects: false,
            gives_up: false,
            sent_twice: false,
            names_again: false,
            mistake: None,
        }
    }

    /// Adds an assertion of a client.
    pub(super) fn assertion(mut self, client: u8, jti: u8, until: i64) -> Self {
        self.assertions.push(Assertion { client, jti, until });
        self
    }

    /// Adds a request.
    pub(super) fn request(mut self, server: usize, uses: &[usize]) -> Self {
        self.requests.push(Request {
            server,
            uses: uses.to_vec(),
            after_deletion: false,
        });
        self
    }

    /// Adds a request that is made only after the server has seen that a segment was deleted.
    pub(super) fn request_after_deletion(mut self, server: usize, uses: &[usize]) -> Self {
        self = self.request(server, uses);
        self.requests.last_mut().unwrap().after_deletion = true;
        self
    }

    /// With these times instead, and a controller that deletes segments when it may.
    pub(super) fn times(mut self, times: &[i64]) -> Self {
        self.times = times.to_vec();
        self.collects = true;
        self
    }

    /// With these times of a server's clock instead.
    pub(super) fn clocks(mut self, server: usize, clocks: &[i64]) -> Self {
        self.servers[server].clocks = clocks.to_vec();
        self
    }

    /// With these releases of a server instead.
    pub(super) fn releases(mut self, server: usize, releases: &[Release]) -> Self {
        self.servers[server].releases = releases.to_vec();
        self
    }

    /// With these troubles instead.
    pub(super) fn troubles(mut self, troubles: Troubles) -> Self {
        self.troubles = troubles;
        self
    }

    /// Whether nothing can go wrong, so that every assertion must be granted.
    pub(super) fn is_quiet(&self) -> bool {
        let releases: Vec<_> = self.servers.iter().map(|server| &server.releases).collect();
        self.troubles == Troubles::default()
            && self.times.len() == 1
            && self.mistake.is_none()
            && self.requests.iter().all(|request| request.uses.len() == 1)
            && releases.windows(2).all(|pair| pair[0] == pair[1])
    }

    /// How many requests have used the assertion's `jti` is counted under this number.
    pub(super) fn use_of(&self, assertion: usize) -> usize {
        let this = self.assertions[assertion];
        let same = |other: &Assertion| (other.client, other.jti) == (this.client, this.jti);
        self.assertions.iter().position(same).unwrap()
    }

    /// The keys that a request uses, in every format.
    pub(super) fn keys(&self, request: &Request) -> Vec<ReplayKey> {
        let recorded = self.recorded(request.server, Release::Both, request);
        recorded.iter().map(|this| this.entry.key).collect()
    }

    pub(super) fn release(&self, server: usize, life: u8) -> Release {
        let releases = &self.servers[server].releases;
        let last = releases.len().saturating_sub(1);
        releases[usize::from(life).min(last)]
    }

    /// What `server` records for a request.
    pub(super) fn recorded(&self, server: usize, release: Release, request: &Request) -> Vec<Recorded> {
        let of_one = |number: &usize| {
            let assertion = self.assertions[*number];
            release.formats().iter().map(move |format| Recorded {
                entry: Entry {
                    key: self.key(server, format, assertion),
                    bucket: Bucket::new(assertion.client.into()),
                },
                until: at(assertion.until),
            })
        };
        request.uses.iter().flat_map(of_one).collect()
    }

    fn key(&self, server: usize, format: &str, assertion: Assertion) -> ReplayKey {
        let client = match self.mistake {
            Some(Mistake::KeysByJtiAlone) => format!("{format}:"),
            // The client was made anew, and not every server has heard of it.
            Some(Mistake::ClientUidInKey) => format!("{format}:client{}:uid{server}", assertion.client),
            _ => format!("{format}:client{}", assertion.client),
        };
        ReplayKey::new(Purpose::Assertion, &client, "", &assertion.jti.to_string())
    }
}

// === impl Release ===

impl Release {
    pub(super) fn formats(self) -> &'static [&'static str] {
        match self {
            Self::First => &["v1"],
            Self::Both => &["v1", "v2"],
            Self::Second => &["v2"],
        }
    }

    pub(super) fn owned_formats(self) -> Arc<Vec<String>> {
        Arc::new(self.formats().iter().map(|format| (*format).to_owned()).collect())
    }
}

/// A moment of the model.
pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second.saturating_add(1_000_000)).unwrap()
}

/// The bit that stands for a number in a set.
pub(super) fn bit(number: usize) -> u32 {
    1_u32.unbounded_shl(u32::try_from(number).unwrap())
}
