//! The process that writes: what it makes has its name when it is whole, and is reached by descriptors.

mod goal;
mod new_file;
mod output;

use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use redd_sys::Errno;
use rustix::fs::{AtFlags, Mode, OFlags, fstat, linkat, mkdirat, renameat, statat, symlinkat, unlinkat};

use super::base::{DEPTH_MAX, Location, open_entry};
use super::report::{Failure, shown};
use super::stream::{Attributes, Frame, Kind, Names, Receiver};
use super::{Owners, Place, Replacing, attributes, best_effort};
use goal::Goal;
use new_file::{Making, temporary_name};
pub(super) use output::write_output;

/// What somebody can do who meets a file.
const REPLACE: &str = "--force replaces files; directories are never replaced";

/// Writes what is sent.
pub(super) struct Target {
    receiver: Receiver,
    place: Place,
    owners: Owners,
    replacing: Replacing,
    making: Making,
    levels: Vec<Level>,
    /// Files that other names may follow for: where they are below the whole, and what they are.
    files: Vec<(PathBuf, u64, u64)>,
}

/// A directory that is being filled.
#[derive(Debug)]
struct Level {
    directory: OwnedFd,
    name: OsString,
    /// What it is to have in the end; nothing where it was there before.
    attributes: Option<Attributes>,
}

/// Whether a directory was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Novelty {
    Made,
    Found,
}

impl Target {
    pub(super) fn new(stream: UnixStream, place: Place, owners: Owners, replacing: Replacing) -> Self {
        let receiver = Receiver::new(stream);
        let (levels, files) = (Vec::new(), Vec::new());
        Self { receiver, place, owners, replacing, making: Making::default(), levels, files }
    }

    /// Writes everything to where a path leads.
    pub(super) fn write_path(&mut self, to: &Location<'_>) -> Result<(), Failure> {
        let Frame::Start { kind, name } = self.frame()? else { return Err(malformed()) };
        match kind {
            Kind::Directory | Kind::Contents => self.write_tree(to, kind, name)?,
            Kind::File | Kind::Stream => {
                let goal = goal::of_file(to, kind, name)?;
                self.answer((0, 0))?;
                self.making.remove_leftovers(&goal.directory);
                let Frame::File { attributes, .. } = self.frame()? else { return Err(malformed()) };
                self.file(&goal, &attributes)?;
            }
        }
        match self.frame()? {
            Frame::End => Ok(()),
            _ => Err(malformed()),
        }
    }

    fn write_tree(&mut self, to: &Location<'_>, kind: Kind, name: OsString) -> Result<(), Failure> {
        let (goal, place) = goal::of_tree(to, kind, name)?;
        let path = goal.path.clone();
        let (directory, novelty) = match place {
            goal::TreePlace::Itself => (goal.directory, Novelty::Found),
            goal::TreePlace::Below => self.enter(&goal)?,
        };
        let status = fstat(&directory).map_err(Failure::at("looking at", &path))?;
        self.answer((status.st_dev, status.st_ino))?;
        let Frame::Directory { attributes, .. } = self.frame()? else { return Err(malformed()) };
        let attributes = (novelty == Novelty::Made).then_some(attributes);
        if novelty == Novelty::Found {
            self.making.remove_leftovers(&directory);
        }
        let name = path.into_os_string();
        self.levels.push(Level { directory, name, attributes });
        while !self.levels.is_empty() {
            let frame = self.frame()?;
            self.take(frame)?;
        }
        Ok(())
    }

    fn frame(&mut self) -> Result<Frame, Failure> {
        let gone = || Failure::of_stream(&std::io::ErrorKind::UnexpectedEof.into());
        self.receiver.receive().map_err(|error| Failure::of_stream(&error))?.ok_or_else(gone)
    }

    fn answer(&mut self, (device, inode): (u64, u64)) -> Result<(), Failure> {
        self.receiver.answer(device, inode).map_err(|error| Failure::of_stream(&error))
    }

