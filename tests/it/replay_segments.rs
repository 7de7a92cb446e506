//! The objects of the replay log on a real API server: what it refuses to whom, and what the controller collects.

mod changes;
mod collector;
mod creations;
mod namespace;
mod others;
mod place;
mod served;
