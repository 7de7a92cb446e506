//! The table: goal, measured, ratio.

use crate::shared::figures::median;
use std::fmt::{self, Display, Formatter};
use std::io::{self, Write};
use std::time::Duration;

/// Something that was measured.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    /// What: the same in every run.
    pub(crate) what: String,
    /// What it came to.
    pub(crate) measured: f64,
    /// In what: `ms`, `/s`, `MB`, …
    pub(crate) unit: &'static str,
    /// What it is to come to.
    pub(crate) goal: Goal,
}

/// What a figure is to come to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    /// It only explains the others.
    None,
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
}

/// The figures of all runs.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<Vec<Figure>>);

// === impl Figure ===

impl Figure {
    /// A figure without a goal.
    pub(crate) fn of(what: impl Into<String>, measured: f64, unit: &'static str) -> Self {
        Self {
            what: what.into(),
            measured,
            unit,
            goal: Goal::None,
        }
    }

    /// A time without a goal.
    pub(crate) fn milliseconds(what: impl Into<String>, measured: Duration) -> Self {
        Self::of(what, measured.as_secs_f64() * 1e3, "ms")
    }

    /// The same with a goal: no more than this.
    pub(crate) fn at_most(mut self, bound: f64) -> Self {
        self.goal = Goal::AtMost(bound);
        self
    }

    /// The same with a goal: no less than this.
    pub(crate) fn at_least(mut self, bound: f64) -> Self {
        self.goal = Goal::AtLeast(bound);
        self
    }

    fn goal(&self) -> String {
        match self.goal {
            Goal::None => String::new(),
            Goal::AtMost(bound) => format!("<= {} {}", number(bound), self.unit),
            Goal::AtLeast(bound) => format!(">= {} {}", number(bound), self.unit),
        }
    }

    fn ratio(&self) -> String {
        let (bound, met) = match self.goal {
            Goal::None => return String::new(),
            Goal::AtMost(bound) => (bound, self.measured <= bound),
            Goal::AtLeast(bound) => (bound, self.measured >= bound),
        };
        let verdict = if met { "" } else { " MISSED" };
        if bound > 0.0 {
            format!("{:.2} of goal{verdict}", self.measured / bound)
        } else {
            verdict.to_owned()
        }
    }
}

impl Display for Figure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let measured = format!("{} {}", number(self.measured), self.unit);
        let (goal, ratio) = (self.goal(), self.ratio());
        let line = format!("{:<58} {goal:>16} {measured:>16} {ratio:>20}", self.what);
        f.write_str(line.trim_end())
    }
}

/// Three digits that matter, or all before the point.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.digits$}")
}

// === impl Table ===

impl Table {
    /// Adds a figure of one run.
    pub(crate) fn add(&mut self, figure: Figure) {
        let known = self
            .0
            .iter_mut()
            .find(|row| row.iter().any(|other| other.what == figure.what));
        match known {
            Some(row) => row.push(figure),
            None => self.0.push(vec![figure]),
        }
    }

    /// Writes the medians.
    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let head = ["", "goal", "measured", "ratio"];
        let [what, goal, measured, ratio] = head;
        writeln!(out, "\n{what:<58} {goal:>16} {measured:>16} {ratio:>20}")?;
        for row in &self.0 {
            let middle = median(row.iter().map(|figure| figure.measured));
            let figure = row
                .iter()
                .find(|figure| figure.measured.total_cmp(&middle).is_eq());
            if let Some(figure) = figure {
                writeln!(out, "{figure}")?;
            }
        }
        Ok(())
    }
}
