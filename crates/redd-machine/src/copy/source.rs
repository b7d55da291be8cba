//! The process that reads: it walks by descriptors, and follows no link below what was named.

mod contents;

use std::collections::BTreeMap;
use std::ffi::{CStr, OsStr, OsString};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Instant;

use redd_sys::Errno;
use redd_sys::file_system::is_kernels_own;
use redd_sys::root_dir::file_type;
use rustix::fs::{Dir, FileType, OFlags, Stat, fstat, readlinkat};

use super::base::{DEPTH_MAX, Location, open_entry, reopen_directory};
use super::report::{self, Failure, Reason, Report, Reporter};
use super::stream::{Attributes, Frame, Kind, Names, Sender};
use super::{Owners, attributes};

/// Reads what is named.
pub(super) struct Source<'a> {
    sender: Sender,
    reporter: &'a mut Reporter,
    owners: Owners,
    /// Files with several names that were sent, in the order of their numbers.
    files: BTreeMap<(u64, u64), u64>,
    /// The directory that is written to.
    written: (u64, u64),
    sent: u64,
    total: Option<u64>,
    reported: Instant,
}

/// Whether a file is gone, or has become something else since somebody looked.
const fn vanished(errno: Errno) -> bool {
    matches!(errno, Errno::NOENT | Errno::LOOP | Errno::NOTDIR | Errno::NXIO | Errno::STALE)
}

impl<'a> Source<'a> {
    pub(super) fn new(stream: UnixStream, reporter: &'a mut Reporter, owners: Owners) -> Self {
        Self {
            sender: Sender::new(stream),
            reporter,
            owners,
            files: BTreeMap::new(),
            written: (0, 0),
            sent: 0,
            total: None,
            reported: Instant::now(),
        }
    }

    /// Sends what a pipe has.
    pub(super) fn send_stream(&mut self, input: BorrowedFd<'_>) -> Result<(), Failure> {
        self.start(Kind::Stream, OsString::new())?;
        let attributes = Attributes { mode: 0o644, ..now() };
        self.frame(&Frame::File { name: OsString::new(), names: Names::One, attributes })?;
        let size = self.send_until_end(input, u64::MAX, Path::new("-"))?;
        self.frame(&Frame::FileEnd { size })?;
        self.finish()
    }

    /// Sends what a path leads to.
    pub(super) fn send_path(&mut self, from: &Location<'_>) -> Result<(), Failure> {
        let (path, shown) = (from.path, &from.shown);
        let handle = from.base.resolve(path).map_err(Failure::at("opening", shown))?;
        let status = fstat(&handle).map_err(Failure::at("looking at", shown))?;
        let name = path.file_name().unwrap_or_default().to_owned();
        match file_type(&status) {
            FileType::Directory => {
                let is_named = !name.is_empty() && !ends_in_dot(path);
                let kind = if is_named { Kind::Directory } else { Kind::Contents };
                self.start(kind, name)?;
                let opened = reopen_directory(&handle).map_err(Failure::at("opening", shown))?;
                self.directory(opened, OsString::new(), shown, 0)?;
            }
            FileType::RegularFile if path.as_os_str().as_bytes().ends_with(b"/") => {
                return Err(Failure::at("opening", shown)(Errno::NOTDIR));
            }
            FileType::RegularFile => {
                let file = from.base.open_file(path).map_err(Failure::at("opening", shown))?;
                let status = fstat(&file).map_err(Failure::at("looking at", shown))?;
                if file_type(&status) != FileType::RegularFile {
                    return Err(Failure::at("opening", shown)(Errno::STALE));
                }
                self.total = u64::try_from(status.st_size).ok();
                self.start(Kind::File, name)?;
                self.file(&file, &status, OsString::new(), shown)?;
            }
            kind => return Err(Failure::refused(format!("{} {}", report::shown(shown), of(kind)), None)),
        }
        self.finish()
    }

