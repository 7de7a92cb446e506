use super::{Explained, Outcome, runtime};
use crate::dev::demo;
use std::io;

pub(super) fn run() -> Outcome {
    let held = runtime()?.block_on(demo::run(&mut io::stdout()))?;
    Ok(if held { Ok(()) } else { Err(Explained::Failed) })
}