    /// Does what a frame below the whole says.
    fn take(&mut self, frame: Frame) -> Result<(), Failure> {
        match frame {
            Frame::Directory { name, attributes } => {
                let goal = self.goal(&name)?;
                let (directory, novelty) = self.enter(&goal)?;
                if novelty == Novelty::Found {
                    self.making.remove_leftovers(&directory);
                }
                if self.levels.len() > DEPTH_MAX {
                    return Err(malformed());
                }
                let attributes = (novelty == Novelty::Made).then_some(attributes);
                self.levels.push(Level { directory, name, attributes });
                Ok(())
            }
            Frame::DirectoryEnd => self.leave(),
            Frame::File { name, names, attributes } => {
                let goal = self.goal(&name)?;
                let (device, inode) = self.file(&goal, &attributes)?;
                if names == Names::Several {
                    self.files.push((self.path_below(&name), device, inode));
                }
                Ok(())
            }
            Frame::Link { name, target, attributes } => {
                let goal = self.goal(&name)?;
                self.link(&goal, &target, &attributes)
            }
            Frame::HardLink { name, number } => {
                let goal = self.goal(&name)?;
                self.hard_link(&goal, number)
            }
            Frame::Start { .. } | Frame::Data { .. } | Frame::FileEnd { .. } | Frame::End => Err(malformed()),
        }
    }

    /// A name in the directory that is being filled.
    fn goal(&self, name: &OsStr) -> Result<Goal, Failure> {
        let level = self.levels.last().filter(|_| !name.is_empty()).ok_or_else(malformed)?;
        let path = self.levels.iter().map(|level| &level.name).collect::<PathBuf>().join(name);
        let directory = rustix::io::fcntl_dupfd_cloexec(&level.directory, 0);
        let directory = directory.map_err(Failure::at("writing to", &path))?;
        Ok(Goal { directory, name: name.to_owned(), path })
    }

    /// A name in it, as it is seen from the whole.
    fn path_below(&self, name: &OsStr) -> PathBuf {
        self.levels.iter().skip(1).map(|level| &level.name).collect::<PathBuf>().join(name)
    }

