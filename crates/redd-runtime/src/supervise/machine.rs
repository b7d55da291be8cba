//! The life of a running machine, as a state machine without I/O.

use std::time::Duration;

use redd_control::event::{Event as Published, Phase};
use redd_control::machine::{Stop as Ask, StopMode};
use redd_plan::init::{InitSeen, Means};
use redd_plan::supervision::{PidOne, Request, Supervision};
use redd_spec::init::InitKind;
use redd_spec::lifecycle::{NotifyReady, RebootAction, RestartPolicy, SignalNumber};
use redd_spec::parse::LifeChange;
use serde::{Deserialize, Serialize};

use super::health::Failure;
use crate::restart::Cause;
use crate::start::Ending;

/// How long processes that were told to end may take before they are killed.
const END_TIMEOUT: Duration = Duration::from_secs(2);
/// How often it is looked whether PID 1 listens by now.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// Something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// The payload was executed.
    Executed,
    /// PID 1 says that it is ready.
    Ready,
    /// PID 1 reads its configuration again, since this time (`MONOTONIC_USEC=`).
    Reloading(Option<u64>),
    /// PID 1 is about to end.
    Stopping,
    /// PID 1 needs this much more time.
    MoreTime(Duration),
    /// PID 1 wants to be missed after another time.
    WatchdogTime(Duration),
    /// PID 1 failed with an error of the kernel's.
    Errno(u32),
    /// PID 1 will exit with this status.
    ExitStatus(u8),
    /// PID 1 failed with an error of D-Bus.
    BusError(String),
    /// PID 1 describes itself.
    Status(String),
    /// PID 1 gives a sign of life.
    Watchdog,
    /// PID 1 counts as failed.
    Unhealthy(Failure),
    /// PID 1 says which signals it handles (`X_SYSTEMD_SIGNALS_LEVEL=`).
    SignalsLevel(u32),
    /// redd is asked to stop the machine.
    StopRequested,
    /// Somebody asked for an end, or for another boot.
    Asked(Ask),
    /// The user wants it gone now.
    KillRequested,
    /// The user typed the keys for an orderly power-off.
    PowerOffTyped,
    /// The user typed the keys for an orderly reboot.
    RebootTyped,
    /// It was looked what PID 1 is by now, and what it listens to.
    InitSeen(InitSeen),
    /// What was to be written for the init could not be written at all.
    OrderFailed,
    /// The time for an orderly stop is over.
    StopTimedOut,
    /// PID 1 ended, and everything with it.
    Ended(Exit),
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// By exiting.
    Status(u8),
    /// By a signal.
    Signal(i32),
}

/// Something is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// Tell redd's own supervisor.
    Notify(String),
    /// Tell everybody who listens.
    Publish(Published),
    /// Send PID 1 a signal.
    Signal(SignalNumber),
    /// Write where the init looks for it, as soon as that is possible.
    Order(Means),
    /// Look what PID 1 is and what it listens to, after this time.
    LookAtInit(Duration),
    /// Tell the user.
    Warn(String),
    /// Wait this long for an orderly stop.
    StartStopTimer(Duration),
    /// Wait at least this long for it.
    ExtendStopTimer(Duration),
    /// Tell every process to end.
    EndAll,
    /// Kill everything.
    KillAll,
    /// The machine is gone.
    Finish(Ending),
    /// The machine wants to be booted again.
    BootAgain,
}

/// How far a stop is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Stop {
    /// Nobody asked.
    NotWanted,
    /// In an orderly way.
    Wanted,
    /// Its time is over: every process was told to end.
    Ending,
    /// Everything was killed.
    Killed,
}

/// What comes after a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum After {
    /// Nothing.
    End,
    /// Another boot.
    Boot,
}

/// The state of a running machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Machine {
    supervision: Supervision,
    stop: Stop,
    after: After,
    phase: Phase,
    /// What PID 1 is to be told as soon as it listens (AI3).
    queued: Option<Request>,
    announced: Announced,
    #[serde(default)]
    end_announced: Announced,
    health: PidOneHealth,
    /// Whether the user knows that PID 1 does not listen.
    deafness: Announced,
}

/// Whether PID 1 was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum PidOneHealth {
    /// It was not.
    Good,
    /// It was, and everything was killed.
    Failed,
}

/// Whether something was said that is said once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Announced {
    /// Not yet.
    #[default]
    No,
    /// It was.
    Yes,
}

/// PID 1 handles the signals that mean halt, power off and so on from this level on (AI3).
const SIGNALS_LEVEL: u32 = 2;

