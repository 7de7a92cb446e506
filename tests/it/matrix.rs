//! The rules of the standards times every place where they hold, generated: each row is one request to the
//! whole endpoint, and every answer is checked in full.

mod answer;
mod audiences;
mod clock;
mod kinds;
mod malformed;
mod precedence;
mod slot;
mod tally;
mod token;
mod world;
