//! What may happen next.

use std::fmt;

/// One step of the world. The numbers are those of servers, if nothing else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// A client makes this request.
    Submit(usize),
    /// A server sends the next write.
    Send(usize),
    /// The store takes the write of a server, or refuses it by its precondition.
    Store(usize),
    /// It takes one of the writes that the server does not wait for any more.
    StoreLate(usize, usize),
    /// The answer to the write arrives.
    Answer(usize),
    /// It never will, or says nothing; whatever became of the write.
    LoseAnswer(usize),
    /// The write is refused before it is stored.
    Refuse(usize),
    /// The watch shows the next event.
    Show(usize),
    /// The watch ends, and cannot go on.
    LoseSight(usize),
    /// The server reads a consistent list.
    List(usize),
    /// It starts its watch where the store is. Never so unless that is the mistake.
    WatchFromNow(usize),
    /// The server dies, and its next life begins.
    Crash(usize),
    /// Its clock is set to another of its times.
    SetClock(usize, usize),
    /// It sees the API server's time in some answer.
    SeeDate(usize),
    /// The controller reads this live segment.
    Read(usize),
    /// The controller deletes what it has read.
    Delete,
    /// Time passes.
    Tick,
}

/// Of which kind an action is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A client asks.
    Request,
    /// What is under way goes on.
    Progress,
    /// Time passes, and what is old goes.
    Time,
    /// Something goes wrong.
    Trouble,
}

// === impl Action ===

impl Action {
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Submit(_) => Kind::Request,
            Self::Send(_)
            | Self::Store(_)
            | Self::StoreLate(..)
            | Self::Answer(_)
            | Self::Show(_)
            | Self::List(_)
            | Self::WatchFromNow(_) => Kind::Progress,
            Self::SeeDate(_) | Self::Read(_) | Self::Delete | Self::Tick => Kind::Time,
            Self::LoseAnswer(_)
            | Self::Refuse(_)
            | Self::LoseSight(_)
            | Self::Crash(_)
            | Self::SetClock(..) => Kind::Trouble,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Submit(request) => write!(f, "request {request} is made"),
            Self::Send(server) => write!(f, "server {server} sends its write"),
            Self::Store(server) => write!(f, "the store takes up the write of server {server}"),
            Self::StoreLate(server, _) => write!(f, "the store takes up a late write of server {server}"),
            Self::Answer(server) => write!(f, "server {server} gets the answer"),
            Self::LoseAnswer(server) => write!(f, "server {server} gets no answer that says anything"),
            Self::Refuse(server) => write!(f, "the write of server {server} is refused before it is stored"),
            Self::Show(server) => write!(f, "the watch of server {server} shows an event"),
            Self::LoseSight(server) => write!(f, "the watch of server {server} ends"),
            Self::List(server) => write!(f, "server {server} lists the log"),
            Self::WatchFromNow(server) => write!(f, "server {server} watches from now on"),
            Self::Crash(server) => write!(f, "server {server} crashes"),
            Self::SetClock(server, time) => {
                write!(f, "the clock of server {server} is set to its time {time}")
            }
            Self::SeeDate(server) => write!(f, "server {server} sees the API server's time"),
            Self::Read(place) => write!(f, "the controller reads segment {place}"),
            Self::Delete => write!(f, "the controller deletes what it read"),
            Self::Tick => write!(f, "time passes"),
        }
    }
}
