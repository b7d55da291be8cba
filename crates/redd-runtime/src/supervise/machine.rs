//! The life of a running machine, as a state machine without I/O.

use std::time::Duration;

use redd_plan::supervision::{InitKind, Request, Supervision};
use redd_spec::lifecycle::{NotifyReady, RebootAction, SignalNumber};

use crate::start::Ending;

/// How often it is looked whether PID 1 handles the stop signal by now.
const HANDLER_INTERVAL: Duration = Duration::from_millis(50);

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
    /// It was looked whether PID 1 handles the stop signal.
    HandlerSeen(Handler),
    /// The time for an orderly stop is over.
    StopTimedOut,
    /// PID 1 ended, and everything with it.
    Ended(Exit),
}

/// Whether PID 1 handles a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handler {
    /// It catches it, or waits for it.
    Installed,
    /// The kernel would drop it.
    Missing,
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
    /// Look whether PID 1 handles the signal, after this time.
    WatchHandler(SignalNumber, Duration),
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
    /// What PID 1 would not hear yet (AI3).
    queued: Option<Request>,
    announced: Announced,
}

/// What redd's own supervisor was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Announced {
    /// Nothing.
    Nothing,
    /// `READY=1`
    Ready,
}

/// PID 1 handles the signals that mean halt, power off and so on from this level on (AI3).
const SIGNALS_LEVEL: u32 = 2;

impl Machine {
    pub(super) fn new(supervision: Supervision) -> Self {
        Self { supervision, stop: Stop::NotWanted, queued: None, announced: Announced::Nothing }
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
            Event::SignalsLevel(level) if level >= SIGNALS_LEVEL => self.send_queued(),
            Event::HandlerSeen(Handler::Installed) => self.send_queued(),
            Event::SignalsLevel(_) | Event::HandlerSeen(Handler::Missing) => {
                self.keep_watching(HANDLER_INTERVAL)
            }
            Event::StopRequested => self.on_stop_requested(),
            Event::PowerOffTyped => self.on_power_off_typed(),
            Event::RebootTyped => self.on_reboot_typed(),
            Event::KillRequested | Event::StopTimedOut => self.kill(),
            Event::Ended(exit) => vec![self.conclude(exit)],
        }
    }

    fn announce_ready(&mut self) -> Vec<Command> {
        match std::mem::replace(&mut self.announced, Announced::Ready) {
            Announced::Nothing => vec![Command::Notify("READY=1".to_owned())],
            Announced::Ready => Vec::new(),
        }
    }

    /// An init that is ready handles its signals, whether it announces levels or not.
    fn on_ready(&mut self) -> Vec<Command> {
        let mut commands = match self.supervision.lifecycle.notify_ready {
            NotifyReady::WhenPayloadIsReady => self.announce_ready(),
            NotifyReady::AtExec => Vec::new(),
        };
        commands.extend(self.send_queued());
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
        let timer = Command::StartStopTimer(self.supervision.lifecycle.stop_timeout);
        let mut commands = vec![Command::Notify("STOPPING=1".to_owned()), timer];
        commands.extend(self.ask(request));
        commands
    }

    fn ask(&mut self, request: Request) -> Vec<Command> {
        self.queued = Some(request);
        match self.supervision.init {
            InitKind::Init => self.keep_watching(Duration::ZERO),
            InitKind::Command => self.send_queued(),
        }
    }

    fn send_queued(&mut self) -> Vec<Command> {
        let signal = self.queued.take().and_then(|request| self.supervision.signal(request));
        signal.map(Command::Signal).into_iter().collect()
    }

    fn keep_watching(&self, after: Duration) -> Vec<Command> {
        let signal = self.queued.and_then(|request| self.supervision.signal(request));
        signal.map(|signal| Command::WatchHandler(signal, after)).into_iter().collect()
    }

    fn kill(&mut self) -> Vec<Command> {
        self.stop = Stop::Killed;
        vec![Command::KillAll]
    }

    /// The kernel ends an init with SIGHUP for a reboot and SIGINT for anything else that ends the system (UN4).
    fn conclude(&self, exit: Exit) -> Command {
        const SIGHUP: i32 = 1;
        const SIGINT: i32 = 2;
        let is_reboot = exit == Exit::Signal(SIGHUP) && self.stop != Stop::Killed;
        match (self.supervision.init, exit) {
            (InitKind::Init, _) if is_reboot => match self.supervision.lifecycle.reboot {
                // Whoever asked for a stop does not want a new start.
                _ if self.stop != Stop::NotWanted => Command::Finish(Ending::Exited(0)),
                RebootAction::BootAgain => Command::BootAgain,
                RebootAction::ExitForRestart => Command::Finish(Ending::RestartWanted),
            },
            (InitKind::Init, Exit::Signal(SIGINT)) => Command::Finish(Ending::Exited(0)),
            (_, Exit::Status(status)) => Command::Finish(Ending::Exited(status)),
            (_, Exit::Signal(signal)) => Command::Finish(Ending::Killed(signal)),
        }
    }
}

#[cfg(test)]
mod tests {
    use redd_spec::console::ConsoleMode;
    use redd_spec::lifecycle::Lifecycle;

    use super::*;

    fn init(notify_ready: NotifyReady, reboot: RebootAction) -> Machine {
        Machine::new(Supervision {
            console: ConsoleMode::ReadOnly,
            terminals: Vec::new(),
            background: None,
            lifecycle: Lifecycle {
                kill_signal: SignalNumber::RTMIN_PLUS_3,
                stop_timeout: Duration::from_secs(90),
                notify_ready,
                reboot,
            },
            init: InitKind::Init,
        })
    }

