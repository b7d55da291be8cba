//! The tree's init: where it is, and what it is.

use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use redd_plan::facts::{ExecutableClass, Init};
use redd_plan::init::{InitFile, places, systemd_version};
use redd_spec::Spec;
use redd_spec::init::{InitChoice, InitKind};
use redd_spec::path::PathInRoot;
use redd_spec::payload::Payload;
use redd_sys::Errno;
use redd_sys::root_dir::{Links, file_type};
use rustix::fs::{Access, AtFlags, CWD, FileType, Mode, OFlags, Stat, accessat, fstat, openat, readlinkat};
use rustix::io::{read, retry_on_intr};

use super::Tree;
use crate::Error;

/// How much of a systemd is read where its library is named.
const SYSTEMD_HEAD: usize = 64 * 1024;
/// How much of one is read that needs no such library: 229 has one and a half megabytes.
const SYSTEMD_MAX: usize = 4 * 1024 * 1024;
/// The byte of an ELF header that is 1 for 32 bits.
const ELF_CLASS: usize = 4;

/// Finds the init that is to be booted. A command only needs to know for which machine the tree's is built.
pub(super) fn find(tree: &Tree, spec: &Spec) -> Result<Option<Init>, Error> {
    let choice = match &spec.payload {
        Payload::Boot { init, .. } => init,
        Payload::Command(_) => &InitChoice::Detected,
    };
    for place in places(choice) {
        let Ok(handle) = tree.root.resolve(Path::new(&place), Links::Followed) else { continue };
        let status = fstat(&handle).map_err(Error::host("looking at the init"))?;
        let executable = accessat(&handle, c"", Access::EXEC_OK, AtFlags::EMPTY_PATH).is_ok()
            || status.st_mode & 0o111 != 0;
        let Ok(path) = PathInRoot::new(&place) else { continue };
        if file_type(&status) == FileType::RegularFile && executable {
            let kind = match &spec.payload {
                Payload::Boot { .. } => kind_of(tree, &path, &handle, &status),
                Payload::Command(_) => InitKind::Other,
            };
            let systemd = systemd_version_of(spec, kind, &handle);
            return Ok(Some(Init { path, kind, systemd, class: executable_class(&handle) }));
        }
    }
    Ok(None)
}

/// Most are known by a name; the file is read where that says nothing.
fn kind_of(tree: &Tree, path: &PathInRoot, handle: &OwnedFd, status: &Stat) -> InitKind {
    let last = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let behind = readlinkat(CWD, own_path(handle), Vec::new()).unwrap_or_default();
    let (name, target) = (last(path.as_path()), last(Path::new(&*behind.to_string_lossy())));
    let mut file = InitFile { name: &name, target: &target, ..InitFile::default() };
    if let Some(kind) = file.kind_by_name() {
        return kind;
    }
    let busybox = tree.root.resolve(Path::new("/bin/busybox"), Links::Followed).and_then(fstat);
    let identity = |status: &Stat| (status.st_dev, status.st_ino);
    file.is_busybox = busybox.is_ok_and(|busybox| identity(&busybox) == identity(status));
    let head = first_bytes(handle, InitFile::HEAD_MAX).unwrap_or_default();
    InitFile { head: &head, ..file }.kind()
}

/// Only of a systemd that is booted. Nearly always the first part of the file tells.
fn systemd_version_of(spec: &Spec, detected: InitKind, handle: &OwnedFd) -> Option<u32> {
    let kind = match &spec.payload {
        Payload::Boot { init: InitChoice::Kind(kind), .. } => *kind,
        Payload::Boot { .. } | Payload::Command(_) => detected,
    };
    if kind != InitKind::Systemd {
        return None;
    }
    [SYSTEMD_HEAD, SYSTEMD_MAX].into_iter().find_map(|most| systemd_version(&first_bytes(handle, most).ok()?))
}

fn executable_class(handle: &OwnedFd) -> ExecutableClass {
    match first_bytes(handle, ELF_CLASS + 1).as_deref() {
        Ok([0x7f, b'E', b'L', b'F', 1]) => ExecutableClass::Bits32,
        Ok(_) | Err(_) => ExecutableClass::Native,
    }
}

/// The first bytes of what a handle on a regular file stands for.
fn first_bytes(handle: &OwnedFd, most: usize) -> Result<Vec<u8>, Errno> {
    let file =
        openat(CWD, own_path(handle), OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty())?;
    let mut bytes = vec![0; most];
    let mut length = 0;
    while length < most {
        match retry_on_intr(|| read(&file, &mut bytes[length..]))? {
            0 => break,
            more => length += more,
        }
    }
    bytes.truncate(length);
    Ok(bytes)
}

fn own_path(handle: &OwnedFd) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", handle.as_raw_fd()))
}
