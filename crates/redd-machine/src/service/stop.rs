//! Stopping a machine that a service runs: systemd has to know that it is wanted, or it might start it again.

use std::fs;
use std::time::{Duration, Instant};

use redd_bus::Value;
use redd_plan::cgroup::{SUPERVISOR, unit_of_component};
use redd_runtime::unit::runs_host;
use redd_spec::text::escape;

use super::manager::{Kind, Manager};

/// The longest name of a unit.
const NAME_MAX: usize = 256;

/// The unit that a machine's redd is in, as the kernel tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit(String);

impl Unit {
    /// Its name, escaped.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

/// That of a supervisor: a service or scope of this host's systemd.
#[must_use]
pub fn unit_of_process(process: u32) -> Option<Unit> {
    if !runs_host() {
        return None;
    }
    unit_in(&fs::read_to_string(format!("/proc/{process}/cgroup")).ok()?)
}

/// The innermost unit in the text of `/proc/PID/cgroup`.
fn unit_in(memberships: &str) -> Option<Unit> {
    let path = memberships.lines().find_map(|line| line.strip_prefix("0::"))?;
    let mut parts = path.rsplit('/').skip_while(|part| *part == SUPERVISOR || part.is_empty());
    let name = unit_of_component(parts.next()?)?;
    Some(Unit(escape(name.as_bytes(), NAME_MAX)))
}

/// How long a unit may take to be over when its machine is: its clean-up runs then.
const PATIENCE: Duration = Duration::from_secs(30);

/// A stop that systemd was asked for.
#[derive(Debug)]
pub(crate) struct StopOfUnit {
    manager: Manager,
    job: String,
}

impl StopOfUnit {
    /// Waits until the unit is over. One that takes too long ends without anybody waiting.
    pub(crate) fn wait(mut self) {
        let deadline = Instant::now() + PATIENCE;
        while let Ok(Some(signal)) = self.manager.bus.next_signal(Some(deadline)) {
            let is_of_job = signal.body.get(1).and_then(Value::as_text) == Some(&self.job);
            if signal.name == "JobRemoved" && is_of_job {
                return;
            }
        }
    }
}

/// Asks systemd to stop the service whose main process a supervisor is; `None` where there is no such service, or systemd does
/// not answer: then the supervisor is asked, as it is on other hosts.
pub(crate) fn tell_to_stop(supervisor: u32) -> Option<StopOfUnit> {
    let unit = unit_of_process(supervisor).filter(|unit| unit.name().ends_with(".service"))?;
    let mut manager = Manager::connect().ok()?;
    let object = manager.unit_by_process(supervisor)?;
    // What runs in a service that is not its own, as everything that a session or another service started, is not to end that.
    let main = manager.property(&object, Kind::Service, "MainPID")?;
    if *main.inner() != Value::U32(supervisor) {
        return None;
    }
    let name = manager.text(&object, Kind::Unit, "Id");
    if name != unit.name() {
        return None;
    }
    let job = manager.unit_job("StopUnit", &name).ok()?;
    Some(StopOfUnit { manager, job })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_is_the_innermost_one() {
        let unit = |path: &str| unit_in(&format!("4:memory:/x.service\n0::{path}\n")).map(|unit| unit.0);
        assert_eq!(unit("/machine.slice/redd@web.service/supervisor").unwrap(), "redd@web.service");
        assert_eq!(unit("/machine.slice/redd@web.service").unwrap(), "redd@web.service");
        assert_eq!(unit("/machine.slice/machine-web.scope/supervisor").unwrap(), "machine-web.scope");
        for none in ["/", "/user.slice", "/a.service/b", "/supervisor"] {
            assert_eq!(unit(none), None, "{none}");
        }
    }
}
