//! The life of a running machine, as a state machine without I/O.

use std::time::Duration;

use redd_plan::init::{InitSeen, Means};
use redd_plan::supervision::{PidOne, Request, Supervision};
use redd_spec::init::InitKind;
use redd_spec::lifecycle::{NotifyReady, RebootAction, SignalNumber};

use crate::start::Ending;

/// How often it is looked whether PID 1 listens by now.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// Something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// The payload was executed.
    Executed,
    /// PID 1 says that it is ready.
    Ready,
    /// PID 1 describes itself.
    Status(String),
    /// PID 1 says which signals it handles (`X_SYSTEMD_SIGNALS_LEVEL=`).
    SignalsLevel(u32),
    /// redd is asked to stop the machine.
    StopRequested,
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
    /// Kill everything.
    KillAll,
    /// The machine is gone.
    Finish(Ending),
    /// The machine wants to be booted again.
    BootAgain,
}

/// How far a stop is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// Nobody asked.
    NotWanted,
    /// In an orderly way.
    Wanted,
    /// Everything was killed.
    Killed,
}

/// The state of a running machine.
#[derive(Debug)]
pub(super) struct Machine {
    supervision: Supervision,
    stop: Stop,
    /// What PID 1 is to be told as soon as it listens (AI3).
    queued: Option<Request>,
    announced: Announced,
    /// Whether the user knows that PID 1 does not listen.
    deafness: Announced,
}

/// Whether something was said that is said once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Announced {
    /// Not yet.
    No,
    /// It was.
    Yes,
}

/// PID 1 handles the signals that mean halt, power off and so on from this level on (AI3).
const SIGNALS_LEVEL: u32 = 2;

impl Machine {
    pub(super) fn new(supervision: Supervision) -> Self {
        let (announced, deafness) = (Announced::No, Announced::No);
        Self { supervision, stop: Stop::NotWanted, queued: None, announced, deafness }
    }

    /// What is to be done about an event.
    pub(super) fn on(&mut self, event: Event) -> Vec<Command> {
        match event {
            Event::Executed => match self.supervision.lifecycle.notify_ready {
                NotifyReady::AtExec => self.announce_ready(),
                NotifyReady::WhenPayloadIsReady => Vec::new(),
            },
            Event::Ready => self.on_ready(),
            Event::Status(status) => vec![Command::Notify(format!("STATUS={status}"))],
            Event::SignalsLevel(level) if level >= SIGNALS_LEVEL => self.look_again(Duration::ZERO),
            Event::SignalsLevel(_) => Vec::new(),
            Event::InitSeen(seen) => self.on_init_seen(&seen),
            Event::StopRequested => self.on_stop_requested(),
            Event::PowerOffTyped => self.on_power_off_typed(),
            Event::RebootTyped => self.on_reboot_typed(),
            Event::OrderFailed => self.warn_of_deafness(),
            Event::KillRequested | Event::StopTimedOut => self.kill(),
            Event::Ended(exit) => self.on_end(exit),
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
        commands.extend(self.look_again(Duration::ZERO));
        commands
    }

    /// The first request is orderly, the second one is not (R43).
    fn on_stop_requested(&mut self) -> Vec<Command> {
        match self.stop {
            Stop::NotWanted => self.stop(Request::Stop),
            Stop::Wanted | Stop::Killed => self.kill(),
        }
    }

    /// Typed once more, it says nothing new: there are keys that kill.
    fn on_power_off_typed(&mut self) -> Vec<Command> {
        match self.stop {
            Stop::NotWanted => self.stop(Request::PowerOff),
            Stop::Wanted | Stop::Killed => Vec::new(),
        }
    }

    /// Whoever asked for a stop does not want another boot.
    fn on_reboot_typed(&mut self) -> Vec<Command> {
        match self.stop {
            Stop::NotWanted => self.ask(Request::Reboot),
            Stop::Wanted | Stop::Killed => Vec::new(),
        }
    }

    fn stop(&mut self, request: Request) -> Vec<Command> {
        self.stop = Stop::Wanted;
        let mut commands = vec![Command::Notify("STOPPING=1".to_owned())];
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
    fn on_end(&self, exit: Exit) -> Vec<Command> {
        match self.conclude(exit) {
            end @ Command::Finish(_) if self.stop == Stop::NotWanted => {
                vec![Command::Notify("STOPPING=1".to_owned()), end]
            }
            end => vec![end],
        }
    }

    /// The kernel ends PID 1 with SIGHUP for a reboot and SIGINT for anything else that ends the system (UN4). Nothing else does:
    /// the kernel keeps these signals from a PID 1 that has no handler for them.
    fn conclude(&self, exit: Exit) -> Command {
        const SIGHUP: i32 = 1;
        const SIGINT: i32 = 2;
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
