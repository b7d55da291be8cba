//! The full judgement of a manager: some lives of a payload, each looked at where it tells something.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::bound_user;
use super::footprint::{Footprint, own_legacy_cgroups};
use super::stage::{PATIENCE, Running, Stage, StageError, Way, attempts, host, perform};
use super::{Activity, report};
use crate::adapter::{Adapter, AdapterError, Wish};
use crate::observation::{Ended, Lives, Observations, Reboot, Stop};
use crate::probe::CREDENTIAL;
use crate::probe::agent::Patience;
use crate::probe::persona;
use crate::report::Report;
use crate::subject::{Subject, SubjectError};

const INTERVAL: Duration = Duration::from_millis(10);
/// How long a service manager may take to remove what was a unit.
const UNIT_PATIENCE: Duration = Duration::from_secs(5);
/// What the credential holds.
const SECRET: &str = "told";
/// How long a manager may take to end a payload.
const STOP_PATIENCE: Duration = Duration::from_secs(30);

/// Why a manager could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The stage could not be set, or the manager could not play on it.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// The running container could not be looked at.
    #[error(transparent)]
    Subject(#[from] SubjectError),
}

impl From<AdapterError> for RunError {
    fn from(error: AdapterError) -> Self {
        Self::Stage(error.into())
    }
}

/// Judges a manager in one configuration by booting copies of a tree.
///
/// # Errors
/// Its payload's first process never came, or could not be looked at.
pub fn manager(adapter: &dyn Adapter, image: &Path) -> Result<Report, RunError> {
    let mut seen = Observations { host: crate::subject::host::look(), ..Observations::default() };
    let name = format!("rc{}", std::process::id());
    let attempts = attempts(seen.host.root_device);
    let mut lives =
        Lives { other_uuid: other_uuid(adapter, image, &format!("{name}b"), &attempts), ..Lives::default() };
    let mut stage = Stage::set(adapter, image, &name, &attempts)?;
    seen.given.name = Some(name);
    first_life(&mut stage, &mut seen, &mut lives)?;
    second_life(&mut stage, &mut seen, &mut lives)?;
    lives.exit = exit_life(&mut stage);
    lives.few_capabilities = wished_life(&mut stage, &[Wish::FewCapabilities]);
    lives.ordinary_user = wished_life(&mut stage, &[Wish::OrdinaryUser { uid: 65534 }]);
    bound_user::live(&mut stage, &mut lives);
    lives.stacked = stacked_life(&mut stage);
    seen.lives = Some(lives);
    Ok(report(adapter.manager(), &seen))
}

/// The uuid of another container of the same tree: its first process looks, and ends.
fn other_uuid(adapter: &dyn Adapter, image: &Path, name: &str, attempts: &[String]) -> Option<String> {
    let mut stage = Stage::set(adapter, image, name, attempts).ok()?;
    fs::write(stage.told(persona::ONLY_LOOK), "").ok()?;
    let mut running = stage.start(&[], Way::Plain).ok()?;
    running.wait_until(PATIENCE, |_running| stage.records() > 0);
    let sight = stage.record(1)?;
    // Without a uuid there is an empty one, and that differs from none.
    Some(sight.surroundings.variable("container_uuid").unwrap_or_default().to_owned())
}

/// A payload that came up, and its init.
pub(super) fn come_up(stage: &mut Stage<'_>, wishes: &[Wish]) -> Result<(Running, Subject), RunError> {
    let before = stage.records();
    let mut running = stage.start(wishes, Way::Plain)?;
    let came = running.wait_until(PATIENCE, |_running| stage.records() > before);
    if !came {
        let output = running.output();
        let last = output.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        return Err(StageError::NoFirstProcess(format!("{:?}; {}", running.ended(), last.trim())).into());
    }
    let subject = find_init(stage, &mut running)?;
    Ok((running, subject))
}

fn find_init(stage: &Stage<'_>, running: &mut Running) -> Result<Subject, RunError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let pid = stage.adapter.pid(&stage.container, running.supervisor())?;
        if let Some(subject) = pid.and_then(|pid| Subject::by_pid(pid).ok()) {
            return Ok(subject);
        }
        if Instant::now() > deadline || running.ended() != Ended::Running {
            return Err(AdapterError::Failed("the adapter finds no init".to_owned()).into());
        }
        sleep(INTERVAL);
    }
}

