//! A file that gets its name when it is whole.

use std::cell::Cell;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;

use redd_sys::Errno;
use redd_sys::lock::{LockOutcome, Sharing, lock_whole_file};
use rustix::fs::{
    AtFlags, Dir, Mode, OFlags, RenameFlags, ftruncate, linkat, openat, renameat, renameat_with, unlinkat,
};
use rustix::io::{pwrite, retry_on_intr};
use rustix::rand::{GetRandomFlags, getrandom};

use super::Goal;
use crate::copy::base::open_entry;
use crate::copy::{Replacing, best_effort};

/// What names of files begin with that are not whole.
const PREFIX: &str = ".#redd-copy.";

/// How files can be made that have no name yet.
#[derive(Debug, Default)]
pub(super) struct Making {
    /// Whether one without a name can be given one later; unknown until it was tried.
    nameless: Cell<Option<bool>>,
}

/// A file that is being written.
#[derive(Debug)]
pub(super) struct NewFile<'goal> {
    file: OwnedFd,
    goal: &'goal Goal,
    /// The name that it has meanwhile.
    temporary: Option<OsString>,
}

impl Making {
    pub(super) fn start<'goal>(&self, goal: &'goal Goal) -> Result<NewFile<'goal>, Errno> {
        if let Some(file) = self.nameless(goal)? {
            return Ok(NewFile { file, goal, temporary: None });
        }
        let name = temporary_name()?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&goal.directory, &name, flags, Mode::RUSR | Mode::WUSR)?;
        let new = NewFile { file, goal, temporary: Some(name) };
        // Who finds it without a lock knows that nobody goes on with it.
        match lock_whole_file(&new.file, Sharing::Exclusive) {
            Ok(LockOutcome::Taken | LockOutcome::Busy) | Err(Errno::OPNOTSUPP | Errno::NOLCK) => Ok(new),
            Err(errno) => Err(errno),
        }
    }

    /// A file that vanishes with its last descriptor, where the file system has such, and the kernel gives it a name later.
    fn nameless(&self, goal: &Goal) -> Result<Option<OwnedFd>, Errno> {
        if self.nameless.get() == Some(false) {
            return Ok(None);
        }
        let flags = OFlags::WRONLY | OFlags::TMPFILE | OFlags::CLOEXEC;
        let file = match openat(&goal.directory, ".", flags, Mode::RUSR | Mode::WUSR) {
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOSYS) => return Ok(None),
            result => result?,
        };
        if self.nameless.get().is_none() {
            // Before Linux 6.10 only the host's root may, and the payload's finds out when it is too late.
            let name = temporary_name()?;
            let named = linkat(&file, "", &goal.directory, &name, AtFlags::EMPTY_PATH);
            self.nameless.set(Some(named.is_ok()));
            if named.is_err() {
                return Ok(None);
            }
            unlinkat(&goal.directory, &name, AtFlags::empty())?;
            // With its last name it has lost the right to another one.
            return self.nameless(goal);
        }
        Ok(Some(file))
    }

    /// Removes what a copy left that was killed.
    pub(super) fn remove_leftovers(&self, directory: &OwnedFd) {
        let Ok(entries) = Dir::read_from(directory) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            if name.to_bytes().starts_with(PREFIX.as_bytes()) {
                // One that cannot be removed is in nobody's way.
                best_effort(remove_leftover(directory, OsStr::from_bytes(name.to_bytes())));
            }
        }
    }
}

fn remove_leftover(directory: &OwnedFd, name: &OsStr) -> Result<(), Errno> {
    match open_entry(directory, name, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY) {
        Ok(file) if lock_whole_file(&file, Sharing::Exclusive)? == LockOutcome::Busy => return Ok(()),
        // A link that was to replace another one.
        Ok(_) | Err(Errno::LOOP) => {}
        Err(errno) => return Err(errno),
    }
    unlinkat(directory, name, AtFlags::empty())
}

impl NewFile<'_> {
    pub(super) fn write(&self, offset: u64, mut bytes: &[u8]) -> Result<(), Errno> {
        let mut offset = offset;
        while !bytes.is_empty() {
            let written = retry_on_intr(|| pwrite(&self.file, bytes, offset))?;
            bytes = &bytes[written..];
            offset = offset.checked_add(written as u64).ok_or(Errno::FBIG)?;
        }
        Ok(())
    }

    pub(super) fn set_size(&self, size: u64) -> Result<(), Errno> {
        ftruncate(&self.file, size)
    }

    /// Puts it where it belongs.
    pub(super) fn give_name(mut self, replacing: Replacing) -> Result<(), Errno> {
        let goal = self.goal;
        let directory = &goal.directory;
        let Some(temporary) = self.temporary.clone() else {
            let named = linkat(&self.file, "", directory, &goal.name, AtFlags::EMPTY_PATH);
            if named != Err(Errno::EXIST) || replacing == Replacing::Refused {
                return named;
            }
            let name = temporary_name()?;
            linkat(&self.file, "", directory, &name, AtFlags::EMPTY_PATH)?;
            self.temporary = Some(name.clone());
            renameat(directory, &name, directory, &goal.name)?;
            self.temporary = None;
            return Ok(());
        };
        match replacing {
            Replacing::Files => renameat(directory, &temporary, directory, &goal.name)?,
            Replacing::Refused => {
                let flags = RenameFlags::NOREPLACE;
                match renameat_with(directory, &temporary, directory, &goal.name, flags) {
                    // A file system that cannot: the name that it has meanwhile is taken away in the end.
                    Err(Errno::INVAL) => {
                        return linkat(directory, &temporary, directory, &goal.name, AtFlags::empty());
                    }
                    result => result?,
                }
            }
        }
        self.temporary = None;
        Ok(())
    }
}

impl AsFd for NewFile<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// What was not finished is not seen.
impl Drop for NewFile<'_> {
    fn drop(&mut self) {
        if let Some(name) = self.temporary.take() {
            best_effort(unlinkat(&self.goal.directory, &name, AtFlags::empty()));
        }
    }
}

/// A name that nobody else has.
pub(super) fn temporary_name() -> Result<OsString, Errno> {
    let mut random = [0; 8];
    getrandom(&mut random, GetRandomFlags::empty())?;
    Ok(format!("{PREFIX}{:016x}", u64::from_ne_bytes(random)).into())
}
