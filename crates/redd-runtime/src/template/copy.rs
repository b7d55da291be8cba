//! Copies a tree, file by file; blocks are shared where the file system can do that. Nothing of another mount is copied.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use redd_sys::Errno;
use redd_sys::root_dir::{Links, RootDir, file_type};
use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Gid, Mode, OFlags, Stat, Timespec, Timestamps, Uid, XattrFlags, chmod,
    chownat, copy_file_range, fstat, ioctl_ficlone, linkat, mkdirat, mknodat, openat, readlinkat, symlinkat,
    unlinkat, utimensat,
};

/// A file of which nearly every system has one or the other.
const SAMPLES: [&str; 3] = ["/usr/lib/os-release", "/etc/os-release", "/etc/passwd"];
const PROBE: &str = ".redd-probe";
/// As much as is copied by one call, in bytes.
const CHUNK: usize = 1 << 30;
const ATTRIBUTE_MAX: usize = 64 * 1024;

/// Whether copies of the template's files would share their blocks.
pub(super) fn shares_blocks(template: &RootDir, made: &OwnedFd) -> bool {
    let try_it = || -> Result<(), Errno> {
        let sample = SAMPLES.iter().find_map(|path| template.resolve(Path::new(path), Links::Followed).ok());
        let sample = sample.ok_or(Errno::NOENT)?;
        if file_type(&fstat(&sample)?) != FileType::RegularFile {
            return Err(Errno::INVAL);
        }
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let sample = openat(CWD, path_of(sample.as_fd()), flags, Mode::empty())?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let probe = openat(made, PROBE, flags, Mode::from_raw_mode(0o600))?;
        ioctl_ficlone(probe, sample)
    };
    let shares = try_it().is_ok();
    match unlinkat(made, PROBE, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => shares,
        Err(_busy) => false,
    }
}

/// Copies everything; what could not be copied, and why not.
pub(super) fn copy(template: &RootDir, made: &OwnedFd) -> Result<(), (PathBuf, Errno)> {
    let about_root = |errno| (PathBuf::from("/"), errno);
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let source = openat(template, ".", flags, Mode::empty()).map_err(about_root)?;
    let status = fstat(&source).map_err(about_root)?;
    let mut copy = Copy { made: made.as_fd(), device: status.st_dev, links: BTreeMap::new() };
    copy.below(&source, made, Path::new(""))?;
    dress(source.as_fd(), made.as_fd(), &status).map_err(about_root)
}

struct Copy<'a> {
    made: BorrowedFd<'a>,
    /// The template's.
    device: u64,
    /// Where files with several names were copied to first.
    links: BTreeMap<u64, PathBuf>,
}

impl Copy<'_> {
    fn below(&mut self, source: &OwnedFd, target: &OwnedFd, path: &Path) -> Result<(), (PathBuf, Errno)> {
        let about = |errno| (path.to_owned(), errno);
        for entry in Dir::read_from(source).map_err(about)? {
            let entry = entry.map_err(about)?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            use std::os::unix::ffi::OsStrExt as _;
            let path = path.join(std::ffi::OsStr::from_bytes(name.to_bytes()));
            self.entry(source, target, name, &path)?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        source: &OwnedFd,
        target: &OwnedFd,
        name: &CStr,
        path: &Path,
    ) -> Result<(), (PathBuf, Errno)> {
        let about = |errno| (path.to_owned(), errno);
        let flags = OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = openat(source, name, OFlags::PATH | flags, Mode::empty()).map_err(about)?;
        let status = fstat(&handle).map_err(about)?;
        if file_type(&status) != FileType::Directory {
            return self.file(&handle, target, name, path, &status).map_err(about);
        }
        mkdirat(target, name, Mode::from_raw_mode(0o700)).map_err(about)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | flags;
        let made = openat(target, name, flags, Mode::empty()).map_err(about)?;
        if status.st_dev == self.device {
            let opened = openat(source, name, flags, Mode::empty()).map_err(about)?;
            self.below(&opened, &made, path)?;
        }
        dress(handle.as_fd(), made.as_fd(), &status).map_err(about)
    }

    fn file(
        &mut self,
        handle: &OwnedFd,
        target: &OwnedFd,
        name: &CStr,
        path: &Path,
        status: &Stat,
    ) -> Result<(), Errno> {
        if let Some(first) = self.links.get(&status.st_ino) {
            return linkat(self.made, first, target, name, AtFlags::empty());
        }
        if status.st_nlink > 1 {
            self.links.insert(status.st_ino, path.to_owned());
        }
        let mode = Mode::from_raw_mode(0o600);
        match file_type(status) {
            FileType::RegularFile => {
                let source =
                    openat(CWD, path_of(handle.as_fd()), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
                let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
                copy_contents(&source, &openat(target, name, flags, mode)?)?;
            }
            FileType::Symlink => symlinkat(readlinkat(handle, "", Vec::new())?, target, name)?,
            kind => mknodat(target, name, kind, mode, status.st_rdev)?,
        }
        let made = openat(target, name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
        dress(handle.as_fd(), made.as_fd(), status)
    }
}

fn copy_contents(source: &OwnedFd, target: &OwnedFd) -> Result<(), Errno> {
    if ioctl_ficlone(target, source).is_ok() {
        return Ok(());
    }
    while copy_file_range(source, None, target, None, CHUNK)? > 0 {}
    Ok(())
}

/// Owner, attributes, permissions and times, in an order in which none takes another one away.
fn dress(source: BorrowedFd<'_>, target: BorrowedFd<'_>, status: &Stat) -> Result<(), Errno> {
    let (user, group) = (Uid::from_raw(status.st_uid), Gid::from_raw(status.st_gid));
    chownat(target, "", Some(user), Some(group), AtFlags::EMPTY_PATH)?;
    // The target is a handle: what it stands for is reached through its path in procfs.
    let (from, to) = (path_of(source), path_of(target));
    if file_type(status) != FileType::Symlink {
        copy_attributes(&from, &to)?;
        chmod(&to, Mode::from_raw_mode(status.st_mode & 0o7777))?;
    }
    let time = |seconds: i64, nanoseconds: u64| Timespec {
        tv_sec: seconds,
        tv_nsec: i64::try_from(nanoseconds).unwrap_or_default(),
    };
    let times = Timestamps {
        last_access: time(status.st_atime, status.st_atime_nsec),
        last_modification: time(status.st_mtime, status.st_mtime_nsec),
    };
    utimensat(target, "", &times, AtFlags::EMPTY_PATH)
}

fn copy_attributes(from: &str, to: &str) -> Result<(), Errno> {
    let mut names = vec![0; ATTRIBUTE_MAX];
    let length = match rustix::fs::listxattr(from, names.as_mut_slice()) {
        Err(Errno::OPNOTSUPP) => return Ok(()),
        result => result?,
    };
    for name in names[..length].split(|&byte| byte == 0).filter(|name| !name.is_empty()) {
        let name = CString::new(name).map_err(|_nul| Errno::INVAL)?;
        let mut value = vec![0; ATTRIBUTE_MAX];
        let length = rustix::fs::getxattr(from, &name, value.as_mut_slice())?;
        rustix::fs::setxattr(to, &name, &value[..length], XattrFlags::empty())?;
    }
    Ok(())
}

fn path_of(file: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}