/// Everything is looked at; then the payload powers itself off.
fn first_life(stage: &mut Stage<'_>, seen: &mut Observations, lives: &mut Lives) -> Result<(), RunError> {
    let before = Footprint::look();
    let credential = Wish::Credential { name: CREDENTIAL.to_owned(), value: SECRET.to_owned() };
    let (mut running, subject) = match come_up(stage, std::slice::from_ref(&credential)) {
        Err(RunError::Stage(StageError::Adapter(error @ AdapterError::NoOption { .. }))) => {
            seen.given.credential = Some(Err(error.to_string()));
            come_up(stage, &[])?
        }
        result => {
            seen.given.credential = Some(Ok(SECRET.to_owned()));
            result?
        }
    };
    seen.given.socket = Some(running.socket);
    if let Some(sight) = stage.record(1) {
        seen.before = Some(sight.surroundings);
        seen.first_attempts = Some(sight.attempts);
    }
    subject.observe(Activity::Active, Patience::UntilBooted, seen)?;
    let during = Footprint::look();
    look_around(stage, &mut running, &subject, seen, lives);
    let name = stage.container.name.clone();
    let own: Vec<_> = own_legacy_cgroups().into_iter().chain([running.cgroup.clone()]).collect();
    let changes = during.changes_since(&before, &name, &own, subject.pid);
    perform(&mut running, stage.adapter.exec(&stage.container, &["systemctl", "poweroff"]))
        .or_else(ignore_cut_off)?;
    lives.power_off = Some(running.wait_for_end(STOP_PATIENCE));
    drop(running);
    let left = left_of(during.of(&name, &before), &name);
    if let Some(outside) = &mut seen.outside {
        outside.new_cgroups = Some(changes);
        outside.left_cgroups = Some(left);
    }
    Ok(())
}

/// What is still there: a service manager removes a unit's cgroup when it hears that nobody is in it.
fn left_of(cgroups: BTreeSet<PathBuf>, name: &str) -> Vec<String> {
    let deadline = Instant::now() + UNIT_PATIENCE;
    loop {
        let left = cgroups.iter().filter(|path| path.exists() && !is_the_checkers(path, name));
        let left: Vec<String> = left.map(|path| path.display().to_string()).collect();
        if left.is_empty() || Instant::now() > deadline {
            return left;
        }
        sleep(INTERVAL);
    }
}

/// The cgroup a manager is started in is the checker's own to remove.
fn is_the_checkers(path: &Path, name: &str) -> bool {
    path.components()
        .any(|part| part.as_os_str().to_string_lossy().starts_with(&format!("redd-check-{name}-")))
}

/// Whoever powers its surroundings off may be cut off by that.
fn ignore_cut_off(error: AdapterError) -> Result<(), AdapterError> {
    match error {
        AdapterError::NoOption { .. } => Err(error),
        AdapterError::Failed(_) => Ok(()),
    }
}

/// What is seen of the host's side beside the init itself.
fn look_around(
    stage: &Stage<'_>,
    running: &mut Running,
    subject: &Subject,
    seen: &mut Observations,
    lives: &mut Lives,
) {
    running.wait_until(Duration::from_secs(5), |running| running.output().contains("login:"));
    running.wait_until(Duration::from_secs(2), Running::is_ready);
    lives.notified = Some(running.messages.clone());
    lives.live_bind = live_bind(stage, running, subject);
    if let Some(outside) = &mut seen.outside {
        outside.console = Some(running.output());
        let export = stage.adapter.unix_export(&stage.container);
        outside.unix_export = Some(match export {
            Some(place) => subject.look_at_export(&place).unwrap_or_default(),
            None => crate::observation::UnixExport::default(),
        });
        let own = fs::canonicalize(&running.cgroup).ok().and_then(|cgroup| unified_path(&cgroup));
        outside.manager_cgroup = own.or_else(|| outside.manager_cgroup.take());
    }
}

/// As /proc/PID/cgroup has it.
fn unified_path(cgroup: &Path) -> Option<String> {
    let mounts = crate::observation::mounts_of(&crate::probe::read::text("/proc/self/mountinfo"));
    let place = mounts.iter().rev().find(|mount| mount.kind == "cgroup2").map(|mount| mount.place.clone())?;
    let path = cgroup.strip_prefix(place).ok()?;
    Some(format!("0::/{}", path.display()))
}

/// Where the manager has no verb, that is the verdict; where the verb cannot work here, there is none.
fn live_bind(stage: &Stage<'_>, running: &mut Running, subject: &Subject) -> Option<Result<(), String>> {
    let command = match stage.adapter.bind(&stage.container, Path::new("/etc"), Path::new("/mnt")) {
        Err(AdapterError::Failed(_)) => return None,
        Err(error) => return Some(Err(error.to_string())),
        Ok(command) => command,
    };
    let result = perform(running, Ok(command)).map_err(|error| error.to_string());
    let is_there = Path::new("/proc").join(subject.pid.to_string()).join("root/mnt/passwd").exists();
    Some(result.and_then(|()| if is_there { Ok(()) } else { Err("/mnt is as empty as before".to_owned()) }))
}

