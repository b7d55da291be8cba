//! Getting at what was seen, with a reason where it was not.

use crate::observation::{Lives, Node, Observations, OutsideSight, Surroundings, SystemdSight, UnitRun};
use crate::report::Verdict;

/// A verdict and what shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// It.
    pub verdict: Verdict,
    /// The raw line, or why there is no verdict.
    pub evidence: String,
}

/// What a judge returns.
pub(super) type Judged = Result<Outcome, Outcome>;

/// The longest evidence, in characters.
const EVIDENCE_MAX: usize = 400;

/// Evidence as one line that is safe to print: what a payload says may be anything.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut shown = String::new();
    for character in text.trim_end().chars() {
        let is_plain = character == ' ' || (!character.is_control() && !character.is_whitespace());
        let is_hidden = matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        if is_plain && !is_hidden {
            shown.push(character);
        } else {
            shown.extend(character.escape_default());
        }
        if shown.chars().count() > EVIDENCE_MAX {
            let mut cut: String = shown.chars().take(EVIDENCE_MAX).collect();
            cut.push('…');
            return cut;
        }
    }
    shown
}

pub(super) fn passes_if(holds: bool, evidence: impl Into<String>) -> Judged {
    let verdict = if holds { Verdict::Pass } else { Verdict::Fail };
    Ok(Outcome { verdict, evidence: evidence.into() })
}

pub(super) fn fails(evidence: impl Into<String>) -> Judged {
    passes_if(false, evidence)
}

pub(super) fn not_applicable(why: impl Into<String>) -> Outcome {
    Outcome { verdict: Verdict::NotApplicable, evidence: why.into() }
}

pub(super) fn not_judged(why: impl Into<String>) -> Outcome {
    Outcome { verdict: Verdict::NotJudged, evidence: why.into() }
}

/// Whether an attempt succeeded.
pub(super) fn succeeded(result: &str) -> bool {
    result == "ok" || result.starts_with("ok ")
}

const BEFORE: &str = "only seen before the init runs: redd check --manager";
const ACTIVE: &str = "needs a unit of the payload's: --active";
const LIVES: &str = "needs the manager's own verbs: redd check --manager";

impl Observations {
    pub(super) fn before(&self) -> Result<&Surroundings, Outcome> {
        self.before.as_ref().ok_or_else(|| not_judged(BEFORE))
    }

    pub(super) fn after(&self) -> Result<&Surroundings, Outcome> {
        self.after.as_ref().ok_or_else(|| not_judged("the container was not looked at after its boot"))
    }

    /// As early as possible: for what no init repairs.
    pub(super) fn first(&self) -> Result<&Surroundings, Outcome> {
        self.before.as_ref().or(self.after.as_ref()).ok_or_else(|| not_judged(BEFORE))
    }

    /// As late as possible.
    pub(super) fn latest(&self) -> Result<&Surroundings, Outcome> {
        self.after.as_ref().or(self.before.as_ref()).ok_or_else(|| not_judged("nobody looked inside"))
    }

    pub(super) fn outside(&self) -> Result<&OutsideSight, Outcome> {
        self.outside.as_ref().ok_or_else(|| not_judged("the host's side was not looked at"))
    }

    pub(super) fn systemd(&self) -> Result<&SystemdSight, Outcome> {
        match &self.systemd {
            Some(Ok(sight)) => Ok(sight),
            Some(Err(error)) => Err(not_judged(format!("the payload's systemd does not answer: {error}"))),
            None => Err(not_judged("the payload's systemd was not asked")),
        }
    }

    /// What a transient unit did. One that this systemd cannot be asked for judges nobody.
    pub(super) fn unit(&self, case: &str) -> Result<&UnitRun, Outcome> {
        let run = self.units.as_ref().and_then(|units| units.get(case)).ok_or_else(|| not_judged(ACTIVE))?;
        let unknown =
            |error: &&String| error.contains("unknown property") || error.contains("PropertyReadOnly");
        match run.refused.as_ref().filter(unknown) {
            Some(error) => Err(not_applicable(format!("the payload's systemd does not know it: {error}"))),
            None => Ok(run),
        }
    }

    /// One attempt of a unit; an empty result where its probe never ran.
    pub(super) fn in_unit(&self, case: &str, attempt: &str) -> Result<String, Outcome> {
        let run = self.unit(case)?;
        let found = run.attempts.as_ref().and_then(|attempts| attempts.get(attempt));
        Ok(found.cloned().unwrap_or_else(|| match &run.refused {
            Some(error) => format!("refused: {error}"),
            None => format!("nothing; the unit is {} {}", run.ended, run.output),
        }))
    }

    /// An attempt of a process of the payload's own.
    pub(super) fn own_attempt(&self, attempt: &str) -> Result<&str, Outcome> {
        let plain = self.units.as_ref().and_then(|units| units.get("plain")?.attempts.as_ref());
        let found = plain.and_then(|attempts| attempts.get(attempt));
        let found = found.or_else(|| self.first_attempts.as_ref()?.get(attempt));
        found.map(String::as_str).ok_or_else(|| not_judged(ACTIVE))
    }

    /// An attempt that it does not matter for who makes it.
    pub(super) fn attempt(&self, attempt: &str) -> Result<&str, Outcome> {
        let joined = || self.attempts.as_ref()?.get(attempt).map(String::as_str).ok_or(()).ok();
        self.own_attempt(attempt).or_else(|early| joined().ok_or(early))
    }

    pub(super) fn lives(&self) -> Result<&Lives, Outcome> {
        self.lives.as_ref().ok_or_else(|| not_judged(LIVES))
    }

    /// Something of the container's lives that may not have come about.
    pub(super) fn of_lives<'a, T>(
        &'a self,
        part: impl Fn(&'a Lives) -> Option<&'a T>,
        why: &str,
    ) -> Result<&'a T, Outcome> {
        part(self.lives()?).ok_or_else(|| not_judged(why))
    }

    /// Whether a namespace of the init's is its own.
    pub(super) fn is_private(&self, kind: &str) -> Result<bool, Outcome> {
        let theirs = self.outside()?.namespaces.get(kind);
        Ok(theirs.is_some() && theirs != self.host.namespaces.get(kind))
    }

    pub(super) fn namespace_line(&self, kind: &str) -> String {
        let of = |namespaces: &std::collections::BTreeMap<String, String>| {
            namespaces.get(kind).cloned().unwrap_or_else(|| "none".to_owned())
        };
        let theirs =
            self.outside.as_ref().map_or_else(|| "unknown".to_owned(), |outside| of(&outside.namespaces));
        format!("{theirs}, the checker's is {}", of(&self.host.namespaces))
    }
}

/// A verdict about what is at a path.
pub(super) fn node(surroundings: &Surroundings, path: &str, is_right: impl Fn(&Node) -> bool) -> Judged {
    match surroundings.nodes.get(path) {
        Some(node) => passes_if(is_right(node), node.line()),
        None => fails(format!("{path} is not there")),
    }
}

/// A value of an os-release file.
pub(super) fn os_release_value(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
    Some(line.trim().trim_matches(['"', '\'']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn evidence_is_one_short_line_without_tricks() {
        assert_eq!(escape("a\n\u{1b}[31mb\u{202e}"), "a\\n\\u{1b}[31mb\\u{202e}");
        assert_eq!(escape(&"x".repeat(10_000)).chars().count(), 401);
    }
}
