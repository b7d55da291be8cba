//! What is waited for, and who attends to it.

use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use redd_control::machine::{Stop, StopMode};
use redd_plan::descriptor::FdName;
use redd_sys::Errno;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::console::{Console, Direction};
use super::control;
use super::drive::{SIGWINCH, Session};
use super::health::Sign;
use super::machine::Event;
use super::terminals::{Happening, Terminals};
use super::upgrade::Upgrade;
use crate::Error;
use crate::terminal::Typed;
use crate::unit::{Heard, Manager};

/// How often a console without a process is looked at.
const CONSOLE_INTERVAL: Duration = Duration::from_millis(100);

/// Where something happened, in the order in which it is attended to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Guard,
    Console(Direction),
    Terminals(Happening),
    Notifications,
    Signals,
    Control(control::Happening),
    Order,
    Upgrade,
    Manager,
    Disposal,
    /// Last: what the payload said and wrote before it ended comes first.
    Payload,
}

impl Session<'_> {
    /// Waits until there is something to do.
    pub(super) fn wait(&mut self) -> Result<Vec<Source>, Errno> {
        let now = Instant::now();
        let pause = self.rate.wait_until(now);
        let timeout = self.deadline(pause).map(|deadline| timespec(deadline.saturating_duration_since(now)));
        let (sources, mut polled): (Vec<_>, Vec<_>) = self.interests(pause).into_iter().unzip();
        match poll(&mut polled, timeout.as_ref()) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(Vec::new()),
            Err(errno) => return Err(errno),
        }
        let found = sources.into_iter().zip(&polled).filter(|(_, polled)| !polled.revents().is_empty());
        Ok(found.map(|(source, _)| source).collect())
    }

    /// When something has to be done without anything happening. Until `pause` the payload is not listened to.
    fn deadline(&self, pause: Option<Instant>) -> Option<Instant> {
        let deadlines = [
            self.stop_deadline,
            self.look_at,
            self.console_deadline,
            self.guard_deadline,
            self.health.deadline().filter(|_| !self.report.is_paused),
            pause,
            self.upstream.retry_at(),
            self.upstream.keepalive_at(),
            self.upgrade.as_ref().map(Upgrade::deadline),
        ];
        deadlines.into_iter().flatten().min()
    }

    /// What is waited for, in the order in which it is attended to.
    fn interests(&self, pause: Option<Instant>) -> Vec<(Source, PollFd<'_>)> {
        let mut interests = Vec::new();
        let mut add = |source, descriptor, flags| {
            interests.push((source, PollFd::from_borrowed_fd(descriptor, flags)));
        };
        if self.guard_deadline.is_none() {
            add(Source::Guard, self.guard.descriptor(), PollFlags::IN);
        }
        for (direction, descriptor, flags) in self.stage.console().into_iter().flat_map(Console::interests) {
            add(Source::Console(direction), descriptor, flags);
        }
        for (happening, descriptor) in self.terminals.iter().flat_map(Terminals::interests) {
            add(Source::Terminals(happening), descriptor, PollFlags::IN);
        }
        let hears = pause.is_none() && !self.disposal.is_full();
        if let (Some(socket), true) = (self.descriptors.get(FdName::NotifySocket), hears) {
            add(Source::Notifications, socket.as_fd(), PollFlags::IN);
        }
        add(Source::Signals, self.signals.as_fd(), PollFlags::IN);
        for (happening, descriptor, flags) in self.control.interests() {
            add(Source::Control(happening), descriptor, flags);
        }
        if let Some(order) = &self.order {
            add(Source::Order, order.descriptor(), PollFlags::IN);
        }
        if let Some(upgrade) = &self.upgrade {
            add(Source::Upgrade, upgrade.descriptor(), PollFlags::IN);
        }
        if let Some(manager) = &*self.manager {
            add(Source::Manager, manager.as_fd(), PollFlags::IN);
        }
        for descriptor in self.disposal.descriptors() {
            add(Source::Disposal, descriptor, PollFlags::IN);
        }
        add(Source::Payload, self.child.pidfd.as_fd(), PollFlags::IN);
        interests
    }

    pub(super) fn attend(&mut self, source: Source) -> Result<(), Error> {
        match source {
            Source::Guard => self.replace_guard().map_err(Error::host("starting another guard"))?,
            Source::Console(direction) => self.relay_console(direction),
            Source::Terminals(happening) => {
                self.terminals.iter_mut().for_each(|terminals| terminals.attend(happening));
            }
            Source::Notifications => self.read_notifications(),
            Source::Signals => self.read_signals()?,
            Source::Control(happening) => self.serve(happening),
            Source::Order => self.end_order(),
            Source::Upgrade => self.hear_of_upgrade(),
            Source::Manager => self.hear_manager(),
            Source::Disposal => self.disposal.reap(),
            Source::Payload => self.reap()?,
        }
        Ok(())
    }

    /// systemd may ask more than once, and means the same.
    fn hear_manager(&mut self) {
        match self.manager.as_mut().map(Manager::hear) {
            Some(Heard::StopRequested) => {
                self.happened(Event::Asked(Stop { mode: StopMode::Orderly, timeout: None }));
            }
            // The machine goes on, and systemd kills where it cannot ask.
            Some(Heard::Gone) => *self.manager = None,
            Some(Heard::Nothing) | None => {}
        }
    }

    pub(super) fn on_time(&mut self, now: Instant) {
        if self.upstream.retry_at().is_some_and(|at| at <= now) {
            self.upstream.flush(now);
        }
        // Who is paused on purpose is not missed.
        let sign = if self.report.is_paused { Sign::Alive } else { self.health.sign(now) };
        self.upstream.keep_alive(sign, now);
        if self.upgrade.as_ref().is_some_and(|upgrade| upgrade.deadline() <= now) {
            self.give_up_upgrade();
        }
        self.guard_deadline.take_if(|deadline| *deadline <= now);
        if self.stop_deadline.is_some_and(|deadline| deadline <= now) {
            self.stop_deadline = None;
            self.happened(Event::StopTimedOut);
        }
        if !self.report.is_paused
            && let Some(failure) = self.health.failure(now)
        {
            self.happened(Event::Unhealthy(failure));
        }
        if self.look_at.take_if(|at| *at <= now).is_some() {
            let seen = self.look_at_init();
            self.happened(Event::InitSeen(seen));
        }
        if self.console_deadline.take_if(|deadline| *deadline <= now).is_some()
            && let Some(console) = self.stage.console_mut()
        {
            console.revive();
        }
    }

    fn relay_console(&mut self, direction: Direction) {
        let Some(console) = self.stage.console_mut() else { return };
        let typed = console.relay(direction, Instant::now());
        if console.is_idle() && self.console_deadline.is_none() {
            self.console_deadline = Some(Instant::now() + CONSOLE_INTERVAL);
        }
        match typed {
            // The terminal where it was started cannot be left.
            Typed::Text | Typed::Detach => {}
            Typed::Kill => self.happened(Event::KillRequested),
            Typed::PowerOff => self.happened(Event::PowerOffTyped),
            Typed::Reboot => self.happened(Event::RebootTyped),
        }
    }

    pub(super) fn read_signals(&mut self) -> Result<(), Error> {
        while let Some(received) = self.signals.read().map_err(Error::host("reading signals"))? {
            match received.number {
                SIGWINCH => self.stage.console().into_iter().for_each(Console::follow_window_size),
                _ => self.happened(Event::StopRequested),
            }
        }
        Ok(())
    }
}

pub(super) fn timespec(time: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: time.subsec_nanos().into(),
    }
}
