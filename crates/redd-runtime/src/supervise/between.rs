//! Between two boots nothing of the payload runs: it is waited for the time of the next one, or for somebody who wants
//! none. Whoever asks the machine for something is answered.

use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use redd_control::event::{Event as Published, Occurrence, Phase};
use redd_control::machine::{AttachConsole, Description, StopMode, error};
use redd_control::message::Reply;
use redd_sys::Errno;
use rustix::event::{PollFd, PollFlags, poll};
use serde_json::json;

use super::control::{Asked, Happening, Request, instance};
use super::drive::{SIGWINCH, Supervisor};
use super::health::Sign;
use super::report;
use super::serve::attachment;
use super::wait::timespec;
use crate::unit::{Heard, Manager};

/// Why a wait is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waited {
    /// It is time, or somebody wants it to be.
    Enough,
    /// Somebody wants the machine to be stopped: it is.
    StopRequested,
}

impl Supervisor<'_> {
    /// Tells the user.
    pub(crate) fn warn(&mut self, text: &str) {
        (self.warn)(text);
        self.publish(Published::Warning { text: text.to_owned() });
    }

    fn publish(&mut self, event: Published) {
        let occurrence = self.occurrence(event);
        self.control.publish(&occurrence);
    }

    fn occurrence(&self, event: Published) -> Occurrence {
        Occurrence { machine: self.name.to_string(), time: report::now(), event }
    }

    /// Waits for the next boot.
    pub(crate) fn wait(&mut self, time: Duration) -> Result<Waited, Errno> {
        self.report.restarts = self.report.restarts.saturating_add(1);
        self.publish(Published::Phase { phase: Phase::Waiting });
        let deadline = Instant::now().checked_add(time);
        loop {
            while let Some(received) = self.signals.read()? {
                if received.number != SIGWINCH {
                    return Ok(Waited::StopRequested);
                }
            }
            let now = Instant::now();
            self.upstream.keep_alive(Sign::Alive, now);
            let left = deadline.map(|deadline| deadline.saturating_duration_since(now));
            if left == Some(Duration::ZERO) {
                return Ok(Waited::Enough);
            }
            let until_sign = self.upstream.keepalive_at().map(|at| at.saturating_duration_since(now));
            let left = left.into_iter().chain(until_sign).min();
            let (is_asked, happenings) = self.poll(left)?;
            if is_asked && self.hear_manager() == Waited::StopRequested {
                return Ok(Waited::StopRequested);
            }
            for happening in happenings {
                for asked in self.control.attend(happening, Instant::now()) {
                    if let Some(waited) = self.fulfil(asked) {
                        return Ok(waited);
                    }
                }
            }
        }
    }

    fn hear_manager(&mut self) -> Waited {
        match self.manager.as_mut().map(Manager::hear) {
            Some(Heard::StopRequested) => return Waited::StopRequested,
            Some(Heard::Gone) => self.manager = None,
            Some(Heard::Nothing) | None => {}
        }
        Waited::Enough
    }

    /// Whether systemd asks for something, and what others do.
    fn poll(&self, left: Option<Duration>) -> Result<(bool, Vec<Happening>), Errno> {
        let mut polled = vec![PollFd::from_borrowed_fd(self.signals.as_fd(), PollFlags::IN)];
        let mut happenings = Vec::new();
        for (happening, descriptor, flags) in self.control.interests() {
            happenings.push(happening);
            polled.push(PollFd::from_borrowed_fd(descriptor, flags));
        }
        let manager =
            self.manager.as_ref().map(|manager| PollFd::from_borrowed_fd(manager.as_fd(), PollFlags::IN));
        polled.extend(manager);
        match poll(&mut polled, left.map(timespec).as_ref()) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok((false, Vec::new())),
            Err(errno) => return Err(errno),
        }
        let manager = polled.get(happenings.len() + 1);
        let is_asked = manager.is_some_and(|polled| !polled.revents().is_empty());
        let found =
            happenings.into_iter().zip(&polled[1..]).filter(|(_, polled)| !polled.revents().is_empty());
        Ok((is_asked, found.map(|(happening, _)| happening).collect()))
    }

    /// Whether the wait is over.
    fn fulfil(&mut self, Asked { asker, interface, request }: Asked) -> Option<Waited> {
        if let Request::AttachConsole(AttachConsole { mode }) = request {
            let (reply, descriptors) = attachment(self.audience.attach_meanwhile(mode));
            self.control.answer(asker, &reply, descriptors);
            return None;
        }
        let (reply, waited) = self.reply(&request);
        if let Request::Subscribe(interest) = request {
            self.control.subscribe(asker, interest);
        }
        self.control.answer(asker, &interface.worded(reply), Vec::new());
        waited
    }

    /// What is answered, and whether the wait is over.
    fn reply(&self, request: &Request) -> (Reply, Option<Waited>) {
        let done = || Reply::of(&json!({}));
        match request {
            Request::Describe => (Reply::of(&self.description()), None),
            Request::DescribeInstance => (instance::describe(&self.description()), None),
            Request::Subscribe(interest) => {
                (interest.first(&self.occurrence(Published::Phase { phase: Phase::Waiting })), None)
            }
            Request::Stop(stop) => match stop.mode {
                StopMode::Restart | StopMode::Reboot => (done(), Some(Waited::Enough)),
                StopMode::Orderly | StopMode::PowerOff | StopMode::Now => {
                    (done(), Some(Waited::StopRequested))
                }
            },
            _ => (Reply::error(error::BAD_STATE, &json!({ "phase": Phase::Waiting })), None),
        }
    }

    fn description(&self) -> Description {
        Description {
            name: self.name.to_string(),
            phase: Phase::Waiting,
            paused: false,
            status: None,
            leader: None,
            started: self.report.started,
            booted: self.report.booted,
            ready: None,
            boots: self.report.boots,
            restarts: self.report.restarts,
            cgroups: Vec::new(),
            host_link: None,
        }
    }
}
