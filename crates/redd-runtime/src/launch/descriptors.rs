//! Open files by the names a plan has for them.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;

use redd_plan::descriptor::FdName;

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
