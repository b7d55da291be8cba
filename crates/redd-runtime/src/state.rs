//! What is kept of a running machine below `/run/redd/machines/NAME`, so that a killed redd can be cleaned up after.

use std::cell::{Cell, RefCell};
use std::fs::{DirBuilder, File};
use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

pub(crate) use redd_control::place::{CONTROL, LIBRARY, MACHINES, TERMINALS};
use redd_control::place::{RECORD, WORDS};
use redd_control::record::Record;
use redd_plan::step::Undo;
use redd_spec::name::MachineName;
use redd_sys::Errno;
use redd_sys::lock::{LockOutcome, Sharing};
use rustix::fs::{CWD, Mode, OFlags, openat};
use serde::{Deserialize, Serialize};

use crate::ending::Circumstances;
use crate::error::best_effort;
use crate::handover::{Incoming, Number, Outgoing, Refusal};
use crate::patience::{take_lock, wait_for_lock};
use crate::{Error, additions};

/// What is in the directory of a machine: what has to be undone, what others may know, a link and a socket for them.
pub(crate) const JOURNAL: &str = "journal";
pub(crate) const UNIX_EXPORT: &str = "unix-export";
/// The most that a journal may have, in bytes.
const JOURNAL_MAX: u64 = 1024 * 1024;

/// The directory of a machine, its lock held.
#[derive(Debug)]
pub(crate) struct StateDirectory {
    pub(crate) path: PathBuf,
    lock: File,
    /// Whether something could not be undone.
    is_unfinished: Cell<bool>,
    /// How the last boot ended.
    pub(crate) circumstances: Cell<Circumstances>,
    /// The network namespace of this boot, where links of the host are in it: without a holder it is gone with PID 1.
    network: RefCell<Option<OwnedFd>>,
}

/// What a name is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To start a machine under it.
    Start,
    /// To undo what a killed redd left, where nobody else is at it.
    CleanUp,
}

/// Whether a machine's directory could go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removal {
    /// It is gone.
    Done,
    /// Something could not be undone: the journal stays, for the next start of the name or `redd gc`.
    JournalKept,
}

impl StateDirectory {
    /// Takes the name; what a killed redd left behind under it is undone first (R42).
    pub(crate) fn take(name: &MachineName, purpose: Purpose) -> Result<Self, Error> {
        let path = Path::new(MACHINES).join(name.as_str());
        let failed = |error: io::Error| host_error("making the state directory", &error);
        DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(failed)?;
        let lock = lock_directory(&path, purpose).map_err(failed)?;
        let lock = lock.ok_or_else(|| Error::NameTaken { name: name.clone() })?;
        let directory = Self {
            path,
            lock,
            is_unfinished: Cell::new(false),
            circumstances: Cell::default(),
            network: RefCell::default(),
        };
        directory.undo_leftovers();
        Ok(directory)
    }

    /// Writes down what will have to be undone, before anything of it is done (R40).
    pub(crate) fn write_journal(&self, undo: &[&Undo]) -> Result<(), Error> {
        let failed = |error: io::Error| host_error("writing the journal", &error);
        let text = serde_json::to_vec(undo).map_err(|error| failed(error.into()))?;
        self.write_atomically(JOURNAL, &text).map_err(failed)
    }

    /// Keeps the words that a machine was started with.
    pub(crate) fn write_words(&self, words: &[u8]) -> Result<(), Error> {
        self.write_atomically(WORDS, words)
            .map_err(|error| host_error("keeping the words of the start", &error))
    }

    /// Tells other programs what runs here.
    pub(crate) fn write_record(&self, record: &Record) -> Result<(), Error> {
        let failed = |error: io::Error| host_error("writing the state", &error);
        let text = serde_json::to_vec_pretty(record).map_err(|error| failed(error.into()))?;
        self.write_atomically(RECORD, &text).map_err(failed)
    }

