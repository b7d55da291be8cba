//! A container's tree, reached through one handle only.
//!
//! Every path is resolved by the kernel below the handle (`RESOLVE_IN_ROOT`): an absolute link in the tree leads
//! to the tree's own root, `..` never leaves it, and magic links are not followed (R1). What is read is a regular
//! file of bounded size, opened without waiting (R7).

use std::ffi::OsString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, RawMode, ResolveFlags, Stat, fstat, mkdirat, openat, openat2,
    readlinkat, symlinkat, unlinkat,
};
use rustix::io::Errno;

mod fifo;

/// As many links as the kernel follows on one path.
const LINKS_MAX: u32 = 40;
/// How often a resolution is tried again when the kernel saw a rename on the way.
const RESOLVE_ATTEMPTS: u32 = 128;
/// The most that is read of a file in a tree, in bytes.
pub const SMALL_FILE_MAX: usize = 64 * 1024;

/// A handle on a tree.
#[derive(Debug)]
pub struct RootDir(OwnedFd);

/// A directory of a tree.
#[derive(Debug)]
enum Directory<'root> {
    /// The tree's root.
    Root(BorrowedFd<'root>),
    /// One below it.
    Below(OwnedFd),
}

impl AsFd for Directory<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Root(root) => root.as_fd(),
            Self::Below(directory) => directory.as_fd(),
        }
    }
}

/// Whether symbolic links on the way are followed; they never lead out of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// They are.
    Followed,
    /// They are, but for the last part of the path.
    FollowedButLast,
    /// None is: what has to be a real directory cannot be a link (R2).
    Refused,
}

/// Why a small file was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It is a directory, a device, a FIFO, …
    #[error("it is no regular file")]
    NotRegular,
    /// It is longer than the limit.
    #[error("it is longer than {limit} bytes")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// The kernel said no.
    #[error(transparent)]
    Errno(#[from] Errno),
}

