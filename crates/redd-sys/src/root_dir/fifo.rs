//! FIFOs of a tree.

use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags, fstat};
use rustix::io::Errno;

use super::{Links, RootDir, file_type};

impl RootDir {
    /// Opens a FIFO that somebody reads, for writing; nothing else is opened.
    ///
    /// # Errors
    /// Those of openat2(2): `ENXIO` where nobody reads; `EINVAL` where it is no FIFO.
    pub fn open_fifo(&self, path: &Path) -> Result<OwnedFd, Errno> {
        let is_fifo = |fd: &OwnedFd| Ok(file_type(&fstat(fd)?) == FileType::Fifo);
        // Opening a device may do something.
        if !is_fifo(&self.resolve(path, Links::Followed)?)? {
            return Err(Errno::INVAL);
        }
        let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let fifo = self.open_below(path, flags, Mode::empty(), Links::Followed)?;
        if is_fifo(&fifo)? { Ok(fifo) } else { Err(Errno::INVAL) }
    }
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, mkfifoat, openat};

    use super::*;
    use crate::root_dir::read_bounded;

    #[test]
    fn a_fifo_is_opened_when_somebody_reads_it_and_nothing_else_is() {
        let directory = tempfile::tempdir().unwrap();
        let root = RootDir::open(directory.path()).unwrap();
        let fifo = directory.path().join("fifo");
        mkfifoat(CWD, &fifo, Mode::from_raw_mode(0o600)).unwrap();
        std::fs::write(directory.path().join("file"), "").unwrap();
        assert_eq!(root.open_fifo(Path::new("/fifo")).unwrap_err(), Errno::NXIO);
        assert_eq!(root.open_fifo(Path::new("/file")).unwrap_err(), Errno::INVAL);
        assert_eq!(root.open_fifo(Path::new("/none")).unwrap_err(), Errno::NOENT);
        let reader = openat(CWD, &fifo, OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty()).unwrap();
        rustix::io::write(root.open_fifo(Path::new("/fifo")).unwrap(), b"word").unwrap();
        assert_eq!(read_bounded(&reader, 64).unwrap(), b"word");
    }
}
