//! What is remembered of a machine that ended (`last.json`), for whoever asks why it does not run.

use std::path::Path;

use redd_control::ending::LastEnding;
use redd_plan::cgroup::CgroupPath;
use redd_spec::name::MachineName;

use crate::error::{best_effort, with_causes};
use crate::facts::read_text;
use crate::restart::Cause;
use crate::supervise::Known;
use crate::supervise::report::now;
use crate::{Ending, Error};

fn oom_kills(cgroups: &[CgroupPath]) -> u64 {
    cgroups.iter().filter_map(|path| kills_in(&path.0)).max().unwrap_or_default()
}

fn kills_in(cgroup: &Path) -> Option<u64> {
    let text = |name: &str| read_text(cgroup.join(name)).ok().flatten();
    let text = text("memory.events").or_else(|| text("memory.oom_control"))?;
    text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
}

/// How the last boot of a machine ended, as far as its exit status does not tell.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Circumstances {
    /// Whether somebody asked redd for it.
    pub(crate) asked: bool,
    /// As many processes the kernel killed for want of memory.
    pub(crate) oom_kills: u64,
}

impl Circumstances {
    /// Those of a boot whose cgroups are still there. Where all went well nobody asks the kernel.
    pub(crate) fn of(known: Known<'_>, ending: Ending, cause: Cause) -> Self {
        let oom_kills = if ending == Ending::Exited(0) { 0 } else { oom_kills(&known.brief().cgroups) };
        Self { asked: cause == Cause::Asked, oom_kills }
    }
}

/// Remembers how a life ended. That it cannot be is no reason to fail.
pub(crate) fn remember(name: &MachineName, ending: Ending, circumstances: Circumstances) {
    let Circumstances { asked, oom_kills } = circumstances;
    let (status, signal) = match ending {
        Ending::Exited(status) => (Some(status), None),
        Ending::Killed(signal) => (None, Some(signal)),
        Ending::RestartWanted => (Some(0), None),
    };
    let ending = LastEnding { ended: now(), status, signal, asked, oom_kills, ..LastEnding::default() };
    best_effort(ending.write(name));
}

/// Remembers why a machine could not be started, or supervised.
pub(crate) fn remember_error(name: &MachineName, error: &Error) {
    let ending = LastEnding::of_error(now(), &with_causes(error));
    let conflict = matches!(error, Error::TreeBusy { .. });
    best_effort(LastEnding { conflict, ..ending }.write(name));
}
