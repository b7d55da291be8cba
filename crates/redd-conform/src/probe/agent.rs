//! What a process does that has joined a running container: reads, asks the service manager, and where it may, runs units.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::systemd::Systemd;
use super::{HARMLESS, OWN, attempt, cases, look, units};
use crate::observation::{Attempts, Surroundings, SystemdSight, UnitRun};

/// How much may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// Nothing is changed.
    ReadOnly,
    /// Units and files are made for a moment.
    Active,
}

/// Whether a payload that is still booting is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// It is looked at as it is.
    None,
    /// It is looked at when it is up, or has failed to get up in time.
    UntilBooted,
}

/// What is wanted.
#[derive(Debug)]
pub struct Errand {
    /// How much may be done.
    pub activity: Activity,
    /// Whether the end of the boot is waited for.
    pub patience: Patience,
    /// The probe's own program, open; units need it.
    pub program: Option<File>,
    /// The name of the credential the manager was given.
    pub credential: Option<String>,
    /// The device the host's root is on.
    pub root_device: Option<(u32, u32)>,
}

/// What was seen and done.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Account {
    /// What is around.
    pub surroundings: Surroundings,
    /// What could be done without changing anything.
    pub attempts: Attempts,
    /// What the service manager says; why there is none otherwise.
    pub systemd: Option<Result<SystemdSight, String>>,
    /// What units did.
    pub units: Option<std::collections::BTreeMap<String, UnitRun>>,
}

/// The attempts that need a process of the payload's own.
#[must_use]
pub fn own_attempts(root_device: Option<(u32, u32)>) -> Vec<String> {
    let device = root_device.map(|(major, minor)| format!("device:b:{major}:{minor}"));
    HARMLESS.iter().chain(&OWN).map(|attempt| (*attempt).to_owned()).chain(device).collect()
}

/// Does it.
#[must_use]
pub fn run(errand: Errand) -> Account {
    if errand.patience == Patience::UntilBooted {
        super::systemd::wait_for_boot();
    }
    let mut account = Account {
        surroundings: look::surroundings(Path::new("/proc/1")),
        attempts: attempt::all(HARMLESS),
        ..Account::default()
    };
    let connected = Systemd::connect().and_then(|mut systemd| Ok((systemd.look()?, systemd)));
    match connected {
        Err(error) => account.systemd = Some(Err(error.to_string())),
        Ok((mut sight, systemd)) => {
            if errand.activity == Activity::Active {
                account.units = run_units(errand, systemd, &mut sight);
            }
            account.systemd = Some(Ok(sight));
        }
    }
    account
}

/// A directory for what units need, removed at the end whatever happens.
struct Directory(PathBuf);

impl Directory {
    fn make() -> Option<Self> {
        use rustix::fs::StatVfsMountFlags as Flags;
        let fits = |place: &&str| {
            rustix::fs::statvfs(*place)
                .is_ok_and(|status| !status.f_flag.intersects(Flags::NOEXEC | Flags::RDONLY))
        };
        let named = |place: &str| Path::new(place).join(format!("redd-check-{}", std::process::id()));
        let places = ["/run", "/var/lib", "/"];
        let made = places.into_iter().filter(fits).map(named).find(|path| fs::create_dir(path).is_ok())?;
        Some(Self(made))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn run_units(
    errand: Errand,
    mut systemd: Systemd,
    sight: &mut SystemdSight,
) -> Option<std::collections::BTreeMap<String, UnitRun>> {
    let directory = Directory::make()?;
    let probe = units::place_probe(errand.program?, &directory.0).ok()?;
    let finished = systemd.finished();
    let mut runs = units::run(&mut systemd, &probe, &cases::first());
    sight.journal = runs.remove("journal").map(|run| lines_of_boot(&run.output, finished));
    prepare_hidden(&directory.0);
    let own = own_attempts(errand.root_device);
    let path = directory.0.to_string_lossy().into_owned();
    let cases = cases::all(&own, &path, errand.credential.as_deref());
    runs.extend(units::run(&mut systemd, &probe, &cases));
    for mark in cases::MARKS {
        drop(fs::remove_file(mark));
    }
    drop(fs::remove_dir_all("/var/lib/redd-check-state"));
    drop(fs::remove_dir_all("/var/lib/private/redd-check-state"));
    sight.user_manager = Some(systemd.try_user_manager());
    sight.reexecuted = Some(systemd.execute_again());
    Some(runs)
}

/// Paths in names of hidden things differ from run to run: the judge knows them by their ends.
fn prepare_hidden(directory: &Path) {
    for mark in cases::MARKS {
        drop(File::create_new(mark));
    }
    drop(fs::write(directory.join("hidden-file"), "hidden"));
    drop(fs::create_dir(directory.join("hidden-directory")));
    drop(fs::write(directory.join("hidden-directory/x"), "hidden"));
}

/// How long after the end of the boot a line still tells of it.
const AFTER_BOOT_SECONDS: f64 = 2.0;

/// The lines of a journal from a boot: `[  12.345678] host systemd[1]: …`
fn lines_of_boot(journal: &str, finished: Option<f64>) -> Vec<String> {
    let is_of_boot = |line: &&str| {
        let seconds = line.strip_prefix('[').and_then(|rest| rest.split(']').next());
        match (seconds.and_then(|seconds| seconds.trim().parse::<f64>().ok()), finished) {
            (Some(seconds), Some(finished)) => seconds < finished + AFTER_BOOT_SECONDS,
            (Some(_), None) => true,
            (None, _) => false,
        }
    };
    let lines = journal.lines().filter(is_of_boot).filter(|line| !line.contains("redd-check-"));
    lines.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_of_the_boot_count() {
        let journal =
            "[   10.5] host kernel: one\n[   99.0] host systemd[1]: two\nnonsense\n[ 11] redd-check-1: x\n";
        assert_eq!(lines_of_boot(journal, Some(20.0)), ["[   10.5] host kernel: one"]);
        assert_eq!(lines_of_boot(journal, None).len(), 2);
    }
}