impl Machine {
    pub(super) fn new(supervision: Supervision) -> Self {
        let (announced, end_announced, deafness) = (Announced::No, Announced::No, Announced::No);
        let health = PidOneHealth::Good;
        let (stop, after, phase) = (Stop::NotWanted, After::End, Phase::Starting);
        Self { supervision, stop, after, phase, queued: None, announced, end_announced, health, deafness }
    }

    /// How far it is.
    pub(super) const fn phase(&self) -> Phase {
        self.phase
    }

    /// Something is another way from now on.
    pub(super) fn change(&mut self, change: LifeChange) {
        change.apply(&mut self.supervision.lifecycle);
    }

    /// What is to be done about an event.
    pub(super) fn on(&mut self, event: Event) -> Vec<Command> {
        match event {
            Event::Executed => self.on_executed(),
            Event::Ready => self.on_ready(),
            Event::Status(text) => {
                vec![Command::Notify(format!("STATUS={text}")), Command::Publish(Published::Status { text })]
            }
            Event::SignalsLevel(level) if level >= SIGNALS_LEVEL => self.look_again(Duration::ZERO),
            Event::SignalsLevel(_) | Event::Watchdog | Event::WatchdogTime(_) => Vec::new(),
            Event::Reloading(since) => self.on_reloading(since),
            Event::Stopping => self.on_stopping(),
            Event::MoreTime(time) => self.on_more_time(time),
            Event::Errno(errno) => vec![Command::Notify(format!("ERRNO={errno}"))],
            Event::ExitStatus(status) => vec![Command::Notify(format!("EXIT_STATUS={status}"))],
            Event::BusError(name) => vec![Command::Notify(format!("BUSERROR={name}"))],
            Event::Unhealthy(failure) => self.on_failure(failure),
            Event::InitSeen(seen) => self.on_init_seen(&seen),
            Event::StopRequested => self.on_stop_requested(),
            Event::Asked(ask) => self.on_asked(&ask),
            Event::PowerOffTyped => self.on_power_off_typed(),
            Event::RebootTyped => self.on_reboot_typed(),
            Event::OrderFailed => self.warn_of_deafness(),
            Event::KillRequested => self.kill(),
            Event::StopTimedOut => self.on_stop_timed_out(),
            Event::Ended(exit) => self.on_end(exit),
        }
    }

    /// A command is ready when it runs.
    fn on_executed(&mut self) -> Vec<Command> {
        let mut commands = match self.supervision.lifecycle.notify_ready {
            NotifyReady::AtExec => self.announce_ready(),
            NotifyReady::WhenPayloadIsReady => Vec::new(),
        };
        let is_ready = match self.supervision.pid1 {
            PidOne::Command => true,
            PidOne::Init(kind) => !kind.may_tell_readiness(),
        };
        commands.extend(self.enter(if is_ready { Phase::Running } else { Phase::Starting }));
        commands
    }

    fn enter(&mut self, phase: Phase) -> Option<Command> {
        self.phase = phase;
        Some(Command::Publish(Published::Phase { phase }))
    }

    /// A stop has a time of its own.
    fn on_failure(&mut self, failure: Failure) -> Vec<Command> {
        if self.stop != Stop::NotWanted {
            return Vec::new();
        }
        self.health = PidOneHealth::Failed;
        vec![Command::Warn(format!("{failure}: it is killed")), Command::KillAll]
    }

    /// How a machine came to this end.
    pub(super) fn cause(&self, ending: Ending) -> Cause {
        match ending {
            _ if self.stop != Stop::NotWanted => Cause::Asked,
            _ if self.health == PidOneHealth::Failed => Cause::Failed,
            Ending::Exited(0) | Ending::RestartWanted => Cause::Done,
            Ending::Exited(_) | Ending::Killed(_) => Cause::Failed,
        }
    }

    fn announce_ready(&mut self) -> Vec<Command> {
        match std::mem::replace(&mut self.announced, Announced::Yes) {
            Announced::No => vec![Command::Notify("READY=1".to_owned())],
            Announced::Yes => Vec::new(),
        }
    }

    /// An init that is ready listens, whether it announces levels or not.
    fn on_ready(&mut self) -> Vec<Command> {
        let mut commands = match self.supervision.lifecycle.notify_ready {
            NotifyReady::WhenPayloadIsReady => self.announce_ready(),
            NotifyReady::AtExec => Vec::new(),
        };
        if self.phase == Phase::Starting {
            commands.extend(self.enter(Phase::Running));
        }
        commands.extend(self.look_again(Duration::ZERO));
        commands
    }

