//! Trees that have a name: machines that could be started.
//!
//! A tree may be hostile, and on a file system that does not answer: [`Aside`] looks at it (R7).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use redd_control::place::TREES;
use redd_runtime::facts::os_release::pretty_name;
use redd_runtime::facts::tree::os_release;
use redd_spec::name::MachineName;
use redd_sys::root_dir::RootDir;
use serde::{Deserialize, Serialize};

use crate::aside::{Aside, Heard, Speaker};

/// How long one tree may take to be looked at.
const PATIENCE: Duration = Duration::from_millis(250);
/// As many trees that do not answer are waited for; the others that were not looked at then count as such.
const SILENCES_MAX: u32 = 3;

/// A tree that has a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedTree {
    /// Its name.
    pub name: MachineName,
    /// Where it is.
    pub path: PathBuf,
    /// What it is.
    pub system: System,
}

/// What a tree is, by its os-release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum System {
    /// It is called this, escaped.
    Named(String),
    /// It does not say.
    Unnamed,
    /// Its file system does not answer.
    Unresponsive,
}

/// What the process that looks says.
#[derive(Debug, Serialize, Deserialize)]
enum Finding {
    Tree {
        name: MachineName,
        path: PathBuf,
    },
    /// There are no more.
    All,
    System {
        name: MachineName,
        system: System,
    },
}

/// All of them, by name; `None` where not even their directories answer.
#[must_use]
pub fn named_trees() -> Option<Vec<NamedTree>> {
    let mut trees = BTreeMap::new();
    let mut is_complete = false;
    for _ in 0..SILENCES_MAX {
        let unseen: Vec<(MachineName, PathBuf)> = unseen(&trees);
        let search = !is_complete;
        let Ok(mut aside) = Aside::start(|speaker| look(search, unseen, speaker)) else { break };
        let mut last = None;
        loop {
            match aside.listen(Instant::now() + PATIENCE) {
                Heard::Said(Finding::Tree { name, path }) => drop(trees.insert(name, (path, None))),
                Heard::Said(Finding::All) => is_complete = true,
                Heard::Said(Finding::System { name, system }) => {
                    last = Some(name.clone());
                    trees.entry(name).and_modify(|(_, known)| *known = Some(system));
                }
                Heard::Ended => return Some(in_order(trees)),
                Heard::Silent if !is_complete => return None,
                Heard::Silent => break,
            }
        }
        skip_next(&mut trees, last.as_ref());
    }
    is_complete.then(|| in_order(trees))
}

type Trees = BTreeMap<MachineName, (PathBuf, Option<System>)>;

fn unseen(trees: &Trees) -> Vec<(MachineName, PathBuf)> {
    let unseen = trees.iter().filter(|(_, (_, system))| system.is_none());
    unseen.map(|(name, (path, _))| (name.clone(), path.clone())).collect()
}

/// The one behind the last one that was seen is the one that hangs.
fn skip_next(trees: &mut Trees, last: Option<&MachineName>) {
    let next =
        trees.iter_mut().find(|(name, (_, system))| system.is_none() && last.is_none_or(|last| last < *name));
    if let Some((_, (_, system))) = next {
        *system = Some(System::Unresponsive);
    }
}

fn in_order(trees: Trees) -> Vec<NamedTree> {
    let tree = |(name, (path, system)): (MachineName, (PathBuf, Option<System>))| NamedTree {
        name,
        path,
        system: system.unwrap_or(System::Unresponsive),
    };
    trees.into_iter().map(tree).collect()
}

/// Whether the directories are searched, and which trees are known already.
fn look(search: bool, known: Vec<(MachineName, PathBuf)>, speaker: &mut Speaker) {
    let trees = if search { find(TREES.map(Path::new)) } else { known.into_iter().collect() };
    if search {
        for (name, path) in &trees {
            speaker.say(&Finding::Tree { name: name.clone(), path: path.clone() });
        }
        speaker.say(&Finding::All);
    }
    for (name, path) in trees {
        speaker.say(&Finding::System { name, system: system(&path) });
    }
}

/// The trees in these directories; where a name is in two, the first one counts. What redd itself hides, and settings
/// files beside trees, are none.
fn find<'a>(directories: impl IntoIterator<Item = &'a Path>) -> BTreeMap<MachineName, PathBuf> {
    let mut found = BTreeMap::new();
    for directory in directories {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let name: Option<MachineName> = entry.file_name().to_str().and_then(|name| name.parse().ok());
            let Some(name) = name else { continue };
            let is_about_a_tree = name.as_str().ends_with(".nspawn") || name.as_str().ends_with(".nspawn.d");
            // Of a link it is asked what it leads to.
            let is_directory = entry
                .file_type()
                .is_ok_and(|kind| kind.is_dir() || (kind.is_symlink() && entry.path().is_dir()));
            if is_directory && !is_about_a_tree {
                found.entry(name).or_insert_with(|| entry.path());
            }
        }
    }
    found
}

fn system(path: &Path) -> System {
    let contents = RootDir::open(path).ok().and_then(|root| os_release(&root).ok().flatten());
    contents.as_deref().and_then(pretty_name).map_or(System::Unnamed, System::Named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_and_links_to_them_are_trees_and_nothing_else_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        for name in ["a", "b.nspawn.d", ".#hidden", "-x", "c c"] {
            fs::create_dir(path(name)).unwrap();
        }
        fs::write(path("a.nspawn"), "").unwrap();
        std::os::unix::fs::symlink("a", path("link")).unwrap();
        std::os::unix::fs::symlink("nowhere", path("dangling")).unwrap();
        let found: Vec<String> = find([directory.path()]).into_keys().map(String::from).collect();
        assert_eq!(found, ["a", "link"]);
    }

    #[test]
    fn the_first_of_two_trees_with_one_name_counts() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for directory in [&one, &two] {
            fs::create_dir(directory.path().join("a")).unwrap();
        }
        let found = find([one.path(), two.path()]);
        assert_eq!(found.into_values().collect::<Vec<_>>(), [one.path().join("a")]);
    }

    #[test]
    fn an_os_release_that_is_no_file_is_not_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("etc")).unwrap();
        let fifo = directory.path().join("etc/os-release");
        rustix::fs::mknodat(rustix::fs::CWD, fifo, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        assert_eq!(system(directory.path()), System::Unnamed);
    }

    #[test]
    fn the_tree_behind_the_last_one_that_answered_is_passed_over() {
        let name = |name: &str| name.parse::<MachineName>().unwrap();
        let mut trees: Trees = ["a", "b", "c"].map(|text| (name(text), (PathBuf::from(text), None))).into();
        trees.entry(name("a")).and_modify(|(_, system)| *system = Some(System::Unnamed));
        skip_next(&mut trees, Some(&name("a")));
        assert_eq!(trees[&name("b")].1, Some(System::Unresponsive));
        assert_eq!(unseen(&trees), [(name("c"), PathBuf::from("c"))]);
    }
}