    /// Whoever reads sees the old file or the new one, never a half.
    fn write_atomically(&self, name: &str, contents: &[u8]) -> io::Result<()> {
        let temporary = self.path.join(format!(".{name}.new"));
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
        let file = openat(CWD, &temporary, flags, Mode::from_raw_mode(0o600))?;
        File::from(file).write_all(contents)?;
        std::fs::rename(&temporary, self.path.join(name))
    }

    /// Undoes one thing; what is still there keeps the journal, for `redd gc` and the next start of the name.
    pub(crate) fn undo(&self, item: &Undo) {
        let network = self.network.borrow();
        if crate::undo::undo(item, network.as_ref().map(OwnedFd::as_fd)).is_err() {
            self.is_unfinished.set(true);
        }
    }

    /// Holds a network namespace until what is in it was given back.
    pub(crate) fn hold_network(&self, namespace: OwnedFd) {
        self.network.replace(Some(namespace));
    }

    /// Lets it go.
    pub(crate) fn release_network(&self) {
        self.network.replace(None);
    }

    /// What is held beside the lock.
    pub(crate) fn held_network(&self) -> Option<RawFd> {
        self.network.borrow().as_ref().map(OwnedFd::as_raw_fd)
    }

    /// Undoes what the journal has.
    pub(crate) fn undo_leftovers(&self) {
        additions::undo_all(self);
        for undo in read_list(&self.path, JOURNAL) {
            self.undo(&undo);
        }
    }

    /// Whether something could not be undone.
    pub(crate) const fn is_unfinished(&self) -> bool {
        self.is_unfinished.get()
    }

    /// Removes the directory; the name is free when the last copy of its lock is closed.
    pub(crate) fn remove(&self) -> Removal {
        if self.is_unfinished.get() {
            return Removal::JournalKept;
        }
        for name in [RECORD, CONTROL, WORDS, UNIX_EXPORT, TERMINALS, JOURNAL] {
            best_effort(std::fs::remove_file(self.path.join(name)));
        }
        if std::fs::remove_dir(&self.path).is_err() {
            // What cannot be removed is found by the next start of the name.
            best_effort(std::fs::remove_dir_all(&self.path));
        }
        Removal::Done
    }

    /// The descriptor that has the lock.
    pub(crate) fn lock(&self) -> BorrowedFd<'_> {
        self.lock.as_fd()
    }
}

/// As it is written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StateDirectoryState {
    name: MachineName,
    lock: Number,
    is_unfinished: bool,
    /// The network namespace that is held.
    #[serde(default)]
    network: Option<Number>,
}

impl StateDirectoryState {
    /// Whether it is this machine's.
    pub(crate) fn is_of(&self, name: &MachineName) -> bool {
        self.name == *name
    }
}

impl StateDirectory {
    /// What goes over to another program.
    pub(crate) fn hand_over(&self, name: &MachineName, outgoing: &mut Outgoing) -> StateDirectoryState {
        let is_unfinished = self.is_unfinished.get();
        let network = self.network.borrow().as_ref().map(|network| outgoing.add(network));
        StateDirectoryState { name: name.clone(), lock: outgoing.add(&self.lock), is_unfinished, network }
    }

    /// Goes on where another program was.
    pub(crate) fn take_over(state: StateDirectoryState, incoming: &mut Incoming) -> Result<Self, Refusal> {
        let StateDirectoryState { name, lock, is_unfinished, network } = state;
        Ok(Self {
            path: Path::new(MACHINES).join(name.as_str()),
            lock: incoming.take(lock)?.into(),
            is_unfinished: Cell::new(is_unfinished),
            circumstances: Cell::default(),
            network: RefCell::new(network.map(|network| incoming.take(network)).transpose()?),
        })
    }
}

/// What a killed redd wrote down; a journal that cannot be read holds nothing that was made.
pub(crate) fn read_list(directory: &Path, name: &str) -> Vec<Undo> {
    let path = directory.join(name);
    let fits = std::fs::metadata(&path).is_ok_and(|metadata| metadata.len() <= JOURNAL_MAX);
    let text = fits.then(|| std::fs::read(&path).ok()).flatten();
    // Nearly always there is none, and a parser that finds nothing has much to do to say so.
    text.map_or_else(Vec::new, |text| parse_journal(&text))
}

