//! Every check: what is looked at, how, when it passes, and what to do where it does not.

/// One check per paragraph: id, clause, strength, place, title; then how, when it passes, and what to do.
///
/// All texts of a group are one: a pointer to each would be relocated at every start of redd, for nobody.
macro_rules! checks {
    ($($id:literal $clause:ident $strength:ident $place:ident $title:literal
        method $method:literal passes $passes_when:literal advice $advice:literal;)*) => {
        crate::registry::Group {
            texts: concat!($($id, "\n", $title, "\n", $method, "\n", $passes_when, "\n", $advice, "\n",)*),
            kinds: &[$((
                redd_plan::Clause::$clause,
                crate::registry::Strength::$strength,
                crate::registry::Place::$place,
            ),)*],
        }
    };
}

mod boots;
mod cgroups;
mod environment;
mod execution;
mod integration;
mod prohibited;
mod run_host;
mod unprivileged;

use std::sync::LazyLock;

use redd_plan::Clause;
use serde::Serialize;

/// How much a manager owes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// The interface demands it, or systemd does not work without it.
    Must,
    /// The interface asks for it.
    Should,
    /// Newer or optional: a manager without it is none the worse for older payloads.
    Extension,
}

/// Where a check looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// Before the init runs, as the first process of the payload.
    BeforeInit,
    /// Inside, after boot, by reading.
    Inside,
    /// Inside, by doing something: mostly a transient unit.
    Behaviour,
    /// From the host, while it runs.
    Host,
    /// By the manager's own verbs.
    Acting,
}

/// One check.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// The stable id: `EE3.15`.
    pub id: &'static str,
    /// The clause it belongs to.
    pub clause: Clause,
    /// How much a manager owes it.
    pub strength: Strength,
    /// Where it looks.
    pub place: Place,
    /// What is asked for, in one line.
    pub title: &'static str,
    /// How that is looked at.
    pub method: &'static str,
    /// When it passes.
    pub passes_when: &'static str,
    /// What the author of a manager can do where it does not.
    pub advice: &'static str,
}

/// Checks of one subject.
struct Group {
    /// Five lines for each.
    texts: &'static str,
    kinds: &'static [(Clause, Strength, Place)],
}

impl Group {
    fn checks(&self) -> impl Iterator<Item = Check> {
        let mut lines = self.texts.lines();
        let mut line = move || lines.next().unwrap_or_default();
        self.kinds.iter().map(move |&(clause, strength, place)| Check {
            id: line(),
            clause,
            strength,
            place,
            title: line(),
            method: line(),
            passes_when: line(),
            advice: line(),
        })
    }
}

/// By subject, in the order of the interface.
const GROUPS: [Group; 8] = [
    execution::CHECKS,
    cgroups::CHECKS,
    environment::CHECKS,
    integration::CHECKS,
    run_host::CHECKS,
    prohibited::CHECKS,
    unprivileged::CHECKS,
    boots::CHECKS,
];

/// Every check, in the order in which they are reported.
#[must_use]
pub fn all() -> &'static [Check] {
    static ALL: LazyLock<Vec<Check>> = LazyLock::new(|| GROUPS.iter().flat_map(Group::checks).collect());
    &ALL
}

/// The check with an id, whatever its case.
#[must_use]
pub fn find(id: &str) -> Option<&'static Check> {
    all().iter().find(|check| check.id.eq_ignore_ascii_case(id))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_found() {
        let ids: BTreeSet<_> = all().iter().map(|check| check.id).collect();
        assert_eq!(ids.len(), all().len());
        assert_eq!(find("ee3.15").map(|check| check.id), Some("EE3.15"));
        assert!(find("EE3").is_none());
    }

    #[test]
    fn texts_are_one_line_each() {
        for check in all() {
            for text in [check.title, check.method, check.passes_when, check.advice] {
                assert!(
                    !text.is_empty() && !text.contains('\n') && !text.contains("  "),
                    "{}: {text}",
                    check.id
                );
            }
        }
    }
}
