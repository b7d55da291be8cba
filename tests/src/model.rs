//! What verbs make of a machine, as a pure automaton: it knows of every verb in every state how that may end, and what
//! the machine may be like afterwards.
//!
//! A verb takes effect at one moment, and ends at a later one. What goes on at once with something else has more than
//! one ending, so a machine is in one of several states until something tells them apart: [`Machine`] keeps all of them.

mod explore;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

/// How many processes a machine may have, where somebody set that.
pub type Limit = Option<u32>;

/// How a machine is, as far as verbs can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State {
    /// What can be seen of it.
    pub life: Life,
    /// What holds for its next start.
    pub kept: Limit,
}

/// What can be seen of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Life {
    /// It does not run, and nothing of it is there.
    Stopped,
    /// Something ended it; soon it is stopped.
    Ending,
    /// It runs.
    Running(Motion, Limit),
}

/// Whether a machine is frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Motion {
    /// It is not.
    Going,
    /// It is.
    Frozen,
    /// It is, and ends when it goes on.
    Doomed,
}

impl Life {
    /// As it is after a start where nobody ever set anything.
    pub const FRESH: Self = Self::Running(Motion::Going, None);
}

impl State {
    const STOPPED: Self = Self { life: Life::Stopped, kept: None };

    const fn with(self, life: Life) -> Self {
        Self { life, ..self }
    }

    const fn booted(self) -> Self {
        self.booted_with(self.kept)
    }

    const fn booted_with(self, limit: Limit) -> Self {
        self.with(Life::Running(Motion::Going, limit))
    }

    /// Whether what it may have is not what is kept.
    fn is_half_set(self) -> bool {
        matches!(self.life, Life::Running(_, limit) if limit != self.kept)
    }

    /// What may become of it by itself.
    fn next(self) -> Vec<Self> {
        match self.life {
            Life::Ending => vec![self.with(Life::Stopped)],
            // A change that was cut is finished or taken back by whoever comes next.
            Life::Running(motion, limit) if self.is_half_set() => {
                vec![Self { kept: limit, ..self }, self.with(Life::Running(motion, self.kept))]
            }
            Life::Stopped | Life::Running(..) => Vec::new(),
        }
    }
}

/// What is done to a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// `start`
    Start,
    /// `stop`
    Stop,
    /// `stop --now`
    StopNow,
    /// `terminate`
    Terminate,
    /// `restart`
    Restart,
    /// `kill` of PID 1, with a signal that nothing withstands.
    Kill,
    /// `kill` of PID 1, with a signal at which the init of a tiny tree ends with an error.
    Crash,
    /// `pause`
    Pause,
    /// `resume`
    Resume,
    /// `exec` of something that succeeds.
    Exec,
    /// `set`, of how many processes it may have.
    Set(u32),
    /// `list`
    List,
    /// `gc`
    CollectGarbage,
    /// No verb: its supervisor is killed.
    KillSupervisor,
}

/// How a verb ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub i32);

impl Code {
    /// It is done.
    pub const DONE: Self = Self(0);
    /// It failed.
    pub const FAILED: Self = Self(1);
    /// The machine does not run.
    pub const NOT_RUNNING: Self = Self(3);
    /// The machine is in no state for it.
    pub const CONFLICT: Self = Self(6);
    /// redd cannot execute anything there.
    pub const NO_EXEC: Self = Self(125);
    /// What was executed was killed.
    pub const KILLED: Self = Self(137);
}

/// What a verb that has begun is up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Progress {
    /// It has not had its effect.
    Begun,
    /// It has had its first effect, and waits until the machine is gone.
    Stopping,
    /// It has had its effect, and goes on.
    Working,
    /// It ended.
    Ended(Code),
}

impl Verb {
    /// What may happen at the moment at which it has its effect.
    fn effects(self, state: State) -> Vec<(Progress, State)> {
        match state.life {
            Life::Stopped => self.on_stopped(state),
            Life::Running(motion, limit) => {
                let (progress, after) = self.on_running(state, motion, limit);
                match self {
                    // Between the two it can only be cut.
                    Self::Set(limit) => {
                        vec![(progress, after), (progress, State { kept: Some(limit), ..after })]
                    }
                    _ => vec![(progress, after)],
                }
            }
            Life::Ending => self.on_what_ends(state),
        }
    }

    fn on_stopped(self, state: State) -> Vec<(Progress, State)> {
        let ended = |code| vec![(Progress::Ended(code), state)];
        match self {
            Self::Start => vec![(Progress::Working, state.booted())],
            Self::List | Self::CollectGarbage | Self::KillSupervisor => ended(Code::DONE),
            Self::Exec => ended(Code::NO_EXEC),
            // There are settings of that name, so there is such a machine.
            Self::Set(limit) if state.kept.is_some() => {
                vec![(Progress::Working, State { kept: Some(limit), ..state })]
            }
            _ => ended(Code::NOT_RUNNING),
        }
    }