impl RootDir {
    /// Opens a directory of the host as a tree.
    ///
    /// # Errors
    /// Those of open(2); `ENOTDIR` where it is no directory.
    pub fn open(path: &Path) -> Result<Self, Errno> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        openat(CWD, path, flags, Mode::empty()).map(Self)
    }

    /// Takes a directory that is open already.
    #[must_use]
    pub const fn from_fd(fd: OwnedFd) -> Self {
        Self(fd)
    }

    /// A handle (`O_PATH`) on what a path leads to.
    ///
    /// # Errors
    /// Those of openat2(2); `ELOOP` for a link that is refused.
    pub fn resolve(&self, path: &Path, links: Links) -> Result<OwnedFd, Errno> {
        let flags = match links {
            Links::Followed | Links::Refused => OFlags::PATH,
            Links::FollowedButLast => OFlags::PATH | OFlags::NOFOLLOW,
        };
        self.open_below(path, flags, Mode::empty(), links)
    }

    fn open_below(&self, path: &Path, flags: OFlags, mode: Mode, links: Links) -> Result<OwnedFd, Errno> {
        let mut resolve = ResolveFlags::empty();
        if links == Links::Refused {
            resolve |= ResolveFlags::NO_SYMLINKS;
        }
        self.open_resolved(path, flags, mode, resolve)
    }

    fn open_resolved(
        &self,
        path: &Path,
        flags: OFlags,
        mode: Mode,
        resolve: ResolveFlags,
    ) -> Result<OwnedFd, Errno> {
        let resolve = resolve | ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        let path = if path == Path::new("") { Path::new("/") } else { path };
        for _ in 0..RESOLVE_ATTEMPTS {
            match openat2(&self.0, path, flags | OFlags::CLOEXEC, mode, resolve) {
                Err(Errno::AGAIN) => {}
                result => return result,
            }
        }
        Err(Errno::AGAIN)
    }

    /// The parent of a path and the last part of it; links on the way are followed inside the tree.
    fn parent(&self, path: &Path) -> Result<(Directory<'_>, PathBuf), Errno> {
        let name = path.file_name().ok_or(Errno::INVAL)?;
        let parent = path.parent().unwrap_or(Path::new("/"));
        Ok((self.directory(parent, Links::Followed)?, PathBuf::from(name)))
    }

    /// A directory of the tree; the tree's own root is open already.
    fn directory(&self, path: &Path, links: Links) -> Result<Directory<'_>, Errno> {
        if path == Path::new("/") {
            return Ok(Directory::Root(self.0.as_fd()));
        }
        self.resolve(path, links).map(Directory::Below)
    }

    /// What a path is, if it is anything; a link at its end is looked at itself.
    ///
    /// # Errors
    /// Those of openat2(2) other than `ENOENT` and `ENOTDIR`.
    pub fn status(&self, path: &Path) -> Result<Option<Stat>, Errno> {
        match self.resolve(path, Links::FollowedButLast) {
            Ok(fd) => fstat(fd).map(Some),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    /// Reads a regular file of at most `limit` bytes; `None` where there is none.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn read_small_file(&self, path: &Path, limit: usize) -> Result<Option<Vec<u8>>, ReadError> {
        let handle = match self.resolve(path, Links::Followed) {
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
            result => result?,
        };
        if file_type(&fstat(&handle)?) != FileType::RegularFile {
            return Err(ReadError::NotRegular);
        }
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = self.open_below(path, flags, Mode::empty(), Links::Followed)?;
        let status = fstat(&file)?;
        if file_type(&status) != FileType::RegularFile {
            return Err(ReadError::NotRegular);
        }
        if usize::try_from(status.st_size).map_or(true, |size| size > limit) {
            return Err(ReadError::TooLong { limit });
        }
        read_bounded(&file, limit).map(Some)
    }

    /// Opens what a path leads to for reading, without waiting for anything. It may be anything.
    ///
    /// # Errors
    /// Those of openat2(2).
    pub fn open_to_read(&self, path: &Path) -> Result<OwnedFd, Errno> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        self.open_below(path, flags, Mode::empty(), Links::Followed)
    }

    /// Where a symbolic link points to; `None` where there is no link.
    ///
    /// # Errors
    /// Those of readlink(2).
    pub fn read_link(&self, path: &Path) -> Result<Option<PathBuf>, Errno> {
        let (parent, name) = self.parent(path)?;
        match readlinkat(&parent, name, Vec::new()) {
            Ok(target) => Ok(Some(PathBuf::from(OsString::from_vec(target.into_bytes())))),
            Err(Errno::INVAL | Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    /// The path that is meant where the tree's own links are followed. One in another mount that is attached below is
    /// left as it is: a neighbour who shares that mount may have put it there.
    ///
    /// # Errors
    /// Those of openat2(2); `ELOOP` for too many links.
    pub fn follow_own_links(&self, path: &Path) -> Result<PathBuf, Errno> {
        let mut path = path.to_owned();
        for _ in 0..LINKS_MAX {
            let Some((link, target)) = self.first_own_link(&path)? else { return Ok(path) };
            let rest = path.strip_prefix(&link).unwrap_or(Path::new("")).to_owned();
            path = without_dots(&link.parent().unwrap_or(Path::new("/")).join(target).join(rest));
        }
        Err(Errno::LOOP)
    }

    /// The first link on a path, and where it points to, up to where another mount begins.
    fn first_own_link(&self, path: &Path) -> Result<Option<(PathBuf, PathBuf)>, Errno> {
        let mut prefixes: Vec<&Path> = path.ancestors().collect();
        prefixes.reverse();
        for prefix in prefixes {
            let flags = OFlags::PATH | OFlags::NOFOLLOW;
            let here = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
            let handle = match self.open_resolved(prefix, flags, Mode::empty(), here) {
                Err(Errno::XDEV | Errno::NOENT | Errno::NOTDIR) => return Ok(None),
                result => result?,
            };
            if file_type(&fstat(&handle)?) == FileType::Symlink {
                let target = readlinkat(&handle, "", Vec::new())?;
                return Ok(Some((prefix.to_owned(), PathBuf::from(OsString::from_vec(target.into_bytes())))));
            }
        }
        Ok(None)
    }

    /// Makes a directory and those above it, where they are missing.
    ///
    /// # Errors
    /// Those of mkdir(2) and openat2(2).
    pub fn make_directories(&self, path: &Path, mode: u32, links: Links) -> Result<(), Errno> {
        let mut made = PathBuf::from("/");
        for part in path.components().filter(|part| matches!(part, Component::Normal(_))) {
            let parent = self.directory(&made, links)?;
            match mkdirat(&parent, part.as_os_str(), Mode::from_raw_mode(raw_mode(mode))) {
                Ok(()) | Err(Errno::EXIST) => {}
                // A read-only file system may have the directory all the same.
                Err(errno) => {
                    self.resolve(&made.join(part), links).map_err(|_missing| errno)?;
                }
            }
            made.push(part);
        }
        Ok(())
    }

    /// Makes a directory that somebody owns where there is nothing; those above it are root's.
    ///
    /// # Errors
    /// Those of mkdir(2), chown(2) and openat2(2); `EEXIST` where a link leads nowhere.
    pub fn make_owned_directory(&self, path: &Path, mode: u32, uid: u32, gid: u32) -> Result<(), Errno> {
        if self.resolve(path, Links::Followed).is_ok() {
            return Ok(());
        }
        self.make_directories(path.parent().unwrap_or(Path::new("/")), 0o755, Links::Followed)?;
        let (parent, name) = self.parent(path)?;
        mkdirat(&parent, &name, Mode::from_raw_mode(raw_mode(mode)))?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let made = openat(&parent, &name, flags, Mode::empty())?;
        rustix::fs::fchmod(&made, Mode::from_raw_mode(raw_mode(mode)))?;
        rustix::fs::fchown(&made, Some(rustix::fs::Uid::from_raw(uid)), Some(rustix::fs::Gid::from_raw(gid)))
    }

    /// Makes an empty file where there is nothing, in a directory that is there, without following any link.
    ///
    /// # Errors
    /// Those of open(2).
    pub fn make_empty_file(&self, path: &Path) -> Result<(), Errno> {
        if self.resolve(path, Links::Refused).is_ok() {
            return Ok(());
        }
        let name = path.file_name().ok_or(Errno::INVAL)?;
        let parent = self.resolve(path.parent().unwrap_or(Path::new("/")), Links::Refused)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        openat(parent, name, flags, Mode::from_raw_mode(raw_mode(0o644)))?;
        Ok(())
    }

    /// Puts a regular file in place of whatever is there: written beside it, then renamed over it. One that has the
    /// contents already is left alone.
    ///
    /// # Errors
    /// Those of open(2), write(2) and rename(2).
    pub fn replace_file(&self, path: &Path, mode: u32, contents: &[u8]) -> Result<(), Errno> {
        let (parent, name) = self.parent(path)?;
        if has_contents(parent.as_fd(), &name, contents) {
            return Ok(());
        }
        let temporary = temporary_name(&name);
        remove_quietly(parent.as_fd(), &temporary)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&parent, &temporary, flags, Mode::from_raw_mode(raw_mode(mode)))?;
        write_all(&file, contents)?;
        rustix::fs::renameat(&parent, &temporary, &parent, &name)
    }

    /// Puts a symbolic link in place of whatever file is there.
    ///
    /// # Errors
    /// Those of symlink(2) and rename(2).
    pub fn replace_link(&self, path: &Path, target: &str) -> Result<(), Errno> {
        let (parent, name) = self.parent(path)?;
        let there = readlinkat(&parent, &name, Vec::new());
        if there.is_ok_and(|there| there.as_bytes() == target.as_bytes()) {
            return Ok(());
        }
        let temporary = temporary_name(&name);
        remove_quietly(parent.as_fd(), &temporary)?;
        symlinkat(target, &parent, &temporary)?;
        rustix::fs::renameat(&parent, &temporary, &parent, &name)
    }

    /// Makes a symbolic link where there is nothing.
    ///
    /// # Errors
    /// Those of symlink(2).
    pub fn make_link(&self, path: &Path, target: &str) -> Result<(), Errno> {
        let (parent, name) = self.parent(path)?;
        match symlinkat(target, &parent, &name) {
            Ok(()) | Err(Errno::EXIST) => Ok(()),
            Err(errno) => Err(errno),
        }
    }

    /// Removes a file or link, if it is there.
    ///
    /// # Errors
    /// Those of unlink(2).
    pub fn remove_file(&self, path: &Path) -> Result<(), Errno> {
        let (parent, name) = self.parent(path)?;
        remove_quietly(parent.as_fd(), &name)
    }
}

impl AsFd for RootDir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// The kind of a file.
#[must_use]
pub fn file_type(status: &Stat) -> FileType {
    FileType::from_raw_mode(status.st_mode)
}

/// `..` taken back step by step, never above the root.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::from("/");
    for part in path.components() {
        match part {
            Component::Normal(name) => plain.push(name),
            Component::ParentDir => drop(plain.pop()),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    plain
}

fn raw_mode(mode: u32) -> RawMode {
    mode
}

/// Whether a regular file, no link to one, has these contents. Renaming costs a write to the disk at every start.
fn has_contents(parent: BorrowedFd<'_>, name: &Path, contents: &[u8]) -> bool {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let look = || {
        let file = openat(parent, name, flags, Mode::empty()).ok()?;
        let status = fstat(&file).ok()?;
        let same_size = usize::try_from(status.st_size).is_ok_and(|size| size == contents.len());
        if file_type(&status) != FileType::RegularFile || !same_size {
            return None;
        }
        read_bounded(&file, contents.len()).ok()
    };
    look().is_some_and(|there| there == contents)
}

fn temporary_name(name: &Path) -> PathBuf {
    let mut temporary = OsString::from(".#redd.");
    temporary.push(name);
    PathBuf::from(temporary)
}

fn remove_quietly(parent: BorrowedFd<'_>, name: &Path) -> Result<(), Errno> {
    match unlinkat(parent, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(errno) => Err(errno),
    }
}

fn write_all(file: &OwnedFd, mut contents: &[u8]) -> Result<(), Errno> {
    while !contents.is_empty() {
        let written = rustix::io::retry_on_intr(|| rustix::io::write(file, contents))?;
        contents = &contents[written..];
    }
    Ok(())
}

/// Reads an open file that may have at most `limit` bytes.
///
/// # Errors
/// Those of read(2); it is longer.
pub fn read_bounded(file: &OwnedFd, limit: usize) -> Result<Vec<u8>, ReadError> {
    let mut contents = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let length = rustix::io::retry_on_intr(|| rustix::io::read(file, &mut buffer))?;
        if length == 0 {
            return Ok(contents);
        }
        contents.extend_from_slice(&buffer[..length]);
        if contents.len() > limit {
            return Err(ReadError::TooLong { limit });
        }
    }
}

#[cfg(test)]
mod tests;
