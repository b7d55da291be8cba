//! What a check is about, for who meets its id in a report.

use std::fmt;

use thiserror::Error;

use super::{escape, strength_word};
use crate::registry::{Check, Place};

/// Nothing in the registry has this id.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("no check and no clause is called {asked:?}{hint}")]
pub struct NoSuchCheck {
    asked: String,
    hint: String,
}

/// What is checked, how, when it passes, and what to do about a failure: for a check (`EE3.15`), or for all checks
/// of a clause (`EE3`).
///
/// # Errors
/// There is none of that name; the error names those nearby.
pub fn explain(id: &str, checks: &[Check]) -> Result<String, NoSuchCheck> {
    let asked = id.trim();
    let named = |name: &str| name.eq_ignore_ascii_case(asked);
    let found: Vec<&Check> =
        checks.iter().filter(|check| named(check.id) || named(check.clause.id())).collect();
    if found.is_empty() {
        return Err(NoSuchCheck { asked: escape::printable(asked), hint: hint(asked, checks) });
    }
    let texts: Vec<String> = found.into_iter().map(text).collect();
    Ok(texts.join("\n"))
}

fn hint(asked: &str, checks: &[Check]) -> String {
    let stem = asked.split('.').next().unwrap_or(asked);
    let near = |check: &&Check| check.id.split('.').next().is_some_and(|own| own.eq_ignore_ascii_case(stem));
    let ids: Vec<&str> = checks.iter().filter(near).map(|check| check.id).collect();
    match (ids.first(), ids.last()) {
        (Some(first), Some(last)) if first != last => {
            format!("; those of {} are {first} to {last}", stem.to_uppercase())
        }
        (Some(only), _) => format!("; there is {only}"),
        _ => "; an id looks like EE3.15, a clause like EE3".to_owned(),
    }
}

fn text(check: &Check) -> String {
    let mut text = String::new();
    write(check, &mut text).unwrap_or_default();
    text
}

fn write(check: &Check, text: &mut String) -> fmt::Result {
    let place = match check.place {
        Place::BeforeInit => "before the init runs, as the payload's first process",
        Place::Inside => "inside, after boot, by reading",
        Place::Behaviour => "inside, by doing something",
        Place::Host => "from the host, while it runs",
        Place::Acting => "by the manager's own verbs",
    };
    let parts = [
        ("clause", format!("{}, {}", check.clause.id(), check.clause.title())),
        ("strength", strength_word(check.strength).to_owned()),
        ("where", place.to_owned()),
        ("how", check.method.to_owned()),
        ("passes when", check.passes_when.to_owned()),
        ("if it fails", check.advice.to_owned()),
    ];
    super::terminal::write_wrapped(text, &format!("{}  ", check.id), check.title)?;
    for (name, words) in parts {
        super::terminal::write_wrapped(text, &format!("  {name:<13}"), &words)?;
    }
    Ok(())
}
