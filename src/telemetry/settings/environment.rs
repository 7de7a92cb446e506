//! Reading variables, and saying what is wrong with one.

use std::ffi::OsString;
use std::time::Duration;
use thiserror::Error;

/// What is wrong with a variable. It never shows the value: some are secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{variable}: {problem}")]
pub struct SettingFault {
    /// The variable.
    pub variable: &'static str,
    /// What is wrong with it.
    pub problem: &'static str,
}

/// The variables of the process, or of a test.
pub(super) struct Environment<F>(pub(super) F);

/// A variable that is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Set {
    pub(super) variable: &'static str,
    pub(super) value: String,
}

// === impl Environment ===

impl<F: Fn(&str) -> Option<OsString>> Environment<F> {
    /// The first of these variables that is set. An empty one counts as not set.
    pub(super) fn first(&self, variables: &[&'static str]) -> Result<Option<Set>, SettingFault> {
        for variable in variables.iter().copied() {
            let Some(value) = (self.0)(variable).filter(|value| !value.is_empty()) else {
                continue;
            };
            let value = value.into_string().map_err(|_| SettingFault {
                variable,
                problem: "it is not UTF-8",
            })?;
            let value = value.trim().to_owned();
            if !value.is_empty() {
                return Ok(Some(Set { variable, value }));
            }
        }
        Ok(None)
    }

    /// Whether a variable says `true`.
    pub(super) fn is_true(&self, variable: &'static str) -> Result<bool, SettingFault> {
        let set = self.first(&[variable])?;
        Ok(set.is_some_and(|set| set.value.eq_ignore_ascii_case("true")))
    }

    /// A number from 1.
    pub(super) fn number(&self, variables: &[&'static str]) -> Result<Option<u32>, SettingFault> {
        let Some(set) = self.first(variables)? else {
            return Ok(None);
        };
        match set.value.parse() {
            Ok(number) if number > 0 => Ok(Some(number)),
            _ => Err(set.fault("it must be a whole number from 1")),
        }
    }

    /// A time in milliseconds.
    pub(super) fn time(&self, variables: &[&'static str]) -> Result<Option<Duration>, SettingFault> {
        let number = self.number(variables)?;
        Ok(number.map(|number| Duration::from_millis(number.into())))
    }
}

// === impl Set ===

impl Set {
    pub(super) const fn fault(&self, problem: &'static str) -> SettingFault {
        SettingFault {
            variable: self.variable,
            problem,
        }
    }

    /// The `name=value` pairs between commas.
    pub(super) fn pairs(&self) -> Result<Vec<(&str, &str)>, SettingFault> {
        let items = self.value.split(',').map(str::trim);
        items
            .filter(|item| !item.is_empty())
            .map(|item| match item.split_once('=') {
                Some((name, value)) if !name.trim().is_empty() => Ok((name.trim(), value.trim())),
                _ => Err(self.fault("it must be a list of name=value, separated by commas")),
            })
            .collect()
    }
}
