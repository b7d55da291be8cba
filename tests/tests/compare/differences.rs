//! docs/differences.md: what may differ, and where. It is a document for people, and this program reads it.

use std::collections::BTreeSet;

/// What stands above the table that is held against what was seen.
const HEADER: &str = "| what | cases | version | systemd-nspawn | redd | why |\n|---|---|---|---|---|---|\n";

/// A row of the table.
#[derive(Debug)]
pub(crate) struct Difference {
    /// Patterns of what is looked at; any of them.
    what: Vec<String>,
    /// Patterns of cases.
    cases: Vec<String>,
    version: Versions,
    theirs: String,
    ours: String,
    /// For messages.
    text: String,
}

/// Which versions of systemd-nspawn do what a row says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Versions {
    All,
    Before(u32),
    From(u32),
}

impl Versions {
    /// An empty cell, `before 258` or `from 258`.
    fn parse(cell: &str) -> Self {
        match cell.split_once(' ') {
            None if cell.is_empty() => Self::All,
            Some(("before", version)) => Self::Before(version.parse().unwrap()),
            Some(("from", version)) => Self::From(version.parse().unwrap()),
            _ => panic!("docs/differences.md: `before N` or `from N`, not {cell:?}"),
        }
    }

    const fn contain(self, version: u32) -> bool {
        match self {
            Self::All => true,
            Self::Before(first) => version < first,
            Self::From(first) => version >= first,
        }
    }
}

/// One thing that was seen differently.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    pub(crate) case: String,
    pub(crate) version: u32,
    pub(crate) what: String,
    pub(crate) theirs: String,
    pub(crate) ours: String,
    /// For people: what redd complained about.
    pub(crate) note: String,
}

impl Found {
    /// For a file: what, theirs, ours, case, version and note, with tabs between.
    pub(crate) fn line(&self) -> String {
        let Self { case, version, what, theirs, ours, note } = self;
        format!("{what}\t{theirs}\t{ours}\t{case}\t{version}\t{note}\n")
    }
}

/// The rows of the document.
pub(crate) fn listed(document: &str) -> Vec<Difference> {
    let (_, rest) = document.split_once(HEADER).expect("docs/differences.md has the table");
    let (table, _) = rest.split_once("\n\n").unwrap_or((rest, ""));
    table.lines().map(row).collect()
}

fn row(line: &str) -> Difference {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [what, cases, version, theirs, ours, why] = cells[..] else {
        panic!("docs/differences.md: six cells are in a row: {line}");
    };
    assert!(!why.is_empty(), "docs/differences.md: a reason is missing: {line}");
    Difference {
        what: patterns(what),
        cases: patterns(cases),
        version: Versions::parse(version),
        theirs: pattern(theirs),
        ours: pattern(ours),
        text: line.to_owned(),
    }
}

/// What stands in backquotes.
fn patterns(cell: &str) -> Vec<String> {
    let found: Vec<String> = cell.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    assert!(!found.is_empty(), "docs/differences.md: no pattern in {cell:?}");
    found
}

/// What stands in backquotes; words without them are for people, and stand for anything.
fn pattern(cell: &str) -> String {
    cell.split('`').nth(1).unwrap_or("*").to_owned()
}

impl Difference {
    fn covers(&self, found: &Found) -> bool {
        self.version.contain(found.version)
            && self.cases.iter().any(|pattern| matches(pattern, &found.case))
            && self.what.iter().any(|pattern| matches(pattern, &found.what))
            && matches(&self.theirs, &found.theirs)
            && matches(&self.ours, &found.ours)
    }
}

/// What is not listed, and what is listed and was not found. `versions` are those that were compared with.
pub(crate) fn judge(
    listed: &[Difference],
    found: &BTreeSet<Found>,
    versions: &[u32],
) -> (Vec<Found>, Vec<String>) {
    let unlisted =
        found.iter().filter(|found| !listed.iter().any(|row| row.covers(found))).cloned().collect();
    let is_dead = |row: &&Difference| {
        versions.iter().any(|version| row.version.contain(*version))
            && !found.iter().any(|found| row.covers(found))
    };
    (unlisted, listed.iter().filter(is_dead).map(|row| row.text.clone()).collect())
}

/// `*` is anything.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    if rest.is_empty() {
        return true;
    }
    loop {
        if matches(rest, text) {
            return true;
        }
        let mut characters = text.chars();
        if characters.next().is_none() {
            return false;
        }
        text = characters.as_str();
    }
}

#[test]
fn a_star_is_anything() {
    assert!(matches("a*c", "abc") && matches("*", "") && matches("a*b*c", "axbxbc") && matches("abc", "abc"));
    assert!(!matches("a*c", "abd") && !matches("abc", "abcd") && !matches("a*", "b"));
}

#[test]
fn what_is_not_listed_and_what_is_not_there_is_said() {
    let document =
        format!("{HEADER}| `x *` | `*` |  | `1` | two | so |\n| `y` | `c` | from 262 | `1` | `2` | so |\n\n");
    let rows = listed(&document);
    let found = |what: &str, theirs: &str| Found {
        case: "c".to_owned(),
        version: 257,
        what: what.to_owned(),
        theirs: theirs.to_owned(),
        ours: "9".to_owned(),
        note: String::new(),
    };
    let seen = BTreeSet::from([found("x y", "1"), found("x z", "3")]);
    let (unlisted, dead) = judge(&rows, &seen, &[257]);
    assert_eq!((unlisted, dead.len()), (vec![found("x z", "3")], 0));
    assert_eq!(judge(&rows, &BTreeSet::new(), &[262]).1.len(), 2);
}
