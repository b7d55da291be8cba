//! What a start is told by the system before it is specified: where a named tree is, and what files say about a machine.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use redd_control::place::TREES;
use redd_nspawn::bundle::Bundle;
use redd_nspawn::file::{FileMode, SettingsFile, Trust};
use redd_nspawn::specify::{MACHINES, TreeChoice};
use redd_nspawn::{Caller, Refusal, Selection, Terminal};
use redd_oci::{CONFIG, DeviceKind, DeviceNode};
use redd_runtime::facts::host_copy::{self, Choice, HostCopy};
use redd_spec::uuid::Uuid;
use rustix::fs::FileType;
use rustix::rand::{GetRandomFlags, getrandom};

/// Where the administrator's own files about machines are; the first one found counts.
const SETTINGS: [&str; 2] = ["/etc/systemd/nspawn", "/run/systemd/nspawn"];
/// The largest file that is read, in bytes.
const SETTINGS_MAX: u64 = 1 << 20;

/// What a start asks the system.
pub trait Surroundings {
    /// Where a tree is.
    fn locate(&self, tree: &TreeChoice) -> PathBuf;

    /// What a bundle says.
    ///
    /// # Errors
    /// It cannot be read, or not be used.
    fn bundle(&self, directory: &Path) -> Result<Bundle, Refusal>;

    /// What files say about a machine.
    ///
    /// # Errors
    /// There is one that cannot be read.
    fn files(&self, selection: &Selection, tree: &Path) -> Result<Vec<SettingsFile>, Refusal>;

    /// What a copy of this host has instead of the host's own.
    ///
    /// # Errors
    /// Something cannot be looked at.
    fn host_copy(&self, _choice: &Choice) -> io::Result<HostCopy> {
        Ok(HostCopy::default())
    }

    /// An id that nothing else has.
    ///
    /// # Errors
    /// The kernel has no random bytes.
    fn random_id(&self) -> io::Result<Uuid> {
        Ok(Uuid::from_random_bytes([0; 16]))
    }
}

/// No host at all: trees are in one place, and nobody has said anything about them.
#[derive(Debug, Clone, Copy)]
pub struct Bare;

impl Surroundings for Bare {
    fn locate(&self, tree: &TreeChoice) -> PathBuf {
        match tree {
            TreeChoice::Path(path) => path.clone(),
            TreeChoice::Named(name) => Path::new(MACHINES).join(name),
        }
    }

    fn bundle(&self, directory: &Path) -> Result<Bundle, Refusal> {
        Err(Refusal::File { path: directory.join(CONFIG), reason: "there are no files".to_owned() })
    }

    fn files(&self, _selection: &Selection, _tree: &Path) -> Result<Vec<SettingsFile>, Refusal> {
        Ok(Vec::new())
    }
}

/// This host.
#[derive(Debug, Clone, Copy)]
pub struct Host;

impl Surroundings for Host {
    fn locate(&self, tree: &TreeChoice) -> PathBuf {
        match tree {
            TreeChoice::Path(path) => path.clone(),
            TreeChoice::Named(name) => {
                let candidates = TREES.iter().map(|directory| Path::new(directory).join(name));
                candidates
                    .into_iter()
                    .find(|path| path.is_dir())
                    .unwrap_or_else(|| Path::new(MACHINES).join(name))
            }
        }
    }

    fn bundle(&self, directory: &Path) -> Result<Bundle, Refusal> {
        let path = directory.join(CONFIG);
        let absent = || Refusal::File { path: path.clone(), reason: "it is not there".to_owned() };
        let text = read_text(&path)?.ok_or_else(absent)?;
        let bundle = Bundle::parse(directory, text.as_bytes())?;
        bundle.contents.devices.iter().try_for_each(|device| check_device(&path, device))?;
        Ok(bundle)
    }

    fn files(&self, selection: &Selection, tree: &Path) -> Result<Vec<SettingsFile>, Refusal> {
        if selection.files == FileMode::No {
            return Ok(Vec::new());
        }
        let name = format!("{}.nspawn", selection.name);
        let mut files = Vec::new();
        for directory in SETTINGS.map(Path::new) {
            if let Some(file) = read(&directory.join(&name), Trust::Trusted)? {
                files.push(file);
                break;
            }
        }
        if let (true, Some(beside)) = (files.is_empty(), tree.parent()) {
            let trust = if selection.files == FileMode::Trusted { Trust::Trusted } else { Trust::Untrusted };
            files.extend(read(&beside.join(&name), trust)?);
        }
        for directory in SETTINGS.map(Path::new) {
            files.extend(read_drop_ins(&directory.join(format!("{name}.d")))?);
        }
        Ok(files)
    }

