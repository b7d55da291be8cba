use redd_plan::init::End;
use redd_spec::console::ConsoleMode;
use redd_spec::lifecycle::{Health, Lifecycle, Restart, StopMethod};

use super::*;

const TERM: u64 = 1 << 14;
const RTMIN_PLUS_3: u64 = 1 << 36;

fn lifecycle() -> Lifecycle {
    Lifecycle {
        stop: StopMethod::ByKind,
        stop_timeout: Some(Duration::from_secs(90)),
        notify_ready: NotifyReady::WhenPayloadIsReady,
        reboot: RebootAction::BootAgain,
        restart: Restart::default(),
        health: Health::default(),
        after: Vec::new(),
    }
}

fn machine(pid1: PidOne, lifecycle: Lifecycle) -> Machine {
    Machine::new(Supervision {
        console: ConsoleMode::ReadOnly,
        terminals: Vec::new(),
        background: None,
        lifecycle,
        pid1,
    })
}

fn init(kind: InitKind) -> Machine {
    machine(PidOne::Init(kind), lifecycle())
}

fn booted() -> Machine {
    init(InitKind::Systemd)
}

impl Machine {
    /// What is done about an event, beside what is told to whoever listens.
    fn done(&mut self, event: Event) -> Vec<Command> {
        let is_told = |command: &Command| matches!(command, Command::Publish(_));
        self.on(event).into_iter().filter(|command| !is_told(command)).collect()
    }

    /// What is told to whoever listens.
    fn told(&mut self, event: Event) -> Vec<Published> {
        let told = |command| match command {
            Command::Publish(event) => Some(event),
            _ => None,
        };
        self.on(event).into_iter().filter_map(told).collect()
    }
}

fn asked(mode: StopMode, timeout: Option<u64>) -> Event {
    Event::Asked(Ask { mode, timeout })
}

fn seen(program: &str, heard: u64) -> Event {
    Event::InitSeen(InitSeen { program: program.to_owned(), heard, is_waiting: false })
}

/// What is done about a stop, beside what is said and the timer.
fn stop(machine: &mut Machine) -> Vec<Command> {
    let commands = machine.done(Event::StopRequested);
    let mut commands = commands.into_iter();
    assert_eq!(commands.next(), Some(Command::Notify("STOPPING=1".to_owned())));
    commands.filter(|command| !matches!(command, Command::StartStopTimer(_))).collect()
}

#[test]
fn readiness_is_announced_once_and_when_it_was_asked_for() {
    let mut machine = booted();
    assert_eq!(machine.done(Event::Executed), []);
    assert_eq!(machine.done(Event::Ready), [Command::Notify("READY=1".to_owned())]);
    assert_eq!(machine.done(Event::Ready), []);
    let at_exec = Lifecycle { notify_ready: NotifyReady::AtExec, ..lifecycle() };
    let mut machine = self::machine(PidOne::Init(InitKind::Systemd), at_exec);
    assert_eq!(machine.done(Event::Executed), [Command::Notify("READY=1".to_owned())]);
    assert_eq!(machine.done(Event::Ready), []);
}

#[test]
fn a_stop_waits_until_the_init_listens_to_the_signal() {
    let mut machine = booted();
    assert_eq!(stop(&mut machine), [Command::LookAtInit(Duration::ZERO)], "one that listens need not wait");
    assert_eq!(machine.done(seen("systemd", TERM)), [Command::LookAtInit(LOOK_INTERVAL)]);
    assert_eq!(machine.done(Event::SignalsLevel(2)), [Command::LookAtInit(Duration::ZERO)]);
    assert_eq!(machine.done(seen("systemd", RTMIN_PLUS_3)), [Command::Signal(SignalNumber::RTMIN_PLUS_3)]);
    assert_eq!(machine.done(seen("systemd", RTMIN_PLUS_3)), []);
    assert_eq!(machine.done(Event::SignalsLevel(2)), []);
}

#[test]
fn what_no_signal_does_is_written() {
    let order = |kind| stop(&mut init(kind));
    assert_eq!(order(InitKind::Sysvinit), [Command::Order(Means::Runlevel(End::PowerOff))]);
    assert_eq!(order(InitKind::Runit), [Command::Order(Means::RunitFiles(End::PowerOff))]);
}

