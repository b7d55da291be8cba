//! What is kept of changes over starts: an addition to the machine's `.nspawn` file.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use redd_control::place::TREES;
use redd_spec::name::MachineName;
use redd_sys::lock::{LockOutcome, Sharing, lock_whole_file};

use super::Setting;
use crate::MachineError;
use crate::turn::host;

/// Where the administrator's own files about machines are.
const SETTINGS: &str = "/etc/systemd/nspawn";
/// The addition that is redd's; a later one of the administrator's wins.
const FILE: &str = "50-redd-set.conf";
const HEADER: &str = "# Written by redd set; the administrator's own additions have other names.";
const SECTION: &str = "[X-Redd]";

/// What is kept of a machine.
#[derive(Debug)]
pub(super) struct Kept {
    directory: PathBuf,
}

impl Kept {
    pub(super) fn of(name: &MachineName) -> Self {
        Self { directory: Path::new(SETTINGS).join(format!("{name}.nspawn.d")) }
    }

    /// Whether there is such a machine: a tree of that name, or files about it.
    pub(super) fn is_known(name: &MachineName) -> bool {
        let file = Path::new(SETTINGS).join(format!("{name}.nspawn"));
        let trees = TREES.iter().map(|trees| Path::new(trees).join(name.as_str()));
        file.exists() || Self::of(name).directory.exists() || trees.into_iter().any(|tree| tree.is_dir())
    }

    /// Its lines, each a key with its value.
    pub(super) fn lines(&self) -> Vec<(String, String)> {
        let text = fs::read_to_string(self.directory.join(FILE)).unwrap_or_default();
        text.lines().filter_map(assignment).map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    /// Writes changes down: whoever reads meanwhile sees the old file or the new one.
    /// What it was before, where there was one, is returned.
    pub(super) fn change(&self, settings: &[Setting]) -> Result<Option<String>, MachineError> {
        let failed =
            |error: io::Error| host(&format!("writing {}", self.directory.join(FILE).display()), &error);
        DirBuilder::new().recursive(true).mode(0o755).create(&self.directory).map_err(failed)?;
        let directory = File::open(&self.directory).map_err(failed)?;
        // Another verb's reading and writing takes no time worth waiting for in vain.
        while lock_whole_file(&directory, Sharing::Exclusive).map_err(|errno| failed(errno.into()))?
            == LockOutcome::Busy
        {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let old = match fs::read_to_string(self.directory.join(FILE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            result => Some(result.map_err(failed)?),
        };
        let text = changed(old.as_deref().unwrap_or_default(), settings);
        self.write(&directory, text.as_deref()).map_err(failed)?;
        Ok(old)
    }

    /// Has the file again as it was.
    pub(super) fn put_back(&self, old: Option<&str>) {
        // Where it cannot be written it could not be changed before.
        drop(File::open(&self.directory).and_then(|directory| self.write(&directory, old)));
    }

    fn write(&self, directory: &File, text: Option<&str>) -> io::Result<()> {
        let path = self.directory.join(FILE);
        let Some(text) = text else {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            // Others may have additions there.
            drop(fs::remove_dir(&self.directory));
            return Ok(());
        };
        let temporary = self.directory.join(format!(".{FILE}.new"));
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o644).open(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, &path)?;
        directory.sync_all()
    }
}

/// The file's text after changes; nothing where it says nothing any more.
fn changed(old: &str, settings: &[Setting]) -> Option<String> {
    let mut lines: Vec<(String, String)> =
        old.lines().filter_map(assignment).map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    for setting in settings {
        let device = |value: &str| value.split_whitespace().next().map(str::to_owned);
        lines.retain(|(key, known)| match &setting.value {
            _ if *key != setting.key => true,
            // A list has one line for each device.
            Some(value) if setting.is_list => device(known) != device(value),
            _ => false,
        });
        lines.extend(setting.value.clone().map(|value| (setting.key.clone(), value)));
    }
    if lines.is_empty() {
        return None;
    }
    let lines: String = lines.iter().map(|(key, value)| format!("{key}={value}\n")).collect();
    Some(format!("{HEADER}\n{SECTION}\n{lines}"))
}

fn assignment(line: &str) -> Option<(&str, &str)> {
    if line.starts_with(['#', ';', '[']) {
        return None;
    }
    line.split_once('=').map(|(key, value)| (key.trim(), value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(key: &str, value: Option<&str>) -> Setting {
        let is_list = key.starts_with("Io");
        Setting { option: String::new(), key: key.to_owned(), value: value.map(str::to_owned), is_list }
    }

    fn after(old: &str, settings: &[Setting]) -> Vec<String> {
        let text = changed(old, settings).unwrap_or_default();
        text.lines().filter(|line| !line.starts_with(['#', '['])).map(str::to_owned).collect()
    }

    #[test]
    fn a_value_replaces_the_one_before_and_others_stay() {
        let old = changed("", &[setting("Memory", Some("1G")), setting("Cpus", Some("2"))]).unwrap();
        assert_eq!(after(&old, &[setting("Memory", Some("3G"))]), ["Cpus=2", "Memory=3G"]);
        assert_eq!(after(&old, &[setting("Memory", None)]), ["Cpus=2"]);
    }

    #[test]
    fn a_list_has_a_line_for_each_device() {
        let old =
            changed("", &[setting("IoReadIops", Some("/dev/a 1")), setting("IoReadIops", Some("/dev/b 2"))]);
        let old = old.unwrap();
        assert_eq!(
            after(&old, &[setting("IoReadIops", Some("/dev/a 9"))]),
            ["IoReadIops=/dev/b 2", "IoReadIops=/dev/a 9"]
        );
        assert_eq!(changed(&old, &[setting("IoReadIops", None)]), None);
    }

    #[test]
    fn a_file_that_says_nothing_any_more_goes() {
        let old = changed("", &[setting("Memory", Some("1G"))]).unwrap();
        assert_eq!(changed(&old, &[setting("Memory", None)]), None);
    }
}