    fn host_copy(&self, choice: &Choice) -> io::Result<HostCopy> {
        host_copy::host_copy(choice)
    }

    fn random_id(&self) -> io::Result<Uuid> {
        let mut bytes = [0; 16];
        getrandom(&mut bytes, GetRandomFlags::empty())?;
        Ok(Uuid::from_random_bytes(bytes))
    }
}

/// A file about a machine, trusted where it is the administrator's.
///
/// # Errors
/// It cannot be read.
pub fn settings_file(path: &Path) -> Result<SettingsFile, Refusal> {
    let is_own = SETTINGS.iter().any(|directory| path.starts_with(directory));
    let trust = if is_own { Trust::Trusted } else { Trust::Untrusted };
    read(path, trust)?.ok_or_else(|| unreadable(path, &io::Error::from(io::ErrorKind::NotFound)))
}

/// Additions to the administrator's file, in the order of their names.
fn read_drop_ins(directory: &Path) -> Result<Vec<SettingsFile>, Refusal> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(directory, &error)),
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "conf"));
    paths.sort();
    let read = paths.iter().map(|path| read(path, Trust::Trusted));
    Ok(read.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// A file beside a tree may be anything: no FIFO is waited for, and nothing endless is read.
fn read(path: &Path, trust: Trust) -> Result<Option<SettingsFile>, Refusal> {
    let text = read_text(path)?;
    Ok(text.map(|text| SettingsFile { path: path.to_owned(), trust, text }))
}

fn read_text(path: &Path) -> Result<Option<String>, Refusal> {
    const NONBLOCK: i32 = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let file = match OpenOptions::new().read(true).custom_flags(NONBLOCK).open(path) {
        Ok(file) => file,
        Err(error) if is_absence(&error) => return Ok(None),
        Err(error) => return Err(unreadable(path, &error)),
    };
    read_bounded(file).map(Some).map_err(|error| unreadable(path, &error))
}

/// A node is taken from the host: it has to be the one that the bundle means.
fn check_device(config: &Path, device: &DeviceNode) -> Result<(), Refusal> {
    let wrong = |reason: String| Refusal::Bundle { path: config.to_owned(), reason };
    let shown = device.path.display();
    let status = rustix::fs::lstat(&device.path)
        .map_err(|error| wrong(format!("linux.devices: the host has no {shown}: {error}")))?;
    let kind = match FileType::from_raw_mode(status.st_mode) {
        FileType::CharacterDevice => Some(DeviceKind::Character),
        FileType::BlockDevice => Some(DeviceKind::Block),
        _ => None,
    };
    let number = (rustix::fs::major(status.st_rdev), rustix::fs::minor(status.st_rdev));
    if kind == Some(device.kind) && number == (device.major, device.minor) {
        return Ok(());
    }
    Err(wrong(format!("linux.devices: the host's {shown} is another device")))
}

fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn read_bounded(file: File) -> io::Result<String> {
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut text = String::new();
    file.take(SETTINGS_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > SETTINGS_MAX {
        return Err(io::Error::other("it is larger than a mebibyte"));
    }
    Ok(text)
}

fn unreadable(path: &Path, error: &io::Error) -> Refusal {
    Refusal::File { path: path.to_owned(), reason: error.to_string() }
}

/// Whether what is printed may have colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// It may: a person looks at it.
    Shown,
    /// It may not.
    Hidden,
}

/// By the terminal, and by `$NO_COLOR` (<https://no-color.org>).
#[must_use]
pub fn colours() -> Colours {
    let is_unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if !is_unwanted && rustix::termios::isatty(rustix::stdio::stdout()) {
        Colours::Shown
    } else {
        Colours::Hidden
    }
}

/// This process, as who calls.
///
/// # Errors
/// The working directory is gone, or the kernel has no random bytes.
pub fn caller() -> io::Result<Caller> {
    let mut random = [0; 8];
    getrandom(&mut random, GetRandomFlags::empty())?;
    let terminal = |fd| if rustix::termios::isatty(fd) { Terminal::Yes } else { Terminal::No };
    Ok(Caller {
        current_directory: std::env::current_dir()?,
        environment: std::env::vars_os().collect(),
        input: terminal(rustix::stdio::stdin()),
        output: terminal(rustix::stdio::stdout()),
        random,
        process: std::process::id(),
    })
}
