//! Where one end of a copy is: on the host, in a machine that runs, or in a tree that nobody uses.

use std::ffi::OsString;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd, RawFd};
use std::path::{Path, PathBuf};

use redd_control::client::{Client, ClientError};
use redd_control::machine::{Enter, error, method};
use redd_control::place::TREES;
use redd_runtime::at_rest::TreeAtRest;
use redd_spec::ids::{HostId, IdRange, RANGE_SIZE};
use redd_spec::name::MachineName;
use redd_sys::Errno;
use redd_sys::clone::Namespaces;
use redd_sys::lock::Sharing;
use redd_sys::root_dir::RootDir;
use rustix::fs::{CWD, Mode, OFlags, openat, readlinkat};
use serde_json::json;

use super::End;
use super::base::{Base, Location};
use super::report::Failure;
use crate::MachineError;

/// What a side is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Read,
    Write,
}

/// Where one end is.
#[derive(Debug)]
pub(super) enum Side {
    /// On the host.
    Host,
    /// In a machine that runs.
    Running {
        /// Its PID 1.
        leader: OwnedFd,
        /// Those that are its own.
        namespaces: Namespaces,
    },
    /// In a tree that no machine can be started from meanwhile.
    AtRest {
        tree: TreeAtRest,
        /// The ids that its files have on disk, where they are not those of the payload.
        ids: Option<IdRange>,
    },
}

impl Side {
    /// Finds the machine, or takes the tree.
    pub(super) fn open(end: &End, purpose: Use) -> Result<Self, MachineError> {
        let End::Machine { name, .. } = end else { return Ok(Self::Host) };
        if let Some(side) = Self::running(name)? {
            return Ok(side);
        }
        let tree = TREES.iter().map(|directory| Path::new(directory).join(name.as_str()));
        let Some(tree) = tree.into_iter().find(|path| path.is_dir()) else {
            return Err(MachineError::Unknown { name: name.clone() });
        };
        let sharing = if purpose == Use::Write { Sharing::Exclusive } else { Sharing::Shared };
        let side = Self::at_rest(&tree, sharing)?;
        side.check_use(purpose)?;
        Ok(side)
    }

    /// Whether it can be used for that too.
    pub(super) fn check_use(&self, purpose: Use) -> Result<(), MachineError> {
        match self {
            Self::AtRest { tree, .. } if purpose == Use::Write && tree.is_layered() => {
                Err(MachineError::Refused {
                    what: format!("{} holds only what differs from a template", tree.path().display()),
                    hint: Some("start the machine, and copy into it while it runs".to_owned()),
                })
            }
            Self::AtRest { .. } | Self::Host | Self::Running { .. } => Ok(()),
        }
    }

    /// The machine of that name, if it runs: its supervisor knows which process that is.
    fn running(name: &MachineName) -> Result<Option<Self>, MachineError> {
        let failed = |cause| MachineError::of_client(name, cause);
        let entered = match Client::connect(name) {
            Err(ClientError::NotRunning) => return Ok(None),
            client => client.map_err(failed)?.call_with_descriptors::<Enter>(method::ENTER, &json!({})),
        };
        let between = || MachineError::Refused {
            what: format!("{name} is between two boots"),
            hint: Some("try again in a moment".to_owned()),
        };
        let (answer, descriptors) = entered.map_err(|cause| match cause {
            ClientError::Refused { name, .. } if name == error::BAD_STATE => between(),
            cause => failed(cause),
        })?;
        let leader = descriptors.into_iter().next().ok_or_else(between)?;
        let namespaces = namespaces_of(answer.leader).ok();
        // Without one of its own its files would be the host's.
        let namespaces = namespaces.filter(|own| own.contains(Namespaces::MOUNT)).ok_or_else(between)?;
        Ok(Some(Self::Running { leader, namespaces }))
    }

    fn at_rest(path: &Path, sharing: Sharing) -> Result<Self, MachineError> {
        let tree = TreeAtRest::take(path, sharing)
            .map_err(|error| MachineError::Refused { hint: error.hint(), what: error.to_string() })?;
        // As a start judges it: whose range the owner of the tree lies in.
        let start = tree.owner().0 & !(RANGE_SIZE - 1);
        let ids = (start != 0).then_some(IdRange { start: HostId(start), count: RANGE_SIZE });
        Ok(Self::AtRest { tree, ids })
    }

    /// The descriptor that is needed to be there.
    pub(super) fn descriptor(&self) -> Option<RawFd> {
        match self {
            Self::Host => None,
            Self::Running { leader, .. } => Some(leader.as_raw_fd()),
            Self::AtRest { tree, .. } => Some(tree.root().as_fd().as_raw_fd()),
        }
    }

    /// What an end means, for a process that is there; nothing where it is a pipe.
    pub(super) fn location<'a>(&self, end: &'a End) -> Result<Option<Location<'a>>, Failure> {
        let (path, shown) = match end {
            End::Stream => return Ok(None),
            End::Host(path) => (path, path.clone()),
            End::Machine { name, path } => {
                let mut shown = OsString::from(format!("{name}:"));
                shown.push(Path::new("/").join(path));
                (path, PathBuf::from(shown))
            }
        };
        Ok(Some(Location { base: self.base()?, path, shown }))
    }

    fn base(&self) -> Result<Base, Failure> {
        let failed = || Failure::at("opening", Path::new("/"));
        match self {
            Self::Host => Ok(Base::Host),
            Self::Running { .. } => RootDir::open(Path::new("/")).map(Base::Tree).map_err(failed()),
            Self::AtRest { tree, .. } => {
                let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
                let root = openat(tree.root(), ".", flags, Mode::empty()).map_err(failed())?;
                Ok(Base::Tree(RootDir::from_fd(root)))
            }
        }
    }
}

/// Which of the two that matter are the machine's own.
fn namespaces_of(pid: i32) -> Result<Namespaces, Errno> {
    let of = |process: &str, kind: &str| {
        readlinkat(CWD, PathBuf::from(format!("/proc/{process}/ns/{kind}")), Vec::new())
    };
    let pid = pid.to_string();
    let kinds = [("mnt", Namespaces::MOUNT), ("user", Namespaces::USER)];
    kinds.into_iter().try_fold(Namespaces::empty(), |own, (kind, namespace)| {
        Ok(if of("self", kind)? == of(&pid, kind)? { own } else { own | namespace })
    })
}