    /// Who waits for redd has it back when PID 1 is ready again.
    fn on_reloading(&mut self, since: Option<u64>) -> Vec<Command> {
        let relays = self.supervision.lifecycle.notify_ready == NotifyReady::WhenPayloadIsReady;
        if !relays || self.announced == Announced::No || self.stop != Stop::NotWanted {
            return Vec::new();
        }
        self.announced = Announced::No;
        let since = since.map_or_else(String::new, |since| format!("\nMONOTONIC_USEC={since}"));
        vec![Command::Notify(format!("RELOADING=1{since}"))]
    }

    /// PID 1 does not say whether it will be booted again. Where redd boots it again itself, nobody else has to know.
    fn on_stopping(&mut self) -> Vec<Command> {
        match self.supervision.lifecycle.reboot {
            RebootAction::ExitForRestart => self.announce_end(),
            RebootAction::BootAgain => Vec::new(),
        }
    }

    fn announce_end(&mut self) -> Vec<Command> {
        match std::mem::replace(&mut self.end_announced, Announced::Yes) {
            Announced::No => vec![Command::Notify("STOPPING=1".to_owned())],
            Announced::Yes => Vec::new(),
        }
    }

    /// While it starts or stops somebody waits for it.
    fn on_more_time(&self, time: Duration) -> Vec<Command> {
        let tell = Command::Notify(format!("EXTEND_TIMEOUT_USEC={}", time.as_micros()));
        match self.stop {
            Stop::Wanted => vec![Command::ExtendStopTimer(time), tell],
            Stop::NotWanted if self.phase == Phase::Starting => vec![tell],
            Stop::NotWanted if self.end_announced == Announced::Yes => vec![tell],
            Stop::NotWanted | Stop::Ending | Stop::Killed => Vec::new(),
        }
    }

    /// Who asks a second time waits with the first one.
    fn on_asked(&mut self, ask: &Ask) -> Vec<Command> {
        if ask.mode == StopMode::Now {
            self.after = After::End;
            return self.kill();
        }
        if self.stop != Stop::NotWanted {
            return Vec::new();
        }
        let mut commands = match ask.mode {
            StopMode::Reboot => return self.on_reboot_typed(),
            StopMode::PowerOff => self.stop(Request::PowerOff),
            StopMode::Restart => {
                self.after = After::Boot;
                self.stop(Request::Stop)
            }
            StopMode::Orderly | StopMode::Now => self.stop(Request::Stop),
        };
        commands.extend(ask.timeout.map(Duration::from_micros).map(Command::StartStopTimer));
        commands
    }

    /// A payload that does not hear its init's word may have processes that hear SIGTERM (R43).
    fn on_stop_timed_out(&mut self) -> Vec<Command> {
        match (self.stop, self.supervision.pid1) {
            (Stop::Wanted, PidOne::Init(_)) => {
                self.stop = Stop::Ending;
                vec![Command::EndAll, Command::StartStopTimer(END_TIMEOUT)]
            }
            _ => self.kill(),
        }
    }

    /// The first request is orderly, the second one is not (R43).
    fn on_stop_requested(&mut self) -> Vec<Command> {
        match self.stop {
            Stop::NotWanted => self.stop(Request::Stop),
            Stop::Wanted | Stop::Ending | Stop::Killed => {
                self.after = After::End;
                self.kill()
            }
        }
    }

    /// Typed once more, it says nothing new: there are keys that kill.
    fn on_power_off_typed(&mut self) -> Vec<Command> {
        match self.stop {
            Stop::NotWanted => self.stop(Request::PowerOff),
            Stop::Wanted | Stop::Ending | Stop::Killed => Vec::new(),
        }
    }

    /// Whoever asked for a stop does not want another boot.
    fn on_reboot_typed(&mut self) -> Vec<Command> {
        match self.stop {
            Stop::NotWanted => {
                let mut commands = self.ask(Request::Reboot);
                if !commands.is_empty() {
                    commands.extend(self.enter(Phase::Rebooting));
                }
                commands
            }
            Stop::Wanted | Stop::Ending | Stop::Killed => Vec::new(),
        }
    }

    fn stop(&mut self, request: Request) -> Vec<Command> {
        self.stop = Stop::Wanted;
        let mut commands = self.announce_end();
        commands.extend(self.enter(match self.after {
            After::End => Phase::Stopping,
            After::Boot => Phase::Rebooting,
        }));
        commands.extend(self.supervision.lifecycle.stop_timeout.map(Command::StartStopTimer));
        commands.extend(self.ask(request));
        commands
    }