#[test]
fn the_users_own_signal_wins_for_every_kind() {
    for kind in InitKind::ALL {
        let chosen = Lifecycle { stop: StopMethod::Signal(SignalNumber::TERM), ..lifecycle() };
        let mut machine = machine(PidOne::Init(kind), chosen);
        assert_eq!(stop(&mut machine), [Command::LookAtInit(Duration::ZERO)]);
        assert_eq!(machine.done(seen("init", TERM)), [Command::Signal(SignalNumber::TERM)]);
    }
}

#[test]
fn a_script_is_told_as_what_it_has_become() {
    let told = |program: &str, heard| {
        let mut machine = init(InitKind::Other);
        stop(&mut machine);
        machine.done(seen(program, heard))
    };
    assert_eq!(told("sh", TERM), [Command::Signal(SignalNumber::TERM)]);
    assert_eq!(told("init", TERM | RTMIN_PLUS_3), [Command::Signal(SignalNumber::RTMIN_PLUS_3)]);
    assert_eq!(told("runit", TERM), [Command::Order(Means::RunitFiles(End::PowerOff))]);
}

#[test]
fn a_script_that_listens_to_nothing_is_named_once_and_watched() {
    let mut machine = init(InitKind::Other);
    stop(&mut machine);
    let commands = machine.done(seen("sh", 0));
    assert_eq!(commands[0], Command::LookAtInit(LOOK_INTERVAL));
    assert!(
        matches!(&commands[1..], [Command::Warn(text)] if text.contains("killed in 90s")),
        "{commands:?}"
    );
    assert_eq!(machine.done(seen("sh", 0)), [Command::LookAtInit(LOOK_INTERVAL)]);
    assert_eq!(machine.done(Event::StopTimedOut).first(), Some(&Command::EndAll));
}

#[test]
fn what_is_to_be_told_nothing_is_killed_at_once() {
    let kill = Lifecycle { stop: StopMethod::Kill, stop_timeout: None, ..lifecycle() };
    let mut machine = machine(PidOne::Command, kill);
    assert_eq!(stop(&mut machine), [Command::KillAll]);
    let mut machine = self::machine(PidOne::Command, lifecycle());
    assert_eq!(stop(&mut machine), [Command::Signal(SignalNumber::TERM)], "no command is waited for");
}

#[test]
fn a_reboot_is_asked_for_where_the_init_knows_one() {
    assert_eq!(machine(PidOne::Command, lifecycle()).ask(Request::Reboot), []);
    assert_eq!(init(InitKind::Runit).ask(Request::Reboot), [Command::Order(Means::RunitFiles(End::Reboot))]);
    let mut script = init(InitKind::Other);
    assert_eq!(script.ask(Request::Reboot), [Command::LookAtInit(Duration::ZERO)]);
    assert_eq!(script.done(seen("sh", TERM)), []);
    assert_eq!(script.done(seen("systemd", u64::MAX)), [], "it is not asked for again");
}

#[test]
fn a_second_stop_kills() {
    let mut machine = booted();
    machine.done(Event::SignalsLevel(2));
    machine.done(Event::StopRequested);
    assert_eq!(machine.done(Event::StopRequested), [Command::KillAll]);
}

#[test]
fn a_stop_that_takes_too_long_ends_every_process_and_then_kills() {
    let mut machine = booted();
    machine.done(Event::StopRequested);
    let ending = [Command::EndAll, Command::StartStopTimer(END_TIMEOUT)];
    assert_eq!(machine.done(Event::StopTimedOut), ending);
    assert_eq!(machine.done(Event::StopTimedOut), [Command::KillAll]);
    assert_eq!(machine.done(Event::Ended(Exit::Signal(9))), [Command::Finish(Ending::Killed(9))]);
}

#[test]
fn ends_of_pid_1_have_their_meaning() {
    for pid1 in [PidOne::Init(InitKind::Systemd), PidOne::Command] {
        ends_have_their_meaning(pid1);
    }
}