    /// A directory of that name: made, or found.
    fn enter(&self, goal: &Goal) -> Result<(OwnedFd, Novelty), Failure> {
        let made = mkdirat(&goal.directory, &goal.name, Mode::RWXU);
        let novelty = match made {
            Ok(()) => Novelty::Made,
            Err(Errno::EXIST) => Novelty::Found,
            Err(errno) => return Err(Failure::at("making the directory", &goal.path)(errno)),
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        match open_entry(&goal.directory, &goal.name, flags) {
            Ok(directory) => Ok((directory, novelty)),
            Err(Errno::NOTDIR | Errno::LOOP) => {
                let what = format!("{} is there, and is no directory", shown(&goal.path));
                Err(Failure::exists(what, Some("a file or link is never replaced by a directory")))
            }
            Err(errno) => Err(Failure::at("opening", &goal.path)(errno)),
        }
    }

    fn leave(&mut self) -> Result<(), Failure> {
        let level = self.levels.pop().ok_or_else(malformed)?;
        let Some(attributes) = level.attributes else { return Ok(()) };
        attributes::give(level.directory.as_fd(), &attributes, self.owners, self.place)
            .map_err(|(what, errno)| Failure::at(what, Path::new(&level.name))(errno))
    }

    /// Writes a file, and gives it its name in the end. What it is then.
    fn file(&mut self, goal: &Goal, attributes: &Attributes) -> Result<(u64, u64), Failure> {
        if self.replacing == Replacing::Refused && goal.is_taken() {
            // Said before anything is sent in vain.
            return Err(taken(goal));
        }
        let new = self.making.start(goal).map_err(Failure::at("writing", &goal.path))?;
        loop {
            match self.frame()? {
                Frame::Data { offset, bytes } => {
                    new.write(offset, &bytes).map_err(Failure::at("writing", &goal.path))?;
                }
                Frame::FileEnd { size } => {
                    new.set_size(size).map_err(Failure::at("writing", &goal.path))?;
                    break;
                }
                _ => return Err(malformed()),
            }
        }
        attributes::give(new.as_fd(), attributes, self.owners, self.place)
            .map_err(|(what, errno)| Failure::at(what, &goal.path)(errno))?;
        let status = fstat(new.as_fd()).map_err(Failure::at("looking at", &goal.path))?;
        new.give_name(self.replacing).map_err(|errno| match errno {
            Errno::EXIST | Errno::ISDIR => taken(goal),
            errno => Failure::at("writing", &goal.path)(errno),
        })?;
        Ok((status.st_dev, status.st_ino))
    }

    fn link(&self, goal: &Goal, target: &OsStr, attributes: &Attributes) -> Result<(), Failure> {
        let dress = |name: &OsStr| {
            attributes::give_link(&goal.directory, name, attributes, self.owners, self.place)
                .map_err(|(what, errno)| Failure::at(what, &goal.path)(errno))
        };
        match symlinkat(target, &goal.directory, &goal.name) {
            Ok(()) => dress(&goal.name),
            Err(Errno::EXIST) if self.replacing == Replacing::Files => {
                let making = |name: &OsStr| symlinkat(target, &goal.directory, name);
                self.replace(goal, making, dress)
            }
            Err(Errno::EXIST) => Err(taken(goal)),
            Err(errno) => Err(Failure::at("making the link", &goal.path)(errno)),
        }
    }

    /// One more name for a file that was written before, if that is still there.
    fn hard_link(&self, goal: &Goal, number: u64) -> Result<(), Failure> {
        let file = usize::try_from(number).ok().and_then(|number| self.files.get(number));
        let (path, device, inode) = file.ok_or_else(malformed)?;
        let failed = || Failure::at("making one more name for a file:", &goal.path);
        let top = &self.levels.first().ok_or_else(malformed)?.directory;
        let above = directory_below(top, path.parent().unwrap_or(Path::new(""))).map_err(failed())?;
        let name = path.file_name().unwrap_or_default();
        let making = |made: &OsStr| -> Result<(), Errno> {
            linkat(&above, name, &goal.directory, made, AtFlags::empty())?;
            let status = statat(&goal.directory, made, AtFlags::SYMLINK_NOFOLLOW)?;
            if (status.st_dev, status.st_ino) == (*device, *inode) {
                return Ok(());
            }
            // Somebody has put another file in the place.
            unlinkat(&goal.directory, made, AtFlags::empty())?;
            Err(Errno::STALE)
        };
        match making(&goal.name) {
            Err(Errno::EXIST) if self.replacing == Replacing::Files => self.replace(goal, making, |_| Ok(())),
            Err(Errno::EXIST) => Err(taken(goal)),
            result => result.map_err(failed()),
        }
    }

    /// Makes something beside what is there, and puts it in its place.
    fn replace(
        &self,
        goal: &Goal,
        make: impl Fn(&OsStr) -> Result<(), Errno>,
        dress: impl Fn(&OsStr) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let name = temporary_name().map_err(Failure::at("writing", &goal.path))?;
        make(&name).map_err(Failure::at("writing", &goal.path))?;
        let renamed = dress(&name).and_then(|()| {
            renameat(&goal.directory, &name, &goal.directory, &goal.name).map_err(|errno| match errno {
                Errno::ISDIR | Errno::EXIST | Errno::NOTEMPTY => taken(goal),
                errno => Failure::at("writing", &goal.path)(errno),
            })
        });
        // Two names of one file are left as they are by a rename.
        best_effort(unlinkat(&goal.directory, &name, AtFlags::empty()));
        renamed
    }
}

/// A directory, name by name: a path to it may be longer than the kernel takes.
fn directory_below(top: &OwnedFd, path: &Path) -> Result<OwnedFd, Errno> {
    let top = rustix::io::fcntl_dupfd_cloexec(top, 0)?;
    path.iter().try_fold(top, |above, name| open_entry(&above, name, OFlags::PATH | OFlags::DIRECTORY))
}

fn taken(goal: &Goal) -> Failure {
    Failure::exists(format!("{} is there already", shown(&goal.path)), Some(REPLACE))
}

fn malformed() -> Failure {
    Failure::of_stream(&std::io::ErrorKind::InvalidData.into())
}