    /// Tells PID 1 what is wanted of it: now, or when it listens.
    fn ask(&mut self, request: Request) -> Vec<Command> {
        match (self.supervision.means(request), self.supervision.pid1) {
            (Some(Means::Signal(signal)), PidOne::Command) => vec![Command::Signal(signal)],
            (Some(Means::Signal(_)), PidOne::Init(_)) => self.queue(request),
            (Some(means), _) => vec![Command::Order(means)],
            (None, PidOne::Init(_)) if request == Request::Reboot => self.queue(request),
            (None, _) if request == Request::Reboot => Vec::new(),
            (None, _) => self.kill(),
        }
    }

    fn queue(&mut self, request: Request) -> Vec<Command> {
        self.queued = Some(request);
        self.look_again(Duration::ZERO)
    }

    fn on_init_seen(&mut self, seen: &InitSeen) -> Vec<Command> {
        let Some(request) = self.queued else { return Vec::new() };
        let told = match self.supervision.means_for(request, seen) {
            Some(Means::Signal(signal)) if seen.hears(signal) => Some(vec![Command::Signal(signal)]),
            Some(Means::Signal(_)) => None,
            Some(means) => Some(vec![Command::Order(means)]),
            None => Some(Vec::new()),
        };
        if let Some(commands) = told {
            self.queued = None;
            return commands;
        }
        let mut commands = self.look_again(LOOK_INTERVAL);
        // An init that is known only needs time.
        if self.supervision.pid1 == PidOne::Init(InitKind::Other) {
            commands.extend(self.warn_of_deafness());
        }
        commands
    }

    fn look_again(&self, after: Duration) -> Vec<Command> {
        self.queued.map(|_request| Command::LookAtInit(after)).into_iter().collect()
    }

    fn warn_of_deafness(&mut self) -> Vec<Command> {
        if std::mem::replace(&mut self.deafness, Announced::Yes) == Announced::Yes {
            return Vec::new();
        }
        let end = match self.supervision.lifecycle.stop_timeout {
            Some(limit) => format!("it is killed in {limit:?}"),
            None => "ask a second time to kill it".to_owned(),
        };
        vec![Command::Warn(format!("PID 1 listens to nothing that would make it stop: {end}"))]
    }

    fn kill(&mut self) -> Vec<Command> {
        self.stop = Stop::Killed;
        vec![Command::KillAll]
    }

    /// Whoever waits for redd knows that nothing comes any more.
    fn on_end(&mut self, exit: Exit) -> Vec<Command> {
        let mut commands = vec![Command::Publish(match exit {
            Exit::Status(status) => Published::Exited { status: Some(status), signal: None },
            Exit::Signal(signal) => Published::Exited { status: None, signal: Some(signal) },
        })];
        let end = self.conclude(exit);
        // A service manager that has heard this asks for nothing any more, and kills redd after a while: where another boot may
        // come it is not said.
        let is_last = self.supervision.lifecycle.restart.policy == RestartPolicy::No;
        if matches!(end, Command::Finish(_)) && self.stop == Stop::NotWanted && is_last {
            commands.extend(self.announce_end());
        }
        commands.push(end);
        commands
    }

    /// The kernel ends PID 1 with SIGHUP for a reboot and SIGINT for anything else that ends the system (UN4). Nothing else does:
    /// the kernel keeps these signals from a PID 1 that has no handler for them.
    fn conclude(&self, exit: Exit) -> Command {
        const SIGHUP: i32 = 1;
        const SIGINT: i32 = 2;
        if self.after == After::Boot {
            return Command::BootAgain;
        }
        let is_reboot = exit == Exit::Signal(SIGHUP) && self.stop != Stop::Killed;
        match exit {
            _ if is_reboot => match self.supervision.lifecycle.reboot {
                // Whoever asked for a stop does not want a new start.
                _ if self.stop != Stop::NotWanted => Command::Finish(Ending::Exited(0)),
                RebootAction::BootAgain => Command::BootAgain,
                RebootAction::ExitForRestart => Command::Finish(Ending::RestartWanted),
            },
            Exit::Signal(SIGINT) => Command::Finish(Ending::Exited(0)),
            Exit::Status(status) => Command::Finish(Ending::Exited(status)),
            Exit::Signal(signal) => Command::Finish(Ending::Killed(signal)),
        }
    }
}

#[cfg(test)]
mod tests;
