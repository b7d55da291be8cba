//! Whole judgements: of a container that runs, and of a manager.

mod bound_user;
mod footprint;
mod manager;
mod stage;

use crate::judge::judge_all;
use crate::observation::{Observations, Surroundings, mounts_of};
use crate::probe::read;
use crate::report::{Host, Manager, Payload, Report, SCHEMA};
use crate::subject::{Subject, SubjectError};

pub use manager::{RunError, manager};
pub use stage::StageError;

pub use crate::probe::agent::Activity;
use crate::probe::agent::Patience;

/// Judges a running machine of redd's.
///
/// # Errors
/// It cannot be judged.
pub fn machine(name: &str, activity: Activity) -> Result<Report, SubjectError> {
    let subject = Subject::by_name(name)?;
    let mut observations = Observations::default();
    observations.given.name = Some(name.to_owned());
    running(&subject, activity, observations)
}

/// Judges the running container that a process is the init of.
///
/// # Errors
/// It cannot be judged.
pub fn process(pid: u32, activity: Activity) -> Result<Report, SubjectError> {
    running(&Subject::by_pid(pid)?, activity, Observations::default())
}

fn running(
    subject: &Subject,
    activity: Activity,
    mut observations: Observations,
) -> Result<Report, SubjectError> {
    subject.observe(activity, Patience::None, &mut observations)?;
    if let Some(Err(error)) = &observations.systemd {
        return Err(SubjectError::NoSystemd(error.clone()));
    }
    let mode = match activity {
        Activity::ReadOnly => "running",
        Activity::Active => "running, active",
    };
    let manager = Manager { name: manager_name(&observations), version: None, mode: mode.to_owned() };
    Ok(report(manager, &observations))
}

/// What the payload was told.
fn manager_name(observations: &Observations) -> String {
    let told = observations.after.as_ref().and_then(|after| after.variable("container"));
    told.filter(|name| !name.is_empty()).unwrap_or("unknown").to_owned()
}

/// The verdicts on what was seen.
#[must_use]
pub fn report(manager: Manager, observations: &Observations) -> Report {
    Report {
        schema: SCHEMA,
        manager,
        host: host(),
        payload: payload(observations),
        judgements: judge_all(observations),
    }
}

fn host() -> Host {
    let mounts = mounts_of(&read::text("/proc/self/mountinfo"));
    let has = |kind: &str| mounts.iter().any(|mount| mount.kind == kind);
    let cgroups = match (has("cgroup"), has("cgroup2")) {
        (true, true) => "hybrid",
        (true, false) => "v1",
        (false, _) => "v2",
    };
    Host {
        kernel: rustix::system::uname().release().to_string_lossy().into_owned(),
        cgroups: cgroups.to_owned(),
        service_manager: std::path::Path::new("/run/systemd/system").is_dir().then(|| "systemd".to_owned()),
    }
}

fn payload(observations: &Observations) -> Payload {
    let os_release = |surroundings: &Surroundings| {
        let text = surroundings.texts.get("/etc/os-release")?;
        let line = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
        Some(crate::judge::escape(line.trim_matches('"')))
    };
    let version = match &observations.systemd {
        Some(Ok(sight)) => Some(crate::judge::escape(&format!("systemd {}", sight.version))),
        _ => None,
    };
    let seen = observations.after.as_ref().or(observations.before.as_ref());
    Payload { os: seen.and_then(os_release), init: version }
}
