//! What PID 1 says, as it comes.

use std::os::fd::AsFd as _;
use std::time::Instant;

use redd_plan::descriptor::FdName;
use redd_plan::supervision::PidOne;
use redd_sys::program_text;

use super::drive::Session;
use super::machine::Event;
use super::notify::{self, Message};
use super::store::{Sorted, Wish};
use crate::error::best_effort;

impl Session<'_> {
    /// One message.
    pub(super) fn read_notifications(&mut self) {
        let Some(message) = self.next_message() else { return };
        for event in self.take(message) {
            let is_booted = event == Event::Ready;
            self.happened(event);
            if is_booted {
                self.release_program();
            }
        }
    }

    /// What PID 1 said last. The kernel knows that it was PID 1 only until that is reaped.
    pub(super) fn read_last_notifications(&mut self) {
        let mut events = Vec::new();
        while self.rate.wait_until(Instant::now()).is_none() && !self.disposal.is_full() {
            let Some(message) = self.next_message() else { break };
            events.extend(self.take(message));
        }
        events.into_iter().for_each(|event| self.happened(event));
    }

    fn next_message(&mut self) -> Option<Message> {
        let socket = self.descriptors.get(FdName::NotifySocket)?;
        notify::receive(socket.as_fd(), self.child.pid, &mut self.rate)
    }

    /// Keeps what is to be kept, and gets rid of everything else that came.
    fn take(&mut self, message: Message) -> Vec<Event> {
        let now = Instant::now();
        let refused = match message.wish {
            Some(Wish::Keep(name, polling)) if !message.descriptors.is_empty() => {
                let Sorted { kept, refused } = self.store.keep(&name, message.descriptors);
                if !kept.is_empty() {
                    self.upstream.keep(&name, polling, kept, now);
                }
                refused
            }
            Some(Wish::GiveUp(name)) => {
                self.upstream.give_up(&name, now);
                message.descriptors.into_iter().chain(self.store.give_up(&name)).collect()
            }
            Some(Wish::Keep(..)) | None => message.descriptors,
        };
        self.disposal.dispose(refused);
        message.events
    }

    /// A machine runs for long, and its supervisor needs a tenth of what a start needs.
    pub(super) fn release_program(&self) {
        if matches!(self.pid1, PidOne::Init(_)) {
            best_effort(program_text::release());
        }
    }
}
