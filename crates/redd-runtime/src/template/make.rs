//! Makes a tree from a template: a snapshot where there are subvolumes, a copy that shares its blocks where the file system
//! can do that, a layer over the template elsewhere. Until it is finished it has another name.

use std::fs;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use redd_plan::step::Undo;
use redd_spec::Spec;
use redd_spec::root::Root;
use redd_sys::lock::{LockOutcome, Sharing};
use redd_sys::mount::{self, FileSystemOption, MountAttribute};
use redd_sys::root_dir::RootDir;
use redd_sys::{Errno, btrfs};
use rustix::fs::{
    AtFlags, CWD, Mode, OFlags, RenameFlags, XattrFlags, chownat, fchmod, fstat, mkdirat, openat,
    renameat_with, setxattr,
};

use super::{MARK, copy, failed, mark, write_record};
use crate::facts::Tree;
use crate::patience::take_lock;
use crate::state::{Purpose, StateDirectory};
use crate::{Error, prepare, undo};

/// The start of the template itself, where the tree is still to be made from it: what holds for one holds for the other.
pub(crate) fn as_if_made(spec: &Spec) -> Option<Spec> {
    let template = spec.root.template.as_ref().filter(|_| !exists(&spec.root.path))?;
    let root = Root { path: template.clone(), template: None, ..spec.root.clone() };
    Some(Spec { root, ..spec.clone() })
}

fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Makes the tree where it is missing, if the template could be started; the machine's state directory, where that was taken
/// for it.
///
/// # Errors
/// There is nothing to make it from, or no place for it; nothing is left behind.
pub(crate) fn make_missing(
    spec: &Spec,
    plan: impl FnOnce(&Spec) -> Result<(), Error>,
) -> Result<Option<StateDirectory>, Error> {
    let Some(original) = as_if_made(spec) else { return Ok(None) };
    plan(&original)?;
    let state = StateDirectory::take(&spec.name, Purpose::Start)?;
    match New::of(spec, &original.root.path).and_then(|new| new.make(&state)) {
        Ok(()) => Ok(Some(state)),
        Err(error) => {
            state.remove();
            Err(error)
        }
    }
}

/// A tree that is being made.
struct New<'a> {
    template: &'a Path,
    source: RootDir,
    /// What it will be.
    path: &'a Path,
    /// The directory it is in.
    parent: OwnedFd,
    /// Its name until it is finished.
    name: String,
}

