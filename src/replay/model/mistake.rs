//! What the model has to find out: each of these breaks the protocol.
//!
//! They are mistakes of what is around a replica, or in what it is told. The replica is the production code in all of
//! them.

/// One thing that is not done as the protocol says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mistake {
    /// The answer to a write is taken for its event.
    DecidesOnAnswers,
    /// What a list shows is taken for events, segment by segment, in the order of their versions.
    DecidesFromLists,
    /// The client is not part of the key.
    KeysByJtiAlone,
    /// The UID of the client's object is part of the key.
    ClientUidInKey,
    /// Releases ignore that a segment has none of their formats.
    IgnoresFormats,
    /// A segment is forgotten when it expires.
    ForgetsAtExpiry,
    /// A segment is forgotten by the server's own clock.
    ForgetsByOwnClock,
    /// The times of an assertion are looked at when the request comes, and not again.
    LooksAtTimesOnce,
    /// The controller deletes whatever is under the UID that it has read.
    DeletesAnyVersion,
    /// A list leaves everybody waiting.
    ListKeepsWaiters,
    /// Who waits is granted what a list shows of the own segment.
    ListGrantsWaiters,
    /// The watch starts where the store is, and not at the list's version.
    WatchesFromNow,
    /// What is new in a segment is told by its name.
    LengthsByName,
    /// A key waits for two requests.
    KeyWaitsTwice,
    /// The log is taken to be empty instead of listed.
    ServesBeforeList,
    /// Requests are taken with any clock.
    ServesWithAnyClock,
    /// The clock is looked at when the request comes, and not when it is granted.
    LooksAtClockOnce,
    /// The clock is compared with the API server's when it answers, and not when a request needs to know.
    ComparesClocksOnAnswers,
}
