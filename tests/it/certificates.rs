//! TLS that works at once, and goes on working: the authority, the serving certificate, the published bundle, and who
//! owns all of it.

mod bundle;
mod given;
mod installed;
mod leaders;
mod owners;
mod rotation;
mod world;
