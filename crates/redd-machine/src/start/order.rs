//! Which machine is started when: each after those it is to be after (`--after=`).

use redd_spec::name::MachineName;

use crate::MachineError;

/// How far each of some machines is.
#[derive(Debug)]
pub(super) struct Order {
    /// Of each, the others that have to be done before.
    before: Vec<Vec<usize>>,
    standing: Vec<Standing>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Waiting,
    Begun,
    Done,
}

impl Order {
    /// Machines, and after which each is to be started. Those that are not among them are not waited for; an option that
    /// is given for all of them does not make one wait for itself.
    pub(super) fn of<'a>(
        machines: impl Iterator<Item = (&'a MachineName, &'a Vec<MachineName>)> + Clone,
    ) -> Result<Self, MachineError> {
        let place = |wanted: &MachineName| machines.clone().position(|(name, _)| name == wanted);
        let before: Vec<Vec<usize>> = machines
            .clone()
            .map(|(name, after)| after.iter().filter(|other| *other != name).filter_map(place).collect())
            .collect();
        let standing = vec![Standing::Waiting; before.len()];
        let mut order = Self { before, standing };
        while let Some(index) = order.next() {
            order.done(index);
        }
        let stuck = (0..order.before.len()).find(|&index| order.standing[index] == Standing::Waiting);
        if let Some(first) = stuck {
            let names: Vec<&MachineName> = machines.map(|(name, _)| name).collect();
            let cycle: Vec<String> =
                order.cycle_from(first).into_iter().map(|index| names[index].to_string()).collect();
            let what = format!("each of these is to be started after the next one: {}", cycle.join(", "));
            let hint = Some("take one --after= (After=) of them away".to_owned());
            return Err(MachineError::Refused { what, hint });
        }
        order.standing.fill(Standing::Waiting);
        Ok(order)
    }

    /// The next one that may begin now.
    pub(super) fn next(&mut self) -> Option<usize> {
        let is_free = |index: &usize| {
            self.standing[*index] == Standing::Waiting
                && self.before[*index].iter().all(|&other| self.standing[other] == Standing::Done)
        };
        let index = (0..self.before.len()).find(is_free)?;
        self.standing[index] = Standing::Begun;
        Some(index)
    }

    /// One is ready, or will not be: whoever waited for it goes on.
    pub(super) fn done(&mut self, index: usize) {
        self.standing[index] = Standing::Done;
    }

    /// Follows who waits for whom until somebody comes a second time.
    fn cycle_from(&self, first: usize) -> Vec<usize> {
        let mut path = vec![first];
        loop {
            let last = path[path.len() - 1];
            let next =
                self.before[last].iter().copied().find(|&other| self.standing[other] == Standing::Waiting);
            let Some(next) = next else { return path };
            if let Some(place) = path.iter().position(|&known| known == next) {
                return path.split_off(place);
            }
            path.push(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn machines(all: &[(&str, &[&str])]) -> Vec<(MachineName, Vec<MachineName>)> {
        let name = |text: &&str| text.parse::<MachineName>().unwrap();
        all.iter().map(|(machine, after)| (name(machine), after.iter().map(name).collect())).collect()
    }

    fn order(machines: &[(MachineName, Vec<MachineName>)]) -> Result<Order, MachineError> {
        Order::of(machines.iter().map(|(name, after)| (name, after)))
    }

    #[test]
    fn who_is_after_another_one_begins_when_that_is_done() {
        let mut order =
            order(&machines(&[("web", &["db", "elsewhere"]), ("db", &[]), ("mail", &[])])).unwrap();
        assert_eq!([order.next(), order.next(), order.next()], [Some(1), Some(2), None]);
        order.done(2);
        assert_eq!(order.next(), None);
        order.done(1);
        assert_eq!(order.next(), Some(0));
    }

    #[test]
    fn a_cycle_is_named_and_nobody_else() {
        let error =
            order(&machines(&[("x", &["a"]), ("a", &["b"]), ("b", &["c"]), ("c", &["a"]), ("d", &[])]));
        let text = error.unwrap_err().to_string();
        assert!(text.ends_with(": a, b, c"), "{text}");
        assert!(order(&machines(&[("a", &["a"])])).is_ok());
    }

    proptest! {
        #[test]
        fn everybody_has_their_turn_and_nobody_too_early(
            edges in prop::collection::vec((0_usize..6, 0_usize..6), 0..10),
        ) {
            let name = |index: usize| format!("m{index}").parse::<MachineName>().unwrap();
            // Each only after those before it: there is no cycle.
            let after = |index| edges.iter().filter(move |(one, other)| *one == index && other < one).map(|(_, other)| name(*other));
            let machines: Vec<_> = (0..6).map(|index| (name(index), after(index).collect::<Vec<_>>())).collect();
            let mut order = order(&machines).unwrap();
            let mut done: Vec<MachineName> = Vec::new();
            while let Some(index) = order.next() {
                prop_assert!(machines[index].1.iter().all(|other| done.contains(other)));
                done.push(machines[index].0.clone());
                order.done(index);
            }
            prop_assert_eq!(done.len(), 6);
        }
    }
}