/// Another boot, with a name in the tree; then a reboot inside, and an orderly stop by the manager.
fn second_life(stage: &mut Stage<'_>, seen: &mut Observations, lives: &mut Lives) -> Result<(), RunError> {
    let hostname = stage.container.tree.join("etc/hostname");
    fs::write(&hostname, "fromfile\n").map_err(host(hostname.display().to_string()))?;
    let boots = stage.records();
    let (mut running, subject) = come_up(stage, &[])?;
    lives.second = stage.record(boots + 1).map(|sight| sight.surroundings);
    let mut again = Observations { given: seen.given.clone(), ..Observations::default() };
    subject.observe(Activity::ReadOnly, Patience::UntilBooted, &mut again)?;
    let inside = again.after.map(|after| after.host_name).unwrap_or_default();
    lives.from_file = Some((inside, crate::subject::host::look().host_name));
    drop(fs::remove_file(&hostname));
    perform(&mut running, stage.adapter.exec(&stage.container, &["systemctl", "reboot"]))
        .or_else(ignore_cut_off)?;
    let booted = running.wait_until(STOP_PATIENCE, |_running| stage.records() > boots + 1);
    if booted {
        lives.reboot = Some(Reboot::BootedAgain);
    } else {
        lives.reboot = Some(Reboot::Ended(running.ended(), stage.adapter.restart_status()));
        drop(running);
        running = come_up(stage, &[])?.0;
    }
    let subject = find_init(stage, &mut running)?;
    subject.observe(Activity::ReadOnly, Patience::UntilBooted, &mut Observations::default())?;
    lives.stop = Some(stop(stage, &mut running));
    Ok(())
}

/// The manager's own stop of a payload that is up.
fn stop(stage: &Stage<'_>, running: &mut Running) -> Stop {
    let mark = stage.told(persona::STOPPED);
    // An earlier life may have left one.
    drop(fs::remove_file(&mark));
    let start = Instant::now();
    let command = stage.adapter.stop(&stage.container, running.supervisor());
    let asked = perform(running, command);
    let ended = match &asked {
        Ok(()) => running.wait_for_end(STOP_PATIENCE),
        Err(_) => running.ended(),
    };
    let seconds = start.elapsed().as_secs_f64();
    let last_words = match (fs::read_to_string(&mark), asked) {
        (Ok(words), _) => format!("all units stopped, then: {words}"),
        (Err(_), Ok(())) => "the payload never got to stop all its units".to_owned(),
        (Err(_), Err(error)) => error.to_string(),
    };
    Stop { seconds, ended, is_orderly: mark.exists(), last_words }
}

fn exit_life(stage: &mut Stage<'_>) -> Option<Ended> {
    let (mut running, subject) = come_up(stage, &[]).ok()?;
    subject.observe(Activity::ReadOnly, Patience::UntilBooted, &mut Observations::default()).ok()?;
    perform(&mut running, stage.adapter.exec(&stage.container, &["systemctl", "exit", "7"]))
        .or_else(ignore_cut_off)
        .ok()?;
    Some(running.wait_for_end(STOP_PATIENCE))
}

/// A life with a wish: whether the payload's systemd got up. A manager that cannot be asked here is not judged.
fn wished_life(stage: &mut Stage<'_>, wishes: &[Wish]) -> Option<Result<(), String>> {
    let mut again = Observations::default();
    let looked = come_up(stage, wishes).and_then(|(running, subject)| {
        subject.observe(Activity::ReadOnly, Patience::UntilBooted, &mut again)?;
        Ok(running)
    });
    match looked {
        Err(RunError::Stage(StageError::Adapter(AdapterError::Failed(_)))) => None,
        Err(error) => Some(Err(error.to_string())),
        Ok(_running) => Some(match again.systemd {
            Some(Ok(sight)) if matches!(sight.state.as_str(), "running" | "degraded") => Ok(()),
            Some(Ok(sight)) => Err(format!("systemd is {}", sight.state)),
            Some(Err(error)) => Err(error),
            None => Err("nobody looked".to_owned()),
        }),
    }
}

/// The manager itself inside a container whose cgroup is delegated.
fn stacked_life(stage: &mut Stage<'_>) -> Option<Result<(), String>> {
    let before = stage.records();
    let started = stage.start(&[], Way::InsideContainer);
    let mut running = match started {
        Ok(running) => running,
        Err(error) => return Some(Err(error.to_string())),
    };
    let up = |running: &mut Running| running.is_ready() || running.output().contains("login:");
    let is_up = running.wait_until(PATIENCE, up) && stage.records() > before;
    let output = running.output();
    let last =
        output.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().trim().to_owned();
    Some(if is_up { Ok(()) } else { Err(format!("it does not get up; {last}")) })
}