fn ends_have_their_meaning(pid1: PidOne) {
    let end = |exit| {
        let mut commands = machine(pid1, lifecycle()).done(Event::Ended(exit));
        // Nobody asked for it: whoever waits for redd is told.
        commands.retain(|command| *command != Command::Notify("STOPPING=1".to_owned()));
        commands
    };
    assert_eq!(end(Exit::Signal(1)), [Command::BootAgain]);
    assert_eq!(end(Exit::Signal(2)), [Command::Finish(Ending::Exited(0))]);
    assert_eq!(end(Exit::Status(7)), [Command::Finish(Ending::Exited(7))]);
    assert_eq!(end(Exit::Signal(11)), [Command::Finish(Ending::Killed(11))]);
    let kept = Lifecycle { reboot: RebootAction::ExitForRestart, ..lifecycle() };
    let ended = machine(pid1, kept).done(Event::Ended(Exit::Signal(1)));
    assert_eq!(ended, [Command::Notify("STOPPING=1".to_owned()), Command::Finish(Ending::RestartWanted)]);
}

#[test]
fn a_machine_that_is_being_stopped_does_not_reboot() {
    let mut machine = booted();
    machine.done(Event::StopRequested);
    assert_eq!(machine.done(Event::Ended(Exit::Signal(1))), [Command::Finish(Ending::Exited(0))]);
}

#[test]
fn keys_ask_for_a_power_off_or_a_reboot_once_the_init_listens() {
    for (event, signal) in
        [(Event::PowerOffTyped, SignalNumber::RTMIN_PLUS_4), (Event::RebootTyped, SignalNumber::RTMIN_PLUS_5)]
    {
        let mut machine = booted();
        assert!(machine.done(event.clone()).contains(&Command::LookAtInit(Duration::ZERO)));
        assert_eq!(machine.done(seen("systemd", u64::MAX)), [Command::Signal(signal)]);
        assert!(!machine.done(event).contains(&Command::KillAll), "typed twice it is no more than it was");
    }
}

#[test]
fn a_reboot_by_keys_boots_again_and_a_power_off_does_not() {
    let mut machine = booted();
    machine.done(Event::RebootTyped);
    assert_eq!(machine.done(Event::Ended(Exit::Signal(1))), [Command::BootAgain]);
    let mut machine = booted();
    machine.done(Event::PowerOffTyped);
    assert_eq!(machine.done(Event::Ended(Exit::Signal(1))), [Command::Finish(Ending::Exited(0))]);
}

#[test]
fn a_stop_that_is_asked_for_after_a_reboot_takes_its_place() {
    let mut machine = booted();
    machine.done(Event::RebootTyped);
    machine.done(Event::StopRequested);
    assert_eq!(machine.done(Event::RebootTyped), []);
    assert_eq!(machine.done(seen("systemd", u64::MAX)), [Command::Signal(SignalNumber::RTMIN_PLUS_3)]);
}

#[test]
fn who_listens_hears_how_far_the_machine_is() {
    let phase = |phase| Published::Phase { phase };
    let mut machine = booted();
    assert_eq!(machine.told(Event::Executed), [phase(Phase::Starting)]);
    assert_eq!(machine.told(Event::Ready), [phase(Phase::Running)]);
    assert_eq!(machine.told(Event::Ready), []);
    let status = "Shutting down".to_owned();
    assert_eq!(machine.told(Event::Status(status.clone())), [Published::Status { text: status }]);
    assert_eq!(machine.told(Event::StopRequested), [phase(Phase::Stopping)]);
    let exited = Published::Exited { status: Some(3), signal: None };
    assert_eq!(machine.told(Event::Ended(Exit::Status(3))), [exited]);
    let mut command = machine_of_a_command();
    assert_eq!(command.told(Event::Executed), [phase(Phase::Running)]);
}

fn machine_of_a_command() -> Machine {
    machine(PidOne::Command, lifecycle())
}

#[test]
fn who_asks_for_a_stop_that_is_wanted_already_waits_with_the_first_one() {
    let mut machine = booted();
    assert!(!machine.done(asked(StopMode::Orderly, None)).is_empty());
    assert_eq!(machine.done(asked(StopMode::Orderly, None)), []);
    assert_eq!(machine.done(asked(StopMode::PowerOff, None)), []);
    assert_eq!(machine.done(asked(StopMode::Now, None)), [Command::KillAll]);
}

