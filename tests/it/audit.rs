//! The audit stream: a line for each decision, where it was asked for, and nothing in it that was not verified.

mod broken;
mod decisions;
mod file;
mod service;
