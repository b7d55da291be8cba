//! Who uses how much: two looks, and what was used in between.

use std::collections::BTreeMap;
use std::time::Instant;

use redd_spec::name::MachineName;
use serde::Serialize;

use crate::MachineError;
use crate::look::{self, Scope, State};

/// What a machine used since the look before.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Share {
    /// It.
    pub name: String,
    /// How it is.
    pub state: State,
    /// How much of one processor it used, in per cent; none at the first look.
    pub cpu: Option<f64>,
    /// Memory, in bytes.
    pub memory: Option<u64>,
    /// Processes and threads.
    pub processes: Option<u64>,
}

/// Looks again and again.
#[derive(Debug, Default)]
pub struct Meter {
    last: Option<(Instant, BTreeMap<MachineName, u64>)>,
}

impl Meter {
    /// Looks once more: machines by what they used since the last look, the busiest first.
    ///
    /// # Errors
    /// Machines cannot be looked at.
    pub fn look(&mut self) -> Result<Vec<Share>, MachineError> {
        let now = Instant::now();
        let machines = look::survey(Scope::Running)?.machines;
        let used: BTreeMap<MachineName, u64> =
            machines.iter().filter_map(|machine| Some((machine.name.clone(), machine.usage.cpu?))).collect();
        let last = self.last.replace((now, used));
        let mut shares: Vec<Share> = machines
            .into_iter()
            .filter(|machine| machine.state.is_live())
            .map(|machine| {
                let before = last.as_ref().and_then(|(at, used)| Some((*at, *used.get(&machine.name)?)));
                Share {
                    cpu: before
                        .zip(machine.usage.cpu)
                        .map(|((at, before), after)| per_cent(now, at, before, after)),
                    name: machine.name.into(),
                    state: machine.state,
                    memory: machine.usage.memory,
                    processes: machine.usage.processes,
                }
            })
            .collect();
        shares.sort_by(|one, other| {
            other
                .cpu
                .unwrap_or(0.0)
                .total_cmp(&one.cpu.unwrap_or(0.0))
                .then_with(|| one.name.cmp(&other.name))
        });
        Ok(shares)
    }
}

/// A machine that was booted again meanwhile begins to count anew.
fn per_cent(now: Instant, then: Instant, before: u64, after: u64) -> f64 {
    let microseconds = u32::try_from(after.saturating_sub(before)).unwrap_or(u32::MAX);
    let passed = now.saturating_duration_since(then).as_secs_f64().max(1e-6);
    let share = f64::from(microseconds) / 10_000.0 / passed;
    (share * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn half_a_processor_is_fifty_per_cent() {
        let then = Instant::now();
        let share = per_cent(then + Duration::from_secs(2), then, 500, 1_000_500);
        assert!((share - 50.0).abs() < 0.01, "{share}");
        let none = per_cent(then, then, 5, 1);
        assert!(none.abs() < 0.01, "{none}");
    }
}