    fn booted() -> Machine {
        init(NotifyReady::WhenPayloadIsReady, RebootAction::BootAgain)
    }

    #[test]
    fn readiness_is_announced_once_and_when_it_was_asked_for() {
        let mut machine = booted();
        assert_eq!(machine.on(Event::Executed), []);
        assert_eq!(machine.on(Event::Ready), [Command::Notify("READY=1".to_owned())]);
        assert_eq!(machine.on(Event::Ready), []);
        let mut machine = init(NotifyReady::AtExec, RebootAction::BootAgain);
        assert_eq!(machine.on(Event::Executed), [Command::Notify("READY=1".to_owned())]);
        assert_eq!(machine.on(Event::Ready), []);
    }

    #[test]
    fn a_stop_waits_until_the_init_handles_the_signal() {
        let mut machine = booted();
        let commands = machine.on(Event::StopRequested);
        let now = Command::WatchHandler(SignalNumber::RTMIN_PLUS_3, Duration::ZERO);
        assert!(commands.contains(&now), "an init that listens need not wait");
        assert!(!commands.iter().any(|command| matches!(command, Command::Signal(_))));
        assert_eq!(
            machine.on(Event::HandlerSeen(Handler::Missing)),
            [Command::WatchHandler(SignalNumber::RTMIN_PLUS_3, HANDLER_INTERVAL)]
        );
        assert_eq!(machine.on(Event::SignalsLevel(2)), [Command::Signal(SignalNumber::RTMIN_PLUS_3)]);
        assert_eq!(machine.on(Event::HandlerSeen(Handler::Installed)), []);
    }

    #[test]
    fn a_second_stop_kills() {
        let mut machine = booted();
        machine.on(Event::SignalsLevel(2));
        machine.on(Event::StopRequested);
        assert_eq!(machine.on(Event::StopRequested), [Command::KillAll]);
    }

    #[test]
    fn a_stop_that_takes_too_long_kills() {
        let mut machine = booted();
        machine.on(Event::StopRequested);
        assert_eq!(machine.on(Event::StopTimedOut), [Command::KillAll]);
        assert_eq!(machine.on(Event::Ended(Exit::Signal(9))), [Command::Finish(Ending::Killed(9))]);
    }

    #[test]
    fn ends_of_an_init_have_their_meaning() {
        let end = |signal| booted().on(Event::Ended(signal));
        assert_eq!(end(Exit::Signal(1)), [Command::BootAgain]);
        assert_eq!(end(Exit::Signal(2)), [Command::Finish(Ending::Exited(0))]);
        assert_eq!(end(Exit::Status(7)), [Command::Finish(Ending::Exited(7))]);
        assert_eq!(end(Exit::Signal(11)), [Command::Finish(Ending::Killed(11))]);
        let mut kept = init(NotifyReady::AtExec, RebootAction::ExitForRestart);
        assert_eq!(kept.on(Event::Ended(Exit::Signal(1))), [Command::Finish(Ending::RestartWanted)]);
    }

    #[test]
    fn a_machine_that_is_being_stopped_does_not_reboot() {
        let mut machine = booted();
        machine.on(Event::StopRequested);
        assert_eq!(machine.on(Event::Ended(Exit::Signal(1))), [Command::Finish(Ending::Exited(0))]);
    }

    #[test]
    fn keys_ask_for_a_power_off_or_a_reboot_once_the_init_listens() {
        for (event, signal) in [
            (Event::PowerOffTyped, SignalNumber::RTMIN_PLUS_4),
            (Event::RebootTyped, SignalNumber::RTMIN_PLUS_5),
        ] {
            let mut machine = booted();
            let commands = machine.on(event.clone());
            assert!(commands.contains(&Command::WatchHandler(signal, Duration::ZERO)));
            assert_eq!(machine.on(Event::HandlerSeen(Handler::Installed)), [Command::Signal(signal)]);
            assert!(!machine.on(event).contains(&Command::KillAll), "typed twice it is no more than it was");
        }
    }

    #[test]
    fn a_reboot_by_keys_boots_again_and_a_power_off_does_not() {
        let mut machine = booted();
        machine.on(Event::RebootTyped);
        assert_eq!(machine.on(Event::Ended(Exit::Signal(1))), [Command::BootAgain]);
        let mut machine = booted();
        machine.on(Event::PowerOffTyped);
        assert_eq!(machine.on(Event::Ended(Exit::Signal(1))), [Command::Finish(Ending::Exited(0))]);
    }

    #[test]
    fn a_stop_that_is_asked_for_after_a_reboot_takes_its_place() {
        let mut machine = booted();
        machine.on(Event::RebootTyped);
        machine.on(Event::StopRequested);
        assert_eq!(machine.on(Event::RebootTyped), []);
        assert_eq!(machine.on(Event::SignalsLevel(2)), [Command::Signal(SignalNumber::RTMIN_PLUS_3)]);
    }

    #[test]
    fn a_command_is_stopped_by_its_own_signal_and_does_not_reboot() {
        let mut machine = booted();
        machine.supervision.init = InitKind::Command;
        assert_eq!(machine.on(Event::RebootTyped), []);
        assert!(machine.on(Event::PowerOffTyped).contains(&Command::Signal(SignalNumber::RTMIN_PLUS_3)));
    }
}
