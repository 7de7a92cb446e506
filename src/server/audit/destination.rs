//! Where the audit stream goes, and in what form.

use std::path::PathBuf;
use std::str::FromStr;
use thiserror::Error;

/// Where the audit stream goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// Standard output, between the lines of the logs.
    Stdout,
    /// Nowhere.
    Off,
    /// A file, to whose end lines are added. When it is moved away, a new one is begun.
    File(PathBuf),
}

/// How a line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One JSON object.
    Json,
    /// For people: `audit:` and the same members as `name=value`.
    Text,
}

/// An empty destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("give stdout, off or the path of a file")]
pub struct NoDestination;

impl FromStr for Destination {
    type Err = NoDestination;

    /// `stdout`, `off`, or else the path of a file; `./off` is a file.
    fn from_str(text: &str) -> Result<Self, NoDestination> {
        match text {
            "" => Err(NoDestination),
            "stdout" => Ok(Self::Stdout),
            "off" => Ok(Self::Off),
            path => Ok(Self::File(PathBuf::from(path))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_words_and_the_rest_are_paths() {
        assert_eq!("stdout".parse(), Ok(Destination::Stdout));
        assert_eq!("off".parse(), Ok(Destination::Off));
        assert_eq!("./off".parse(), Ok(Destination::File(PathBuf::from("./off"))));
        assert_eq!("".parse::<Destination>(), Err(NoDestination));
    }
}
