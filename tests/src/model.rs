//! What verbs make of a machine, as a pure automaton: it knows of every verb in every state how that may end, and what
//! the machine may be like afterwards.
//!
//! A verb takes effect at one moment, and ends at a later one. What goes on at once with something else has more than
//! one ending, so a machine is in one of several states until something tells them apart: [`Machine`] keeps all of them.

mod explore;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

/// How a machine is, as far as verbs can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It does not run, and nothing of it is there.
    Stopped,
    /// Something ended it; soon it is stopped.
    Ending,
    /// Something ended it, and it is booted again soon.
    Rebooting(Limit),
    /// It runs.
    Running(Live),
}

/// How many processes it may have, where somebody set that.
pub type Limit = Option<u32>;

/// What can differ of a machine that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Live {
    /// Whether it is frozen.
    pub motion: Motion,
    /// How many processes it may have.
    pub limit: Limit,
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

impl State {
    /// As it is after a start.
    pub const FRESH: Self = Self::running(Motion::Going, None);

    const fn running(motion: Motion, limit: Limit) -> Self {
        Self::Running(Live { motion, limit })
    }

    /// What becomes of it by itself.
    const fn next(self) -> Option<Self> {
        match self {
            Self::Stopped | Self::Running(_) => None,
            Self::Ending => Some(Self::Stopped),
            Self::Rebooting(limit) => Some(Self::running(Motion::Going, limit)),
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
    /// It has had its effect, and goes on.
    Working,
    /// It ended.
    Ended(Code),
}

impl Verb {
    /// What may happen at the moment at which it has its effect.
    fn effects(self, state: State) -> Vec<(Progress, State)> {
        match state {
            State::Stopped => vec![self.on_stopped()],
            State::Running(live) => vec![self.on_running(live)],
            State::Ending => self.on_what_ends(state),
            State::Rebooting(_) if self.ends() => {
                vec![(Progress::Working, State::Ending), (Progress::Working, state)]
            }
            State::Rebooting(_) => self.on_what_ends(state),
        }
    }

    fn on_stopped(self) -> (Progress, State) {
        let ended = |code| (Progress::Ended(code), State::Stopped);
        match self {
            Self::Start | Self::Restart => (Progress::Working, State::FRESH),
            Self::List | Self::CollectGarbage | Self::KillSupervisor => ended(Code::DONE),
            Self::Exec => ended(Code::NO_EXEC),
            _ => ended(Code::NOT_RUNNING),
        }
    }

    fn on_running(self, live: Live) -> (Progress, State) {
        let same = State::Running(live);
        let moving = |motion| State::running(motion, live.limit);
        let after = match (self, live.motion) {
            (Self::Start, _) => return (Progress::Ended(Code::CONFLICT), same),
            (Self::Exec, Motion::Frozen | Motion::Doomed) => return (Progress::Ended(Code::NO_EXEC), same),
            (Self::Stop | Self::StopNow | Self::Terminate | Self::Kill | Self::KillSupervisor, _)
            | (Self::Crash, Motion::Going)
            | (Self::Resume, Motion::Doomed) => State::Ending,
            (Self::Restart, _) => State::Rebooting(live.limit),
            (Self::Crash, _) => moving(Motion::Doomed),
            (Self::Pause, Motion::Going) => moving(Motion::Frozen),
            (Self::Resume, _) => moving(Motion::Going),
            (Self::Set(limit), _) => State::running(live.motion, Some(limit)),
            (Self::Pause | Self::Exec | Self::List | Self::CollectGarbage, _) => same,
        };
        (Progress::Working, after)
    }

    /// It may meet it yet, or notice that it ends.
    fn on_what_ends(self, state: State) -> Vec<(Progress, State)> {
        let refused = self.failures().into_iter().map(Progress::Ended);
        let met = if self == Self::Start { Progress::Ended(Code::CONFLICT) } else { Progress::Working };
        [met].into_iter().chain(refused).map(|progress| (progress, state)).collect()
    }

    /// How it may end after its effect; not yet, where there is nothing.
    fn endings(self, state: State) -> Vec<Code> {
        let is_running = matches!(state, State::Running(_));
        match (self, state) {
            (Self::Stop | Self::StopNow | Self::Terminate, State::Ending)
            | (Self::Restart, State::Rebooting(_)) => Vec::new(),
            (Self::Stop | Self::StopNow | Self::Terminate | Self::Kill | Self::Crash, _) => vec![Code::DONE],
            (Self::Start | Self::Restart, _) if is_running => vec![Code::DONE],
            // What it started ended at once.
            (Self::Start | Self::Restart, _) => self.failures(),
            (_, _) if is_running => vec![Code::DONE],
            (_, _) => [Code::DONE].into_iter().chain(self.failures()).collect(),
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
        Self { states: BTreeSet::from([State::Stopped]) }
    }
}

impl Machine {
    /// What it may be when nothing happens any more: what ends has ended.
    #[must_use]
    pub fn settled(&self) -> BTreeSet<State> {
        self.states.iter().map(|state| state.next().unwrap_or(*state)).collect()
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
