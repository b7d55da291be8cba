//! How many checks came out how.

use serde::Serialize;

use super::outcome;
use crate::registry::{Check, Strength};
use crate::report::{Report, Verdict};

/// Checks of one strength, or all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Count {
    /// Hold.
    pub passed: usize,
    /// Do not.
    pub failed: usize,
    /// Could do neither here.
    pub not_applicable: usize,
    /// Were not looked at.
    pub not_judged: usize,
}

impl Count {
    /// Those that could pass or fail.
    #[must_use]
    pub const fn applicable(self) -> usize {
        self.passed + self.failed
    }

    /// Passed of those that could, rounded down: 100 means all of them.
    #[must_use]
    pub const fn percent(self) -> Option<usize> {
        (self.passed * 100).checked_div(self.applicable())
    }

    fn add(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Pass => &mut self.passed,
            Verdict::Fail => &mut self.failed,
            Verdict::NotApplicable => &mut self.not_applicable,
            Verdict::NotJudged => &mut self.not_judged,
        } += 1;
    }
}

/// One report in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// What the interface demands.
    pub must: Count,
    /// What it asks for.
    pub should: Count,
    /// What is newer or optional.
    pub extension: Count,
    /// Everything.
    pub all: Count,
}

impl Figures {
    /// Counts the judgements of these checks.
    #[must_use]
    pub fn of(report: &Report, checks: &[Check]) -> Self {
        let mut figures = Self::default();
        for check in checks {
            let (verdict, _) = outcome(report, check);
            figures.all.add(verdict);
            match check.strength {
                Strength::Must => figures.must.add(verdict),
                Strength::Should => figures.should.add(verdict),
                Strength::Extension => figures.extension.add(verdict),
            }
        }
        figures
    }

    /// With their names, in the order of how much is owed.
    #[must_use]
    pub const fn named(self) -> [(&'static str, Count); 4] {
        [("must", self.must), ("should", self.should), ("extension", self.extension), ("all", self.all)]
    }
}
