//! Traces, as the receiver of the OpenTelemetry Collector gets them: one exchange is one trace, and nothing of a token is in
//! it; a collector that is slow or away costs nothing.

mod cluster;
mod collector;
mod controller;
mod dev;
mod silent;
mod tls;
