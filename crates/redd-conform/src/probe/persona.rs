//! redd's binary as the probe: before the init, in a unit, in front of a manager.

use std::ffi::{CString, OsStr, OsString};
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{PROBE_NAME, attempt, look};
use crate::observation::{Attempts, Surroundings};

/// In the tree: what the shim before the init is told, and what it tells.
pub const DIRECTORY: &str = "/redd-check";
/// In that: the path of the real init.
pub const REAL_INIT: &str = "init";
/// The program that systemd becomes when all units have stopped.
pub const SHUTDOWN_NAME: &str = "systemd-shutdown";
/// In that: the path of the real one.
pub const REAL_SHUTDOWN: &str = "shutdown";
/// In that: the mark of an orderly stop.
pub const STOPPED: &str = "stopped";
/// In that: what is tried, a line each.
pub const ATTEMPTS: &str = "attempts";
/// In that: where it is there, the init is not executed.
pub const ONLY_LOOK: &str = "only-look";
/// The most times that one tree is looked at.
const RECORDS_MAX: u32 = 100;
/// The standard library ignores it in every program.
const SIGPIPE: i32 = 13;

/// What the shim tells.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct FirstSight {
    /// What is around.
    pub surroundings: Surroundings,
    /// What could be done.
    pub attempts: Attempts,
}

/// Whether this process is the probe and not redd; then its exit status. For redd itself this costs a comparison.
#[must_use]
pub fn of_this_process() -> Option<u8> {
    let name = std::env::args_os().next()?;
    let name = Path::new(&name).file_name()?.to_owned();
    if name == "redd" {
        return None;
    }
    if name == PROBE_NAME {
        return Some(probe());
    }
    let directory = Path::new(DIRECTORY);
    if name == SHUTDOWN_NAME {
        let real = fs::read_to_string(directory.join(REAL_SHUTDOWN)).ok()?;
        // With nowhere to write to there is no mark, and the checker says so.
        drop(fs::write(
            directory.join(STOPPED),
            std::env::args_os().collect::<Vec<_>>().join(OsStr::new(" ")).as_bytes(),
        ));
        return Some(become_real(real.trim_end()));
    }
    let init = fs::read_to_string(directory.join(REAL_INIT)).ok()?;
    Some(before_init(init.trim_end()))
}

fn probe() -> u8 {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let verb = words.first().and_then(|word| word.to_str()).unwrap_or_default();
    let rest = words.get(1..).unwrap_or_default();
    match verb {
        "try" => try_all(rest),
        "is-root" => u8::from(!rustix::process::geteuid().is_root()),
        "launch" => launch(rest),
        _ => 2,
    }
}

fn try_all(words: &[OsString]) -> u8 {
    let attempts = attempt::all(words.iter().filter_map(|word| word.to_str()));
    let told = serde_json::to_string(&attempts).ok().map(|text| std::io::stdout().write_all(text.as_bytes()));
    u8::from(told.is_none_or(|written| written.is_err()))
}

/// Enters a cgroup, the first word, as a service manager would put a service into one; gives the command, the other
/// words, the socket at its standard input as descriptor 3; and becomes it.
fn launch(words: &[OsString]) -> u8 {
    let Some((cgroup, words)) = words.split_first() else { return 125 };
    if !cgroup.is_empty() && fs::write(Path::new(cgroup).join("cgroup.procs"), "0").is_err() {
        return 125;
    }
    // Whatever this checker was started with, a manager starts with default signals.
    (1..=redd_sys::signal::SIGNAL_MAX).for_each(redd_sys::signal::reset_to_default);
    let passed = (|| {
        redd_sys::process::inherit_as(rustix::stdio::stdin(), 3)?;
        let null = fs::File::open("/dev/null").map_err(|_missing| redd_sys::Errno::NODEV)?;
        redd_sys::process::inherit_as(null.as_fd(), 0)?;
        // A checker that is killed leaves no manager behind.
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM))?;
        redd_sys::process::close_on_exec_from(4)
    })();
    if passed.is_err() {
        return 125;
    }
    let listen = [("LISTEN_FDS", "1".to_owned()), ("LISTEN_PID", std::process::id().to_string())];
    let inherited = std::env::vars_os().filter(|(name, _)| !name.as_bytes().starts_with(b"LISTEN_"));
    let environment = inherited.map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes()].concat());
    let listen = listen.iter().map(|(name, value)| format!("{name}={value}").into_bytes());
    let Some(program) = words.first() else { return 125 };
    become_program(program, words, environment.chain(listen).collect())
}

/// Becomes a program, under whatever name the first word says: busybox is what it is called.
fn become_program(program: &OsStr, words: &[OsString], environment: Vec<Vec<u8>>) -> u8 {
    let strings =
        |all: Vec<Vec<u8>>| all.into_iter().filter_map(|text| CString::new(text).ok()).collect::<Vec<_>>();
    let arguments = strings(words.iter().map(|word| word.clone().into_vec()).collect());
    let environment = strings(environment);
    let Ok(program) = CString::new(program.as_bytes()) else { return 127 };
    let vectors = redd_sys::process::ExecVectors::new(
        arguments.iter().map(CString::as_c_str),
        environment.iter().map(CString::as_c_str),
    );
    let errno = redd_sys::process::execute(&program, &vectors);
    if errno == redd_sys::Errno::NOENT { 127 } else { 126 }
}

/// Looks at everything, then becomes the init. Only the first process counts: systemd executes the same file for
/// users, and again for itself with its state in `--deserialize`.
fn before_init(init: &str) -> u8 {
    let directory = Path::new(DIRECTORY);
    let is_again = std::env::args_os().any(|word| word == "--deserialize");
    if std::process::id() == 1 && !is_again {
        let wanted = fs::read_to_string(directory.join(ATTEMPTS)).unwrap_or_default();
        let mut surroundings = look::surroundings(Path::new("/proc/self"));
        surroundings.process.ignored &= !(1 << (SIGPIPE - 1));
        let attempts = attempt::all(wanted.lines());
        record(directory, &FirstSight { surroundings, attempts });
        if directory.join(ONLY_LOOK).exists() {
            return 0;
        }
    }
    become_real(init)
}

/// Becomes what this file stands in for, called as this file was.
fn become_real(program: &str) -> u8 {
    redd_sys::signal::reset_to_default(SIGPIPE);
    let words: Vec<OsString> = std::env::args_os().collect();
    let environment =
        std::env::vars_os().map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes()].concat());
    become_program(OsStr::new(program), &words, environment.collect())
}

/// Each boot has a record of its own, complete or not there.
fn record(directory: &Path, sight: &FirstSight) {
    let Ok(text) = serde_json::to_vec(sight) else { return };
    let temporary = directory.join("record.new");
    for number in 1..=RECORDS_MAX {
        let path = directory.join(format!("{number}.json"));
        if path.exists() {
            continue;
        }
        let written = OpenOptions::new().write(true).create(true).truncate(true).open(&temporary).and_then(
            |mut file| {
                file.write_all(&text)?;
                fs::rename(&temporary, &path)
            },
        );
        // With nowhere to write to there is no record, and the checker says so.
        drop(written);
        return;
    }
}
