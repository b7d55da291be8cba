//! What is known of the host and the tree, gathered once, before anything is planned. Nothing here changes anything.

pub mod cgroups;
pub mod host;
pub mod os_release;
pub mod tree;
pub mod users;

pub use host::host_facts;
pub use tree::{Tree, tree_facts};

/// Where redd's own credentials are, if it was given any.
pub(crate) fn credentials_directory() -> Option<std::path::PathBuf> {
    let directory = std::env::var_os("CREDENTIALS_DIRECTORY").map(std::path::PathBuf::from)?;
    directory.is_absolute().then_some(directory)
}
