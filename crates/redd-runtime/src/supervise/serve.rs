//! What is done about requests that come over the control socket.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::time::Instant;

use redd_control::event::{Event as Published, Occurrence, Phase};
use redd_control::machine::{Attach, Change, Description, Enter, Kill, Stop, StopMode, Whom, error};
use redd_control::message::{self, Reply};
use redd_spec::parse::{self, LifeChange};
use redd_spec::text::escape;
use redd_sys::signal;
use rustix::process::{Signal, getpid, kill_process};
use serde_json::json;

use super::console::audience::Refusal;
use super::control::{Asked, ConnectionId, Happening, Interest, Request, instance};
use super::drive::Session;
use super::machine::Event;
use super::processes::Motion;
use super::report;
use crate::error::best_effort;

/// How much of a change is told.
const CHANGE_MAX: usize = 200;

impl Session<'_> {
    /// Attends to the control socket.
    pub(super) fn serve(&mut self, happening: Happening) {
        for asked in self.control.attend(happening, Instant::now()) {
            self.fulfil(asked);
        }
    }

    fn fulfil(&mut self, Asked { asker, interface, request }: Asked) {
        let reply = match request {
            Request::Describe => Reply::of(&self.description()),
            Request::DescribeInstance => instance::describe(&self.description()),
            Request::Stop(stop) => self.stop(stop),
            Request::Kill(kill) => self.kill(&kill),
            Request::Pause => self.pause(),
            Request::Resume => self.resume(),
            Request::Enter => return self.let_enter(asker),
            Request::Subscribe(interest) => return self.subscribe(asker, interest),
            Request::AttachConsole(attach) => return self.let_attach(asker, attach.mode),
            Request::Upgrade(upgrade) => return self.begin_upgrade(&upgrade.program, asker),
            Request::Adopt(change) => self.adopt(change),
        };
        self.control.answer(asker, &interface.worded(reply), Vec::new());
    }

    /// Tells everybody who listens, and remembers what others will ask for.
    pub(super) fn publish(&mut self, event: Published) {
        match &event {
            Published::Status { text } => self.report.status = Some(text.clone()),
            Published::Phase { phase: Phase::Running } => self.report.ready = Some(report::now()),
            _ => {}
        }
        self.control.publish(&self.occurrence(event));
    }

    fn occurrence(&self, event: Published) -> Occurrence {
        Occurrence { machine: self.known.name().to_string(), time: report::now(), event }
    }

    /// Who begins to listen hears first how far it is, or that it is so.
    fn subscribe(&mut self, asker: Option<ConnectionId>, interest: Interest) {
        let first = interest.first(&self.occurrence(Published::Phase { phase: self.machine.phase() }));
        self.control.subscribe(asker, interest);
        self.control.answer(asker, &first, Vec::new());
    }

    fn description(&self) -> Description {
        let cgroups = self.processes.directories().map(|path| path.display().to_string());
        Description {
            name: self.known.name().to_string(),
            phase: self.machine.phase(),
            paused: self.report.is_paused,
            status: self.report.status.clone(),
            leader: Some(self.child.pid.as_raw_nonzero().get()),
            started: self.report.started,
            booted: self.report.booted,
            ready: self.report.ready,
            boots: self.report.boots,
            restarts: self.report.restarts,
            cgroups: cgroups.collect(),
            host_link: self.known.brief().host_link.clone(),
        }
    }

    /// Whoever asked for an end does not want another boot.
    fn stop(&mut self, stop: Stop) -> Reply {
        let is_boot = matches!(stop.mode, StopMode::Reboot | StopMode::Restart);
        if is_boot && self.machine.phase() == Phase::Stopping {
            return self.bad_state();
        }
        self.happened(Event::Asked(stop));
        Reply::of(&json!({}))
    }

    fn bad_state(&self) -> Reply {
        Reply::error(error::BAD_STATE, &json!({ "phase": self.machine.phase() }))
    }

    fn kill(&mut self, kill: &Kill) -> Reply {
        outcome(match kill.whom {
            Whom::Leader => signal::send(self.child.pidfd.as_fd(), kill.signal).map_err(io::Error::from),
            Whom::All => self.processes.send(kill.signal),
            Whom::Supervisor => Signal::from_named_raw(kill.signal)
                .ok_or_else(|| io::ErrorKind::InvalidInput.into())
                .and_then(|signal| Ok(kill_process(getpid(), signal)?)),
        })
    }

    /// One that is frozen does not hear that it is to end, and would be killed when its time is over.
    fn pause(&mut self) -> Reply {
        if self.machine.phase() == Phase::Stopping {
            return self.bad_state();
        }
        let frozen = self.processes.freeze(Motion::Frozen);
        if frozen.is_ok() && !std::mem::replace(&mut self.report.is_paused, true) {
            self.publish(Published::Paused);
        }
        outcome(frozen)
    }

    fn resume(&mut self) -> Reply {
        outcome(self.try_to_thaw())
    }

    /// What is to hear something must not be frozen.
    pub(super) fn thaw(&mut self) {
        if self.report.is_paused {
            best_effort(self.try_to_thaw());
        }
    }

    fn try_to_thaw(&mut self) -> io::Result<()> {
        self.processes.freeze(Motion::Free)?;
        if std::mem::take(&mut self.report.is_paused) {
            self.health.resumed(Instant::now());
            self.publish(Published::Resumed);
        }
        Ok(())
    }

    /// A verb has changed something: it holds for later boots too, and what is redd's own to do for this one.
    fn adopt(&mut self, change: Change) -> Reply {
        let what = match &change.value {
            Some(value) => format!("{}={}", change.option, escape(value.as_bytes(), CHANGE_MAX)),
            None => format!("{}=", change.option),
        };
        if change.option == "network-interface"
            && let Err(errno) = self.hold_network()
        {
            return outcome(Err(errno.into()));
        }
        let (before, is_device) = (self.adopted.clone(), change.option.ends_with("device"));
        let now = parse::life(&change.option, change.value.as_deref());
        if let Err(cause) = self.adopted.add(change) {
            return Reply::error(
                message::error::INVALID_PARAMETER,
                &json!({ "parameter": cause.to_string() }),
            );
        }
        if is_device && let Err(cause) = self.filter_devices() {
            *self.adopted = before;
            let errno = cause.errno.raw_os_error();
            return Reply::error(error::FAILED, &json!({ "what": cause.to_string(), "errno": errno }));
        }
        if let Ok(now) = now {
            if let LifeChange::Watchdog(time) = now {
                self.health.change(time);
            }
            self.machine.change(now);
        }
        self.publish(Published::Changed { what });
        Reply::of(&json!({}))
    }

    fn let_enter(&mut self, asker: Option<ConnectionId>) {
        let leader = self.child.pid.as_raw_nonzero().get();
        let (reply, descriptors): (Reply, Vec<OwnedFd>) = match self.child.pidfd.try_clone() {
            Ok(pidfd) => (Reply::of(&Enter { leader, entry: self.known.brief().entry.clone() }), vec![pidfd]),
            Err(error) => (outcome(Err(error)), Vec::new()),
        };
        self.control.answer(asker, &reply, descriptors);
    }

    fn let_attach(&mut self, asker: Option<ConnectionId>, mode: Attach) {
        let attached = self.stage.console_mut().map_or(Err(Refusal::Absent), |console| console.attach(mode));
        let (reply, descriptors) = attachment(attached);
        self.control.answer(asker, &reply, descriptors);
    }
}

