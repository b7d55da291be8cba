//! What is run in a virtual machine.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::run::Streams;

/// Disks have this length whatever is on them: a saved machine knows it by heart.
const DISK: u64 = 1 << 30;
/// Not in memory: machines write to their disks.
const PLACE: &str = "/var/tmp";
const PREFIX: &str = "redd-virtual-";
/// What a job is told of the terminal that it has, beside what is in its environment.
const AT_A_TERMINAL: &str = "exec script --quiet --return --command \"stty rows $LAB_ROWS cols $LAB_COLUMNS; \
     TERM=${TERM_OUTSIDE:-linux} exec $command\" /dev/null";

/// A command, and what it needs: files, which it finds in `/lab`, and variables of its environment. What it writes to
/// the directory `$LAB_RESULTS` comes back.
#[derive(Debug)]
pub struct Job {
    directory: PathBuf,
    words: Vec<String>,
    environment: Vec<(String, String)>,
    pub(crate) streams: Streams,
    pub(crate) limit: Duration,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its exit status.
    pub status: i32,
}

impl Job {
    /// A job whose files are collected in a directory of its own, which is gone at its end.
    ///
    /// # Errors
    /// There is no room.
    pub fn new(words: &[&str], limit: Duration) -> io::Result<Self> {
        let directory = unique_directory("job")?;
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        Ok(Self { directory, words, environment: Vec::new(), streams: Streams::Own, limit })
    }

    /// What it has for its standard streams: where these are a terminal, it reads, too.
    #[must_use]
    pub fn streams(mut self, streams: Streams) -> Self {
        self.streams = streams;
        self
    }

    /// A variable of its environment.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Where a file of its own has to be put; inside, that is `/lab/NAME`.
    #[must_use]
    pub fn place(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// A program that it finds as `/lab/NAME`.
    ///
    /// # Errors
    /// It cannot be copied.
    pub fn program(self, source: &Path, name: &str) -> io::Result<Self> {
        fs::copy(source, self.place(name))?;
        fs::set_permissions(self.place(name), fs::Permissions::from_mode(0o755))?;
        Ok(self)
    }

    /// Makes its disk.
    pub(crate) fn write_disk(&self, disk: &Path) -> io::Result<()> {
        let script = self.place("job");
        fs::write(&script, self.script())?;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
        empty_disk(disk)?;
        let mut command = Command::new("mke2fs");
        command.args(["-q", "-F", "-t", "ext4", "-O", "^has_journal", "-E", "root_owner=0:0", "-d"]);
        run(command.arg(&self.directory).arg(disk))
    }

    fn script(&self) -> String {
        let words: Vec<String> = self.words.iter().map(|word| quoted(word)).collect();
        let mut script = "#!/bin/bash\n".to_owned();
        for (name, value) in &self.environment {
            script.push_str(&format!("export {name}={}\n", quoted(value)));
        }
        match self.streams {
            Streams::Own => script.push_str(&format!("exec {} < /dev/null\n", words.join(" "))),
            Streams::Terminal => {
                script.push_str(&format!("command={}\n{AT_A_TERMINAL}\n", quoted(&words.join(" "))));
            }
        }
        script
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.directory));
    }
}

/// What a job left on a disk: its status, and its results, in a directory if there is one for them.
pub(crate) fn read_results(disk: &Path, results: Option<&Path>) -> io::Result<Outcome> {
    let tar = |options: &[&str]| {
        let mut command = Command::new("tar");
        command.arg("--extract").arg("--file").arg(disk).args(options).stderr(Stdio::null());
        command
    };
    let output = tar(&["--to-stdout", "status"]).output()?;
    let status = String::from_utf8_lossy(&output.stdout).trim().parse();
    let status = status.map_err(|_nothing| io::Error::other("the job did not come to its end"))?;
    if let Some(results) = results {
        fs::create_dir_all(results)?;
        run(tar(&["--strip-components=1", "--directory"]).arg(results).arg("results"))?;
    }
    Ok(Outcome { status })
}

/// A disk with nothing on it, which takes no room either.
pub(crate) fn empty_disk(path: &Path) -> io::Result<()> {
    File::create(path)?.set_len(DISK)
}

/// Has a machine run in a directory of its own, which goes again; its console's words are kept in this file.
pub(crate) fn in_own_directory<T>(
    purpose: &str,
    log: &Path,
    run: impl FnOnce(&Path) -> io::Result<T>,
) -> io::Result<T> {
    let directory = unique_directory(purpose)?;
    let result = run(&directory);
    drop(fs::copy(directory.join("console"), log));
    fs::remove_dir_all(&directory)?;
    result
}

/// A directory that nobody else has.
pub(crate) fn unique_directory(purpose: &str) -> io::Result<PathBuf> {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = Path::new(PLACE).join(format!("{PREFIX}{purpose}-{}-{number}", std::process::id()));
    remove_abandoned();
    fs::create_dir(&path)?;
    Ok(path)
}

/// What a process that was killed had in the same place.
fn remove_abandoned() {
    for entry in fs::read_dir(PLACE).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let owner = name.strip_prefix(PREFIX).and_then(|name| name.split('-').nth(1)?.parse::<u32>().ok());
        if owner.is_some_and(|owner| !Path::new("/proc").join(owner.to_string()).exists()) {
            drop(fs::remove_dir_all(entry.path()));
        }
    }
}

pub(crate) fn run(command: &mut Command) -> io::Result<()> {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("{command:?}: {status}"))) }
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The first word that a machine hears: what time it is, and how large the terminal is.
pub(crate) fn send_start(port: &mut impl Write, size: (u16, u16)) -> io::Result<()> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    writeln!(port, "{} {} {}", now.as_secs(), size.0, size.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_reach_the_job_as_they_are() {
        let words = ["printf", "%s|", "it's", "a  b", "$HOME", "\"", "`id`", ""];
        let job = Job::new(&words, Duration::ZERO).unwrap().variable("X", "1 '2'");
        let output = Command::new("bash").args(["-c", &job.script()]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "it's|a  b|$HOME|\"|`id`||");
    }

    #[test]
    fn what_a_job_left_is_found_on_its_disk() {
        let place = unique_directory("test").unwrap();
        fs::create_dir(place.join("results")).unwrap();
        fs::write(place.join("results/seen"), "yes").unwrap();
        fs::write(place.join("status"), "7\n").unwrap();
        let disk = place.join("disk");
        empty_disk(&disk).unwrap();
        assert!(read_results(&disk, None).is_err());
        let tar =
            Command::new("tar").arg("-C").arg(&place).args(["-c", "status", "results"]).output().unwrap();
        File::options().write(true).open(&disk).unwrap().write_all(&tar.stdout).unwrap();
        let outcome = read_results(&disk, Some(&place.join("back")));
        let seen = fs::read_to_string(place.join("back/seen"));
        fs::remove_dir_all(&place).unwrap();
        assert_eq!((outcome.unwrap().status, seen.unwrap().as_str()), (7, "yes"));
    }
}
