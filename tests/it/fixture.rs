//! The ground under the other tests, tested itself.

mod control_plane;
mod ends;
mod proxy;
mod restarts;
mod waiting;
