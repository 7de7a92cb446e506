//! The real server before bad callers: slow ones, large ones, many, and those who frame requests so that
//! two readers would read them differently. Over TLS, in this process, with short limits; what concerns
//! the whole process is tried on the real binary.

mod certificate;
mod documents;
mod drain;
mod ends;
mod failures;
mod framing;
mod many;
mod ports;
mod site;
mod sizes;
mod slow;
mod transport;