    fn start(&mut self, kind: Kind, name: OsString) -> Result<(), Failure> {
        self.frame(&Frame::Start { kind, name })?;
        self.written = self.sender.answer().map_err(|error| Failure::of_stream(&error))?;
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Failure> {
        self.frame(&Frame::End)?;
        self.sender.flush().map_err(|error| Failure::of_stream(&error))
    }

    fn frame(&mut self, frame: &Frame) -> Result<(), Failure> {
        self.sender.send(frame).map_err(|error| Failure::of_stream(&error))
    }

    fn directory(
        &mut self,
        opened: OwnedFd,
        name: OsString,
        path: &Path,
        depth: usize,
    ) -> Result<(), Failure> {
        let status = fstat(&opened).map_err(Failure::at("looking at", path))?;
        if (status.st_dev, status.st_ino) == self.written {
            let hint = "name a destination outside of the source";
            return Err(Failure::refused("a directory cannot be copied into itself", Some(hint)));
        }
        if depth > DEPTH_MAX {
            return Err(Failure::refused(format!("{} is too deep", report::shown(path)), None));
        }
        let attributes = self.attributes(Some(opened.as_fd()), &status, path)?;
        self.frame(&Frame::Directory { name, attributes })?;
        // What the kernel makes up is no file of anybody's.
        if !is_kernels_own(&opened).map_err(Failure::at("looking at", path))? || depth == 0 {
            let mut entries = Dir::new(opened).map_err(Failure::at("reading", path))?;
            while let Some(entry) = entries.read() {
                let entry = entry.map_err(Failure::at("reading", path))?;
                let directory = entries.fd().map_err(Failure::at("reading", path))?;
                self.entry(directory, entry.file_name(), path, depth)?;
            }
        }
        self.frame(&Frame::DirectoryEnd)
    }

    fn entry(
        &mut self,
        directory: BorrowedFd<'_>,
        name: &CStr,
        above: &Path,
        depth: usize,
    ) -> Result<(), Failure> {
        let name = OsStr::from_bytes(name.to_bytes());
        if name == "." || name == ".." {
            return Ok(());
        }
        let path = above.join(name);
        let handle = match open_entry(directory, name, OFlags::PATH) {
            Err(errno) if vanished(errno) => return self.left(&path, Reason::Vanished),
            result => result.map_err(Failure::at("opening", &path))?,
        };
        let status = fstat(&handle).map_err(Failure::at("looking at", &path))?;
        match file_type(&status) {
            FileType::Directory => match reopen_directory(&handle) {
                Err(errno) if vanished(errno) => self.left(&path, Reason::Vanished),
                opened => {
                    let opened = opened.map_err(Failure::at("opening", &path))?;
                    self.directory(opened, name.to_owned(), &path, depth + 1)
                }
            },
            FileType::RegularFile => self.regular_entry(directory, name, &path),
            FileType::Symlink => self.link(&handle, &status, name, &path),
            FileType::Fifo => self.left(&path, Reason::Fifo),
            FileType::Socket => self.left(&path, Reason::Socket),
            _ => self.left(&path, Reason::Device),
        }
    }

    /// By the time it is opened it may be another file; what is sent is that one, if it is a file.
    fn regular_entry(&mut self, directory: BorrowedFd<'_>, name: &OsStr, path: &Path) -> Result<(), Failure> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = match open_entry(directory, name, flags) {
            Err(errno) if vanished(errno) => return self.left(path, Reason::Vanished),
            result => result.map_err(Failure::at("opening", path))?,
        };
        let status = fstat(&file).map_err(Failure::at("looking at", path))?;
        if file_type(&status) != FileType::RegularFile {
            return self.left(path, Reason::Vanished);
        }
        self.file(&file, &status, name.to_owned(), path)
    }

    fn file(&mut self, file: &OwnedFd, status: &Stat, name: OsString, path: &Path) -> Result<(), Failure> {
        let identity = (status.st_dev, status.st_ino);
        if let Some(&number) = self.files.get(&identity) {
            return self.frame(&Frame::HardLink { name, number });
        }
        let mut names = Names::One;
        if status.st_nlink > 1 {
            names = Names::Several;
            self.files.insert(identity, self.files.len() as u64);
        }
        let attributes = self.attributes(Some(file.as_fd()), status, path)?;
        self.frame(&Frame::File { name, names, attributes })?;
        let size = self.send_contents(file.as_fd(), status, path)?;
        self.frame(&Frame::FileEnd { size })
    }

    fn link(&mut self, handle: &OwnedFd, status: &Stat, name: &OsStr, path: &Path) -> Result<(), Failure> {
        let target = readlinkat(handle, "", Vec::new()).map_err(Failure::at("reading the link", path))?;
        let target = OsStr::from_bytes(target.as_bytes()).to_owned();
        let attributes = self.attributes(None, status, path)?;
        self.frame(&Frame::Link { name: name.to_owned(), target, attributes })
    }

    fn attributes(
        &mut self,
        file: Option<BorrowedFd<'_>>,
        status: &Stat,
        path: &Path,
    ) -> Result<Attributes, Failure> {
        let (attributes, left) = attributes::read(file, status, self.owners)
            .map_err(Failure::at("reading the attributes of", path))?;
        if let Some(reason) = left {
            self.reporter.left(path, reason);
        }
        Ok(attributes)
    }

    fn left(&mut self, path: &Path, reason: Reason) -> Result<(), Failure> {
        self.reporter.left(path, reason);
        Ok(())
    }

    /// Tells how far it is, not too often.
    fn progress(&mut self, bytes: usize) {
        const INTERVAL_MS: u128 = 200;
        self.sent += bytes as u64;
        if self.reported.elapsed().as_millis() >= INTERVAL_MS {
            self.reported = Instant::now();
            self.reporter.send(&Report::Progress { bytes: self.sent, total: self.total });
        }
    }
}

const fn of(kind: FileType) -> &'static str {
    match kind {
        FileType::Fifo => "is a FIFO, which is not copied",
        FileType::Socket => "is a socket, which is not copied",
        _ => "is a device, which is not copied",
    }
}

/// `PATH/.` means what is in the directory.
fn ends_in_dot(path: &Path) -> bool {
    let bytes = path.as_os_str().as_bytes();
    bytes.ends_with(b"/.") || bytes == b"."
}

/// Attributes of what has none of its own.
fn now() -> Attributes {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    let now = (now.tv_sec, u32::try_from(now.tv_nsec).unwrap_or_default());
    Attributes { accessed: now, modified: now, ..Attributes::default() }
}
