//! User and group ids, on the host and inside.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How many ids a container has unless the user says otherwise.
pub const RANGE_SIZE: u32 = 0x1_0000;

/// An id as the host's kernel knows it; user and group ids are mapped alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HostId(pub u32);

/// An id as the payload sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ContainerId(pub u32);

impl fmt::Display for HostId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The first id of the range that systemd sets aside for trees that belong to no machine in particular.
pub const FOREIGN_START: HostId = HostId(0x7ffe_0000);

/// A run of host ids that a container's ids 0, 1, … are mapped to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdRange {
    /// The host id of the container's root.
    pub start: HostId,
    /// How many ids there are.
    pub count: u32,
}

/// Why two numbers are no range of ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdRangeError {
    /// No id at all.
    #[error("a range of ids has at least one id")]
    Empty,
    /// Runs past 2³²−2, or into it: −1 is never an id.
    #[error("the range {start}:{count} goes past the last id, 4294967294")]
    PastTheEnd {
        /// First id.
        start: u32,
        /// Number of ids.
        count: u32,
    },
}

impl IdRange {
    /// Checks the bounds.
    ///
    /// # Errors
    /// An empty range, or one that reaches the invalid id 2³²−1.
    pub const fn new(start: HostId, count: u32) -> Result<Self, IdRangeError> {
        if count == 0 {
            return Err(IdRangeError::Empty);
        }
        match start.0.checked_add(count) {
            Some(_end) => Ok(Self { start, count }),
            None => Err(IdRangeError::PastTheEnd { start: start.0, count }),
        }
    }

    /// The host id of an id inside, where it is mapped.
    #[must_use]
    pub const fn to_host(self, id: ContainerId) -> Option<HostId> {
        if id.0 < self.count { Some(HostId(self.start.0 + id.0)) } else { None }
    }

    /// The id inside of a host id, where it is in the range.
    #[must_use]
    pub const fn to_container(self, id: HostId) -> Option<ContainerId> {
        match id.0.checked_sub(self.start.0) {
            Some(id) if id < self.count => Some(ContainerId(id)),
            Some(_) | None => None,
        }
    }
}

impl fmt::Display for IdRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.start, self.count)
    }
}

/// Which user namespace the payload gets (`--private-users=`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UserNamespace {
    /// None: the payload's root is the host's root, and nothing is a boundary.
    Host,
    /// Its own, with a free range chosen at start.
    Pick,
    /// Its own, with the range that the owner of the tree's root directory lies in.
    FromTreeOwner,
    /// Its own, with ids 0 to 65535 mapped to themselves.
    Identity,
    /// Its own, with this range.
    Range(IdRange),
}

/// How the owners of the tree's files become ids inside (`--private-users-ownership=`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ownership {
    /// Mapped from the range that the owner of the tree's root directory lies in, left alone where that is the container's.
    Auto,
    /// Mapped by an idmapped mount.
    Map,
    /// Mapped from the range of trees that belong to no machine.
    Foreign,
    /// Changed on disk, for good, where they are not the container's already.
    Chown,
    /// Left alone.
    Off,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn mapped_ids_stay_inside_the_range(start: u32, count: u32, id: u32) {
            if let Ok(range) = IdRange::new(HostId(start), count) {
                match range.to_host(ContainerId(id)) {
                    Some(HostId(host)) => {
                        prop_assert!(host >= start && host - start == id && id < count && host != u32::MAX);
                        prop_assert_eq!(range.to_container(HostId(host)), Some(ContainerId(id)));
                    }
                    None => prop_assert!(id >= count),
                }
            }
        }
    }

    #[test]
    fn the_invalid_id_is_never_in_a_range() {
        assert!(IdRange::new(HostId(u32::MAX), 1).is_err());
        assert!(IdRange::new(HostId(0), u32::MAX).is_ok());
        assert!(IdRange::new(HostId(5), 0).is_err());
    }
}
