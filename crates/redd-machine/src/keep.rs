//! What is kept of changes over starts: an addition to the machine's `.nspawn` file.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use redd_control::place::TREES;
use redd_spec::name::MachineName;
use redd_sys::lock::{LockOutcome, Sharing, lock_whole_file};

use crate::MachineError;
use crate::turn::host;

/// Where the administrator's own files about machines are.
const SETTINGS: &str = "/etc/systemd/nspawn";
/// A key with its value.
pub(crate) type Line = (String, String);

/// An addition of redd's; a later one of the administrator's wins.
#[derive(Debug)]
pub(crate) struct Addition {
    pub(crate) file: &'static str,
    pub(crate) verb: &'static str,
    pub(crate) section: &'static str,
}

/// What is kept of a machine.
#[derive(Debug)]
pub(crate) struct Kept {
    directory: PathBuf,
    addition: &'static Addition,
}

/// Whether there is such a machine: a tree of that name, or files about it.
pub(crate) fn is_known(name: &MachineName) -> bool {
    let settings = |suffix: &str| Path::new(SETTINGS).join(format!("{name}.{suffix}"));
    let mut trees = TREES.iter().map(|trees| Path::new(trees).join(name.as_str()));
    settings("nspawn").exists() || settings("nspawn.d").exists() || trees.any(|tree| tree.is_dir())
}

impl Kept {
    pub(crate) fn of(name: &MachineName, addition: &'static Addition) -> Self {
        Self { directory: Path::new(SETTINGS).join(format!("{name}.nspawn.d")), addition }
    }

    fn path(&self) -> PathBuf {
        self.directory.join(self.addition.file)
    }

    /// Its lines, each a key with its value.
    pub(crate) fn lines(&self) -> Vec<Line> {
        read(&fs::read_to_string(self.path()).unwrap_or_default())
    }

    /// Writes changes down: whoever reads meanwhile sees the old file or the new one.
    /// What it was before, where there was one, is returned.
    pub(crate) fn change(&self, edit: impl FnOnce(&mut Vec<Line>)) -> Result<Option<String>, MachineError> {
        let failed = |error: io::Error| host(&format!("writing {}", self.path().display()), &error);
        DirBuilder::new().recursive(true).mode(0o755).create(&self.directory).map_err(failed)?;
        let directory = File::open(&self.directory).map_err(failed)?;
        // Another verb's reading and writing takes no time worth waiting for in vain.
        while lock_whole_file(&directory, Sharing::Exclusive).map_err(|errno| failed(errno.into()))?
            == LockOutcome::Busy
        {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let old = match fs::read_to_string(self.path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            result => Some(result.map_err(failed)?),
        };
        let text = changed(self.addition, old.as_deref().unwrap_or_default(), edit);
        self.write(&directory, text.as_deref()).map_err(failed)?;
        Ok(old)
    }

    /// Has the file again as it was.
    pub(crate) fn put_back(&self, old: Option<&str>) {
        // Where it cannot be written it could not be changed before.
        drop(File::open(&self.directory).and_then(|directory| self.write(&directory, old)));
    }

    fn write(&self, directory: &File, text: Option<&str>) -> io::Result<()> {
        let path = self.path();
        let Some(text) = text else {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            // Others may have additions there.
            drop(fs::remove_dir(&self.directory));
            return Ok(());
        };
        let temporary = self.directory.join(format!(".{}.new", self.addition.file));
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o644).open(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, &path)?;
        directory.sync_all()
    }
}

/// The file's text after a change; nothing where it says nothing any more.
fn changed(addition: &Addition, old: &str, edit: impl FnOnce(&mut Vec<Line>)) -> Option<String> {
    let mut lines = read(old);
    edit(&mut lines);
    if lines.is_empty() {
        return None;
    }
    let lines: String = lines.iter().map(|(key, value)| format!("{key}={value}\n")).collect();
    let Addition { verb, section, .. } = addition;
    Some(format!(
        "# Written by redd {verb}; the administrator's own additions have other names.\n[{section}]\n{lines}"
    ))
}

fn read(text: &str) -> Vec<Line> {
    let assignments = text.lines().filter(|line| !line.starts_with(['#', ';', '[']));
    let pairs = assignments.filter_map(|line| line.split_once('='));
    pairs.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())).collect()
}
