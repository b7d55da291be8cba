//! Every order in which verbs that go on at once may have their effects and their ends.

use std::collections::BTreeSet;

use super::{Code, Life, Limit, Progress, State, Step, Verb};

/// The machine, and how far each verb is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Moment {
    state: State,
    /// What was kept at first: a start reads it before it has the name.
    read: Limit,
    verbs: Vec<(Verb, Progress)>,
}

/// What the machine may be after a step that ended with these codes.
pub(super) fn ends(step: Step, state: State, codes: &[Code]) -> BTreeSet<State> {
    let (verbs, is_cut) = match step {
        Step::One(verb) => (vec![verb], false),
        Step::Two(one, other) => (vec![one, other], false),
        Step::Cut(verb) => (vec![verb], true),
    };
    let begun = verbs.into_iter().map(|verb| (verb, Progress::Begun)).collect();
    let ended: Vec<Progress> = codes.iter().map(|&code| Progress::Ended(code)).collect();
    let is_end = |moment: &Moment| match is_cut {
        // What stops a machine for a restart starts the next one, whatever becomes of who wanted it.
        true => moment.verbs.iter().all(|(_, progress)| *progress != Progress::Stopping),
        false => moment.verbs.iter().map(|(_, progress)| *progress).eq(ended.clone()),
    };
    let all = reachable(Moment { state, read: state.kept, verbs: begun });
    all.iter().filter(|moment| is_end(moment)).map(|moment| moment.state).collect()
}

fn reachable(first: Moment) -> BTreeSet<Moment> {
    let mut all = BTreeSet::from([first.clone()]);
    let mut open = vec![first];
    while let Some(moment) = open.pop() {
        for next in moment.successors() {
            if all.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    all
}

impl Moment {
    fn successors(&self) -> Vec<Self> {
        let is_set = |(verb, progress): &(Verb, Progress)| {
            matches!(verb, Verb::Set(_)) && *progress == Progress::Working
        };
        let next = if self.verbs.iter().any(is_set) && self.state.is_half_set() {
            Vec::new()
        } else {
            self.state.next()
        };
        let by_itself = next.into_iter().map(|state| Self { state, ..self.clone() });
        let by_verbs = (0..self.verbs.len()).flat_map(|index| self.steps_of(index));
        by_itself.chain(by_verbs).collect()
    }

    /// What one of the verbs may do.
    fn steps_of(&self, index: usize) -> Vec<Self> {
        let (verb, progress) = self.verbs[index];
        match progress {
            Progress::Ended(_) => Vec::new(),
            Progress::Stopping => match self.state.life {
                Life::Ending => Vec::new(),
                Life::Stopped => self.boots(index),
                // Somebody was quicker.
                Life::Running(..) => vec![self.with(index, Progress::Ended(Code::CONFLICT), self.state)],
            },
            Progress::Working => {
                let endings = verb.endings(self.state).into_iter();
                endings.map(|code| self.with(index, Progress::Ended(code), self.state)).collect()
            }
            Progress::Begun if verb == Verb::Start && self.state.life == Life::Stopped => self.boots(index),
            Progress::Begun => {
                let effects = verb.effects(self.state).into_iter();
                let mut all: Vec<Self> = effects.map(|(next, state)| self.with(index, next, state)).collect();
                if verb.changes() && self.is_another_at_work(index) {
                    all.push(self.with(index, Progress::Ended(Code::CONFLICT), self.state));
                }
                all
            }
        }
    }

    /// With what is kept, or was before somebody changed it meanwhile.
    fn boots(&self, index: usize) -> Vec<Self> {
        let limits = [self.state.kept, self.read];
        limits.map(|limit| self.with(index, Progress::Working, self.state.booted_with(limit))).into()
    }

    fn is_another_at_work(&self, index: usize) -> bool {
        let mut others = self.verbs.iter().enumerate().filter(|(other, _)| *other != index);
        others.any(|(_, (verb, progress))| {
            verb.changes() && matches!(progress, Progress::Stopping | Progress::Working)
        })
    }

    fn with(&self, index: usize, progress: Progress, state: State) -> Self {
        let mut moment = Self { state, ..self.clone() };
        moment.verbs[index].1 = progress;
        moment
    }
}
