//! Another program goes on in this one's place.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::Instant;

use redd_control::event::Event as Published;
use redd_control::machine::{Upgraded, error};
use redd_control::message::Reply;
use redd_control::record::Times;
use redd_spec::Spec;
use redd_spec::text::escape;
use serde_json::json;

use super::console::Stage;
use super::console::audience::Audience;
use super::control::{ConnectionId, Control};
use super::disposal::Disposal;
use super::drive::{Boot, Fixtures, Session, Supervisor, hear_signals};
use super::order::Order;
use super::state::{SessionState, SupervisorState};
use super::store::Store;
use super::terminals::Terminals;
use super::upstream::Upstream;
use crate::Error;
use crate::handover::check::{Check, Heard};
use crate::handover::moment::Moment;
use crate::handover::state::{self, Attendance, Life, REDD, State, part_spec};
use crate::handover::{Bytes, HandOver as _, Incoming, Outgoing, Refusal, execute};
use crate::ids::TakenIds;
use crate::restart::Restarts;
use crate::unit::Manager;

/// How much is told of why it is not done.
const REFUSAL_MAX: usize = 1000;

/// What belongs to a supervisor beside its session.
#[derive(Debug)]
pub(crate) struct Rest<'a> {
    pub(crate) attendance: &'a Attendance,
    pub(crate) spec: &'a Spec,
    pub(crate) terminal: &'a Option<String>,
    pub(crate) credentials: &'a [(String, Vec<u8>)],
    pub(crate) trees: &'a [BorrowedFd<'a>],
    pub(crate) ids: Option<&'a TakenIds>,
    pub(crate) restarts: Restarts,
    pub(crate) times: Times,
    pub(crate) cloned: u64,
    pub(crate) began: Instant,
}

/// Another program is asked whether it can go on.
#[derive(Debug)]
pub(super) struct Upgrade {
    program: OwnedFd,
    check: Check,
    asker: Option<ConnectionId>,
}

impl Upgrade {
    /// Readable when there is an answer.
    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.check.descriptor()
    }

    /// When it is waited for no longer.
    pub(super) const fn deadline(&self) -> Instant {
        self.check.deadline()
    }
}

impl Session<'_> {
    /// Asks the program whether it can go on; whoever wants that hears of it later.
    pub(super) fn begin_upgrade(&mut self, program: &Path, asker: Option<ConnectionId>) {
        if self.upgrade.is_some() {
            let reply = refused(&Refusal::Other("another program is just taking it over".to_owned()));
            return self.control.answer(asker, &reply, Vec::new());
        }
        let begun = execute::open(program).and_then(|program| {
            let (state, outgoing) = self.hand_over(asker);
            let check = Check::start(program.as_fd(), &state.life.name, &state.write()?, outgoing.numbers())?;
            Ok(Upgrade { program, check, asker })
        });
        match begun {
            Ok(upgrade) => self.upgrade = Some(upgrade),
            Err(refusal) => self.control.answer(asker, &refused(&refusal), Vec::new()),
        }
    }

    /// It has said something, or ended.
    pub(super) fn hear_of_upgrade(&mut self) {
        let Some(upgrade) = &mut self.upgrade else { return };
        match upgrade.check.hear() {
            Heard::Nothing => {}
            Heard::Refusal(refusal) => self.refuse_upgrade(&refusal),
            Heard::Consent => {
                if let Some(Upgrade { program, check, asker }) = self.upgrade.take() {
                    // It is this process's child, and would be one that nobody knows.
                    drop(check);
                    let refusal = self.execute(program.as_fd(), asker);
                    self.control.answer(asker, &refused(&refusal), Vec::new());
                }
            }
        }
    }

    /// It has not answered in time.
    pub(super) fn give_up_upgrade(&mut self) {
        self.refuse_upgrade(&Refusal::Other("that program did not answer whether it can".to_owned()));
    }

    fn refuse_upgrade(&mut self, refusal: &Refusal) {
        if let Some(Upgrade { asker, .. }) = self.upgrade.take() {
            self.control.answer(asker, &refused(refusal), Vec::new());
        }
    }

    /// The point of no return; where this comes back, everything is as it was.
    fn execute(&self, program: BorrowedFd<'_>, asker: Option<ConnectionId>) -> Refusal {
        // The kernel would close them in the midst of the execve(2), and wait there for the payload.
        if !self.disposal.is_idle() {
            return Refusal::Other("descriptors of the payload are just being closed".to_owned());
        }
        let (state, outgoing) = self.hand_over(asker);
        match state.write() {
            Ok(text) => execute::execute(program, &state.life.name, &text, outgoing.numbers()),
            Err(refusal) => refusal,
        }
    }

    /// Everything this supervisor is.
    fn hand_over(&self, asker: Option<ConnectionId>) -> (State, Outgoing) {
        let mut outgoing = Outgoing::default();
        let (life, boot) = (self.life(&mut outgoing), self.boot(asker, &mut outgoing));
        (State { version: state::VERSION, redd: REDD.to_owned(), life, boot }, outgoing)
    }

    fn life(&self, outgoing: &mut Outgoing) -> Life {
        let (rest, name) = (self.rest, self.known.name());
        let (spec, substitutes) = part_spec(rest.spec);
        let credentials = rest.credentials.iter().map(|(name, value)| (name.clone(), Bytes(value.clone())));
        Life {
            name: name.clone(),
            attendance: rest.attendance.clone(),
            spec,
            substitutes,
            terminal: rest.terminal.clone(),
            credentials: credentials.collect(),
            trees: rest.trees.iter().map(|tree| outgoing.add(tree)).collect(),
            directory: self.duties.state.hand_over(name, outgoing),
            ids: rest.ids.map(|ids| ids.hand_over(outgoing)),
            restarts: rest.restarts,
            times: rest.times,
            supervisor: SupervisorState {
                name: name.clone(),
                upstream: self.upstream.hand_over(outgoing),
                control: self.control.hand_over(outgoing),
                report: self.report.clone(),
                audience: self.stage.audience().hand_over(outgoing),
                adopted: self.adopted.clone(),
                manager: self.manager.as_ref().map(|manager| manager.hand_over(outgoing)),
                store: self.store.hand_over(outgoing),
            },
        }
    }

    fn boot(&self, asker: Option<ConnectionId>, outgoing: &mut Outgoing) -> state::Boot {
        state::Boot {
            brief: self.known.brief().into_owned(),
            journal: self.duties.journal.iter().map(|item| (*item).clone()).collect(),
            began: Moment(self.rest.began),
            cloned: self.rest.cloned,
            child: self.child.hand_over(outgoing),
            guard: self.guard.hand_over(outgoing),
            descriptors: self.descriptors.hand_over(outgoing),
            session: SessionState {
                machine: self.machine.clone(),
                pid1: self.pid1,
                health: self.health.clone(),
                console: self.stage.console().map(|console| console.hand_over(outgoing)),
                terminals: self.terminals.as_ref().map(|terminals| terminals.hand_over(outgoing)),
                stop_deadline: self.stop_deadline,
                stop_extension: self.stop_extension,
                look_at: self.look_at,
                order: self.order.as_ref().map(|order| order.hand_over(outgoing)),
                asker,
            },
        }
    }
}

