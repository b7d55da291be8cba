//! Open files by the names a plan has for them.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;

use redd_plan::descriptor::FdName;

use crate::handover::{HandOver, Incoming, Number, Outgoing, Refusal};

/// Open files by name.
#[derive(Debug, Default)]
pub(crate) struct FdTable(BTreeMap<FdName, OwnedFd>);

impl FdTable {
    pub(crate) fn insert(&mut self, name: FdName, descriptor: OwnedFd) {
        self.0.insert(name, descriptor);
    }

    pub(crate) fn get(&self, name: FdName) -> Option<&OwnedFd> {
        self.0.get(&name)
    }

    pub(crate) fn remove(&mut self, name: FdName) -> Option<OwnedFd> {
        self.0.remove(&name)
    }
}

impl HandOver for FdTable {
    type State = Vec<(FdName, Number)>;

    fn hand_over(&self, outgoing: &mut Outgoing) -> Self::State {
        self.0.iter().map(|(name, descriptor)| (*name, outgoing.add(descriptor))).collect()
    }

    fn take_over(state: Self::State, incoming: &mut Incoming) -> Result<Self, Refusal> {
        let entries = state.into_iter().map(|(name, number)| Ok((name, incoming.take(number)?)));
        entries.collect::<Result<_, _>>().map(Self)
    }
}
