//! `io.redd.Machine` and `io.systemd.MachineInstance`: what can be asked of a supervisor.

use std::path::PathBuf;

use redd_spec::lifecycle::SignalNumber;
use serde::{Deserialize, Serialize};

use crate::entry::Entry;
use crate::event::Phase;

/// redd's own interface.
pub const INTERFACE: &str = "io.redd.Machine";
/// The one that systemd's tools know.
pub const INSTANCE: &str = "io.systemd.MachineInstance";

/// Methods of redd's own interface.
pub mod method {
    /// [`Description`](super::Description)
    pub const DESCRIBE: &str = "io.redd.Machine.Describe";
    /// Takes [`Stop`](super::Stop); the answer comes at once.
    pub const STOP: &str = "io.redd.Machine.Stop";
    /// Takes [`Kill`](super::Kill).
    pub const KILL: &str = "io.redd.Machine.Kill";
    /// Freezes every process of the payload.
    pub const PAUSE: &str = "io.redd.Machine.Pause";
    /// Lets them go on.
    pub const RESUME: &str = "io.redd.Machine.Resume";
    /// Gives [`Entry`](super::Entry), and PID 1's pidfd with it.
    pub const ENTER: &str = "io.redd.Machine.Enter";
    /// [`Occurrence`](crate::event::Occurrence), one after the other.
    pub const SUBSCRIBE: &str = "io.redd.Machine.SubscribeEvents";
    /// Tells the supervisor what a verb has changed: [`Change`](super::Change). It holds for later boots.
    pub const ADOPT: &str = "io.redd.Machine.Adopt";
    /// Gives one end of a connection to the console: [`AttachConsole`](super::AttachConsole).
    pub const ATTACH_CONSOLE: &str = "io.redd.Machine.AttachConsole";
    /// Takes [`Upgrade`](super::Upgrade); another program goes on in the supervisor's place, and answers with [`Upgraded`](super::Upgraded).
    pub const UPGRADE: &str = "io.redd.Machine.Upgrade";
}

/// Methods of the interface that systemd's tools know. What a container has nothing for is answered with
/// [`error::INSTANCE_NOT_SUPPORTED`].
pub mod instance {
    /// Kills everything.
    pub const TERMINATE: &str = "io.systemd.MachineInstance.Terminate";
    /// Tells the init to power off.
    pub const POWER_OFF: &str = "io.systemd.MachineInstance.PowerOff";
    /// Tells the init to reboot.
    pub const REBOOT: &str = "io.systemd.MachineInstance.Reboot";
    /// Freezes every process of the payload.
    pub const PAUSE: &str = "io.systemd.MachineInstance.Pause";
    /// Lets them go on.
    pub const RESUME: &str = "io.systemd.MachineInstance.Resume";
    /// Tells whether it runs.
    pub const DESCRIBE: &str = "io.systemd.MachineInstance.Describe";
    /// Takes names of events, and tells them.
    pub const SUBSCRIBE: &str = "io.systemd.MachineInstance.SubscribeEvents";
}

/// What a supervisor may answer instead.
pub mod error {
    /// The machine is not in a state for that.
    pub const BAD_STATE: &str = "io.redd.Machine.BadState";
    /// The host cannot do it.
    pub const NOT_SUPPORTED: &str = "io.redd.Machine.NotSupported";
    /// It was tried, and failed: `what`, `errno`.
    pub const FAILED: &str = "io.redd.Machine.Failed";
    /// A container has nothing of the kind.
    pub const INSTANCE_NOT_SUPPORTED: &str = "io.systemd.MachineInstance.NotSupported";
    /// It was tried, and failed, as systemd's tools have it: `errno`.
    pub const SYSTEM: &str = "io.systemd.System";
    /// Somebody drives the console already: `by` is `terminal` for the one where the machine was started.
    pub const CONSOLE_TAKEN: &str = "io.redd.Machine.ConsoleTaken";
    /// The machine has no console, or no place for one more at it: `what`.
    pub const NO_CONSOLE: &str = "io.redd.Machine.NoConsole";
    /// The supervisor is the program it was: `what` tells why.
    pub const NOT_UPGRADED: &str = "io.redd.Machine.NotUpgraded";
}

/// A reply without anything in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {}

/// How a machine is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    /// Its name.
    pub name: String,
    /// How far it is.
    pub phase: Phase,
    /// Whether it is frozen.
    pub paused: bool,
    /// What PID 1 said last of itself, escaped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Its PID 1, as the host counts; none between two boots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leader: Option<i32>,
    /// When the first boot began, in microseconds since 1970.
    pub started: u64,
    /// When this boot began.
    pub booted: u64,
    /// When this boot was ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<u64>,
    /// How often it was booted since it was started, the first time included.
    pub boots: u32,
    /// How often it was started again because it had ended.
    pub restarts: u32,
    /// The payload's cgroup in each hierarchy, as directories of the host.
    pub cgroups: Vec<String>,
    /// The link of the host that leads to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_link: Option<String>,
}

/// How a machine is to be ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopMode {
    /// As its starter chose (`--kill-signal=`), and everything is killed when the time is over.
    Orderly,
    /// As its init calls a power-off.
    PowerOff,
    /// As its init calls a reboot.
    Reboot,
    /// In an orderly way, and then booted again by the same supervisor.
    Restart,
    /// Everything is killed.
    Now,
}

/// Parameters of [`method::STOP`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stop {
    /// How.
    pub mode: StopMode,
    /// Instead of the time that its starter chose, in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
}

/// Which processes get a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whom {
    /// PID 1.
    Leader,
    /// redd itself.
    Supervisor,
    /// Every process of the payload.
    All,
}

/// Parameters of [`method::KILL`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kill {
    /// The signal.
    pub signal: i32,
    /// Who gets it.
    pub whom: Whom,
}

impl Kill {
    /// The signal, where there is one of that number.
    #[must_use]
    pub const fn number(&self) -> Option<SignalNumber> {
        SignalNumber::new(self.signal)
    }
}

/// Reply of [`method::ENTER`]; the first descriptor with it is PID 1's pidfd.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enter {
    /// PID 1, as the host counts.
    pub leader: i32,
    /// How the payload is confined.
    pub entry: Entry,
}

/// Parameters of [`method::ATTACH_CONSOLE`]; a descriptor comes with the reply, see [`crate::console`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachConsole {
    /// As whom.
    pub mode: Attach,
}

/// Who wants the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attach {
    /// Whoever only looks.
    Watch,
    /// Whoever types there. One at a time.
    Drive,
    /// Whoever types there instead of the one who does; that one watches from then on.
    TakeOver,
}

/// Parameters of [`method::UPGRADE`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upgrade {
    /// The program that is to go on, as the supervisor finds it: an absolute path.
    pub program: PathBuf,
}

/// Reply of [`method::UPGRADE`], of the program that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upgraded {
    /// Its version.
    pub redd: String,
}

/// Parameters of [`method::ADOPT`]: an option of the command line with a value, as if the machine had been started so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The option, without dashes: `memory`, `bind`.
    pub option: String,
    /// Its value; none where it is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}