impl<'a> New<'a> {
    fn of(spec: &'a Spec, template: &'a Path) -> Result<Self, Error> {
        let path = spec.root.path.as_path();
        let refuse = |reason: &str| Error::Tree {
            path: path.to_owned(),
            reason: reason.to_owned(),
            hint: "name a directory that is to be made, in one that is there",
        };
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| refuse("has no name"))?;
        let parent = path.parent().ok_or_else(|| refuse("has no parent"))?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let parent = openat(CWD, parent, flags, Mode::empty())
            .map_err(|errno| refuse(&format!("cannot be made: the directory it is to be in: {errno}")))?;
        let name = format!(".#{name}.{}.new", spec.name);
        Ok(Self { template, source: Tree::open_directory(template)?, path, parent, name })
    }

    fn make(&self, state: &StateDirectory) -> Result<(), Error> {
        let lock = fs::File::open(self.template).map_err(|error| failed("opening", self.template, &error))?;
        // What is changed meanwhile would be copied in part.
        match take_lock(&lock, Sharing::Shared).map_err(Error::host("locking the template"))? {
            LockOutcome::Taken => {}
            LockOutcome::Busy => return Err(Error::TreeBusy { path: self.template.to_owned() }),
        }
        let unfinished = Undo::RemoveDirectory { path: self.unfinished() };
        state.write_journal(&[&unfinished])?;
        let result = self.fill().and_then(|()| self.finish());
        if result.is_err() {
            state.undo(&unfinished);
        }
        result
    }

    fn unfinished(&self) -> PathBuf {
        self.path.with_file_name(&self.name)
    }

    fn fill(&self) -> Result<(), Error> {
        let removed = undo::or_gone(fs::remove_dir_all(self.unfinished()));
        removed.map_err(|error| failed("removing", &self.unfinished(), &error))?;
        if mark(&self.source).map_err(Error::host("looking at the template"))?.is_some() {
            return Err(Error::Tree {
                path: self.template.to_owned(),
                reason: "lies over a template itself, and can be none".to_owned(),
                hint: "name the one it lies over, or a tree that stands for itself",
            });
        }
        if self.snapshot()? {
            return Ok(());
        }
        let made = self.make_directory()?;
        let about = || format!("copying {} to {}", self.template.display(), self.unfinished().display());
        if copy::shares_blocks(&self.source, &made) || !self.can_be_layer(&made) {
            return copy::copy(&self.source, &made)
                .map_err(|(path, errno)| Error::host(format!("{}: {}", about(), path.display()))(errno));
        }
        self.become_layer(&made)
    }

    /// Whether a snapshot was made.
    fn snapshot(&self) -> Result<bool, Error> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let source =
            openat(&self.source, ".", flags, Mode::empty()).map_err(Error::host("opening the template"))?;
        match btrfs::snapshot(source.as_fd(), self.parent.as_fd(), &self.name) {
            Ok(()) => Ok(true),
            Err(Errno::NOTTY | Errno::OPNOTSUPP | Errno::INVAL | Errno::XDEV) => Ok(false),
            Err(errno) => {
                Err(Error::host(format!("making a snapshot of {}", self.template.display()))(errno))
            }
        }
    }

    /// A directory with the owner and permissions of the template's root.
    fn make_directory(&self) -> Result<OwnedFd, Error> {
        let make = || -> Result<OwnedFd, Errno> {
            let status = fstat(&self.source)?;
            mkdirat(&self.parent, &self.name, Mode::from_raw_mode(0o700))?;
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let made = openat(&self.parent, &self.name, flags, Mode::empty())?;
            let (user, group) =
                (rustix::fs::Uid::from_raw(status.st_uid), rustix::fs::Gid::from_raw(status.st_gid));
            chownat(&made, "", Some(user), Some(group), AtFlags::EMPTY_PATH)?;
            fchmod(&made, Mode::from_raw_mode(status.st_mode & 0o7777))?;
            Ok(made)
        };
        make().map_err(Error::host(format!("making {}", self.unfinished().display())))
    }

    /// Tries it, in a directory that is there already: file systems that cannot be written to through an overlay say so only then.
    fn can_be_layer(&self, made: &OwnedFd) -> bool {
        let try_it = || -> Result<(), Errno> {
            for name in ["upper", "work"] {
                mkdirat(made, name, Mode::from_raw_mode(0o700))?;
            }
            let path = |file: i32, name: &str| format!("/proc/self/fd/{file}{name}");
            let (lower, upper, work) = (
                path(self.source.as_fd().as_raw_fd(), ""),
                path(made.as_raw_fd(), "/upper"),
                path(made.as_raw_fd(), "/work"),
            );
            let options = [("lowerdir", &lower), ("upperdir", &upper), ("workdir", &work)]
                .map(|(name, value)| FileSystemOption::Value(name, value));
            let merged = mount::new_file_system("overlay", &options, MountAttribute::empty());
            let merged = merged.map_err(|error| error.errno)?;
            mkdirat(&merged, "try", Mode::from_raw_mode(0o700))
        };
        let can_be = try_it().is_ok();
        let path = |name: &str| format!("/proc/self/fd/{}/{name}", made.as_raw_fd());
        let removed = ["upper", "work"].map(|name| undo::or_gone(fs::remove_dir_all(path(name))).is_ok());
        can_be && removed == [true, true]
    }

    fn become_layer(&self, made: &OwnedFd) -> Result<(), Error> {
        let mark = prepare::random_uuid()?;
        let template =
            fs::canonicalize(self.template).map_err(|error| failed("resolving", self.template, &error))?;
        write_record(mark, &template, &self.source)?;
        let path = format!("/proc/self/fd/{}", made.as_raw_fd());
        setxattr(path, MARK, mark.to_string().as_bytes(), XattrFlags::CREATE)
            .map_err(Error::host(format!("marking {}", self.unfinished().display())))
    }

    /// It gets its name, unless that is there by now.
    fn finish(&self) -> Result<(), Error> {
        let name = self.path.file_name().unwrap_or_default();
        renameat_with(&self.parent, &self.name, &self.parent, name, RenameFlags::NOREPLACE)
            .map_err(Error::host(format!("giving {} its name", self.path.display())))
    }
}