    fn on_running(self, state: State, motion: Motion, limit: Limit) -> (Progress, State) {
        let moving = |motion| Life::Running(motion, limit);
        let after = match (self, motion) {
            (Self::Start, _) => return (Progress::Ended(Code::CONFLICT), state),
            (Self::Exec, Motion::Frozen | Motion::Doomed) => {
                return (Progress::Ended(Code::NO_EXEC), state);
            }
            (Self::Stop | Self::StopNow | Self::Terminate | Self::Kill | Self::KillSupervisor, _)
            | (Self::Crash, Motion::Going)
            | (Self::Resume, Motion::Doomed) => Life::Ending,
            (Self::Restart, _) => return (Progress::Stopping, state.with(Life::Ending)),
            (Self::Crash, _) => moving(Motion::Doomed),
            (Self::Pause, Motion::Going) => moving(Motion::Frozen),
            (Self::Resume, _) => moving(Motion::Going),
            (Self::Set(limit), _) => Life::Running(motion, Some(limit)),
            (Self::Pause | Self::Exec | Self::List | Self::CollectGarbage, _) => state.life,
        };
        (Progress::Working, state.with(after))
    }

    /// It may meet it yet, or notice that it ends.
    fn on_what_ends(self, state: State) -> Vec<(Progress, State)> {
        let refused = self.failures().into_iter().map(|code| (Progress::Ended(code), state));
        let met = match self {
            Self::Start => (Progress::Ended(Code::CONFLICT), state),
            Self::Restart => (Progress::Stopping, state),
            Self::Set(limit) => (Progress::Working, State { kept: Some(limit), ..state }),
            _ => (Progress::Working, state),
        };
        [met].into_iter().chain(refused).collect()
    }

    /// How it may end after its effect; not yet, where there is nothing.
    fn endings(self, state: State) -> Vec<Code> {
        let ends_machines = matches!(self, Self::Stop | Self::StopNow | Self::Terminate);
        let starts_machines = matches!(self, Self::Start | Self::Restart);
        match state.life {
            Life::Ending if ends_machines => Vec::new(),
            // What was started ended at once.
            Life::Ending | Life::Stopped if starts_machines => self.failures(),
            // Not before it is kept.
            Life::Running(..) if matches!(self, Self::Set(_)) && state.is_half_set() => Vec::new(),
            Life::Running(..) => vec![Code::DONE],
            _ if self.ends() => vec![Code::DONE],
            _ => [Code::DONE].into_iter().chain(self.failures()).collect(),
        }
    }

    /// How it may end without having done anything, where the machine ends meanwhile.
    fn failures(self) -> Vec<Code> {
        match self {
            Self::List | Self::CollectGarbage | Self::KillSupervisor => Vec::new(),
            Self::Exec => vec![Code::NO_EXEC, Code::KILLED],
            _ => vec![Code::FAILED, Code::NOT_RUNNING, Code::CONFLICT],
        }
    }

    /// Whether nothing of the machine is left after it.
    const fn ends(self) -> bool {
        matches!(
            self,
            Self::Stop | Self::StopNow | Self::Terminate | Self::Kill | Self::Crash | Self::KillSupervisor
        )
    }

    /// Whether it may be refused because another verb is at work.
    const fn changes(self) -> bool {
        !matches!(self, Self::List | Self::CollectGarbage | Self::Exec | Self::KillSupervisor)
    }
}

/// What is done to one machine at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A verb, from its beginning to its end.
    One(Verb),
    /// Two at once.
    Two(Verb, Verb),
    /// One that is killed somewhere on its way.
    Cut(Verb),
}

/// A machine in one of several states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    states: BTreeSet<State>,
}

impl Default for Machine {
    fn default() -> Self {
        Self { states: BTreeSet::from([State::STOPPED]) }
    }
}

impl Machine {
    /// How it may be seen when nothing happens any more: what ends has ended.
    #[must_use]
    pub fn settled(&self) -> BTreeSet<Life> {
        let settle = |state: &State| match state.life {
            Life::Ending => Life::Stopped,
            life => life,
        };
        self.states.iter().map(settle).collect()
    }

    /// Something was done, and ended so.
    ///
    /// # Errors
    /// It cannot have ended so in any of the states.
    pub fn after(&self, step: Step, codes: &[Code]) -> Result<Self, String> {
        let states: BTreeSet<State> =
            self.states.iter().flat_map(|&state| explore::ends(step, state, codes)).collect();
        if states.is_empty() {
            return Err(format!(
                "{step:?} ended with {codes:?} where the machine was one of {:?}",
                self.states
            ));
        }
        Ok(Self { states })
    }
}