impl<'a> Session<'a> {
    /// Goes on where another program was.
    pub(super) fn go_on<'s: 'a>(
        supervisor: &'a mut Supervisor<'s>,
        state: SessionState,
        incoming: &mut Incoming,
        boot: Boot<'a>,
        rest: &'a Rest<'a>,
    ) -> Result<Self, Error> {
        let SessionState { machine, pid1, health, console, terminals, .. } = state;
        let terminals = terminals.map(|terminals| Terminals::take_over(terminals, incoming)).transpose()?;
        let order = state.order.map(|order| Order::take_over(order, incoming)).transpose()?;
        let fixtures = Fixtures { machine, pid1, health, terminals };
        let console = console.map(|console| console.take_over(incoming)).transpose()?;
        let mut session = Self::with(supervisor, fixtures, boot, rest, |audience| match console {
            Some(console) => Stage::Console(Box::new(console.before(audience))),
            None => Stage::Empty(audience),
        });
        (session.stop_deadline, session.look_at) = (state.stop_deadline, state.look_at);
        session.stop_extension = state.stop_extension;
        session.order = order;
        session.tell_of_upgrade(state.asker);
        Ok(session)
    }

    /// From now on a guard of this program watches, too; the other one's is dismissed when it does.
    fn tell_of_upgrade(&mut self, asker: Option<ConnectionId>) {
        if self.start_guard(Instant::now()).is_err() {
            (self.warn)("the guard is still that of the redd before this one");
        }
        self.control.answer(asker, &Reply::of(&Upgraded { redd: REDD.to_owned() }), Vec::new());
        self.publish(Published::Changed { what: format!("redd={REDD}") });
    }
}

impl<'s> Supervisor<'s> {
    /// Goes on where another program was.
    pub(crate) fn take_over(
        state: SupervisorState,
        warn: &'s mut dyn FnMut(&str),
        incoming: &mut Incoming,
    ) -> Result<Self, Error> {
        Ok(Self {
            name: state.name,
            signals: hear_signals()?,
            upstream: Upstream::take_over(state.upstream, incoming)?,
            control: Control::take_over(state.control, incoming)?,
            report: state.report,
            audience: Audience::take_over(state.audience, incoming)?,
            adopted: state.adopted,
            manager: state.manager.map(|manager| Manager::take_over(manager, incoming)).transpose()?,
            store: Store::take_over(state.store, incoming)?,
            disposal: Disposal::default(),
            warn,
        })
    }
}

fn refused(refusal: &Refusal) -> Reply {
    let what = escape(refusal.to_string().as_bytes(), REFUSAL_MAX);
    Reply::error(error::NOT_UPGRADED, &json!({ "what": what }))
}