#[test]
fn a_restart_stops_and_boots_again_even_where_it_has_to_be_killed() {
    for exit in [Exit::Status(0), Exit::Signal(9)] {
        let mut machine = booted();
        machine.done(asked(StopMode::Restart, Some(1_000_000)));
        assert_eq!(machine.phase(), Phase::Rebooting);
        machine.done(Event::StopTimedOut);
        assert_eq!(machine.done(Event::StopTimedOut), [Command::KillAll]);
        assert_eq!(machine.done(Event::Ended(exit)), [Command::BootAgain]);
    }
    let mut machine = booted();
    machine.done(asked(StopMode::Restart, None));
    machine.done(Event::StopRequested);
    let ending = Ending::Killed(9);
    assert_eq!(machine.done(Event::Ended(Exit::Signal(9))).pop(), Some(Command::Finish(ending)));
}

#[test]
fn the_askers_time_counts_instead_of_the_starters() {
    let mut machine = booted();
    let commands = machine.done(asked(StopMode::Orderly, Some(5_000_000)));
    let mut timers = commands.iter().filter(|command| matches!(command, Command::StartStopTimer(_)));
    assert_eq!(timers.next_back(), Some(&Command::StartStopTimer(Duration::from_secs(5))));
}

#[test]
fn a_reload_is_told_and_its_end_too() {
    let mut machine = booted();
    let notify = |text: &str| Command::Notify(text.to_owned());
    assert_eq!(machine.done(Event::Reloading(None)), [], "it was never ready");
    machine.on(Event::Ready);
    assert_eq!(machine.done(Event::Reloading(Some(17))), [notify("RELOADING=1\nMONOTONIC_USEC=17")]);
    assert_eq!(machine.done(Event::Reloading(Some(18))), []);
    assert_eq!(machine.done(Event::Ready), [notify("READY=1")]);
    assert_eq!(machine.phase(), Phase::Running);
}

#[test]
fn an_end_that_may_be_a_reboot_is_told_where_somebody_else_boots_again() {
    let mut machine = booted();
    machine.on(Event::Ready);
    assert_eq!(machine.done(Event::Stopping), []);
    let lifecycle = Lifecycle { reboot: RebootAction::ExitForRestart, ..lifecycle() };
    let mut machine = self::machine(PidOne::Init(InitKind::Systemd), lifecycle);
    let notify = |text: &str| Command::Notify(text.to_owned());
    assert_eq!(machine.done(Event::Stopping), [notify("STOPPING=1")]);
    assert_eq!(machine.done(Event::Stopping), []);
    let ended = machine.done(Event::Ended(Exit::Signal(1)));
    assert_eq!(ended, [Command::Finish(Ending::RestartWanted)]);
}

#[test]
fn more_time_is_had_while_somebody_waits() {
    const MINUTE: Duration = Duration::from_secs(60);
    let more = || Event::MoreTime(MINUTE);
    let told = || Command::Notify("EXTEND_TIMEOUT_USEC=60000000".to_owned());
    let mut machine = booted();
    assert_eq!(machine.done(more()), [told()]);
    machine.on(Event::Ready);
    assert_eq!(machine.done(more()), []);
    machine.on(Event::StopRequested);
    assert_eq!(machine.done(more()), [Command::ExtendStopTimer(MINUTE), told()]);
    machine.on(Event::StopTimedOut);
    assert_eq!(machine.done(more()), [], "processes that were told to end have no more time");
}

#[test]
fn how_pid_1_failed_is_passed_on() {
    let mut machine = booted();
    let notify = |text: &str| Command::Notify(text.to_owned());
    assert_eq!(machine.done(Event::Errno(5)), [notify("ERRNO=5")]);
    assert_eq!(machine.done(Event::ExitStatus(7)), [notify("EXIT_STATUS=7")]);
    assert_eq!(machine.done(Event::BusError("a.b".to_owned())), [notify("BUSERROR=a.b")]);
}
