//! Trees that hold only what differs from a template (docs/adr/0013).
//!
//! The tree's own directory is the highest layer of an overlay, and carries a mark. What the mark stands for is written down
//! where redd keeps its own things: a tree cannot say by itself over what of the host it lies.

mod copy;
mod make;

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use redd_plan::action::LayerPlace;
use redd_plan::facts::TemplateFacts;
use redd_spec::ids::HostId;
use redd_spec::uuid::Uuid;
use redd_sys::Errno;
use redd_sys::mount::{self, FileSystemOption, MountAttribute};
use redd_sys::root_dir::RootDir;
use rustix::fs::{Mode, OFlags, fstat, getxattr, openat};

use crate::state::LIBRARY;
use crate::{Error, sources};

pub(crate) use make::{as_if_made, make_missing};

/// The mark of a tree that lies over a template: the name of its record.
const MARK: &str = "trusted.redd.layer";
/// Below redd's own directory, a directory for each such tree.
const RECORDS: &str = "layers";
/// Where the template is.
const PATH: &str = "template";
/// What it looked like when the tree was last used. Without it, whatever is there is taken as it is.
const SEEN: &str = "seen";

/// What tells of changes: directories that every installation of a package touches, and the lists of what is installed.
const TELLTALES: [&str; 13] = [
    "/",
    "/etc",
    "/etc/passwd",
    "/etc/os-release",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib/os-release",
    "/var/lib/dpkg/status",
    "/var/lib/rpm",
    "/usr/lib/sysimage/rpm",
    "/var/lib/pacman/local",
    "/lib/apk/db/installed",
];

/// What a tree lies over.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) path: PathBuf,
    /// Its directory.
    pub(crate) directory: RootDir,
    /// Where the tree's own layer is, without links.
    place: LayerPlace,
    record: PathBuf,
}

impl Template {
    /// What a tree lies over, if it does.
    ///
    /// # Errors
    /// It cannot be told, is not there, or has changed.
    pub(crate) fn of(path: &Path, directory: &RootDir) -> Result<Option<Self>, Error> {
        let Some(mark) = mark(directory).map_err(Error::host("looking for the mark of a layer"))? else {
            return Ok(None);
        };
        let refuse = |reason: String, hint| Error::Tree { path: path.to_owned(), reason, hint };
        let record = records().join(mark.to_string());
        let template = fs::read(record.join(PATH)).map_err(|_missing| {
            refuse(
                format!(
                    "holds only what differs from a template, and {} does not say from which",
                    record.display()
                ),
                "layers stay on the host that made them; copy the machine from inside, e.g. with tar",
            )
        })?;
        let template = PathBuf::from(std::ffi::OsString::from_vec(template));
        let opened = RootDir::open(&template).map_err(|errno| {
            let reason =
                format!("lies over the template {}, which cannot be opened: {errno}", template.display());
            refuse(reason, "put the template back where it was; the tree holds only what differs from it")
        })?;
        let template = Self { place: place(path, directory)?, path: template, directory: opened, record };
        template.refuse_changed(path)?;
        Ok(Some(template))
    }

    fn refuse_changed(&self, tree: &Path) -> Result<(), Error> {
        let seen = match fs::read_to_string(self.record.join(SEEN)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            result => result.map_err(|error| failed("reading", &self.record.join(SEEN), &error))?,
        };
        if seen == looks(&self.directory)? {
            return Ok(());
        }
        Err(Error::TemplateChanged {
            tree: tree.to_owned(),
            template: self.path.clone(),
            seen: self.record.join(SEEN),
        })
    }

    /// Keeps in mind what the template looks like, where that was forgotten.
    pub(crate) fn remember(&self) -> Result<(), Error> {
        if self.record.join(SEEN).exists() {
            return Ok(());
        }
        write_seen(&self.record, &self.directory)
    }

    /// Both layers as one, to look at: nothing is written through it.
    pub(crate) fn merged(&self, tree: &RootDir) -> Result<RootDir, Error> {
        let path = |directory: &RootDir| format!("/proc/self/fd/{}", directory.as_fd().as_raw_fd());
        let lower = format!("{}:{}", path(tree), path(&self.directory));
        let options = [FileSystemOption::Value("lowerdir", &lower)];
        let merged = mount::new_file_system("overlay", &options, MountAttribute::READ_ONLY);
        let merged = merged.map_err(|error| {
            Error::host(format!("laying a tree over {}", self.path.display()))(error.errno)
        })?;
        Ok(RootDir::from_fd(merged))
    }

    pub(crate) fn facts(&self) -> Result<TemplateFacts, Error> {
        let status = fstat(&self.directory).map_err(Error::host("looking at the template"))?;
        Ok(TemplateFacts { path: self.path.clone(), owner: HostId(status.st_uid), place: self.place.clone() })
    }
}

/// Another handle on a directory.
pub(crate) fn another_handle(directory: &RootDir, path: &str) -> Result<OwnedFd, Error> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat(directory, path, flags, Mode::empty()).map_err(Error::host("opening a layer"))
}

/// The name of a tree's record; a tree that lies over nothing costs this one look.
fn mark(directory: &RootDir) -> Result<Option<Uuid>, Errno> {
    let mut value = [0; 64];
    let path = format!("/proc/self/fd/{}", directory.as_fd().as_raw_fd());
    match getxattr(path, MARK, &mut value) {
        Ok(length) => {
            let text = std::str::from_utf8(&value[..length]).map_err(|_no_text| Errno::INVAL)?;
            text.parse().map(Some).map_err(|_no_mark| Errno::INVAL)
        }
        Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(None),
        Err(errno) => Err(errno),
    }
}

fn records() -> PathBuf {
    Path::new(LIBRARY).join(RECORDS)
}

fn place(path: &Path, directory: &RootDir) -> Result<LayerPlace, Error> {
    let real = sources::path_of(directory).map_err(Error::host("looking at the tree"))?;
    sources::place(PathBuf::from("/"), Path::new("/"), &real).ok_or_else(|| Error::Tree {
        path: path.to_owned(),
        reason: "has a path that is no text".to_owned(),
        hint: "rename it",
    })
}

/// Writes down over what a tree lies, and what that looks like now.
fn write_record(mark: Uuid, template: &Path, directory: &RootDir) -> Result<(), Error> {
    let record = records().join(mark.to_string());
    fs::create_dir_all(&record).map_err(|error| failed("making", &record, &error))?;
    let path = record.join(PATH);
    fs::write(&path, template.as_os_str().as_bytes()).map_err(|error| failed("writing", &path, &error))?;
    write_seen(&record, directory)
}

fn write_seen(record: &Path, directory: &RootDir) -> Result<(), Error> {
    let path = record.join(SEEN);
    fs::write(&path, looks(directory)?).map_err(|error| failed("writing", &path, &error))
}

/// What can be seen of a template in no time, and is no longer the same when somebody has installed something.
fn looks(template: &RootDir) -> Result<String, Error> {
    let mut text = String::new();
    for path in TELLTALES {
        let status = template.status(Path::new(path)).map_err(Error::host("looking at the template"))?;
        let line = status.map_or_else(
            || format!("{path} -"),
            |status| format!("{path} {} {}.{:09}", status.st_ino, status.st_ctime, status.st_ctime_nsec),
        );
        // Writing to a String cannot fail.
        writeln!(text, "{line}").unwrap_or_default();
    }
    Ok(text)
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Error {
    Error::host(format!("{what} {}", path.display()))(Errno::from_io_error(error).unwrap_or(Errno::IO))
}