/// What is answered to somebody who wants a place at the console, and what comes with it.
pub(super) fn attachment(attached: Result<OwnedFd, Refusal>) -> (Reply, Vec<OwnedFd>) {
    let reply = match attached {
        Ok(connection) => return (Reply::of(&json!({})), vec![connection]),
        Err(Refusal::Taken(by)) => Reply::error(error::CONSOLE_TAKEN, &json!({ "by": by })),
        Err(Refusal::Full) => no_console("too many are at it"),
        Err(Refusal::Absent) => no_console("it has none"),
        Err(Refusal::Host(errno)) => outcome(Err(errno.into())),
    };
    (reply, Vec::new())
}

fn no_console(what: &str) -> Reply {
    Reply::error(error::NO_CONSOLE, &json!({ "what": what }))
}

fn outcome(result: io::Result<()>) -> Reply {
    match result {
        Ok(()) => Reply::of(&json!({})),
        Err(cause) if cause.kind() == io::ErrorKind::Unsupported => {
            Reply::error(error::NOT_SUPPORTED, &json!({ "what": "no cgroup2 is mounted" }))
        }
        Err(cause) => {
            let errno = cause.raw_os_error();
            Reply::error(error::FAILED, &json!({ "what": cause.to_string(), "errno": errno }))
        }
    }
}