/// The undo list in a journal's contents.
pub(crate) fn parse_journal(text: &[u8]) -> Vec<Undo> {
    serde_json::from_slice(text).unwrap_or_default()
}

/// The lock of a machine's directory; `None` where it runs.
fn lock_directory(path: &Path, purpose: Purpose) -> io::Result<Option<File>> {
    loop {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = match openat(CWD, path, flags, Mode::empty()) {
            Err(Errno::NOENT) => {
                DirBuilder::new().recursive(true).mode(0o700).create(path)?;
                continue;
            }
            result => File::from(result?),
        };
        let outcome = match purpose {
            Purpose::Start => take_lock(&directory, Sharing::Exclusive)?,
            // Without a mark: a start that comes now waits, and is not told that a machine runs.
            Purpose::CleanUp => wait_for_lock(&directory, Sharing::Exclusive)?,
        };
        if outcome == LockOutcome::Busy {
            return Ok(None);
        }
        // The one that had the lock may have removed the directory meanwhile.
        let there = std::fs::metadata(path);
        use std::os::unix::fs::MetadataExt as _;
        if there.is_ok_and(|there| directory.metadata().is_ok_and(|ours| ours.ino() == there.ino())) {
            return Ok(Some(directory));
        }
    }
}

/// Undoes what machines without a living redd left behind; their names.
pub(crate) fn collect_garbage() -> io::Result<Vec<MachineName>> {
    let mut collected = Vec::new();
    crate::ids::release_all_abandoned();
    let entries = match std::fs::read_dir(MACHINES) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(collected),
        result => result?,
    };
    for entry in entries {
        let name: Option<MachineName> = entry?.file_name().to_str().and_then(|name| name.parse().ok());
        let Some(name) = name else { continue };
        if let Ok(directory) = StateDirectory::take(&name, Purpose::CleanUp) {
            // One that is not finished is told of when it is.
            if directory.remove() == Removal::Done {
                collected.push(name);
            }
        }
    }
    Ok(collected)
}

/// Undoes what a machine of that name left behind, if there is any.
pub(crate) fn clean_up(name: &MachineName) -> Result<Removal, Error> {
    if !Path::new(MACHINES).join(name.as_str()).exists() {
        return Ok(Removal::Done);
    }
    StateDirectory::take(name, Purpose::CleanUp).map(|directory| directory.remove())
}

fn host_error(what: &str, error: &io::Error) -> Error {
    Error::Host {
        what: format!("{what} below {MACHINES}"),
        cause: Errno::from_io_error(error).unwrap_or(Errno::IO),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use redd_plan::cgroup::{CgroupPath, NamedCgroup};
    use redd_plan::step::NamedHierarchy;

    use super::*;

    fn undo() -> impl Strategy<Value = Undo> {
        let path = || ".{0,20}".prop_map(PathBuf::from);
        let machine = "[a-z][a-z0-9]{0,8}".prop_map(|name| name.parse::<MachineName>().unwrap());
        prop_oneof![
            path().prop_map(|path| Undo::RemoveCgroup { path: CgroupPath(path) }),
            (path(), any::<bool>()).prop_map(|(path, host)| Undo::RemoveNamedCgroup {
                path: NamedCgroup(path),
                hierarchy: if host { NamedHierarchy::Host } else { NamedHierarchy::Payloads },
            }),
            (".{0,15}", machine).prop_map(|(name, machine)| Undo::RemoveLink { name, machine }),
            path().prop_map(|path| Undo::RemoveDirectory { path }),
            path().prop_map(|path| Undo::ReleaseIds { path }),
        ]
    }

    proptest! {
        #[test]
        fn a_journal_is_read_as_it_was_written(list in prop::collection::vec(undo(), 0..5)) {
            let text = serde_json::to_vec(&list).unwrap();
            prop_assert_eq!(parse_journal(&text), list);
            prop_assert_eq!(parse_journal(&text[..text.len() - 1]), []);
        }

        #[test]
        fn any_journal_is_taken(contents in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(parse_journal(&contents));
        }
    }
}
