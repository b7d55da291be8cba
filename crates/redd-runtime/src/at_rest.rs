//! A tree that no machine runs from, and that none can be started from while somebody works on it.

use std::fs::File;
use std::path::{Path, PathBuf};

use redd_spec::ids::HostId;
use redd_spec::root::{Access, OsReleaseCheck, Persistence, Root, Volatile};
use redd_sys::lock::Sharing;
use redd_sys::root_dir::RootDir;
use rustix::fs::fstat;

use crate::Error;
use crate::facts::Tree;
use crate::prepare::lock_directory;

/// A tree that is ours while this value lives.
#[derive(Debug)]
pub struct TreeAtRest {
    tree: Tree,
    owner: HostId,
    _locks: Vec<File>,
}

impl TreeAtRest {
    /// Locks a tree as a start does: who only reads may do so beside others.
    ///
    /// # Errors
    /// It is not there, or a machine has it.
    pub fn take(path: &Path, sharing: Sharing) -> Result<Self, Error> {
        let root = Root {
            path: path.to_owned(),
            access: Access::ReadWrite,
            volatile: Volatile::No,
            persistence: Persistence::Kept,
            os_release: OsReleaseCheck::Unchecked,
            substitutes: Vec::new(),
            template: None,
            pivot: None,
        };
        let mut locks = vec![lock_directory(path, sharing)?];
        let tree = Tree::open(&root)?;
        if let Some(template) = &tree.template {
            locks.push(lock_directory(&template.path, Sharing::Shared)?);
        }
        let status = fstat(tree.whole()).map_err(Error::host("looking at the tree"))?;
        Ok(Self { tree, owner: HostId(status.st_uid), _locks: locks })
    }

    /// Where its paths begin.
    #[must_use]
    pub const fn root(&self) -> &RootDir {
        &self.tree.root
    }

    /// Where it is.
    #[must_use]
    pub const fn path(&self) -> &PathBuf {
        &self.tree.path
    }

    /// Who owns its root directory.
    #[must_use]
    pub const fn owner(&self) -> HostId {
        self.owner
    }

    /// Whether it lies over a template; then it can only be read.
    #[must_use]
    pub const fn is_layered(&self) -> bool {
        self.tree.template.is_some()
    }
}
