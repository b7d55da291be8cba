//! What happens to machines, to those that come later too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::DirBuilder;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::DirBuilderExt as _;
use std::time::{Duration, Instant};

use redd_control::client::{Client, ClientError};
use redd_control::event::{Event, Occurrence};
use redd_control::machine::method;
use redd_control::place;
use redd_spec::name::MachineName;
use redd_spec::text::escape;
use redd_sys::Errno;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use serde_json::Value;

use crate::MachineError;
use crate::registry::{self, Presence};
use crate::show::moment;

/// When a supervisor that does not listen yet is asked again.
const RETRY: Duration = Duration::from_millis(2);
/// How long a supervisor may take to be told what is wanted.
const PATIENCE: Duration = Duration::from_millis(50);
/// So often nobody may be there before a machine counts as gone.
const ABSENCES_MAX: u32 = 500;
/// The longest text of an event, in bytes.
const TEXT_MAX: usize = 2000;

/// Somebody who listens to machines.
#[derive(Debug)]
pub struct Listener {
    /// Where machines come and go.
    arrivals: OwnedFd,
    /// The machines that are listened to; all of them where none is named.
    wanted: BTreeSet<MachineName>,
    clients: BTreeMap<MachineName, Client>,
    /// Machines whose supervisor does not listen yet, and how often that was seen where nobody seemed to be there.
    waiting: BTreeMap<MachineName, u32>,
}

impl Listener {
    /// Begins to listen.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn begin(wanted: &[MachineName]) -> Result<Self, MachineError> {
        let failed =
            |cause: Errno| MachineError::Host { what: format!("watching {}", place::MACHINES), cause };
        let made = DirBuilder::new().recursive(true).mode(0o700).create(place::MACHINES);
        made.map_err(|error| failed(Errno::from_io_error(&error).unwrap_or(Errno::IO)))?;
        let arrivals = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).map_err(failed)?;
        let flags = WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::ONLYDIR;
        inotify::add_watch(&arrivals, place::MACHINES, flags).map_err(failed)?;
        let mut listener = Self {
            arrivals,
            wanted: wanted.iter().cloned().collect(),
            clients: BTreeMap::new(),
            waiting: BTreeMap::new(),
        };
        // Those that were there before the watch; one that came in between is known twice, which is once.
        listener.find_new()?;
        Ok(listener)
    }

    /// Waits until something happened.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn next_occurrences(&mut self) -> Result<Vec<Occurrence>, MachineError> {
        loop {
            let mut found = Vec::new();
            self.connect();
            let ready = self.wait()?;
            for name in ready {
                found.extend(self.hear(&name));
            }
            if self.has_arrivals() {
                self.find_new()?;
            }
            if !found.is_empty() {
                return Ok(found);
            }
        }
    }

    /// Which machines say something; somebody may also have arrived, or be ready to be asked.
    fn wait(&self) -> Result<Vec<MachineName>, MachineError> {
        let time = (!self.waiting.is_empty())
            .then(|| Timespec { tv_sec: 0, tv_nsec: i64::try_from(RETRY.as_nanos()).unwrap_or(i64::MAX) });
        let mut polled = vec![PollFd::from_borrowed_fd(self.arrivals.as_fd(), PollFlags::IN)];
        polled.extend(
            self.clients.values().map(|client| PollFd::from_borrowed_fd(client.as_fd(), PollFlags::IN)),
        );
        match poll(&mut polled, time.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(cause) => {
                return Err(MachineError::Host { what: "waiting for events".to_owned(), cause });
            }
        }
        let clients = self.clients.keys().zip(&polled[1..]);
        Ok(clients.filter(|(_, polled)| !polled.revents().is_empty()).map(|(name, _)| name.clone()).collect())
    }

    /// What one machine says. One that ended is not listened to any more.
    fn hear(&mut self, name: &MachineName) -> Vec<Occurrence> {
        let mut heard = Vec::new();
        let Some(client) = self.clients.get_mut(name) else { return heard };
        loop {
            match client.next_reply(Some(Instant::now())) {
                Ok(occurrence) => heard.push(occurrence),
                Err(ClientError::TimedOut(_)) => return heard,
                Err(_) => break,
            }
        }
        self.clients.remove(name);
        // A supervisor ends connections of those who do not listen; it is asked again then.
        self.waiting.insert(name.clone(), 0);
        heard
    }

    fn has_arrivals(&self) -> bool {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = inotify::Reader::new(&self.arrivals, &mut buffer);
        let mut some = false;
        loop {
            match reader.next() {
                Ok(event) => {
                    some |= event.events().contains(ReadFlags::ISDIR)
                        || event.events().contains(ReadFlags::QUEUE_OVERFLOW)
                }
                Err(Errno::INTR) => {}
                Err(_) => return some,
            }
        }
    }

    fn find_new(&mut self) -> Result<(), MachineError> {
        let is_wanted = |name: &MachineName| self.wanted.is_empty() || self.wanted.contains(name);
        let names = registry::registered()?.into_iter().map(|machine| machine.name);
        let new = names.filter(|name| is_wanted(name) && !self.clients.contains_key(name));
        self.waiting.extend(new.map(|name| (name, 0)));
        Ok(())
    }

    fn connect(&mut self) {
        for (name, absences) in std::mem::take(&mut self.waiting) {
            match subscribe(&name) {
                Ok(client) => drop(self.clients.insert(name, client)),
                Err(_) if is_live(&name) => drop(self.waiting.insert(name, 0)),
                // A directory is there before it is locked. A machine that is gone is found when it is started again.
                Err(_) if absences < ABSENCES_MAX => drop(self.waiting.insert(name, absences + 1)),
                Err(_) => {}
            }
        }
    }
}

fn subscribe(name: &MachineName) -> Result<Client, ClientError> {
    let mut client = Client::connect(name)?.with_patience(PATIENCE);
    client.subscribe(method::SUBSCRIBE, &serde_json::json!({}))?;
    Ok(client)
}

fn is_live(name: &MachineName) -> bool {
    registry::registered_as(name.clone()).is_some_and(|machine| machine.presence == Presence::Live)
}

/// An event as other programs read it: with its time as RFC 3339 has it.
#[must_use]
pub fn to_json(occurrence: &Occurrence) -> Value {
    let mut occurrence = occurrence.clone();
    match &mut occurrence.event {
        Event::Status { text } | Event::Warning { text } | Event::Changed { what: text } => {
            *text = escape(text.as_bytes(), TEXT_MAX);
        }
        Event::Phase { .. } | Event::Paused | Event::Resumed | Event::Exited { .. } => {}
    }
    let mut value = serde_json::to_value(&occurrence).unwrap_or_default();
    value["time"] = moment(occurrence.time).into();
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_object_with_a_time_that_people_read() {
        let occurrence = Occurrence {
            machine: "web".to_owned(),
            time: 1_000_000,
            event: Event::Status { text: "\x1b[2J".to_owned() },
        };
        assert_eq!(
            to_json(&occurrence).to_string(),
            r#"{"event":"status","machine":"web","text":"\\x1b[2J","time":"1970-01-01T00:00:01.000000Z"}"#
        );
    }
}
