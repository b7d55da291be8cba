//! What is in the highest layer of an overlay before anybody writes to it: it takes the place of what is below.
//!
//! A mount could be taken away by whoever is root inside. What a layer says is not there, is not there.

use std::ffi::OsStr;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use redd_plan::action::{OverlayMarks, Substitutes};
use redd_spec::ids::HostId;
use redd_spec::root::{Substitute, SubstituteKind};
use redd_sys::Errno;
use redd_sys::root_dir::{Links, RootDir, file_type};
use rustix::fs::{
    FileType, Gid, Mode, OFlags, Stat, Uid, XattrFlags, fchmod, fchown, fsetxattr, fstat, mkdirat, mknodat,
    openat, symlinkat,
};

use super::staging;
use crate::StepError;

/// Makes them in a layer that nobody has seen yet.
pub(super) fn make(
    layer: &OwnedFd,
    below: &RootDir,
    substitutes: &Substitutes,
    marks: OverlayMarks,
) -> Result<(), StepError> {
    let making = Making { layer: layer.as_fd(), below, owner: substitutes.owner, marks };
    substitutes.list.iter().try_for_each(|substitute| {
        let about = |cause: StepError| StepError { detail: substitute.path.to_string(), ..cause };
        making.make(substitute).map_err(about)
    })
}

struct Making<'a> {
    layer: BorrowedFd<'a>,
    below: &'a RootDir,
    owner: HostId,
    marks: OverlayMarks,
}

impl Making<'_> {
    fn make(&self, substitute: &Substitute) -> Result<(), StepError> {
        let path = substitute.path.as_path();
        let (Some(above), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(Errno::INVAL.into());
        };
        let there = self.look(path)?;
        match &substitute.what {
            SubstituteKind::Nothing if there.is_none() => Ok(()),
            SubstituteKind::Nothing => {
                let directory = self.directory(above)?;
                Ok(mknodat(&directory, name, FileType::CharacterDevice, Mode::empty(), 0)?)
            }
            SubstituteKind::EmptyDirectory => match there {
                Some(status) if file_type(&status) == FileType::Directory => {
                    let made = self.make_directory(&self.directory(above)?, name, Some(&status))?;
                    Ok(fsetxattr(&made, self.opaque(), b"y", XattrFlags::empty())?)
                }
                Some(_) | None => Ok(()),
            },
            SubstituteKind::File { mode, contents } => {
                let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
                let file = openat(self.directory(above)?, name, flags, Mode::RUSR)?;
                fchmod(&file, Mode::from_raw_mode(*mode))?;
                staging::give(file.as_fd(), self.owner)?;
                Ok(std::io::Write::write_all(&mut std::fs::File::from(file), contents)?)
            }
            SubstituteKind::Link(target) => {
                let directory = self.directory(above)?;
                symlinkat(target.as_str(), &directory, name)?;
                staging::give_entry(directory.as_fd(), &name.to_string_lossy(), self.owner)
            }
        }
    }

    /// What is below, if no link is on the way: what a link leads to has a path of its own.
    fn look(&self, path: &Path) -> Result<Option<Stat>, Errno> {
        match self.below.resolve(path, Links::Refused).and_then(fstat) {
            Ok(status) => Ok(Some(status)),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            // The last part may be a link; it is something.
            Err(Errno::LOOP) => self.below.status(path),
            Err(errno) => Err(errno),
        }
    }

    /// The directory of the layer; it and those above it look as below.
    fn directory(&self, path: &Path) -> Result<OwnedFd, StepError> {
        let mut made = openat(self.layer, ".", OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
        let mut walked = PathBuf::from("/");
        for name in path.iter().skip(1) {
            walked.push(name);
            let status = self.look(&walked)?;
            if status.is_some_and(|status| file_type(&status) != FileType::Directory) {
                return Err(StepError::about(walked.display().to_string())(Errno::NOTDIR));
            }
            made = self.make_directory(&made, name, status.as_ref())?;
        }
        Ok(made)
    }

    fn make_directory(
        &self,
        above: &OwnedFd,
        name: &OsStr,
        like: Option<&Stat>,
    ) -> Result<OwnedFd, StepError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match mkdirat(above, name, Mode::RWXU) {
            Ok(()) => {}
            Err(Errno::EXIST) => return Ok(openat(above, name, flags, Mode::empty())?),
            Err(errno) => return Err(errno.into()),
        }
        let made = openat(above, name, flags, Mode::empty())?;
        let (user, group, mode) = like.map_or((self.owner.0, self.owner.0, 0o755), |like| {
            (like.st_uid, like.st_gid, like.st_mode & 0o7777)
        });
        fchown(&made, Some(Uid::from_raw(user)), Some(Gid::from_raw(group)))?;
        fchmod(&made, Mode::from_raw_mode(mode))?;
        Ok(made)
    }

    const fn opaque(&self) -> &'static str {
        match self.marks {
            OverlayMarks::User => "user.overlay.opaque",
            OverlayMarks::Trusted => "trusted.overlay.opaque",
        }
    }
}
